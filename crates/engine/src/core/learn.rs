//! What the billing system tells beside commands, and what a person takes back.

use domain::case::{Case, ServiceView};
use domain::id::QuestionId;
use domain::record::{Question, QuestionKind};
use domain::{Actor, ActorKind, Change, Commit, Fence};

use super::draft::Draft;
use super::{Told, World, finish};

/// The commit that takes over what is told of a service; `None` when nothing differs. Ownership is never taken over:
/// another client becomes a question for the engine's host.
pub fn learn(view: &ServiceView, told: &Told, actor: &Actor, world: World<'_>) -> Option<Commit> {
    if actor.kind == ActorKind::Client {
        return None;
    }
    let mut service = view.service.clone();
    service.status = told.status;
    service.product_id = told.product_id;
    if told.hostname.is_some() {
        service.hostname.clone_from(&told.hostname);
    }
    let mut changes = Vec::new();
    if let Some(question) = ownership_proposal(view, told.client_id, world) {
        changes.push(Change::PutQuestion(question));
    }
    if service != view.service {
        service.updated_at = world.now;
        changes.push(Change::PutService(service));
    }
    let fence = Fence::service(view.service.id, view.service.version);
    (!changes.is_empty()).then_some(Commit { fence, changes })
}

/// The question whether a service belongs to another client now, unless it is asked already.
pub(super) fn ownership_proposal(view: &ServiceView, client_id: u64, world: World<'_>) -> Option<Question> {
    let asked = view
        .questions
        .iter()
        .any(|question| question.kind == QuestionKind::OwnershipProposal);
    if asked || view.service.client_id == client_id {
        return None;
    }
    Some(Question {
        id: QuestionId::at(world.now, world.random),
        service: Some(view.service.id),
        operation: None,
        kind: QuestionKind::OwnershipProposal,
        subject: None,
        text: format!(
            "The billing system says that service {} belongs to client {client_id} and no longer to client {}.",
            view.service.billing_id, view.service.client_id
        ),
        choices: vec![
            (
                format!("client:{client_id}"),
                "the service belongs to the new client".to_owned(),
            ),
            ("keep".to_owned(), "it stays with the old one".to_owned()),
        ],
        host_only: true,
        opened_at: world.now,
        answered_at: None,
        answer: None,
        answered_by: None,
    })
}

/// Takes an operation back before any act of it was sent. `Err` is a sentence.
pub fn cancel(case: &Case, actor: &Actor, world: World<'_>) -> Result<Commit, String> {
    let operation = &case.operation;
    if operation.state.is_final() {
        return Err(format!(
            "operation {} has ended already ({})",
            operation.id, operation.state
        ));
    }
    if operation.steps.iter().any(|step| step.attempt > 0) {
        return Err(format!(
            "operation {} has sent something to the platform and cannot be taken back; answer its question, or \
             terminate the service",
            operation.id
        ));
    }
    let mut draft = Draft::new(case, world);
    draft.audit("operation.cancelled", serde_json::json!({ "by": actor.id }));
    // Not fenced by the lease: whoever holds it notices by the service's version.
    let mut commit = finish::cancelled(draft, &format!("taken back by {} {}", actor.kind, actor.id)).commit;
    commit.fence.lease = None;
    Ok(commit)
}
