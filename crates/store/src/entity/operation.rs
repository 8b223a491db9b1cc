//! Operations and their steps.

use domain::Moment;
use domain::id::PlatformId;
use domain::record::{
    FORMAT_VERSION, Lease, Notes, Operation, OperationInput, OperationKind, OperationState,
};
use sea_orm::ActiveValue::NotSet;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::convert::{Place, document, micros, moment, plain, plain_some, text_some};
use super::whole;
use crate::error::StoreError;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "operations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub service: String,
    pub platform: Option<String>,
    pub generation: i64,
    pub kind: String,
    pub format: i64,
    pub sequence: i64,
    pub input: String,
    pub actor: String,
    pub actor_kind: String,
    pub person: bool,
    pub state: String,
    pub is_open: bool,
    pub steps: String,
    pub notes: String,
    pub due_at: Option<i64>,
    pub deadline: i64,
    pub lease_worker: Option<String>,
    pub lease_until: Option<i64>,
    pub exclusive: Option<String>,
    pub interrupted_by: Option<String>,
    pub held_by: Option<String>,
    pub identified_at: Option<i64>,
    pub milestone: Option<String>,
    pub reason: String,
    pub secret: Option<String>,
    pub rerun: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
    pub finished_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a record. `platform` is the service's, promoted for the exclusive key.
    pub(crate) fn from_record(
        operation: &Operation,
        platform: Option<PlatformId>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            id: operation.id.to_string(),
            service: operation.service.to_string(),
            platform: text_some(platform),
            generation: i64::from(operation.generation),
            kind: operation.kind.to_string(),
            format: i64::from(operation.version),
            sequence: operation.sequence,
            input: document("operation.input", &operation.input)?,
            actor: document("operation.actor", &operation.actor)?,
            actor_kind: operation.actor.kind.to_string(),
            person: operation.actor.is_person(),
            state: operation.state.to_string(),
            is_open: !operation.state.is_final(),
            steps: document("operation.steps", &operation.steps)?,
            notes: document("operation.notes", &operation.notes)?,
            due_at: micros(operation.due_at),
            deadline: operation.deadline.as_micros(),
            lease_worker: text_some(operation.lease.map(|lease| lease.worker)),
            lease_until: micros(operation.lease.map(|lease| lease.until)),
            exclusive: plain_some(operation.exclusive.as_ref()),
            interrupted_by: text_some(operation.interrupted_by),
            held_by: text_some(operation.held_by),
            identified_at: micros(operation.identified_at),
            milestone: text_some(operation.milestone),
            reason: plain(&operation.reason),
            secret: text_some(operation.secret),
            rerun: plain_some(operation.rerun.as_ref()),
            created_at: operation.created_at.as_micros(),
            updated_at: operation.updated_at.as_micros(),
            finished_at: micros(operation.finished_at),
        })
    }

    /// The version of its documents, where it is one that this program does not know.
    pub(crate) fn unknown_version(&self) -> Option<u32> {
        let version = u32::try_from(self.format).unwrap_or(u32::MAX);
        (version > FORMAT_VERSION).then_some(version)
    }

    /// The lease as stored.
    pub(crate) fn lease(&self) -> Result<Option<Lease>, StoreError> {
        let place = Place::new("operation", &self.id);
        let worker = place.parse_some("lease_worker", self.lease_worker.as_ref())?;
        Ok(worker
            .zip(moment(self.lease_until))
            .map(|(worker, until)| Lease { worker, until }))
    }

    /// The record. Documents of a later version that cannot be read come out empty, and a kind that is not known as
    /// one that changes the machine, so that nothing runs beside it.
    pub(crate) fn into_record(self) -> Result<Operation, StoreError> {
        let place = Place::new("operation", &self.id);
        let unknown = self.unknown_version().is_some();
        Ok(Operation {
            id: place.parse("id", &self.id)?,
            service: place.parse("service", &self.service)?,
            generation: place.number("generation", self.generation)?,
            kind: place.parse("kind", &self.kind).or_else(|error| {
                if unknown {
                    Ok(OperationKind::ChangePackage)
                } else {
                    Err(error)
                }
            })?,
            version: place.number("format", self.format)?,
            sequence: self.sequence,
            input: self.read(place, "input", &self.input, OperationInput::Nothing)?,
            actor: self.read(place, "actor", &self.actor, domain::Actor::engine("unknown"))?,
            state: self.read_state(place)?,
            steps: self.read(place, "steps", &self.steps, Vec::new())?,
            notes: self.read(place, "notes", &self.notes, Notes::new())?,
            due_at: moment(self.due_at),
            deadline: Moment::from_micros(self.deadline),
            lease: self.lease()?,
            interrupted_by: place.parse_some("interrupted_by", self.interrupted_by.as_ref())?,
            held_by: place.parse_some("held_by", self.held_by.as_ref())?,
            identified_at: moment(self.identified_at),
            milestone: place
                .parse_some("milestone", self.milestone.as_ref())
                .or_else(|error| if unknown { Ok(None) } else { Err(error) })?,
            secret: place.parse_some("secret", self.secret.as_ref())?,
            created_at: Moment::from_micros(self.created_at),
            updated_at: Moment::from_micros(self.updated_at),
            finished_at: moment(self.finished_at),
            exclusive: self.exclusive,
            reason: self.reason,
            rerun: self.rerun,
        })
    }

    fn read<T: serde::de::DeserializeOwned>(
        &self,
        place: Place<'_>,
        column: &str,
        text: &str,
        fallback: T,
    ) -> Result<T, StoreError> {
        match place.document(column, text) {
            Err(_) if self.unknown_version().is_some() => Ok(fallback),
            read => read,
        }
    }

    fn read_state(&self, place: Place<'_>) -> Result<OperationState, StoreError> {
        match place.parse("state", &self.state) {
            Err(_) if self.unknown_version().is_some() => Ok(if self.is_open {
                OperationState::Running
            } else {
                OperationState::Succeeded
            }),
            read => read,
        }
    }

    /// The row as an update of the stored one. Documents of a later version stay as they are: what could not be read
    /// is not written over. The lease stays as well unless its holder writes.
    pub(crate) fn replacing(self, stored: &Self, by_holder: bool) -> ActiveModel {
        let mut row: ActiveModel = whole(self);
        if !by_holder {
            row.lease_worker = NotSet;
            row.lease_until = NotSet;
        }
        if stored.unknown_version().is_some() {
            row.kind = NotSet;
            row.format = NotSet;
            row.input = NotSet;
            row.actor = NotSet;
            row.actor_kind = NotSet;
            row.person = NotSet;
            row.steps = NotSet;
            row.notes = NotSet;
            row.milestone = NotSet;
        }
        row
    }
}
