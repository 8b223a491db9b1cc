//! What a hypervisor has left of a resource, and how much of it a machine takes.

use domain::capacity::{Hypervisor, Need, Pool};
use serde::{Deserialize, Serialize};

use crate::{Buffer, Count};

/// What may be limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// Memory.
    Memory,
    /// Processor cores.
    Cores,
    /// The storage of the disk's type.
    Storage,
    /// How many machines a hypervisor may hold.
    Servers,
}

impl Resource {
    /// How much of it one machine takes.
    pub const fn each(self, need: &Need) -> u64 {
        match self {
            Self::Memory => need.memory,
            Self::Cores => need.cores,
            Self::Storage => need.storage,
            Self::Servers => 1,
        }
    }

    /// How much another machine takes of what this kind needs: what lies on another type of storage takes nothing.
    pub const fn taken(self, other: &Need, need: &Need) -> u64 {
        match self {
            Self::Storage if other.storage_code != need.storage_code => 0,
            _ => self.each(other),
        }
    }
}

/// A limited resource of a hypervisor, as a kind of machine sees it.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    pub resource: Resource,
    /// What can be sold of it.
    pub left: u128,
    /// How much one machine takes, at least 1.
    pub each: u64,
}

impl Room {
    /// `None` where it is not limited, or not needed. What is needed and not told of is not there.
    fn of(resource: Resource, pool: Option<&Pool>, need: &Need, buffer: Buffer) -> Option<Self> {
        let left = match pool {
            Some(Pool { max: 0, .. }) => return None,
            Some(pool) => u128::try_from(buffer.leaves(pool)).unwrap_or_default(),
            None => 0,
        };
        let each = resource.each(need);
        (each > 0).then_some(Self { resource, left, each })
    }

    /// How many machines fit.
    pub fn slots(&self) -> u64 {
        u64::try_from(self.left / u128::from(self.each)).unwrap_or(u64::MAX)
    }
}

/// The resources that limit a kind of machine on a hypervisor, closed or not.
pub fn rooms(hypervisor: &Hypervisor, need: &Need, buffer: Buffer) -> impl Iterator<Item = Room> {
    // Not every platform counts machines, and none keeps room for some.
    let servers = hypervisor.servers.as_ref();
    let all = [
        Room::of(Resource::Memory, hypervisor.memory.as_ref(), need, buffer),
        Room::of(Resource::Cores, hypervisor.cores.as_ref(), need, buffer),
        disk(hypervisor, need, buffer),
        servers.and_then(|pool| Room::of(Resource::Servers, Some(pool), need, Buffer::NONE)),
    ];
    all.into_iter().flatten()
}

/// A disk lies in one pool, so that the largest fit counts, and pools are not added up. What is put into another takes
/// nothing from it.
fn disk(hypervisor: &Hypervisor, need: &Need, buffer: Buffer) -> Option<Room> {
    let none = Room::of(Resource::Storage, None, need, buffer)?;
    // A pool without a limit limits nothing.
    pools_of(hypervisor, need.storage_code)
        .map(|pool| Room::of(Resource::Storage, Some(pool), need, buffer))
        .try_fold(none, |best, room| {
            room.map(|room| if room.left > best.left { room } else { best })
        })
}

/// The pools in which a disk of a storage type can lie.
fn pools_of(hypervisor: &Hypervisor, code: u64) -> impl Iterator<Item = &Pool> {
    let own = hypervisor.local.iter().filter(move |_| code == 0);
    let of_its_type = move |storage: &&domain::capacity::Storage| code != 0 && storage.code == code;
    let others = hypervisor.others.iter().filter(of_its_type);
    let enabled = own.chain(others).filter(|storage| storage.enabled);
    enabled.map(|storage| &storage.pool)
}

/// How many machines fit on a hypervisor that is open.
pub fn slots(rooms: &[Room]) -> Count {
    let least = rooms.iter().map(Room::slots).min();
    least.map_or(Count::Unlimited, Count::Of)
}
