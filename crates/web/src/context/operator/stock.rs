//! How many more of each product can be sold, and what each number follows from.

use domain::Moment;
use domain::capacity::{Capacity, Closed, Hypervisor, Need, Package, Pool, StockItem, Storage};
use domain::id::InstallationId;
use engine::supply::{
    GroupStock, ItemState, Line, ProductStock, Room, Seen, Sellable, SoldProduct, Warehouse,
};
use serde::Serialize;
use stock::{Count, Limit, Place, Resource};

use crate::context::{Context, When, sample};

/// The stock of all products, and the room of all groups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StockPage {
    /// The products.
    pub products: Vec<StockRow>,
    /// The groups.
    pub rooms: Vec<RoomRow>,
}

/// One product's stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StockRow {
    /// The billing system.
    pub installation: String,
    /// Its id there.
    pub product: u64,
    /// What it is called.
    pub name: String,
    /// How many more can be sold; `None` where nobody knows.
    pub count: Option<u64>,
    /// Why nobody knows; empty where somebody does.
    pub why: String,
    /// Whether the billing system counts its stock.
    pub counted: bool,
    /// How it is counted: the end of a message's key.
    pub policy: &'static str,
    /// How many may be in use; `None` without a bound.
    pub cap: Option<u64>,
    /// How many are.
    pub in_use: u64,
    /// What is kept free, in per cent.
    pub buffer: String,
    /// What one machine needs; `None` while its package is not known.
    pub need: Option<Need>,
    /// Group by group.
    pub groups: Vec<StockGroup>,
}

/// What a group contributes to a product's stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StockGroup {
    /// Its id upstream.
    pub group: String,
    /// How many more; `None` where nobody knows.
    pub count: Option<u64>,
    /// Why nobody knows; empty where somebody does.
    pub why: String,
    /// How many machines are promised there and not built.
    pub promised: u64,
    /// For how many there are addresses; `None` where they limit nothing.
    pub addresses: Option<u64>,
    /// Hypervisor by hypervisor.
    pub places: Vec<PlaceRow>,
}

/// How many machines fit on a hypervisor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceRow {
    /// The hypervisor's name.
    pub name: String,
    /// How many; `None` without a limit.
    pub count: Option<u64>,
    /// What there is the least of: the end of a message's key.
    pub limit: &'static str,
}

/// A group's room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoomRow {
    /// The platform's name.
    pub platform: String,
    /// The group's id upstream.
    pub group: String,
    /// When it was read; `None` while it was not.
    pub read: Option<When>,
    /// Why what is shown may not be what is; empty where it is.
    pub trouble: String,
    /// Whether the platform does not have it.
    pub absent: bool,
    /// How many machines are promised there and not built.
    pub promised: u64,
    /// Its hypervisors.
    pub hypervisors: Vec<HypervisorRow>,
}

/// What a hypervisor has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HypervisorRow {
    /// Its name.
    pub name: String,
    /// Why it takes no machines: the end of a message's key; `None` where it does.
    pub closed: Option<&'static str>,
    /// MB.
    pub memory: Option<PoolCell>,
    /// Cores.
    pub cores: Option<PoolCell>,
    /// How many machines it may hold.
    pub servers: Option<PoolCell>,
    /// GB, storage by storage.
    pub storages: Vec<StorageCell>,
    /// Addresses that its machines can still get; `None` where nobody tells.
    pub ipv4: Option<u64>,
}

/// How much there is of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PoolCell {
    /// What is left.
    pub free: i64,
    /// All of it; 0 without a limit.
    pub max: u64,
}

/// A storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StorageCell {
    /// Its name.
    pub name: String,
    /// The code of its type.
    pub code: u64,
    /// Whether disks are put on it.
    pub enabled: bool,
    /// GB.
    pub pool: PoolCell,
}

impl StockRow {
    /// From what the engine knows.
    pub fn new(installation: &InstallationId, stock: &ProductStock) -> Self {
        let (count, why) = told(&stock.sellable);
        Self {
            installation: installation.to_string(),
            product: stock.product,
            name: stock.name.clone(),
            count,
            why,
            counted: stock.stock_control,
            policy: stock.policy.as_str(),
            cap: stock.cap,
            in_use: stock.in_use,
            buffer: stock.buffer.to_string(),
            need: stock.need,
            groups: stock.groups.iter().map(group).collect(),
        }
    }
}

fn told(sellable: &Sellable) -> (Option<u64>, String) {
    match sellable {
        Sellable::Known(count) => (Some(*count), String::new()),
        Sellable::Unknown(why) => (None, why.clone()),
    }
}

fn group(stock: &GroupStock) -> StockGroup {
    let (count, why) = told(&stock.sellable);
    let alone = stock.alone.as_ref();
    StockGroup {
        group: stock.group.clone(),
        count,
        why,
        promised: stock.promised,
        addresses: alone.and_then(|alone| alone.addresses),
        places: alone.map_or_else(Vec::new, |alone| alone.places.iter().map(place).collect()),
    }
}

fn place(place: &Place) -> PlaceRow {
    PlaceRow {
        name: place.name.clone(),
        count: match place.count {
            Count::Of(count) => Some(count),
            Count::Unlimited => None,
        },
        limit: match place.limit {
            None => "nothing",
            Some(Limit::Closed(why)) => closed(why),
            Some(Limit::Short(Resource::Memory)) => "memory",
            Some(Limit::Short(Resource::Cores)) => "cores",
            Some(Limit::Short(Resource::Storage)) => "storage",
            Some(Limit::Short(Resource::Servers)) => "servers",
        },
    }
}

const fn closed(why: Closed) -> &'static str {
    match why {
        Closed::Disabled => "disabled",
        Closed::NotCommissioned => "not-commissioned",
        Closed::Prohibited => "prohibited",
    }
}

impl RoomRow {
    /// From what the engine knows.
    pub fn new(now: Moment, room: &Room) -> Self {
        let state = &room.state;
        let hypervisors = match &state.seen {
            Some(Seen::Group(capacity)) => capacity.hypervisors.iter().map(hypervisor).collect(),
            Some(Seen::Package(_) | Seen::Absent) | None => Vec::new(),
        };
        Self {
            platform: room.platform.clone(),
            group: room.group.clone(),
            read: state.observed_at.map(|at| When::new(now, at)),
            trouble: state.trouble.clone().unwrap_or_default(),
            absent: state.seen == Some(Seen::Absent),
            promised: room.promised,
            hypervisors,
        }
    }
}

fn hypervisor(has: &Hypervisor) -> HypervisorRow {
    let cell = |pool: &Pool| PoolCell {
        free: pool.free,
        max: pool.max,
    };
    let storage = |storage: &Storage| StorageCell {
        name: storage.name.clone(),
        code: storage.code,
        enabled: storage.enabled,
        pool: cell(&storage.pool),
    };
    HypervisorRow {
        name: has.name.clone(),
        closed: has.closed.map(closed),
        memory: has.memory.as_ref().map(cell),
        cores: has.cores.as_ref().map(cell),
        servers: has.servers.as_ref().map(cell),
        storages: has.local.iter().chain(&has.others).map(storage).collect(),
        ipv4: has.ipv4_free,
    }
}

impl Context for StockPage {
    const TEMPLATE: &'static str = "operator/stock.html";

    fn samples(now: Moment) -> Vec<Self> {
        let (products, rooms) = samples(now);
        vec![
            Self {
                products: Vec::new(),
                rooms: Vec::new(),
            },
            Self { products, rooms },
        ]
    }
}

/// A product that is known and one that is not, and groups in every state.
fn samples(now: Moment) -> (Vec<StockRow>, Vec<RoomRow>) {
    let pool = |max, free| Some(Pool { max, free });
    let of = |closed| Hypervisor {
        id: "1".to_owned(),
        name: sample::TEXT.to_owned(),
        closed,
        servers: pool(0, -1),
        memory: pool(65_536, 40_000),
        cores: None,
        local: Some(Storage {
            code: 0,
            name: sample::TEXT.to_owned(),
            enabled: false,
            pool: Pool { max: 500, free: 400 },
        }),
        others: Vec::new(),
        ipv4_free: Some(470),
    };
    let closings = [Closed::Disabled, Closed::NotCommissioned, Closed::Prohibited];
    let capacity = Capacity {
        hypervisors: closings.into_iter().map(Some).chain([None]).map(of).collect(),
    };
    let package = Package {
        enabled: true,
        need: domain::capacity::Need {
            memory: 1_024,
            ..Default::default()
        },
    };
    let mut warehouse = Warehouse::default();
    let seen = ItemState::default().read(Seen::Group(capacity), now);
    warehouse
        .items
        .insert(StockItem::Group("1".to_owned()), seen.clone());
    let package = ItemState::default().read(Seen::Package(package), now);
    warehouse
        .items
        .insert(StockItem::Package("9".to_owned()), package);
    let product = SoldProduct {
        name: sample::TEXT.to_owned(),
        ..SoldProduct::default()
    };
    let demand = |group: &str| domain::capacity::Demand {
        group: Some(group.to_owned()),
        package: Some("9".to_owned()),
        ipv4: 1,
        ..Default::default()
    };
    let rule = domain::record::StockRule {
        cap: Some(20),
        ..Default::default()
    };
    let installation = sample::installation(now).id;
    let row = |groups: &[&str]| {
        let demands: Vec<_> = groups.iter().map(|group| demand(group)).collect();
        let line = Line {
            installation: installation.clone(),
            product: product.clone(),
            demands,
            rule,
            in_use: 3,
        };
        StockRow::new(&installation, &warehouse.stock(&line))
    };
    let room = |state| {
        RoomRow::new(
            now,
            &Room {
                platform: sample::TEXT.to_owned(),
                group: "1".to_owned(),
                promised: 2,
                state,
            },
        )
    };
    let failed = seen.clone().failed(sample::TEXT.to_owned(), now);
    let absent = ItemState {
        seen: Some(Seen::Absent),
        ..ItemState::default()
    };
    (
        vec![row(&["1"]), row(&["1", "2"]), row(&[])],
        vec![room(seen), room(failed), room(absent), room(ItemState::default())],
    )
}
