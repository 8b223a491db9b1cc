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
    // Who has lost the lease may find the call settled by its new holder: that it acts at all is what is wrong.
    under_a_lease(world, slot, call, now)?;
    intent_before_effect(world, call)?;
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
    let service = operation
        .filter(|operation| operation.kind == OperationKind::Power)
        .and_then(|operation| tables.services.get(&operation.service))
        .filter(|service| service.standing == Standing::Suspended)
        .filter(|_| matches!(call.request.name.as_str(), "power_boot" | "power_restart"));
    let Some(service) = service else { return Ok(()) };
    // Two engines' clocks tell what came first to their difference only.
    let apart = world.scenario.clocks_apart();
    let suspensions: Vec<&Operation> = tables
        .open_of(service.id)
        .filter(|operation| operation.kind == OperationKind::Suspend)
        .collect();
    if suspensions
        .iter()
        .any(|suspension| suspension.created_at + apart > call.sent_at)
    {
        return Ok(());
    }
    Err(Held::of(
        "no-power-after-suspend",
        format!(
            "{} leaves for suspended service {}, committed at {}; its suspensions: {:?}",
            call.request.name,
            service.billing_id,
            call.sent_at,
            suspensions
                .iter()
                .map(|suspension| (suspension.id, suspension.created_at))
                .collect::<Vec<_>>()
        ),
    ))
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
