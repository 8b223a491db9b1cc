//! The budget for what cannot be taken back: more of it than an installation may cause in an hour waits for a person at
//! the engine's host.

use domain::case::ServiceView;
use domain::id::QuestionId;
use domain::record::{Operation, OperationKind, OperationState, Question, QuestionKind};
use domain::{ActorKind, Change};

use super::{Builder, Command};

/// Holds an operation that is beyond the budget.
pub(super) fn within(
    view: Option<&ServiceView>,
    command: &Command,
    operation: &mut Operation,
    builder: &mut Builder<'_>,
) {
    // Where nobody counted nothing is allowed.
    let (used, allowed) = command.budget.unwrap_or_default();
    let exempt = matches!(command.actor.kind, ActorKind::Host | ActorKind::Engine);
    let delivered = view.is_some_and(|view| view.link.is_some());
    if exempt || !delivered || used < allowed {
        return;
    }
    let id = QuestionId::at(builder.world.now, builder.world.random);
    let (which, allow, refuse) = match operation.kind {
        OperationKind::Reinstall => (
            "This reinstallation",
            "install the machine anew",
            "leave the machine as it is; the reinstallation is cancelled",
        ),
        _ => (
            "This termination",
            "end the service",
            "keep it; the termination is cancelled",
        ),
    };
    let text = format!(
        "Installation {} asked for more than {allowed} terminations and reinstallations within an hour. {which}, of \
         service {}, waits.",
        command.installation.id, command.billing_id
    );
    operation.state = OperationState::Asking;
    operation.due_at = None;
    operation.held_by = Some(id);
    operation.reason.clone_from(&text);
    builder.changes.push(Change::PutQuestion(Question {
        id,
        service: Some(builder.service.id),
        operation: Some(operation.id),
        kind: QuestionKind::DestructiveBudget,
        subject: None,
        text,
        choices: vec![
            ("allow".to_owned(), allow.to_owned()),
            ("refuse".to_owned(), refuse.to_owned()),
        ],
        host_only: true,
        opened_at: builder.world.now,
        answered_at: None,
        answer: None,
        answered_by: None,
    }));
}
