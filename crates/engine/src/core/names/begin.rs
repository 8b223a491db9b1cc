//! Work on names that somebody asks for: one name, or many at once.

use std::time::Duration;

use domain::case::ServiceView;
use domain::id::{AuditId, InstallationId, OperationId};
use domain::record::{
    AuditLine, NameWish, NameWork, Operation, OperationInput, OperationKind, OperationState, Service,
};
use domain::{Actor, Change, Commit, Fence};

use crate::core::World;
use crate::core::draft::fresh_operation;
use crate::names::NameEdit;

/// How long an edited name may take.
const EDITED_WITHIN: Duration = Duration::from_secs(15 * 60);

/// One name as somebody wants it. What waits for the same name ends: what is wanted now counts.
pub(crate) fn edited(
    view: &ServiceView,
    work: NameWork,
    actor: &Actor,
    world: World<'_>,
) -> (Commit, OperationId) {
    let service = &view.service;
    let mut changes = Vec::new();
    for open in view.open.iter().filter(|open| waits_for(open, &work)) {
        let mut ended = open.clone();
        ended.state = OperationState::Superseded;
        ended.due_at = None;
        ended.lease = None;
        ended.finished_at = Some(world.now);
        ended.updated_at = world.now;
        "another name was asked for".clone_into(&mut ended.reason);
        changes.push(Change::PutOperation(ended));
    }
    let sequence = view.last_sequence() + 1;
    let input = OperationInput::Names(work);
    let mut operation = fresh_operation(
        service,
        OperationKind::ReverseDns,
        input,
        actor.clone(),
        sequence,
        world,
    );
    operation.deadline = world.now + EDITED_WITHIN;
    let id = operation.id;
    changes.push(accepted(service, &operation, world));
    changes.push(Change::InsertOperation(operation));
    // The version is raised, so that whoever decided by the names that were waited for decides anew.
    changes.insert(0, Change::PutService(service.clone()));
    let fence = Fence::service(service.id, service.version);
    (Commit { fence, changes }, id)
}

/// Whether an operation only waits to give a name to what is now given another.
fn waits_for(open: &Operation, work: &NameWork) -> bool {
    let about = |wish: &NameWish| work.wishes.iter().any(|other| other.subject == wish.subject);
    open.input
        .names()
        .is_some_and(|other| !other.purpose.removes() && other.wishes.iter().all(about))
}

fn accepted(service: &Service, operation: &Operation, world: World<'_>) -> Change {
    let detail = serde_json::json!({
        "kind": operation.kind.as_str(), "service": service.id, "names": operation.input.names(),
    });
    let about = ("operation.accepted", operation.id.to_string());
    audited(&service.installation, &operation.actor, about, detail, world)
}

/// Somebody tried to change the name of an address that is not the service's.
pub(crate) fn refused(edit: &NameEdit, why: &str, world: World<'_>) -> Commit {
    let detail = serde_json::json!({ "service": edit.billing_id, "client": edit.client_id, "why": why });
    let about = ("reverse_dns.refused", edit.address.to_string());
    Commit {
        fence: Fence::default(),
        changes: vec![audited(&edit.installation, &edit.actor, about, detail, world)],
    }
}

fn audited(
    installation: &InstallationId,
    actor: &Actor,
    (action, subject): (&str, String),
    detail: serde_json::Value,
    world: World<'_>,
) -> Change {
    Change::Audit(AuditLine {
        id: AuditId::at(world.now, world.random),
        installation: Some(installation.clone()),
        at: world.now,
        actor: actor.clone(),
        action: action.to_owned(),
        subject,
        detail,
    })
}

/// Work on names of many services.
pub(crate) fn batch(
    service: &Service,
    works: Vec<NameWork>,
    actor: &Actor,
    world: World<'_>,
) -> (Commit, Vec<OperationId>) {
    let (mut changes, mut ids) = (Vec::new(), Vec::new());
    for work in works {
        let input = OperationInput::Names(work);
        let operation = fresh_operation(service, OperationKind::ReverseDns, input, actor.clone(), 1, world);
        ids.push(operation.id);
        changes.push(Change::InsertOperation(operation));
    }
    let fence = Fence::default();
    (Commit { fence, changes }, ids)
}
