//! Which platform stands behind a billing server.

use domain::record::Attachment;
use sea_orm::entity::prelude::*;

use super::convert::{Place, number};
use crate::error::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub installation: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub server_id: i64,
    pub platform: String,
    pub relation: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_record(attachment: &Attachment) -> Result<Self, StoreError> {
        Ok(Self {
            installation: attachment.installation.to_string(),
            server_id: number("attachment.server_id", attachment.server_id)?,
            platform: attachment.platform.to_string(),
            relation: attachment.relation.to_string(),
        })
    }

    pub(crate) fn into_record(self) -> Result<Attachment, StoreError> {
        let place = Place::new("attachment", &self.installation);
        Ok(Attachment {
            installation: place.parse("installation", &self.installation)?,
            server_id: place.number("server_id", self.server_id)?,
            platform: place.parse("platform", &self.platform)?,
            relation: place.parse("relation", &self.relation)?,
        })
    }
}
