//! Lines of the audit, chained by hash.

use domain::Moment;
use domain::record::AuditLine;
use sea_orm::entity::prelude::*;

use super::convert::{Place, document, plain};
use crate::error::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    pub id: String,
    pub at: i64,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub detail: String,
    pub hash: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a line, still without its place in the chain.
    pub(crate) fn from_record(line: &AuditLine) -> Result<Self, StoreError> {
        Ok(Self {
            sequence: 0,
            id: line.id.to_string(),
            at: line.at.as_micros(),
            actor: document("audit.actor", &line.actor)?,
            action: plain(&line.action),
            subject: plain(&line.subject),
            detail: document("audit.detail", &line.detail)?,
            hash: String::new(),
        })
    }

    pub(crate) fn into_record(self) -> Result<AuditLine, StoreError> {
        let place = Place::new("audit line", &self.id);
        Ok(AuditLine {
            id: place.parse("id", &self.id)?,
            at: Moment::from_micros(self.at),
            actor: place.document("actor", &self.actor)?,
            detail: place.document("detail", &self.detail)?,
            action: self.action,
            subject: self.subject,
        })
    }
}
