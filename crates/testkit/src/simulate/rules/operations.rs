//! Rules about operations.

use domain::record::{Operation, OperationState};

use super::Held;
use crate::memory::MemoryStore;

/// No open operation without a cause, a next step and evidence. (A deadline it has by its type.)
pub fn check(store: &MemoryStore, operation: &Operation) -> Result<(), Held> {
    if operation.state.is_final() {
        return Ok(());
    }
    let fails = |what: &str| {
        Err(Held::of(
            "cause-evidence-next-step",
            format!(
                "{} {} ({}) has no {what}",
                operation.id, operation.kind, operation.state
            ),
        ))
    };
    if operation.reason.is_empty() {
        return fails("cause");
    }
    if !has_next_step(store, operation) {
        return fails("next step");
    }
    let acted = operation.steps.iter().any(|step| step.act_outcome.is_some());
    let evidence = store
        .tables
        .journalled
        .get(&operation.id)
        .is_some_and(|calls| *calls > 0);
    if acted && !evidence {
        return fails("evidence");
    }
    Ok(())
}

/// It is due at some moment, waits behind another operation of its service, or a person is asked about it.
fn has_next_step(store: &MemoryStore, operation: &Operation) -> bool {
    let behind = operation.state == OperationState::Queued
        && store
            .tables
            .open_of(operation.service)
            .any(|other| other.id != operation.id && other.sequence < operation.sequence);
    let asked = operation.state == OperationState::Asking
        && store
            .open_questions(operation.service)
            .iter()
            .any(|question| question.operation == Some(operation.id));
    operation.due_at.is_some() || behind || asked
}
