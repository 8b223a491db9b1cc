//! What only a person can settle.

use domain::Moment;
use domain::record::Question;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::convert::{Place, document, micros, moment, plain, plain_some, text_some};
use crate::error::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "questions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub service: Option<String>,
    pub operation: Option<String>,
    pub kind: String,
    pub subject: Option<String>,
    pub text: String,
    pub choices: String,
    pub host_only: bool,
    pub opened_at: i64,
    pub answered_at: Option<i64>,
    pub answer: Option<String>,
    pub answered_by: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_record(question: &Question) -> Result<Self, StoreError> {
        Ok(Self {
            id: question.id.to_string(),
            service: text_some(question.service),
            operation: text_some(question.operation),
            kind: question.kind.to_string(),
            subject: plain_some(question.subject.as_ref()),
            text: plain(&question.text),
            choices: document("question.choices", &question.choices)?,
            host_only: question.host_only,
            opened_at: question.opened_at.as_micros(),
            answered_at: micros(question.answered_at),
            answer: plain_some(question.answer.as_ref()),
            answered_by: question
                .answered_by
                .as_ref()
                .map(|actor| document("question.answered_by", actor))
                .transpose()?,
        })
    }

    pub(crate) fn into_record(self) -> Result<Question, StoreError> {
        let place = Place::new("question", &self.id);
        Ok(Question {
            id: place.parse("id", &self.id)?,
            service: place.parse_some("service", self.service.as_ref())?,
            operation: place.parse_some("operation", self.operation.as_ref())?,
            kind: place.parse("kind", &self.kind)?,
            choices: place.document("choices", &self.choices)?,
            host_only: self.host_only,
            opened_at: Moment::from_micros(self.opened_at),
            answered_at: moment(self.answered_at),
            answered_by: self
                .answered_by
                .as_ref()
                .map(|actor| place.document("answered_by", actor))
                .transpose()?,
            subject: self.subject,
            text: self.text,
            answer: self.answer,
        })
    }
}
