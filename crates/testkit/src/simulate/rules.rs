//! What must hold.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Moment;
use domain::record::{CallState, LinkRole, OperationState, Standing};

use super::world::World;

/// What must hold after every event.
pub fn always(world: &World, now: Moment) -> Result<(), String> {
    one_open_link_each(world)?;
    no_client_has_more_machines_than_services(world, now)?;
    one_mail_each(world)
}

fn one_open_link_each(world: &World) -> Result<(), String> {
    let mut services = BTreeMap::new();
    let mut resources = BTreeMap::new();
    for link in world
        .store
        .links
        .iter()
        .filter(|link| link.closed_at.is_none() && link.role == LinkRole::Primary)
    {
        if let Some(other) = services.insert((link.service, link.generation), &link.identity.id) {
            return Err(format!(
                "{} is linked to {other} and to {}",
                link.service, link.identity.id
            ));
        }
        if let Some(other) = resources.insert(&link.identity.id, link.service) {
            return Err(format!(
                "machine {} is linked to {other} and to {}",
                link.identity.id, link.service
            ));
        }
    }
    Ok(())
}

/// At most one machine per service is ever within a client's reach.
fn no_client_has_more_machines_than_services(world: &World, now: Moment) -> Result<(), String> {
    let mut clients: BTreeMap<u64, u64> = BTreeMap::new();
    for account in world.accounts.values() {
        *clients.entry(account.client_id).or_default() += 1;
    }
    let owners: BTreeMap<u64, u64> = world
        .panel
        .users(now)
        .iter()
        .filter_map(|user| user.relation.map(|relation| (user.id, relation)))
        .collect();
    let mut machines: BTreeMap<u64, u64> = BTreeMap::new();
    for server in world.panel.servers(now) {
        if let Some(client) = owners.get(&server.owner) {
            *machines.entry(*client).or_default() += 1;
        }
    }
    for (client, count) in machines {
        let services = clients.get(&client).copied().unwrap_or(0);
        if count > services {
            return Err(format!(
                "client {client} pays for {services} services and has {count} machines"
            ));
        }
    }
    Ok(())
}

fn one_mail_each(world: &World) -> Result<(), String> {
    match world.mails.iter().find(|(_, count)| **count > 1) {
        Some(((service, generation), count)) => Err(format!(
            "service {service} got {count} welcome mails in generation {generation}"
        )),
        None => Ok(()),
    }
}

/// What must hold when the platform has behaved for hours.
pub fn at_the_end(world: &World, now: Moment) -> Result<(), String> {
    nothing_stuck(world, now)?;
    every_service_is_as_wished(world, now)?;
    no_machine_without_a_service(world, now)
}

fn nothing_stuck(world: &World, now: Moment) -> Result<(), String> {
    for operation in world
        .store
        .operations
        .values()
        .filter(|operation| !operation.state.is_final())
    {
        let asked = world
            .store
            .questions
            .values()
            .any(|q| q.operation == Some(operation.id) && q.answer.is_none());
        let watching = operation.interrupted_by.is_some() || operation.state == OperationState::Queued;
        let overdue = now > operation.deadline + Duration::from_secs(600);
        if operation.reason.is_empty() || (overdue && !asked && !watching) {
            return Err(format!(
                "{} {} is stuck: {}",
                operation.id, operation.kind, operation.reason
            ));
        }
        if !watching && !asked && operation.kind.changes() {
            return Err(format!(
                "{} {} has not ended: {}",
                operation.id, operation.kind, operation.reason
            ));
        }
    }
    let open = world
        .store
        .calls
        .values()
        .find(|call| call.state == CallState::Sending);
    open.map_or(Ok(()), |call| {
        Err(format!("{} {} is still in sending", call.id, call.request.name))
    })
}

fn every_service_is_as_wished(world: &World, now: Moment) -> Result<(), String> {
    for account in world.accounts.values() {
        let Some(view) = world.store.view(account.billing_id) else {
            continue;
        };
        let name = account.billing_id;
        let machine = view.link.as_ref().and_then(|link| link.identity.id.parse().ok());
        let machine = machine.and_then(|id| world.panel.server(now, id));
        match view.service.standing {
            Standing::Live => {
                let machine = machine.ok_or_else(|| format!("service {name} is live and has no machine"))?;
                if machine.suspended {
                    return Err(format!("service {name} is live and its machine is suspended"));
                }
                if !world.mails.contains_key(&(name, view.service.generation)) {
                    return Err(format!("service {name} is live and got no welcome mail"));
                }
            }
            Standing::Suspended => {
                let machine =
                    machine.ok_or_else(|| format!("service {name} is suspended and has no machine"))?;
                let asked = view
                    .questions
                    .iter()
                    .any(|q| q.kind == domain::record::QuestionKind::SuspensionBroken);
                if machine.running && !asked {
                    return Err(format!("service {name} is suspended and its machine runs"));
                }
            }
            Standing::Ended | Standing::Vacant => {
                if view.link.is_some() {
                    return Err(format!(
                        "service {name} is {} and still linked",
                        view.service.standing
                    ));
                }
            }
            Standing::Building | Standing::Ending => {
                if view.open.is_empty() {
                    return Err(format!(
                        "service {name} is {} and nothing is under way",
                        view.service.standing
                    ));
                }
            }
        }
        if account.ended
            && !matches!(
                view.service.standing,
                Standing::Ended | Standing::Ending | Standing::Vacant
            )
        {
            return Err(format!(
                "service {name} was terminated and is {}",
                view.service.standing
            ));
        }
    }
    Ok(())
}

/// Every machine on the platform is linked to a service, or is being removed.
fn no_machine_without_a_service(world: &World, now: Moment) -> Result<(), String> {
    for server in world.panel.servers(now) {
        let linked = world
            .store
            .links
            .iter()
            .any(|link| link.closed_at.is_none() && link.identity.id == server.id.to_string());
        if !linked {
            return Err(format!(
                "machine {} of user {} belongs to no service",
                server.id, server.owner
            ));
        }
    }
    Ok(())
}
