//! Rules about machines on the panel.

use std::time::Duration;

use domain::id::ServiceId;
use sim::virtfusion::Server;

use super::super::stage::Made;
use super::super::world::World;
use super::Held;

/// A late machine is gone this long after it became visible, as long as nothing hinders its removal.
const GONE_WITHIN: Duration = Duration::from_secs(600);

/// The rules are asked this often.
const LOOKED_AT: Duration = Duration::from_secs(60);

/// Looks at the machines that changed since the last time.
pub fn look(world: &mut World) -> Result<(), Held> {
    for id in world.stage.panel.take_changed(world.now) {
        if world.stage.strangers.contains_key(&id) {
            stranger_is_as_it_was(world, id)?;
        } else {
            note(world, id);
        }
        let made = world.stage.made.get(&id);
        if let Some((service, generation)) = made.map(|made| (made.service, made.generation)) {
            one_within_reach(world, service, generation)?;
        }
    }
    Ok(())
}

/// No other customer's machine is ever touched: its whole record stays as it was, but for a lock that a fault may have
/// put on it when it was read.
pub fn stranger_is_as_it_was(world: &World, id: u64) -> Result<(), Held> {
    let now = world.stage.panel.server(world.now, id);
    let before = world.stage.strangers.get(&id);
    let touched = |server: &Server| {
        let unlocked = Server {
            locked_until: None,
            updated: server.created,
            ..server.clone()
        };
        serde_json::to_value(unlocked).ok()
    };
    let same = match (&now, before) {
        (Some(now), Some(before)) => touched(now) == touched(before),
        (None, None) => true,
        _ => false,
    };
    if same {
        return Ok(());
    }
    Err(Held::of(
        "no-strangers-machine",
        format!("machine {id} of somebody else was {before:?} and is {now:?}"),
    ))
}

/// Writes down what became of a machine.
fn note(world: &mut World, id: u64) {
    let server = world.stage.panel.server(world.now, id);
    let stage = &mut world.stage;
    let Some(server) = server else {
        stage.unwanted.remove(&id);
        if let Some(made) = stage.made.get_mut(&id) {
            made.exists = false;
            if let Some(since) = made.late_since.take() {
                world.statistics.late.add(world.now.since(since));
                let visible = world.now.since(made.visible.min(world.now));
                world.statistics.late_visible.add(visible);
            }
        }
        return;
    };
    let request = server.request_id.as_ref().and_then(|id| id.parse().ok());
    let Some((operation, service, generation)) = request.and_then(|id| stage.creates.get(&id).copied())
    else {
        return;
    };
    let known = stage
        .made
        .get(&id)
        .filter(|made| made.operation == operation && made.exists);
    if known.is_none() {
        let visible = stage.panel.visible_from(world.now, id).unwrap_or(world.now);
        let made = Made {
            operation,
            service,
            generation,
            visible,
            exists: true,
            owner: server.owner,
            unwanted_since: None,
            late_since: None,
        };
        stage.made.insert(id, made);
        stage.unwanted.insert(id);
    } else if let Some(made) = stage.made.get_mut(&id) {
        made.owner = server.owner;
    }
}

/// At most one machine per service and generation is within its client's reach.
fn one_within_reach(world: &World, service: ServiceId, generation: u32) -> Result<(), Held> {
    let record = world.vault.memory().tables.services.get(&service);
    let Some(record) = record else { return Ok(()) };
    let client = world.stage.panel.user_of(world.now, record.client_id);
    let within = world.stage.made.iter().filter(|(_, made)| {
        made.exists && (made.service, made.generation) == (service, generation) && Some(made.owner) == client
    });
    let ids: Vec<u64> = within.map(|(id, _)| *id).collect();
    if ids.len() > 1 {
        return Err(Held::of(
            "one-machine-within-reach",
            format!(
                "the client of service {} can reach machines {ids:?} of generation {generation}",
                record.billing_id
            ),
        ));
    }
    Ok(())
}

/// A machine that no service wants is gone ten minutes after it became visible, while nothing hinders its removal.
pub fn late_ones_are_gone(world: &mut World) -> Result<(), Held> {
    let candidates: Vec<u64> = world.stage.unwanted.iter().copied().collect();
    for id in candidates {
        let Some(made) = world.stage.made.get(&id).cloned() else {
            world.stage.unwanted.remove(&id);
            continue;
        };
        let tables = &world.vault.memory().tables;
        // A link to a machine that had the same id before is another service's.
        let linked = tables.linked.get(&id.to_string());
        let link = linked.and_then(|link| tables.links.get(link));
        if link.is_some_and(|link| link.service == made.service) {
            world.stage.unwanted.remove(&id);
            continue;
        }
        let ended = tables
            .operations
            .get(&made.operation)
            .is_none_or(|operation| operation.state.is_final());
        let replaced = tables.services.get(&made.service).is_some_and(|service| {
            tables.open_link(service).is_some() && service.generation == made.generation
        });
        if !ended && !replaced {
            continue;
        }
        let since = made.unwanted_since.unwrap_or_else(|| world.now.max(made.visible));
        let since = world
            .checker
            .free_since(made.service)
            .map_or(since, |free| since.max(free));
        if let Some(made) = world.stage.made.get_mut(&id) {
            made.unwanted_since = Some(since);
            if made.late_since.is_none() {
                made.late_since = Some(since);
                world.statistics.count("late machines");
            }
        }
        if world.now > since + GONE_WITHIN + LOOKED_AT {
            return Err(Held::of(
                "late-machine-is-removed",
                format!(
                    "machine {id} of an attempt of {} was not wanted since {since} and is still there",
                    made.operation
                ),
            ));
        }
    }
    Ok(())
}
