//! Ending a service: at once or with a window, instead of what waits, within the budget; and taking it back.

use domain::case::ServiceView;
use domain::record::{Operation, OperationInput, OperationKind, OperationState, Standing};
use domain::{Actor, Change};

use super::{Builder, Command, Decision, budget, overtake, queue};
use crate::core::World;

/// Ends the service's life: supersedes what waits, interrupts what runs, and keeps an undo window where the product
/// has one.
pub(super) fn terminate(
    view: Option<&ServiceView>,
    command: &Command,
    window: Option<std::time::Duration>,
    mut builder: Builder<'_>,
) -> Decision {
    let now = builder.world.now;
    builder.service.standing = Standing::Ending;
    let product =
        |view: &ServiceView| std::time::Duration::from_secs(u64::from(view.policy.undo_minutes) * 60);
    // What is still being made holds nothing that its client could want back, and could not be finished later.
    let in_the_making =
        |view: &ServiceView| view.open.iter().any(|other| other.kind == OperationKind::Create);
    let window = view
        .filter(|view| view.link.is_some() && !in_the_making(view))
        .map(|view| window.unwrap_or_else(|| product(view)));
    let not_before = window
        .filter(|window| !window.is_zero())
        .map(|window| now + window);
    let input = OperationInput::Terminate { not_before };
    let mut ending = builder.operation(OperationKind::Terminate, input, command.actor.clone());
    let running = overtake::terminate(view, &ending, &mut builder);
    if running {
        queue(&mut ending);
    }
    if let (Some(not_before), Some(view)) = (not_before, view) {
        hold_until_ended(view, not_before, running, &mut ending, &mut builder);
    }
    budget::within(view, command, &mut ending, &mut builder);
    let id = ending.id;
    builder.insert(ending);
    builder.accepted(id)
}

/// Inside an undo window the machine is off: a suspend runs first, the deletion waits behind it.
fn hold_until_ended(
    view: &ServiceView,
    not_before: domain::Moment,
    running: bool,
    ending: &mut Operation,
    builder: &mut Builder<'_>,
) {
    if view.service.standing == Standing::Suspended {
        if !running {
            ending.due_at = Some(not_before);
            ending.deadline = crate::core::deadline(ending.kind, not_before);
            ending.reason = format!("can be taken back until {not_before}");
        }
        return;
    }
    let input = OperationInput::Suspend {
        reason: format!("terminated; can be taken back until {not_before}"),
    };
    let mut off = builder.operation(OperationKind::Suspend, input, Actor::engine("undo window"));
    std::mem::swap(&mut off.sequence, &mut ending.sequence);
    if running {
        queue(&mut off);
    }
    queue(ending);
    builder.insert(off);
}

/// CreateAccount inside the undo window: the same machine, the same generation.
pub(super) fn take_back(
    view: Option<&ServiceView>,
    terminate: &Operation,
    command: &Command,
    world: World<'_>,
) -> Decision {
    let mut builder = Builder::new(view, command, world);
    let mut cancelled = terminate.clone();
    cancelled.state = OperationState::Cancelled;
    cancelled.due_at = None;
    cancelled.finished_at = Some(world.now);
    cancelled.updated_at = world.now;
    "taken back inside its window".clone_into(&mut cancelled.reason);
    builder.audit(
        "operation.taken_back",
        &cancelled.id.to_string(),
        serde_json::Value::Null,
    );
    builder.changes.push(Change::PutOperation(cancelled));
    builder.service.standing = Standing::Suspended;
    let mut release = builder.operation(
        OperationKind::Unsuspend,
        OperationInput::Nothing,
        command.actor.clone(),
    );
    let holding = view
        .iter()
        .flat_map(|view| &view.open)
        .any(|other| other.kind.changes() && other.id != terminate.id);
    if holding {
        queue(&mut release);
    }
    let id = release.id;
    builder.insert(release);
    builder.accepted(id)
}
