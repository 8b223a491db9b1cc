//! An operation under way, for the eyes of whoever waits for it.

use domain::Moment;
use domain::record::{Cause, NamePurpose, Operation, OperationInput, OperationState, StepPhase};
use serde::Serialize;

use super::{When, for_clients};

/// One step of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProgressStep {
    /// The step's own name, for its label in other languages.
    pub name: String,
    /// One phrase.
    pub label: String,
    /// `done`, `current` or `waiting`: the end of a message's key.
    pub phase: &'static str,
}

/// What happens next: a message with its moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextThing {
    /// The end of the message's key.
    pub key: &'static str,
    /// When, where that is known.
    pub when: Option<When>,
}

/// An operation, step by step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Our id, for asking support.
    pub operation: String,
    /// The end of the title's key: an operation kind, `power-restart` or `edit-name`.
    pub title: String,
    /// `queued`, `running`, `asking`, `succeeded`, `failed`, `cancelled` or `superseded`.
    pub state: &'static str,
    /// The steps, in order; empty until it is planned.
    pub steps: Vec<ProgressStep>,
    /// How many are done.
    pub done: usize,
    /// Why it waits, or why it ended: the end of a message's key.
    pub cause: Option<String>,
    /// What happens next.
    pub next: NextThing,
    /// Since when.
    pub since: When,
}

impl Progress {
    /// As the client sees it: no platform is named, and staff's business stays theirs.
    pub fn for_client(operation: &Operation, now: Moment) -> Self {
        let current = operation.current();
        let phase = |index: usize, step: StepPhase| match step {
            StepPhase::Done => "done",
            _ if Some(index) == current && operation.state == OperationState::Running => "current",
            _ => "waiting",
        };
        let steps = operation
            .steps
            .iter()
            .enumerate()
            .map(|(index, step)| ProgressStep {
                name: step.name.clone(),
                label: for_clients(&step.label),
                phase: phase(index, step.phase),
            });
        Self {
            operation: operation.id.to_string(),
            title: title(operation),
            state: operation.state.as_str(),
            steps: steps.collect(),
            done: operation
                .steps
                .iter()
                .filter(|step| step.phase == StepPhase::Done)
                .count(),
            cause: operation.cause().map(Cause::key),
            next: next(operation, now),
            since: When::new(now, operation.finished_at.unwrap_or(operation.created_at)),
        }
    }
}

/// The end of an operation's title key.
pub(super) fn title(operation: &Operation) -> String {
    match &operation.input {
        OperationInput::Power { action } => format!("power-{action}"),
        OperationInput::Names(work) if work.purpose == NamePurpose::Edit => "edit-name".to_owned(),
        _ => operation.kind.as_str().replace('_', "-"),
    }
}

fn next(operation: &Operation, now: Moment) -> NextThing {
    let key = match operation.state {
        OperationState::Queued => "queued",
        OperationState::Asking => "asking",
        OperationState::Succeeded => "succeeded",
        OperationState::Failed => "failed",
        OperationState::Cancelled | OperationState::Superseded => "ended",
        OperationState::Running => match (&operation.input, operation.due_at) {
            (
                OperationInput::Terminate {
                    not_before: Some(moment),
                },
                _,
            ) if *moment > now && operation.steps.is_empty() => {
                return NextThing {
                    key: "window",
                    when: Some(When::new(now, *moment)),
                };
            }
            (_, Some(due)) if due > now => {
                return NextThing {
                    key: "waiting",
                    when: Some(When::new(now, due)),
                };
            }
            _ => "working",
        },
    };
    NextThing { key, when: None }
}
