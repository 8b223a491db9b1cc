//! Lines of the audit.

use domain::Moment;
use domain::record::AuditLine;
use sea_orm::entity::prelude::*;

use super::convert::{Place, document, plain, text_some};
use crate::error::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub chain: String,
    pub entry: i64,
    pub at: i64,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub detail: String,
    pub sequence: Option<i64>,
    pub sealed_at: Option<i64>,
    pub hash: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a line, still without its place in the chain.
    pub(crate) fn from_record(line: &AuditLine, entry: i64) -> Result<Self, StoreError> {
        Ok(Self {
            id: line.id.to_string(),
            chain: text_some(line.installation.as_ref()).unwrap_or_default(),
            entry,
            at: line.at.as_micros(),
            actor: document("audit.actor", &line.actor)?,
            action: plain(&line.action),
            subject: plain(&line.subject),
            detail: document("audit.detail", &line.detail)?,
            sequence: None,
            sealed_at: None,
            hash: None,
        })
    }

    pub(crate) fn into_record(self) -> Result<AuditLine, StoreError> {
        let place = Place::new("audit line", &self.id);
        let chain = Some(&self.chain).filter(|chain| !chain.is_empty());
        Ok(AuditLine {
            id: place.parse("id", &self.id)?,
            installation: place.parse_some("chain", chain)?,
            at: Moment::from_micros(self.at),
            actor: place.document("actor", &self.actor)?,
            detail: place.document("detail", &self.detail)?,
            action: self.action,
            subject: self.subject,
        })
    }
}
