//! What a simulated panel is made of.

use std::time::Duration;

use domain::Secret;

use crate::chance::Lag;

/// The panel's generation, by the status codes and paths that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// 6.2: package change and modifications answer 204, renaming is also a PATCH.
    V6,
    /// 7.0: package change answers 200 with notes, modifications 201.
    #[default]
    V7,
}

impl std::str::FromStr for Profile {
    type Err = String;

    /// Reads `v6` and `v7`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "v6" => Ok(Self::V6),
            "v7" => Ok(Self::V7),
            _ => Err(format!(
                "\"{text}\" is not a profile of the simulated panel; there are v6 and v7"
            )),
        }
    }
}

/// The bodies that switch the console on and off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConsoleDialect {
    /// `{"action":"enable"}` and `{"vnc":true}`.
    #[default]
    Both,
    /// Only `{"action":"enable"}`.
    Action,
    /// Only `{"vnc":true}`.
    Flag,
}

/// The form of validation errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorShape {
    /// `{"errors":["…"]}`.
    List,
    /// `{"message":"…","errors":{"field":["…"]}}`.
    Fields,
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    Full,
    /// Reading only.
    ReadOnly,
    /// Everything but the compute resources.
    NoCompute,
}

/// One API token.
#[derive(Debug, Clone)]
pub struct Token {
    /// The text after `Bearer `.
    pub text: Secret,
    /// What it may do.
    pub scope: Scope,
    /// Requests per minute; further ones are answered 429.
    pub per_minute: Option<u32>,
}

impl Token {
    /// A token without a rate.
    pub fn new(text: &str, scope: Scope) -> Self {
        Self {
            text: Secret::new(text),
            scope,
            per_minute: None,
        }
    }
}

/// A group of hypervisors and the addresses that they share.
#[derive(Debug, Clone)]
pub struct GroupConfig {
    /// The group's id: what orders name as `hypervisorId`.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Whether orders may name it.
    pub enabled: bool,
    /// How many IPv4 addresses its block holds.
    pub ipv4: u32,
    /// Its hypervisors.
    pub hypervisors: Vec<HypervisorConfig>,
}

/// A storage of a hypervisor beside its own disks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolConfig {
    /// The code of its type, which packages name as their storage profile.
    pub code: u64,
    /// GB; 0 for no limit.
    pub storage: u64,
    /// GB of it that something other than servers holds.
    pub used: u64,
    /// Whether disks are put on it.
    pub enabled: bool,
}

/// On which of the hypervisors with enough room a server is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Placement {
    /// The one with the most free memory.
    #[default]
    Spread,
    /// The one with the least.
    Fill,
    /// Any of them, by this seed.
    Random(u64),
}

/// One hypervisor. A maximum of 0 means no limit, as in the panel.
#[derive(Debug, Clone)]
pub struct HypervisorConfig {
    /// MB.
    pub memory: u64,
    /// Cores.
    pub cores: u64,
    /// GB of local storage.
    pub storage: u64,
    /// Servers.
    pub servers: u64,
    /// MB that something other than servers holds.
    pub memory_used: u64,
    /// Storages beside its own disks. Without any, storage profiles say nothing.
    pub pools: Vec<PoolConfig>,
    /// Whether it is in use.
    pub enabled: bool,
    /// Whether it is set up.
    pub commissioned: bool,
    /// Whether new servers are forbidden on it.
    pub prohibit: bool,
}

impl Default for HypervisorConfig {
    fn default() -> Self {
        Self {
            memory: 65_536,
            cores: 64,
            storage: 2_000,
            servers: 0,
            memory_used: 0,
            pools: Vec::new(),
            enabled: true,
            commissioned: true,
            prohibit: false,
        }
    }
}

/// A package. Speeds are kB/s, 0 for none.
#[derive(Debug, Clone)]
pub struct PackageConfig {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Whether it may be ordered.
    pub enabled: bool,
    /// MB.
    pub memory: u64,
    /// GB.
    pub storage: u64,
    /// GB a month; 0 for unlimited.
    pub traffic: u64,
    /// Cores.
    pub cores: u64,
    /// kB/s in.
    pub speed_in: u64,
    /// kB/s out.
    pub speed_out: u64,
    /// Storage profile, 0 for the default.
    pub storage_profile: u64,
}

impl PackageConfig {
    /// An enabled package with these sizes (MB, cores, GB, GB a month).
    pub fn sized(id: u64, name: &str, memory: u64, cores: u64, storage: u64, traffic: u64) -> Self {
        Self {
            id,
            name: name.to_owned(),
            enabled: true,
            memory,
            storage,
            traffic,
            cores,
            speed_in: 0,
            speed_out: 0,
            storage_profile: 0,
        }
    }
}

/// A simulated panel.
#[derive(Debug, Clone)]
pub struct PanelConfig {
    /// Uuids, passwords, tokens and lags follow from it.
    pub seed: u64,
    /// The generation.
    pub profile: Profile,
    /// Scheme and host in the links of paged lists.
    pub url: String,
    /// The API tokens.
    pub tokens: Vec<Token>,
    /// The hypervisor groups.
    pub groups: Vec<GroupConfig>,
    /// Where servers are put.
    pub placement: Placement,
    /// The packages.
    pub packages: Vec<PackageConfig>,
    /// Which console bodies are understood.
    pub console: ConsoleDialect,
    /// The form of all validation errors; `None` for each endpoint's own.
    pub errors: Option<ErrorShape>,
    /// The status of a dry run that would succeed: 200 or 201, the reference leaves it open.
    pub dry_run_status: u16,
    /// How long a build takes.
    pub build: Duration,
    /// How long a power action takes; a shutdown takes twice that.
    pub power: Duration,
    /// How long a deletion without `delay` waits.
    pub delete_delay: Duration,
    /// How long changes stay unseen.
    pub lag: Option<Lag>,
    /// How long past states are kept for stale reads.
    pub history: Duration,
    /// How many calls the log keeps.
    pub log_capacity: usize,
    /// Whether the ids of changed servers are kept until they are asked for.
    pub notes_changes: bool,
    /// How long an undisturbed answer takes in process.
    pub latency: Duration,
}

/// What the packages of the worked example need: memory in MB, cores, disk in GB.
pub const EXAMPLE_SIZES: [(u64, u64, u64); 8] = [
    (1_024, 1, 20),
    (2_048, 2, 40),
    (4_096, 2, 80),
    (8_192, 4, 160),
    (16_384, 8, 320),
    (32_768, 8, 640),
    (2_048, 1, 200),
    (4_096, 2, 400),
];

impl PanelConfig {
    /// With one more group, of three hypervisors that are half full, whose storage is of type 4, beside a large pool of it
    /// that is switched off; and with a package of each of [`EXAMPLE_SIZES`], numbered from `first_package`.
    #[must_use]
    pub fn with_example(mut self, group: u64, first_package: u64) -> Self {
        let pool = |storage, used, enabled| PoolConfig {
            code: 4,
            storage,
            used,
            enabled,
        };
        let hypervisor = |memory, free| HypervisorConfig {
            memory,
            memory_used: memory - free,
            cores: 0,
            storage: 500,
            pools: vec![pool(10_000, 1_000, true), pool(90_000, 0, false)],
            ..HypervisorConfig::default()
        };
        self.groups.push(GroupConfig {
            id: group,
            name: "Amsterdam".to_owned(),
            enabled: true,
            ipv4: 470,
            hypervisors: vec![
                hypervisor(131_072, 47_000),
                hypervisor(65_536, 25_000),
                hypervisor(65_536, 22_000),
            ],
        });
        for (number, (memory, cores, storage)) in (first_package..).zip(EXAMPLE_SIZES) {
            self.packages.push(PackageConfig {
                storage_profile: 4,
                ..PackageConfig::sized(number, &format!("SSD-{number}"), memory, cores, storage, 1_000)
            });
        }
        self
    }

    /// The token with all scopes of the default panel.
    pub const TOKEN: &'static str = "sim-full-token";
    /// Its token that may only read.
    pub const READ_TOKEN: &'static str = "sim-read-token";
    /// Its token without the compute scope.
    pub const NO_COMPUTE_TOKEN: &'static str = "sim-no-compute-token";
}

impl Default for PanelConfig {
    /// Twenty-four hypervisors in three groups (more than one page in the first), four packages, three tokens, a build
    /// of eight seconds.
    fn default() -> Self {
        let group = |id, name: &str, count, ipv4| GroupConfig {
            id,
            name: name.to_owned(),
            enabled: true,
            ipv4,
            hypervisors: vec![HypervisorConfig::default(); count],
        };
        Self {
            seed: 1,
            profile: Profile::V7,
            url: "https://cp.example.com".to_owned(),
            tokens: vec![
                Token::new(Self::TOKEN, Scope::Full),
                Token::new(Self::READ_TOKEN, Scope::ReadOnly),
                Token::new(Self::NO_COMPUTE_TOKEN, Scope::NoCompute),
            ],
            groups: vec![
                group(1, "London", 21, 1000),
                group(2, "Frankfurt", 2, 200),
                group(3, "Ashburn", 1, 50),
            ],
            placement: Placement::default(),
            packages: vec![
                PackageConfig::sized(1, "VPS-1", 1024, 1, 20, 1000),
                PackageConfig::sized(2, "VPS-2", 2048, 2, 40, 2000),
                PackageConfig::sized(3, "VPS-4", 4096, 4, 80, 4000),
                PackageConfig {
                    enabled: false,
                    ..PackageConfig::sized(4, "Retired", 512, 1, 10, 500)
                },
            ],
            console: ConsoleDialect::Both,
            errors: None,
            dry_run_status: 200,
            build: Duration::from_secs(8),
            power: Duration::from_secs(2),
            delete_delay: Duration::from_mins(5),
            lag: None,
            history: Duration::from_mins(2),
            log_capacity: 10_000,
            notes_changes: false,
            latency: Duration::from_millis(20),
        }
    }
}
