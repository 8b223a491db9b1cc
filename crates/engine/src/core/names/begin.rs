//! Work on names that somebody asks for: one name, or many at once.

use std::time::Duration;

use domain::case::ServiceView;
use domain::id::{AuditId, OperationId};
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
    let operations = view.open.iter().chain(&view.recent);
    let sequence = operations.map(|operation| operation.sequence).max().unwrap_or(0) + 1;
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
    Change::Audit(AuditLine {
        id: AuditId::at(world.now, world.random),
        installation: Some(service.installation.clone()),
        at: world.now,
        actor: operation.actor.clone(),
        action: "operation.accepted".to_owned(),
        subject: operation.id.to_string(),
        detail: serde_json::json!({
            "kind": operation.kind.as_str(), "service": service.id, "names": operation.input.names(),
        }),
    })
}

/// Somebody tried to change the name of an address that is not the service's.
pub(crate) fn refused(edit: &NameEdit, why: &str, world: World<'_>) -> Commit {
    let line = AuditLine {
        id: AuditId::at(world.now, world.random),
        installation: Some(edit.installation.clone()),
        at: world.now,
        actor: edit.actor.clone(),
        action: "reverse_dns.refused".to_owned(),
        subject: edit.address.to_string(),
        detail: serde_json::json!({ "service": edit.billing_id, "client": edit.client_id, "why": why }),
    };
    Commit {
        fence: Fence::default(),
        changes: vec![Change::Audit(line)],
    }
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
