//! The real books: what each hypervisor and address block has given away.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::config::{GroupConfig, HypervisorConfig, Placement};
use crate::addresses::{self, Block};

/// What a server takes from its hypervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// MB.
    pub memory: u64,
    /// Cores.
    pub cores: u64,
    /// GB, additional storage included.
    pub storage: u64,
    /// The code of the storage's type; 0 is the hypervisor's own disks.
    pub code: u64,
    /// On which of the hypervisor's storages it lies, by its place; its own disks where `None`.
    pub pool: Option<usize>,
}

/// Where a disk lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Home {
    /// On the hypervisor's own disks.
    Own,
    /// On a storage beside them, by its place.
    Pool(usize),
}

/// One hypervisor and what is allocated on it.
#[derive(Debug, Clone)]
pub struct Hypervisor {
    /// Its id.
    pub id: u64,
    /// Its group.
    pub group: u64,
    /// Its name.
    pub name: String,
    /// Its limits.
    pub limits: HypervisorConfig,
    /// What its servers take together; the storage of its own disks.
    pub taken: Share,
    /// GB that they take of each storage beside these.
    pub pools: Vec<u64>,
    /// How many servers it has.
    pub servers: u64,
    /// Whether the panel reaches it: without, there is no remote state.
    pub reachable: bool,
}

const fn within(max: u64, taken: u64) -> bool {
    max == 0 || taken <= max
}

impl Hypervisor {
    fn holds(&self, taken: Share) -> bool {
        within(
            self.limits.memory,
            taken.memory.saturating_add(self.limits.memory_used),
        ) && within(self.limits.cores, taken.cores)
    }

    /// Where a disk would lie: where it lies already, on the hypervisor's own disks, or on the storage of its type with the
    /// most room. `None` where it fits on none.
    fn home(&self, share: Share) -> Option<Home> {
        if share.code == 0 || self.limits.pools.is_empty() {
            return within(self.limits.storage, self.taken.storage + share.storage).then_some(Home::Own);
        }
        let pools = self.limits.pools.iter().zip(&self.pools).enumerate();
        let fitting = pools.filter(|(at, (pool, taken))| {
            let may_be = share
                .pool
                .map_or(pool.enabled && pool.code == share.code, |own| own == *at);
            may_be && within(pool.storage, **taken + pool.used + share.storage)
        });
        let best = fitting.max_by_key(|(at, (pool, taken))| {
            let max = if pool.storage == 0 { u64::MAX } else { pool.storage };
            (max - (**taken + pool.used).min(max), std::cmp::Reverse(*at))
        });
        best.map(|(at, _)| Home::Pool(at))
    }

    fn fits(&self, share: Share) -> bool {
        self.limits.enabled
            && self.limits.commissioned
            && !self.limits.prohibit
            && within(self.limits.servers, self.servers + 1)
            && self.holds(self.taken.plus(share))
            && self.home(share).is_some()
    }

    /// Takes a share where it lies, or gives it back.
    fn count(&mut self, share: Share, gives_back: bool) {
        let here = match share.pool {
            Some(at) => {
                if let Some(taken) = self.pools.get_mut(at) {
                    *taken = if gives_back {
                        taken.saturating_sub(share.storage)
                    } else {
                        *taken + share.storage
                    };
                }
                Share { storage: 0, ..share }
            }
            None => share,
        };
        self.taken = if gives_back {
            self.taken.minus(here)
        } else {
            self.taken.plus(here)
        };
    }

    const fn free_memory(&self) -> u64 {
        let max = if self.limits.memory == 0 {
            u64::MAX
        } else {
            self.limits.memory
        };
        max.saturating_sub(self.taken.memory + self.limits.memory_used)
    }

    /// Its resources as the panel lists them; `free` is negative where there is no limit.
    pub fn resources(&self) -> Value {
        json!({
            "servers": amount("#", self.limits.servers, self.servers),
            "memory": amount("MB", self.limits.memory, self.taken.memory + self.limits.memory_used),
            "cpuCores": amount("#", self.limits.cores, self.taken.cores),
            "localStorage": {
                "enabled": 1,
                "name": "Local (Default mountpoint)",
                "storageType": 0,
                "units": "GB",
                "max": self.limits.storage,
                "allocated": self.taken.storage,
                "free": free(self.limits.storage, self.taken.storage),
                "percent": percent(self.limits.storage, self.taken.storage),
            },
            "otherStorage": self.storages(),
        })
    }
}

impl Hypervisor {
    fn storages(&self) -> Vec<Value> {
        let pools = self.limits.pools.iter().zip(&self.pools).enumerate();
        let rendered = pools.map(|(at, (pool, taken))| {
            let mut storage = amount("GB", pool.storage, taken + pool.used);
            storage["id"] = json!(at + 1);
            storage["name"] = json!(format!("pool-{}", at + 1));
            storage["enabled"] = json!(u8::from(pool.enabled));
            storage["path"] = json!(format!("/mnt/pool-{}", at + 1));
            storage["storageType"] = json!(pool.code);
            storage["isDatastore"] = json!(false);
            storage
        });
        rendered.collect()
    }
}

fn amount(units: &str, max: u64, allocated: u64) -> Value {
    json!({
        "units": units,
        "max": max,
        "allocated": allocated,
        "free": free(max, allocated),
        "percent": percent(max, allocated),
    })
}

fn free(max: u64, allocated: u64) -> i64 {
    let signed = |value| i64::try_from(value).unwrap_or(i64::MAX);
    signed(max) - signed(allocated)
}

/// Per cent to one place; whole numbers as integers, none without a limit.
#[expect(clippy::cast_precision_loss, reason = "tenths of a per cent")]
fn percent(max: u64, allocated: u64) -> Value {
    if max == 0 {
        return Value::Null;
    }
    let tenths = (allocated * 1000 + max / 2) / max;
    if tenths.is_multiple_of(10) {
        json!(tenths / 10)
    } else {
        json!(tenths as f64 / 10.0)
    }
}

impl Share {
    /// The sum.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            memory: self.memory + other.memory,
            cores: self.cores + other.cores,
            storage: self.storage + other.storage,
            ..self
        }
    }

    /// The difference, which the books never let fall below zero.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            memory: self.memory.saturating_sub(other.memory),
            cores: self.cores.saturating_sub(other.cores),
            storage: self.storage.saturating_sub(other.storage),
            ..self
        }
    }
}

/// A group as the panel lists it.
#[derive(Debug)]
pub struct Group {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Whether orders may name it.
    pub enabled: bool,
    block: Block,
}

/// Why nothing was placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// No hypervisor has the room.
    Hypervisors,
    /// The block has too few addresses.
    Addresses,
}

/// Where a server was put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// On which hypervisor.
    pub hypervisor: u64,
    /// On which of its storages, by its place; on its own disks where `None`.
    pub pool: Option<usize>,
    /// Its addresses.
    pub addresses: Vec<Ipv4Addr>,
}

/// A lot that depends on nothing but these.
const fn drawn(seed: u64, turn: u64, hypervisor: u64) -> u64 {
    let mut lot =
        seed ^ turn.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hypervisor.wrapping_mul(0xd1b5_4a32_d192_ed03);
    lot = (lot ^ (lot >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    lot = (lot ^ (lot >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    lot ^ (lot >> 31)
}

/// All hypervisors, groups and address blocks.
#[derive(Debug)]
pub struct Books {
    /// By id.
    pub hypervisors: BTreeMap<u64, Hypervisor>,
    /// By id.
    pub groups: BTreeMap<u64, Group>,
    /// Where servers are put.
    placement: Placement,
    /// How many were put somewhere.
    placed: u64,
}

impl Books {
    /// Empty books. Hypervisors are numbered from 1 in the order of their groups.
    pub fn new(groups: &[GroupConfig], placement: Placement) -> Self {
        let mut books = Self {
            hypervisors: BTreeMap::new(),
            groups: BTreeMap::new(),
            placement,
            placed: 0,
        };
        let mut first = addresses::FIRST;
        let mut id = 0;
        for group in groups {
            for limits in &group.hypervisors {
                id += 1;
                books.hypervisors.insert(
                    id,
                    Hypervisor {
                        id,
                        group: group.id,
                        name: format!("hv-{id}"),
                        limits: limits.clone(),
                        taken: Share::default(),
                        pools: vec![0; limits.pools.len()],
                        servers: 0,
                        reachable: true,
                    },
                );
            }
            let block = Block::new(first + 2, group.ipv4);
            first += (group.ipv4 + 3).next_multiple_of(256);
            let name = group.name.clone();
            books.groups.insert(
                group.id,
                Group {
                    id: group.id,
                    name,
                    enabled: group.enabled,
                    block,
                },
            );
        }
        books
    }

    /// The hypervisors of a group, by id.
    pub fn in_group(&self, group: u64) -> impl Iterator<Item = &Hypervisor> {
        self.hypervisors
            .values()
            .filter(move |hypervisor| hypervisor.group == group)
    }

    /// How many addresses a group has left.
    pub fn free_addresses(&self, group: u64) -> u32 {
        self.groups.get(&group).map_or(0, |group| group.block.free())
    }

    /// The gateway of a group's block.
    pub fn gateway(&self, group: u64) -> Ipv4Addr {
        Ipv4Addr::from(
            self.groups
                .get(&group)
                .map_or(addresses::FIRST, |group| group.block.first() - 1),
        )
    }

    /// Whether [`Books::place`] would succeed, and where: by the panel's rule, the lowest id among equals.
    pub fn room(&self, group: u64, share: Share, ipv4: u32) -> Result<u64, Full> {
        let fitting = self.in_group(group).filter(|hypervisor| hypervisor.fits(share));
        let best = match self.placement {
            Placement::Spread => {
                fitting.max_by_key(|hypervisor| (hypervisor.free_memory(), std::cmp::Reverse(hypervisor.id)))
            }
            Placement::Fill => fitting.min_by_key(|hypervisor| (hypervisor.free_memory(), hypervisor.id)),
            Placement::Random(seed) => {
                fitting.min_by_key(|hypervisor| drawn(seed, self.placed, hypervisor.id))
            }
        };
        let best = best.ok_or(Full::Hypervisors)?;
        if self.free_addresses(group) < ipv4 {
            Err(Full::Addresses)
        } else {
            Ok(best.id)
        }
    }

    /// Takes room and addresses: on which hypervisor, on which of its storages, and which addresses.
    pub fn place(&mut self, group: u64, share: Share, ipv4: u32) -> Result<Placed, Full> {
        let id = self.room(group, share, ipv4)?;
        self.placed += 1;
        let home = self
            .hypervisors
            .get(&id)
            .and_then(|hypervisor| hypervisor.home(share));
        let pool = match home {
            Some(Home::Pool(at)) => Some(at),
            Some(Home::Own) | None => None,
        };
        self.take(id, Share { pool, ..share });
        let block = self.groups.get_mut(&group).map(|group| &mut group.block);
        let addresses = block.map(|block| (0..ipv4).filter_map(|_| block.take()).collect());
        Ok(Placed {
            hypervisor: id,
            pool,
            addresses: addresses.unwrap_or_default(),
        })
    }

    fn take(&mut self, id: u64, share: Share) {
        if let Some(hypervisor) = self.hypervisors.get_mut(&id) {
            hypervisor.count(share, false);
            hypervisor.servers += 1;
        }
    }

    /// Takes the room that a server has already, and as many addresses.
    pub fn hold(&mut self, id: u64, share: Share, ipv4: usize) {
        self.take(id, share);
        let group = self.hypervisors.get(&id).map(|hypervisor| hypervisor.group);
        if let Some(group) = group.and_then(|group| self.groups.get_mut(&group)) {
            for _ in 0..ipv4 {
                group.block.take();
            }
        }
    }

    /// So many more addresses for a server on this hypervisor; `None`, and none taken, where its group has fewer.
    pub fn more_addresses(&mut self, id: u64, count: u32) -> Option<Vec<Ipv4Addr>> {
        let group = self.hypervisors.get(&id)?.group;
        let block = &mut self.groups.get_mut(&group)?.block;
        let enough = block.free() >= count;
        enough.then(|| (0..count).filter_map(|_| block.take()).collect())
    }

    /// Gives addresses back.
    pub fn give_back(&mut self, id: u64, addresses: impl IntoIterator<Item = Ipv4Addr>) {
        let group = self.hypervisors.get(&id).map(|hypervisor| hypervisor.group);
        if let Some(group) = group.and_then(|group| self.groups.get_mut(&group)) {
            for address in addresses {
                group.block.give(address);
            }
        }
    }

    /// Gives room and addresses back.
    pub fn release(&mut self, id: u64, share: Share, addresses: &[Ipv4Addr]) {
        let Some(hypervisor) = self.hypervisors.get_mut(&id) else {
            return;
        };
        hypervisor.count(share, true);
        hypervisor.servers = hypervisor.servers.saturating_sub(1);
        self.give_back(id, addresses.iter().copied());
    }

    /// Changes a server's share on its hypervisor, if it has the room.
    pub fn resize(&mut self, id: u64, old: Share, new: Share) -> Result<(), Full> {
        let hypervisor = self.hypervisors.get_mut(&id).ok_or(Full::Hypervisors)?;
        let grows = new.memory > old.memory || new.cores > old.cores || new.storage > old.storage;
        let before = hypervisor.clone();
        hypervisor.count(old, true);
        let more = Share { pool: None, ..new };
        let fits = hypervisor.holds(hypervisor.taken.plus(more)) && hypervisor.home(new).is_some();
        hypervisor.count(new, false);
        if grows && !fits {
            *hypervisor = before;
            return Err(Full::Hypervisors);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books(hypervisors: usize, memory: u64, ipv4: u32) -> Books {
        let limits = HypervisorConfig {
            memory,
            cores: 0,
            storage: 100,
            ..HypervisorConfig::default()
        };
        let groups = [GroupConfig {
            id: 9,
            name: "Test".to_owned(),
            enabled: true,
            ipv4,
            hypervisors: vec![limits; hypervisors],
        }];
        Books::new(&groups, Placement::Spread)
    }

    const SMALL: Share = Share {
        memory: 1024,
        cores: 1,
        storage: 10,
        code: 0,
        pool: None,
    };

    #[test]
    fn servers_go_where_the_most_memory_is_free() {
        let mut books = books(3, 4096, 10);
        let placed: Vec<u64> = (0..6)
            .map(|_| books.place(9, SMALL, 1).unwrap().hypervisor)
            .collect();
        assert_eq!(placed, [1, 2, 3, 1, 2, 3]);
    }

    #[test]
    fn a_full_group_takes_no_more_until_something_is_released() {
        let mut books = books(1, 2048, 10);
        books.place(9, SMALL, 1).unwrap();
        let placed = books.place(9, SMALL, 2).unwrap();
        assert_eq!(books.place(9, SMALL, 1), Err(Full::Hypervisors));
        assert_eq!(books.free_addresses(9), 7);
        books.release(placed.hypervisor, SMALL, &placed.addresses);
        assert_eq!(books.free_addresses(9), 9);
        assert_eq!(books.place(9, SMALL, 2).unwrap().addresses, placed.addresses);
    }

    #[test]
    fn addresses_run_out_on_their_own() {
        let mut books = books(1, 0, 2);
        assert_eq!(books.place(9, SMALL, 3), Err(Full::Addresses));
        assert_eq!(books.hypervisors[&1].servers, 0);
        assert!(books.place(9, SMALL, 2).is_ok());
    }

    #[test]
    fn resizing_needs_room_only_to_grow() {
        let mut books = books(1, 2048, 2);
        books.place(9, SMALL, 0).unwrap();
        let big = Share {
            memory: 4096,
            ..SMALL
        };
        assert_eq!(books.resize(1, SMALL, big), Err(Full::Hypervisors));
        let fitting = Share {
            memory: 2048,
            ..SMALL
        };
        assert_eq!(books.resize(1, SMALL, fitting), Ok(()));
        assert_eq!(books.hypervisors[&1].taken.memory, 2048);
        assert_eq!(books.resize(1, fitting, SMALL), Ok(()));
    }

    #[test]
    fn resources_are_written_like_the_panel_does() {
        let mut books = books(1, 6004, 2);
        books
            .place(
                9,
                Share {
                    memory: 4096,
                    cores: 3,
                    storage: 25,
                    ..SMALL
                },
                0,
            )
            .unwrap();
        let resources = books.hypervisors[&1].resources();
        assert_eq!(
            resources["memory"],
            json!({"units":"MB","max":6004,"allocated":4096,"free":1908,"percent":68.2})
        );
        assert_eq!(
            resources["cpuCores"],
            json!({"units":"#","max":0,"allocated":3,"free":-3,"percent":null})
        );
        assert_eq!(resources["localStorage"]["percent"], json!(25));
    }
}
