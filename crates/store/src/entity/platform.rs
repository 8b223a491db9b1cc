//! Accounts on VPS platforms.

use domain::Moment;
use domain::record::Platform;
use sea_orm::entity::prelude::*;

use super::convert::{Place, document, plain};
use crate::error::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "platforms")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub kind: String,
    pub name: String,
    pub endpoint: String,
    pub account: String,
    pub state: String,
    pub credential: String,
    pub profile: String,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_record(platform: &Platform) -> Result<Self, StoreError> {
        Ok(Self {
            id: platform.id.to_string(),
            kind: platform.kind.to_string(),
            name: plain(&platform.name),
            endpoint: plain(&platform.endpoint),
            account: plain(&platform.account),
            state: platform.state.to_string(),
            credential: platform.credential.to_string(),
            profile: document("platform.profile", &platform.profile)?,
            created_at: platform.created_at.as_micros(),
            updated_at: platform.updated_at.as_micros(),
        })
    }

    pub(crate) fn into_record(self) -> Result<Platform, StoreError> {
        let place = Place::new("platform", &self.id);
        Ok(Platform {
            id: place.parse("id", &self.id)?,
            kind: place.parse("kind", &self.kind)?,
            state: place.parse("state", &self.state)?,
            credential: place.parse("credential", &self.credential)?,
            profile: place.document("profile", &self.profile)?,
            created_at: Moment::from_micros(self.created_at),
            updated_at: Moment::from_micros(self.updated_at),
            name: self.name,
            endpoint: self.endpoint,
            account: self.account,
        })
    }
}
