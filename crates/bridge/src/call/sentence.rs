//! What people are told.

use domain::record::{Operation, OperationKind, OperationState};
use engine::EngineError;
use engine::core::{Refusal, RefusalCode};

use crate::problem::{Code, Problem};

/// The engine's word as one sentence; a fault of the engine is a problem of the request.
pub fn plain(error: &EngineError) -> Result<String, Problem> {
    match error {
        EngineError::Refused(refusal) => Ok(refusal.sentence.clone()),
        EngineError::Answer(error) => Ok(capital(&error.to_string())),
        EngineError::NotFound(_) | EngineError::Invalid(_) => Ok(capital(&error.to_string())),
        EngineError::Store(_) => Err(fault(error)),
    }
}

/// The refusal in an error.
pub const fn refused(error: &EngineError) -> Option<&Refusal> {
    match error {
        EngineError::Refused(refusal) => Some(refusal),
        _ => None,
    }
}

/// A fault of the engine. What it was is logged; the other side hears that it was none of its own.
pub fn fault(error: &EngineError) -> Problem {
    match error {
        EngineError::Store(cause) => crate::gate::unavailable(cause),
        error => {
            tracing::error!(%error, "a bridge request failed");
            Problem::new(Code::Internal, "The engine met a fault; its log has the details.")
        }
    }
}

/// The three ways in which there is nothing to work on are told apart (no machine, no service, no platform).
pub fn nothing_there(refusal: &Refusal, billing_id: u64, known: bool) -> String {
    match refusal.code {
        RefusalCode::NotProvisioned if known => format!(
            "Service {billing_id} has no machine in Hostler: nothing was created yet, or it was terminated already."
        ),
        RefusalCode::NotProvisioned => {
            format!("Service {billing_id} is not known to Hostler. Run Create first, or adopt the service.")
        }
        _ => refusal.sentence.clone(),
    }
}

/// An operation that has not reached what its function waits for.
pub fn unfinished(operation: &Operation) -> String {
    let late = operation.steps.iter().any(|step| step.told_late);
    let doing = match operation.kind {
        OperationKind::Create if late => "Virtual machine build has timed out, and is watched as before",
        OperationKind::Create => "Still being set up",
        OperationKind::Suspend => "Still being suspended",
        OperationKind::Unsuspend => "Still being unsuspended",
        OperationKind::Terminate => "Still being terminated",
        OperationKind::ChangePackage => "The package is still being changed",
        _ => "Still under way",
    };
    let step = operation
        .current()
        .map(|index| &operation.steps[index])
        .map(|step| {
            if step.label.is_empty() {
                &step.name
            } else {
                &step.label
            }
        });
    let reason = operation.reason.trim().trim_end_matches('.');
    let details = match step {
        Some(step) if !reason.is_empty() && reason != step => format!("{step}, {reason}"),
        Some(step) => step.clone(),
        None => reason.to_owned(),
    };
    let ending = if operation.state == OperationState::Asking {
        "A person has to answer a question in Hostler"
    } else {
        "It finishes by itself"
    };
    format!("{doing}: {details}. {ending}; operation {}.", operation.id)
}

/// An operation that ended without success.
pub fn ended(operation: &Operation) -> String {
    let reason = operation.reason.trim();
    if reason.is_empty() {
        return format!("It did not succeed; operation {}.", operation.id);
    }
    capital(reason)
}

/// As a sentence. A code at its beginning (`validation_error: …`) is a name and stays as it is.
fn capital(text: &str) -> String {
    let begins_with_a_code = text
        .split_once(':')
        .is_some_and(|(word, _)| word.contains('_') && !word.contains(' '));
    let mut letters = text.chars();
    let mut sentence: String = if begins_with_a_code {
        text.to_owned()
    } else {
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect())
            .unwrap_or_default()
    };
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kt_048_a_code_of_the_platforms_is_said_as_it_is_and_everything_else_as_a_sentence() {
        for (text, said) in [
            (
                "validation_error: no - name, size",
                "validation_error: no - name, size.",
            ),
            ("the machine is locked", "The machine is locked."),
            ("a_b c: d", "A_b c: d."),
            ("Done!", "Done!"),
            ("", "."),
        ] {
            assert_eq!(capital(text), said);
        }
    }
}
