//! Rules about requests that leave.

use domain::Moment;
use domain::record::{Call, Operation, OperationKind, Standing};

use super::super::stage::Stage;
use super::super::world::World;
use super::Held;

/// What must hold when a changing request leaves.
pub fn may_leave(world: &World, slot: usize, call: &Call, now: Moment) -> Result<(), Held> {
    if !call.request.changes() {
        return Ok(());
    }
    intent_before_effect(world, call)?;
    under_a_lease(world, slot, call, now)?;
    no_power_after_suspend(world, call)?;
    not_at_a_stranger(world, call)
}

/// Intent before effect: the call stands in the store as `sending`, durable, before its first byte.
fn intent_before_effect(world: &World, call: &Call) -> Result<(), Held> {
    let memory = world.vault.memory();
    let stored = memory.tables.sending.get(&call.id);
    if stored.is_some_and(|stored| stored.request == call.request) && memory.is_durable(call.id) {
        return Ok(());
    }
    Err(Held::of(
        "intent-before-effect",
        format!("{} {} leaves and is not durable", call.id, call.request.name),
    ))
}

/// Only the holder of an operation's lease acts on it.
fn under_a_lease(world: &World, slot: usize, call: &Call, now: Moment) -> Result<(), Held> {
    let (name, clock) = world.engine(slot, now);
    let operation = world.vault.memory().tables.operations.get(&call.operation);
    let lease = operation.and_then(|operation| operation.lease);
    if lease.is_some_and(|lease| lease.worker == name && lease.until > clock) {
        return Ok(());
    }
    Err(Held::of(
        "acts-under-a-lease",
        format!(
            "{} {} leaves from {name}, which does not hold its operation",
            call.id, call.request.name
        ),
    ))
}

/// What switches a machine on is not committed once its suspension is, whoever asked for it before. A request that was
/// committed before is on its way: the suspension waits behind it and switches off what it did.
fn no_power_after_suspend(world: &World, call: &Call) -> Result<(), Held> {
    let tables = &world.vault.memory().tables;
    let operation = tables.operations.get(&call.operation);
    let suspended = operation
        .filter(|operation| operation.kind == OperationKind::Power)
        .and_then(|operation| tables.services.get(&operation.service))
        .is_some_and(|service| {
            let mut open = tables.open_of(service.id);
            let after_it = |operation: &Operation| {
                operation.kind == OperationKind::Suspend && operation.created_at > call.sent_at
            };
            service.standing == Standing::Suspended && !open.any(after_it)
        });
    if suspended && matches!(call.request.name.as_str(), "power_boot" | "power_restart") {
        return Err(Held::of(
            "no-power-after-suspend",
            format!("{} leaves for a suspended service", call.request.name),
        ));
    }
    Ok(())
}

/// No changing request is ever aimed at another customer's machine.
fn not_at_a_stranger(world: &World, call: &Call) -> Result<(), Held> {
    match Stage::target(&call.request) {
        Some(target) if world.stage.strangers.contains_key(&target) => Err(Held::of(
            "no-strangers-machine",
            format!(
                "{} {} is aimed at a stranger's machine",
                call.request.name, call.request.path
            ),
        )),
        _ => Ok(()),
    }
}
