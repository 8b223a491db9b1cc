//! The journal of platform requests.

use domain::Moment;
use domain::record::Call;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::convert::{Place, document, micros, moment, plain};
use crate::error::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "calls")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub operation: String,
    pub step: String,
    pub name: String,
    pub state: String,
    pub request: String,
    pub outcome: Option<String>,
    pub sent_at: i64,
    pub ended_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_record(call: &Call) -> Result<Self, StoreError> {
        Ok(Self {
            id: call.id.to_string(),
            operation: call.operation.to_string(),
            step: plain(&call.step),
            name: plain(&call.request.name),
            state: call.state.to_string(),
            request: document("call.request", &call.request)?,
            outcome: call
                .outcome
                .as_ref()
                .map(|outcome| document("call.outcome", outcome))
                .transpose()?,
            sent_at: call.sent_at.as_micros(),
            ended_at: micros(call.ended_at),
        })
    }

    pub(crate) fn into_record(self) -> Result<Call, StoreError> {
        let place = Place::new("call", &self.id);
        Ok(Call {
            id: place.parse("id", &self.id)?,
            operation: place.parse("operation", &self.operation)?,
            request: place.document("request", &self.request)?,
            state: place.parse("state", &self.state)?,
            outcome: self
                .outcome
                .as_ref()
                .map(|outcome| place.document("outcome", outcome))
                .transpose()?,
            sent_at: Moment::from_micros(self.sent_at),
            ended_at: moment(self.ended_at),
            step: self.step,
        })
    }
}
