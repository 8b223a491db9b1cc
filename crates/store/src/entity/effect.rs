//! The outbox.

use domain::Moment;
use domain::record::Effect;
use sea_orm::entity::prelude::*;

use super::convert::{Place, document, micros, moment, number, plain_some, text_some};
use crate::error::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "effects")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub queue: String,
    pub sequence: i64,
    pub installation: String,
    pub service: Option<String>,
    pub billing_id: Option<i64>,
    pub operation: Option<String>,
    pub kind: String,
    pub body: String,
    pub state: String,
    pub tries: i64,
    pub due_at: i64,
    pub reason: Option<String>,
    pub created_at: i64,
    pub finished_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The queue that an effect stands in: its service's, or its installation's.
pub(crate) fn queue(effect: &Effect) -> String {
    effect.service.map_or_else(
        || effect.installation.to_string(),
        |(service, _)| service.to_string(),
    )
}

impl Model {
    pub(crate) fn from_record(effect: &Effect) -> Result<Self, StoreError> {
        Ok(Self {
            id: effect.id.to_string(),
            queue: queue(effect),
            sequence: effect.sequence,
            installation: effect.installation.to_string(),
            service: text_some(effect.service.map(|(service, _)| service)),
            billing_id: effect
                .service
                .map(|(_, billing_id)| number("effect.billing_id", billing_id))
                .transpose()?,
            operation: text_some(effect.operation),
            kind: effect.body.kind().to_owned(),
            body: document("effect.body", &effect.body)?,
            state: effect.state.to_string(),
            tries: i64::from(effect.tries),
            due_at: effect.due_at.as_micros(),
            reason: plain_some(effect.reason.as_ref()),
            created_at: effect.created_at.as_micros(),
            finished_at: micros(effect.finished_at),
        })
    }

    pub(crate) fn into_record(self) -> Result<Effect, StoreError> {
        let place = Place::new("effect", &self.id);
        let service = place.parse_some("service", self.service.as_ref())?;
        let billing_id = self
            .billing_id
            .map(|billing_id| place.number("billing_id", billing_id))
            .transpose()?;
        Ok(Effect {
            id: place.parse("id", &self.id)?,
            installation: place.parse("installation", &self.installation)?,
            service: service.zip(billing_id),
            operation: place.parse_some("operation", self.operation.as_ref())?,
            sequence: self.sequence,
            body: place.document("body", &self.body)?,
            state: place.parse("state", &self.state)?,
            tries: place.number("tries", self.tries)?,
            due_at: Moment::from_micros(self.due_at),
            created_at: Moment::from_micros(self.created_at),
            finished_at: moment(self.finished_at),
            reason: self.reason,
        })
    }
}
