//! Billing systems.

use domain::Moment;
use domain::record::Installation;
use sea_orm::entity::prelude::*;

use super::convert::{Place, document, micros, moment, text_some};
use crate::error::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "installations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub bridge_key: String,
    pub previous_key: Option<String>,
    pub enrol_until: Option<i64>,
    pub settings: String,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_record(installation: &Installation) -> Result<Self, StoreError> {
        Ok(Self {
            id: installation.id.to_string(),
            bridge_key: installation.key.to_string(),
            previous_key: text_some(installation.previous_key),
            enrol_until: micros(installation.enrol_until),
            settings: document("installation.settings", &installation.settings)?,
            created_at: installation.created_at.as_micros(),
        })
    }

    pub(crate) fn into_record(self) -> Result<Installation, StoreError> {
        let place = Place::new("installation", &self.id);
        Ok(Installation {
            id: place.parse("id", &self.id)?,
            key: place.parse("bridge_key", &self.bridge_key)?,
            previous_key: place.parse_some("previous_key", self.previous_key.as_ref())?,
            enrol_until: moment(self.enrol_until),
            settings: place.document("settings", &self.settings)?,
            created_at: Moment::from_micros(self.created_at),
        })
    }
}
