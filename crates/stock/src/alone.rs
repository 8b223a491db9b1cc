//! One kind of machine as if nothing else were sold.

use std::collections::BTreeMap;

use domain::capacity::{Capacity, Closed, Hypervisor, Need};
use serde::{Deserialize, Serialize};

use crate::room::{Resource, Room, rooms, slots};
use crate::{Buffer, Count};

/// What limits a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// The hypervisor takes no machines.
    Closed(Closed),
    /// There is the least of this.
    Short(Resource),
}

/// How many machines find a place on one hypervisor, and what limits them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The hypervisor's id upstream.
    pub hypervisor: String,
    /// Its name.
    pub name: String,
    /// How many.
    pub count: Count,
    /// What limits them; `None` where nothing does.
    pub limit: Option<Limit>,
    /// How many by each resource that is limited.
    pub by: BTreeMap<Resource, u64>,
}

/// How many machines a group has room for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alone {
    /// How many.
    pub count: Count,
    /// By addresses; `None` where none are needed, or the platform does not tell how many there are.
    pub addresses: Option<u64>,
    /// Of each hypervisor, in the platform's order.
    pub places: Vec<Place>,
}

/// How many machines of a kind a group has room for, as if nothing else were sold.
pub fn alone(group: &Capacity, need: &Need, buffer: Buffer) -> Alone {
    let place = |hypervisor| place(hypervisor, need, buffer);
    let places: Vec<Place> = group.hypervisors.iter().map(place).collect();
    let addresses = free_addresses(group).and_then(|free| free.checked_div(need.ipv4));
    let by_place = places.iter().map(|place| place.count).sum::<Count>();
    Alone {
        count: addresses.map_or(by_place, |addresses| by_place.min(Count::Of(addresses))),
        addresses,
        places,
    }
}

/// The addresses that a group's machines can still get; `None` where its platform does not tell. The hypervisors of a group
/// have them from the same pool, of which each tells, and one that is closed tells of none that can be had.
pub fn free_addresses(group: &Capacity) -> Option<u64> {
    let told = |hypervisor: &&Hypervisor| hypervisor.ipv4_free.is_some();
    group.hypervisors.iter().find(told)?;
    let open = group
        .hypervisors
        .iter()
        .filter(|hypervisor| hypervisor.closed.is_none());
    Some(
        open.filter_map(|hypervisor| hypervisor.ipv4_free)
            .max()
            .unwrap_or_default(),
    )
}

fn place(hypervisor: &Hypervisor, need: &Need, buffer: Buffer) -> Place {
    let rooms: Vec<Room> = rooms(hypervisor, need, buffer).collect();
    let scarcest = rooms.iter().min_by_key(|room| room.slots());
    let (count, limit) = match hypervisor.closed {
        Some(closed) => (Count::NONE, Some(Limit::Closed(closed))),
        None => (slots(&rooms), scarcest.map(|room| Limit::Short(room.resource))),
    };
    Place {
        hypervisor: hypervisor.id.clone(),
        name: hypervisor.name.clone(),
        count,
        limit,
        by: rooms.iter().map(|room| (room.resource, room.slots())).collect(),
    }
}

#[cfg(test)]
mod tests;
