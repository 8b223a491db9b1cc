//! Rows of services, operations and steps.

use domain::Moment;
use domain::record::{ActOutcome, Operation, Service, StepPhase, StepRecord};
use serde::Serialize;

use crate::context::When;
use crate::context::progress::title;

/// A service, in a list or as a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServiceRow {
    /// Our id.
    pub id: String,
    /// The billing system.
    pub installation: String,
    /// Its id there.
    pub billing_id: u64,
    /// The owner there.
    pub client_id: u64,
    /// The hostname; may be empty.
    pub hostname: String,
    /// Our own word for it.
    pub standing: &'static str,
    /// The billing system's word.
    pub status: &'static str,
    /// Its life.
    pub generation: u32,
    /// The id in an old module's table.
    pub mapped_id: String,
    /// Last written.
    pub updated: When,
}

impl ServiceRow {
    /// From the record.
    pub fn new(service: &Service, now: Moment) -> Self {
        Self {
            id: service.id.to_string(),
            installation: service.installation.to_string(),
            billing_id: service.billing_id,
            client_id: service.client_id,
            hostname: service.hostname.clone().unwrap_or_default(),
            standing: service.standing.as_str(),
            status: service.status.as_str(),
            generation: service.generation,
            mapped_id: service.mapped_id.clone().unwrap_or_default(),
            updated: When::new(now, service.updated_at),
        }
    }
}

/// An operation, in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperationRow {
    /// Our id.
    pub id: String,
    /// The end of the title's key.
    pub title: String,
    /// Where it stands.
    pub state: &'static str,
    /// Whether it is over.
    pub is_final: bool,
    /// The service, where it is known.
    pub service: Option<ServiceRow>,
    /// Who asked: kind and id.
    pub actor: String,
    /// What it does, waits for, or why it ended.
    pub reason: String,
    /// When it was committed.
    pub created: When,
    /// When it is looked at next.
    pub due: Option<When>,
    /// When it becomes a question.
    pub deadline: When,
    /// When it ended.
    pub finished: Option<When>,
}

impl OperationRow {
    /// From the record and its service.
    pub fn new(operation: &Operation, service: Option<&Service>, now: Moment) -> Self {
        let when = |moment| When::new(now, moment);
        Self {
            id: operation.id.to_string(),
            title: title(operation),
            state: operation.state.as_str(),
            is_final: operation.state.is_final(),
            service: service.map(|service| ServiceRow::new(service, now)),
            actor: format!("{} {}", operation.actor.kind, operation.actor.id),
            reason: operation.reason.clone(),
            created: when(operation.created_at),
            due: operation.due_at.map(when),
            deadline: when(operation.deadline),
            finished: operation.finished_at.map(when),
        }
    }
}

/// A step of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepRow {
    /// The stored name.
    pub name: String,
    /// One phrase.
    pub label: String,
    /// What repeating its act means.
    pub class: &'static str,
    /// Where it stands.
    pub phase: &'static str,
    /// Acts sent.
    pub attempt: u32,
    /// Looks since the last act.
    pub looks: u32,
    /// What is known of the last act; empty before it.
    pub outcome: &'static str,
    /// The last thing worth telling.
    pub hint: String,
    /// How long it took, in milliseconds, once it is done.
    pub took_ms: Option<u64>,
}

impl StepRow {
    /// From the record.
    pub fn new(step: &StepRecord) -> Self {
        let took = step
            .begun_at
            .zip(step.done_at)
            .map(|(begun, done)| done.since(begun));
        Self {
            name: step.name.clone(),
            label: step.label.clone(),
            class: step.class.as_str(),
            phase: step.phase.as_str(),
            attempt: step.attempt,
            looks: step.looks,
            outcome: step.act_outcome.map_or("", ActOutcome::as_str),
            hint: step.refusal.clone().unwrap_or_else(|| step.hint.clone()),
            took_ms: took
                .filter(|_| step.phase == StepPhase::Done)
                .map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
        }
    }
}
