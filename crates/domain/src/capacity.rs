//! What a platform says of the room it has left, group by group and hypervisor by hypervisor, and what a machine needs of
//! it.

use serde::{Deserialize, Serialize};

/// A limited resource of a hypervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// All of it; 0 where it is not limited, and then `free` says nothing.
    pub max: u64,
    /// What is not given away. Platforms that give away more than there is show less than nothing.
    pub free: i64,
}

/// A storage of a hypervisor, in GB (2^30 bytes).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// The code of its type. Packages name a type, and not a pool: several pools may be of one.
    pub code: u64,
    /// Its name.
    pub name: String,
    /// Whether machines are put on it.
    pub enabled: bool,
    /// How large it is.
    pub pool: Pool,
}

/// Why a hypervisor takes no new machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// It is switched off in the platform.
    Disabled,
    /// It is not set up yet.
    NotCommissioned,
    /// New machines are forbidden on it.
    Prohibited,
}

/// One hypervisor of a group. What a platform leaves out is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hypervisor {
    /// Its id upstream.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Why it takes no new machines; `None` where it does.
    #[serde(default)]
    pub closed: Option<Closed>,
    /// How many machines it may hold.
    #[serde(default)]
    pub servers: Option<Pool>,
    /// Memory in MB (2^20 bytes).
    #[serde(default)]
    pub memory: Option<Pool>,
    /// Processor cores.
    #[serde(default)]
    pub cores: Option<Pool>,
    /// Its own disks.
    #[serde(default)]
    pub local: Option<Storage>,
    /// Storages beside its own disks.
    #[serde(default)]
    pub others: Vec<Storage>,
    /// IPv4 addresses that its machines can still get. Hypervisors of a group share them.
    #[serde(default)]
    pub ipv4_free: Option<u64>,
}

/// A group of hypervisors: what is ordered for it is put on one of them, on which the platform chooses.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Capacity {
    /// All of its hypervisors.
    pub hypervisors: Vec<Hypervisor>,
}

/// A size of machines that a platform sells under a name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Whether it can be ordered.
    pub enabled: bool,
    /// What one machine of it needs; addresses are the order's.
    pub need: Need,
}

/// What is read of a platform's stock: each has an age of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockItem {
    /// The room of a group, by the group's id upstream.
    Group(String),
    /// A package, by its id upstream.
    Package(String),
}

impl std::fmt::Display for StockItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Group(id) => write!(f, "group {id}"),
            Self::Package(id) => write!(f, "package {id}"),
        }
    }
}

/// What an order takes of a platform's room, and where. What it does not say is its package's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Demand {
    /// The group, by its id upstream; `None` where the order names none.
    pub group: Option<String>,
    /// The package, by its id upstream; `None` where the order names none.
    pub package: Option<String>,
    /// Memory in MB (2^20 bytes).
    pub memory: Option<u64>,
    /// Processor cores.
    pub cores: Option<u64>,
    /// The primary disk in GB (2^30 bytes).
    pub storage: Option<u64>,
    /// The code of the storage's type.
    pub storage_code: Option<u64>,
    /// IPv4 addresses.
    pub ipv4: u64,
}

impl Demand {
    /// What one machine of the order needs, with what its package says.
    pub fn need(&self, package: &Package) -> Need {
        Need {
            memory: self.memory.unwrap_or(package.need.memory),
            cores: self.cores.unwrap_or(package.need.cores),
            storage: self.storage.unwrap_or(package.need.storage),
            storage_code: self.storage_code.unwrap_or(package.need.storage_code),
            ipv4: self.ipv4,
        }
    }
}

/// What one machine needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Need {
    /// Memory in MB (2^20 bytes).
    pub memory: u64,
    /// Processor cores.
    pub cores: u64,
    /// The primary disk in GB (2^30 bytes).
    pub storage: u64,
    /// The code of the storage's type; 0 is the hypervisor's own disks.
    pub storage_code: u64,
    /// IPv4 addresses.
    pub ipv4: u64,
}
