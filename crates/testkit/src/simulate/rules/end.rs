//! What must hold when the platform has behaved and everything is quiet.

use domain::id::ServiceId;
use domain::record::{
    Activation, Operation, OperationKind, OperationState, QuestionKind, ServiceStatus, Standing,
};
use sim::virtfusion::Server;

use super::super::billing::{Account, Wish};
use super::super::world::World;
use super::{Held, links, machines};
use crate::memory::Tables;

/// Everything that must hold at the end.
pub fn at_the_end(world: &World) -> Result<(), Held> {
    let services: Vec<ServiceId> = world.vault.memory().tables.services.keys().copied().collect();
    for service in services {
        links::one_each(world.vault.memory(), service)?;
        links::none_of_strangers(world.vault.memory(), &world.stage, service)?;
    }
    nothing_is_stuck(world)?;
    for account in world.billing.accounts.values().filter(|account| !account.robbed) {
        as_wished(world, account)?;
    }
    no_orphan(world)?;
    for id in world.stage.strangers.keys() {
        machines::stranger_is_as_it_was(world, *id)?;
    }
    Ok(())
}

/// Whether nothing is left of an operation but a watch: a create of an ended service whose outcome is unknown is
/// looked for during two hours, and the termination waits behind it. Once its machine is found it is more than that.
pub fn only_watches(tables: &Tables, operation: &Operation) -> bool {
    let found = |service: ServiceId| {
        let service = tables.services.get(&service);
        service.and_then(|service| tables.open_link(service)).is_some()
    };
    let watched = |create: &Operation| {
        create.kind == OperationKind::Create && create.interrupted_by.is_some() && !found(create.service)
    };
    watched(operation)
        || (operation.kind == OperationKind::Terminate
            && operation.state == OperationState::Queued
            && tables.open_of(operation.service).any(watched))
}

/// Nothing is stuck: no changing operation is open, no call stands in `sending`, no effect waits.
fn nothing_is_stuck(world: &World) -> Result<(), Held> {
    let tables = &world.vault.memory().tables;
    let stuck = |what: String| Err(Held::of("nothing-stuck", what));
    let open = tables.all_open().filter(|operation| operation.kind.changes());
    if let Some(operation) = open
        .into_iter()
        .find(|operation| !only_watches(tables, operation))
    {
        return stuck(format!(
            "{} {} has not ended: {}",
            operation.id, operation.kind, operation.reason
        ));
    }
    if let Some(call) = tables.sending.values().next() {
        return stuck(format!("{} {} is still in sending", call.id, call.request.name));
    }
    if tables.has_waiting_effects() {
        return stuck("an effect was never settled".to_owned());
    }
    Ok(())
}

/// A service as the panel and the store have it.
struct Found<'a> {
    standing: Standing,
    generation: u32,
    machine: Option<Server>,
    linked: bool,
    account: &'a Account,
}

/// Every paid create ends in a machine or an explained refusal; every service is as it was wished at last.
fn as_wished(world: &World, account: &Account) -> Result<(), Held> {
    let tables = &world.vault.memory().tables;
    let Some(service) = tables.service_of(account.billing_id) else {
        let explained = account.wish == Wish::Nothing || account.refusal.is_some();
        return held(explained, account, "was ordered and the engine does not know it");
    };
    let link = tables.open_link(service);
    let machine = link.and_then(|link| link.identity.id.parse().ok());
    let found = Found {
        standing: service.standing,
        generation: service.generation,
        machine: machine.and_then(|id| world.stage.panel.server(world.now, id)),
        linked: link.is_some(),
        account,
    };
    match account.wish {
        Wish::Nothing => held(
            account.creates == 0 || account.refusal.is_some(),
            account,
            "was ordered, has no machine, and nobody said why",
        ),
        Wish::Live => in_use(world, service.id, &found),
        Wish::Suspended => held_off(world, service.id, &found),
        Wish::Ended => ended(world, service.id, &found),
    }
}

fn held(holds: bool, account: &Account, what: &str) -> Result<(), Held> {
    if holds {
        return Ok(());
    }
    Err(Held::of(
        "as-wished",
        format!("service {} {what}", account.billing_id),
    ))
}

/// Without a machine there is a refused create, its words were heard, and it had to be refused: the panel had no room,
/// or a person gave it up. A fault that passes is no reason.
fn is_explained(world: &World, service: ServiceId, found: &Found<'_>) -> bool {
    let tables = &world.vault.memory().tables;
    let given_up = |operation: &Operation| {
        let mut questions = tables.questions.values();
        questions.any(|question| {
            question.operation == Some(operation.id) && question.answer.as_deref() == Some("give-up")
        })
    };
    // A service may have begun another life since, so that nothing it orders next is taken for what this one left behind.
    let creates = tables
        .operations
        .values()
        .filter(|operation| operation.service == service && operation.kind == OperationKind::Create);
    let refused = creates
        .max_by_key(|operation| operation.sequence)
        .is_some_and(|newest| {
            newest.state == OperationState::Failed
                && !newest.reason.is_empty()
                && (world.scenario.scarce || given_up(newest))
        });
    refused && matches!(found.standing, Standing::Vacant | Standing::Ended) && !found.linked
}

/// A service in use has its machine, released and billed, and its client one mail.
fn in_use(world: &World, service: ServiceId, found: &Found<'_>) -> Result<(), Held> {
    let account = found.account;
    if is_explained(world, service, found) {
        return Ok(());
    }
    held(
        found.standing == Standing::Live,
        account,
        &format!("is wished live and is {}", found.standing),
    )?;
    let Some(machine) = &found.machine else {
        return held(false, account, "is live and has no machine");
    };
    let client = world.stage.panel.user_of(world.now, account.client_id);
    held(
        Some(machine.owner) == client,
        account,
        "is live and its client does not own the machine",
    )?;
    held(
        !machine.suspended,
        account,
        "is live and its machine is suspended",
    )?;
    held(
        account.link.as_deref() == Some(&machine.id.to_string()),
        account,
        "is billed for another machine",
    )?;
    let status = format!("is live and {} in the billing system", account.status);
    held(account.status == ServiceStatus::Active, account, &status)?;
    held(
        world
            .billing
            .mails
            .contains_key(&(account.billing_id, found.generation))
            || world.scenario.activation == Activation::Accepted,
        account,
        "is live and got no welcome mail",
    )
}

/// A suspended service's machine is off.
fn held_off(world: &World, service: ServiceId, found: &Found<'_>) -> Result<(), Held> {
    let account = found.account;
    if is_explained(world, service, found) {
        return Ok(());
    }
    let what = format!("is wished suspended and is {}", found.standing);
    held(found.standing == Standing::Suspended, account, &what)?;
    let Some(machine) = &found.machine else {
        return held(false, account, "is suspended and has no machine");
    };
    let asked = world
        .vault
        .memory()
        .open_questions(service)
        .iter()
        .any(|question| question.kind == QuestionKind::SuspensionBroken);
    held(
        !machine.running || asked,
        account,
        "is suspended and its machine runs",
    )
}

/// Nothing is left running after a termination.
fn ended(world: &World, service: ServiceId, found: &Found<'_>) -> Result<(), Held> {
    let account = found.account;
    let what = format!("was terminated and is {}", found.standing);
    let tables = &world.vault.memory().tables;
    let watched = tables
        .open_of(service)
        .any(|operation| only_watches(tables, operation));
    let over = watched || matches!(found.standing, Standing::Ended | Standing::Vacant);
    held(over, account, &what)?;
    held(!found.linked, account, "was terminated and is still linked")?;
    let left = world
        .stage
        .made
        .iter()
        .find(|(_, made)| made.exists && made.service == service);
    match left {
        None => Ok(()),
        Some((id, _)) => Err(Held::of(
            "nothing-left-after-terminate",
            format!(
                "service {} was terminated and machine {id} is still there",
                account.billing_id
            ),
        )),
    }
}

/// Every machine on the panel is linked to a service, or somebody else's.
fn no_orphan(world: &World) -> Result<(), Held> {
    let memory = world.vault.memory();
    for server in world.stage.panel.servers(world.now) {
        let known = memory.tables.linked.contains_key(&server.id.to_string())
            || world.stage.strangers.contains_key(&server.id);
        if !known {
            return Err(Held::of(
                "no-orphan",
                format!(
                    "machine {} of user {} belongs to no service",
                    server.id, server.owner
                ),
            ));
        }
    }
    Ok(())
}
