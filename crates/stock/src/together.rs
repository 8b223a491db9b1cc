//! Machines of all kinds together: how many more can be promised so that every promise is kept wherever the platform puts
//! the machines.
//!
//! A kind of machine has *slots*: on each hypervisor as many as fit, by whatever is the scarcest there. One of its own takes
//! one slot wherever it is put. What is left of a kind are its slots without its own promises, and without those that all
//! other promises can take at worst ([`Ladder`]). And nothing is promised that could take the slots of a promise.
//!
//! Rejected: trying all placements (right, and good for a handful of machines: it is what the tests compare with), and
//! numbers of [`alone`](crate::alone) without what is promised, which sell the same memory to every kind.

mod ladder;

use std::collections::BTreeMap;

use domain::capacity::{Capacity, Need};

use self::ladder::{Ladder, SLOT};
use crate::alone::free_addresses;
use crate::room::{Resource, Room, rooms, slots};
use crate::{Buffer, Count};

/// Machines of one kind that are promised and not built: ordered, or held for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// What one needs.
    pub need: Need,
    /// How many.
    pub count: u64,
}

/// A group with what is promised of it.
#[derive(Debug)]
pub struct Together<'g> {
    group: &'g Capacity,
    buffer: Buffer,
    promised: BTreeMap<Need, u64>,
    /// Of every kind that is promised.
    standings: Vec<Standing>,
    /// Addresses that are not promised; `None` where the platform tells of none.
    addresses: Option<u64>,
}

impl<'g> Together<'g> {
    /// A group of which this is promised.
    pub fn new(group: &'g Capacity, buffer: Buffer, claims: impl IntoIterator<Item = Claim>) -> Self {
        let mut promised = BTreeMap::new();
        for claim in claims.into_iter().filter(|claim| claim.count > 0) {
            let count: &mut u64 = promised.entry(claim.need).or_default();
            *count = count.saturating_add(claim.count);
        }
        let taken = promised
            .iter()
            .map(|(need, count)| need.ipv4.saturating_mul(*count))
            .fold(0, u64::saturating_add);
        let standings = promised
            .keys()
            .map(|need| Standing::of(group, buffer, &promised, *need))
            .collect();
        Self {
            group,
            buffer,
            promised,
            standings,
            addresses: free_addresses(group).map(|free| free.saturating_sub(taken)),
        }
    }

    /// How many more of a kind can be promised.
    pub fn left(&self, need: &Need) -> Count {
        let own = match self.standings.iter().find(|standing| standing.need == *need) {
            Some(standing) => standing.left(),
            None => Standing::of(self.group, self.buffer, &self.promised, *need).left(),
        };
        let by_addresses = match self.addresses {
            Some(free) if need.ipv4 > 0 => Count::Of(free / need.ipv4),
            _ => Count::Unlimited,
        };
        let others = self.standings.iter().filter(|standing| standing.need != *need);
        others.fold(own.min(by_addresses), |most, standing| standing.bears(need, most))
    }
}

/// A kind of machine in a group.
#[derive(Debug)]
struct Standing {
    need: Need,
    /// How many are promised.
    promised: u64,
    slots: Count,
    /// What its slots cost others of each resource that limits it anywhere.
    ladders: Vec<(Resource, Ladder)>,
    /// What they cost at least, whatever the resource, in parts of a slot.
    mixed: Ladder,
    /// What all other promises can take.
    burden: Burden,
}

impl Standing {
    fn of(group: &Capacity, buffer: Buffer, promised: &BTreeMap<Need, u64>, need: Need) -> Self {
        let mut all = Count::NONE;
        let mut prices: BTreeMap<Resource, Vec<u128>> = BTreeMap::new();
        let mut mixed = Vec::new();
        let open = group
            .hypervisors
            .iter()
            .filter(|hypervisor| hypervisor.closed.is_none());
        for hypervisor in open {
            let rooms: Vec<Room> = rooms(hypervisor, &need, buffer).collect();
            let here = slots(&rooms);
            all = all + here;
            let Count::Of(here @ 1..) = here else {
                continue;
            };
            for room in &rooms {
                prices
                    .entry(room.resource)
                    .or_default()
                    .push(first_price(room, here));
            }
            mixed.extend(rooms.iter().map(|room| first_part(room, here)).min());
        }
        let ladders = prices
            .into_iter()
            .map(|(resource, prices)| (resource, Ladder::new(prices, resource.each(&need).into())));
        let mut standing = Self {
            need,
            promised: promised.get(&need).copied().unwrap_or_default(),
            slots: all,
            ladders: ladders.collect(),
            mixed: Ladder::new(mixed, SLOT),
            burden: Burden::default(),
        };
        for (other, count) in promised.iter().filter(|(other, _)| **other != need) {
            standing.burden = standing.with(other, *count);
        }
        standing
    }

    /// The burden with so many more machines of another kind.
    fn with(&self, other: &Need, count: u64) -> Burden {
        let mut burden = self.burden.clone();
        let mut most = 0;
        for (resource, _) in &self.ladders {
            let each = u128::from(resource.taken(other, &self.need));
            if each > 0 {
                let (taken, takers) = burden.of_each.entry(*resource).or_default();
                *taken = taken.saturating_add(each.saturating_mul(count.into()));
                *takers = takers.saturating_add(count);
                most = most.max((each * SLOT).div_ceil(resource.each(&self.need).into()));
            }
        }
        if most > 0 {
            burden.parts = burden.parts.saturating_add(most.saturating_mul(count.into()));
            burden.payers = burden.payers.saturating_add(count);
        }
        burden
    }

    /// Slots that are lost at worst. A hypervisor loses as many as by the resource by which it loses the most: at most the
    /// sum over the resources, and at most what the payments buy that count the dearest resource of each machine.
    fn lost(&self, burden: &Burden) -> u64 {
        let of_each = self.ladders.iter().map(|(resource, ladder)| {
            let (taken, takers) = burden.of_each.get(resource).copied().unwrap_or_default();
            ladder.lost(taken, takers)
        });
        let by_resource = of_each.fold(0, u64::saturating_add);
        by_resource.min(self.mixed.lost(burden.parts, burden.payers))
    }

    /// How many more of this kind find a place.
    fn left(&self) -> Count {
        match self.slots {
            Count::Unlimited => Count::Unlimited,
            Count::Of(slots) => {
                let lost = self.lost(&self.burden);
                Count::Of(slots.saturating_sub(lost).saturating_sub(self.promised))
            }
        }
    }

    /// How many of `most` machines of another kind this kind's promises bear.
    fn bears(&self, other: &Need, most: Count) -> Count {
        let Count::Of(slots) = self.slots else {
            return most;
        };
        let takes = self
            .ladders
            .iter()
            .any(|(resource, _)| resource.taken(other, &self.need) > 0);
        if !takes {
            return most;
        }
        let kept = |more: u64| slots.saturating_sub(self.lost(&self.with(other, more))) >= self.promised;
        // One more each time takes all slots at some time, so that there is a first number that is too many.
        let Some(mut bad) = (0..=u64::BITS)
            .map(|power| 1_u64.checked_shl(power).unwrap_or(u64::MAX))
            .find(|more| !kept(*more))
        else {
            return most;
        };
        let mut good = 0;
        while bad - good > 1 {
            let middle = good + (bad - good) / 2;
            if kept(middle) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        most.min(Count::Of(good))
    }
}

/// What others have to take of a resource until there are fewer than `slots` slots.
fn first_price(room: &Room, slots: u64) -> u128 {
    let full = u128::from(slots).saturating_mul(room.each.into());
    room.left.saturating_sub(full).saturating_add(1)
}

/// The same in parts of a slot.
fn first_part(room: &Room, slots: u64) -> u128 {
    first_price(room, slots).saturating_mul(SLOT) / u128::from(room.each)
}

/// What machines of other kinds can take from a kind.
#[derive(Debug, Clone, Default)]
struct Burden {
    /// Of each resource how much, and by how many machines.
    of_each: BTreeMap<Resource, (u128, u64)>,
    /// Parts of slots, each machine by the resource of which it takes the most.
    parts: u128,
    /// By how many machines.
    payers: u64,
}

#[cfg(test)]
mod tests;
