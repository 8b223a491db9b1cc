//! The person who is asked.

use std::time::Duration;

use domain::id::OperationId;
use domain::record::{Question, QuestionKind};

use super::Bench;
use crate::trial::Broken;

/// How long the person waits, to be sure of what the platform shows: longer than any fault delays an effect.
pub(super) const PATIENCE: Duration = Duration::from_secs(35 * 60);

/// How often the person lets an operation go on before it is given up.
const PATIENT_ANSWERS: usize = 3;

/// What the person says: the word, and which choice it is. `earlier` counts the answers that the operation had.
pub fn word(question: &Question, earlier: usize) -> Result<(String, &'static str), Broken> {
    let wanted = match question.kind {
        _ if earlier >= PATIENT_ANSWERS => "give-up",
        QuestionKind::UnsettledCreate | QuestionKind::UnsettledChange | QuestionKind::BuildFailed => {
            "send-again"
        }
        QuestionKind::Overdue => "go-on",
        QuestionKind::SuspensionBroken => "hold",
        QuestionKind::Vanished | QuestionKind::IdentityMismatch => "look-again",
        QuestionKind::Ambiguous => "adopt:",
        QuestionKind::DestructiveBudget => "allow",
        QuestionKind::OwnershipProposal => "keep",
        QuestionKind::Stuck => "try-again",
        QuestionKind::EffectFailed | QuestionKind::Drifted => "leave",
        QuestionKind::Orphan => "ignore",
        QuestionKind::UnknownVersion => "give-up",
    };
    let choice = question.choices.iter().find(|(word, _)| word.starts_with(wanted));
    choice
        .map(|(word, _)| (word.clone(), wanted))
        .ok_or_else(|| format!("a question without the answer {wanted}: {}", question.text))
}

/// The newest operation of the service that a question without an operation is about.
pub(super) fn newest(bench: &Bench, question: &Question) -> Option<OperationId> {
    let of_service = bench.store.tables.operations.values();
    of_service
        .filter(|operation| Some(operation.service) == question.service)
        .max_by_key(|operation| operation.sequence)
        .map(|operation| operation.id)
}
