//! What the panel tells of its hypervisors' room. A block that is missing says nothing; numbers of what is free may be
//! negative.

use serde::Deserialize;

use crate::loose;

/// A hypervisor of a group.
#[derive(Debug, Deserialize)]
pub struct Row {
    /// Which one.
    pub hypervisor: Hypervisor,
    /// What it has.
    pub resources: Resources,
}

/// What the panel does with a hypervisor.
#[derive(Debug, Deserialize)]
pub struct Hypervisor {
    /// Its id.
    #[serde(deserialize_with = "loose::id")]
    pub id: u64,
    /// Its name.
    #[serde(default, deserialize_with = "loose::text")]
    pub name: Option<String>,
    /// Whether it is in use.
    #[serde(default, deserialize_with = "loose::flag")]
    pub enabled: Option<bool>,
    /// Whether it is set up.
    #[serde(default, deserialize_with = "loose::flag")]
    pub commissioned: Option<bool>,
    /// Whether new servers are forbidden on it.
    #[serde(default, deserialize_with = "loose::flag")]
    pub prohibit: Option<bool>,
}

/// What a hypervisor has.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resources {
    /// Servers.
    #[serde(default, deserialize_with = "loose::object")]
    pub servers: Option<Amount>,
    /// MB.
    #[serde(default, deserialize_with = "loose::object")]
    pub memory: Option<Amount>,
    /// Processor cores.
    #[serde(default, deserialize_with = "loose::object")]
    pub cpu_cores: Option<Amount>,
    /// Its own disks.
    #[serde(default, deserialize_with = "loose::object")]
    pub local_storage: Option<Storage>,
    /// Storages beside them.
    #[serde(default, deserialize_with = "loose::list")]
    pub other_storage: Vec<Storage>,
    /// Addresses.
    #[serde(default, deserialize_with = "loose::object")]
    pub network: Option<Network>,
}

/// How much there is of something.
#[derive(Debug, Deserialize)]
pub struct Amount {
    /// All of it; 0 where it is not limited.
    #[serde(default, deserialize_with = "loose::amount")]
    pub max: Option<u64>,
    /// What is not given away.
    #[serde(default, deserialize_with = "loose::number")]
    pub free: Option<i64>,
}

/// A storage, in GB.
#[derive(Debug, Deserialize)]
pub struct Storage {
    /// Its name.
    #[serde(default, deserialize_with = "loose::text")]
    pub name: Option<String>,
    /// Whether servers are put on it.
    #[serde(default, deserialize_with = "loose::flag")]
    pub enabled: Option<bool>,
    /// The code of its type.
    #[serde(default, rename = "storageType", deserialize_with = "loose::amount")]
    pub code: Option<u64>,
    /// How large it is.
    #[serde(flatten)]
    pub amount: Amount,
}

/// Addresses of all networks.
#[derive(Debug, Deserialize)]
pub struct Network {
    /// Together.
    #[serde(default, deserialize_with = "loose::object")]
    pub total: Option<Addresses>,
}

/// Addresses by their kind.
#[derive(Debug, Deserialize)]
pub struct Addresses {
    /// IPv4.
    #[serde(default, deserialize_with = "loose::object")]
    pub ipv4: Option<Amount>,
}
