//! Observed values with their age.

use domain::Moment;
use domain::record::FactRecord;
use sea_orm::entity::prelude::*;

use super::convert::{Place, document, plain};
use crate::error::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "facts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub service: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    pub value: String,
    pub observed_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_record(fact: &FactRecord) -> Result<Self, StoreError> {
        Ok(Self {
            service: fact.service.to_string(),
            kind: plain(&fact.kind),
            value: document("fact.value", &fact.value)?,
            observed_at: fact.observed_at.as_micros(),
        })
    }

    pub(crate) fn into_record(self) -> Result<FactRecord, StoreError> {
        let place = Place::new("fact of", &self.service);
        Ok(FactRecord {
            service: place.parse("service", &self.service)?,
            value: place.document("value", &self.value)?,
            observed_at: Moment::from_micros(self.observed_at),
            kind: self.kind,
        })
    }
}
