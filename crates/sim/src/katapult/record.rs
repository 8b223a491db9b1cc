//! What Katapult keeps. Every record has a serial number, which never changes and is never used again, beside the id
//! that the API shows.

use std::net::Ipv4Addr;

use domain::Moment;
use serde::{Deserialize, Serialize};

/// What somebody wrote onto an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// One organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Organization {
    /// Its serial number.
    pub serial: u64,
    /// Its id.
    pub id: String,
    /// Its younger, second identity.
    pub uuid: String,
    /// The serial number of the organization that manages it.
    pub parent: Option<u64>,
    /// Its name.
    pub name: String,
    /// Its sub-domain.
    pub sub_domain: String,
    /// What somebody wrote onto it.
    pub annotations: Vec<Annotation>,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Whether it is activated.
    pub activated: bool,
    /// Why it may not create anything; empty when it may.
    pub restrictions: Vec<String>,
    /// How many organizations it may manage.
    pub managed_limit: u32,
    /// When it was created.
    pub created: Moment,
}

impl Organization {
    /// The domain of its machines.
    pub fn domain(&self) -> String {
        format!("{}.katapult.cloud", self.sub_domain)
    }
}

/// Whether a machine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// Off.
    Stopped,
    /// Broken.
    Failed,
    /// Running.
    Started,
    /// On the way to running.
    Starting,
    /// A place is looked for.
    Allocating,
    /// A place was found.
    Allocated,
    /// On the way through a reset.
    Resetting,
    /// On the way to being off.
    Stopping,
    /// Its guest was asked to stop.
    ShuttingDown,
}

impl Power {
    /// Katapult's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Started => "started",
            Self::Starting => "starting",
            Self::Allocating => "allocating",
            Self::Allocated => "allocated",
            Self::Resetting => "resetting",
            Self::Stopping => "stopping",
            Self::ShuttingDown => "shutting_down",
        }
    }

    /// Whether it runs or is about to.
    pub const fn is_on(self) -> bool {
        !matches!(self, Self::Stopped | Self::Failed)
    }
}

/// One disk of a machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Disk {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its world-wide name.
    pub wwn: String,
    /// GB.
    pub size_in_gb: u64,
    /// Whether the machine boots from it.
    pub boot: bool,
    /// `ssd` or `nvme`.
    pub speed: String,
    /// When it was created.
    pub created: Moment,
}

/// One object in the trash.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trash {
    /// Its serial number.
    pub serial: u64,
    /// Its id.
    pub id: String,
    /// The serial number of the organization.
    pub organization: u64,
    /// The serial number of the machine in it.
    pub machine: u64,
    /// The id of the machine in it.
    pub machine_id: String,
    /// When it is purged by itself.
    pub keep_until: Moment,
    /// Whether it is being purged.
    pub purging: bool,
}

/// One machine.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the platform's own flags, which are independent of each other"
)]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Machine {
    /// Its serial number: its unchangeable identity.
    pub serial: u64,
    /// Its id.
    pub id: String,
    /// The serial number of the owning organization.
    pub organization: u64,
    /// Its name.
    pub name: String,
    /// Its hostname.
    pub hostname: String,
    /// Its description.
    pub description: Option<String>,
    /// What somebody wrote onto it.
    pub annotations: Vec<Annotation>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether it runs.
    pub power: Power,
    /// Since when it is suspended.
    pub suspended: Option<Moment>,
    /// The permalink of its data center.
    pub data_center: String,
    /// The permalink of its package; `None` for sizes of its own.
    pub package: Option<String>,
    /// Cores.
    pub cores: u64,
    /// GB of memory.
    pub memory_in_gb: u64,
    /// The permalink of the template that it was built from, and the version.
    pub template: Option<(String, u64)>,
    /// The user data that it was built with.
    pub user_data: Option<String>,
    /// The ids of the keys that it was built with.
    pub keys: Vec<String>,
    /// Its disks.
    pub disks: Vec<Disk>,
    /// The serial numbers of its addresses.
    pub addresses: Vec<u64>,
    /// The password that the platform gave it.
    #[serde(skip)]
    pub password: String,
    /// Whether reads do not show the password.
    pub password_withheld: bool,
    /// Whether reads do not show the addresses.
    pub addresses_withheld: bool,
    /// Whether it is on the way from its build to its first run.
    pub booting: bool,
    /// Whether its guest ignores a shutdown.
    pub ignores_shutdown: bool,
    /// Until when it takes no task.
    pub locked_until: Option<Moment>,
    /// The task that is under way.
    pub task: Option<u64>,
    /// The build that made it.
    pub build: Option<u64>,
    /// The serial number of the trash object that it lies in.
    pub trash: Option<u64>,
    /// When it was created.
    pub created: Moment,
}

/// Where a build is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuildState {
    /// Waits.
    Pending,
    /// Runs.
    Building,
    /// Done.
    Complete,
    /// Given up.
    Failed,
}

impl BuildState {
    /// Katapult's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Building => "building",
            Self::Complete => "complete",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing comes any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Complete | Self::Failed)
    }
}

/// A disk as ordered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DiskOrder {
    /// Its name.
    pub name: String,
    /// GB.
    pub size_in_gb: u64,
    /// Whether the machine boots from it.
    pub boot: bool,
    /// `ssd` or `nvme`.
    pub speed: String,
    /// Its backup policies.
    pub policies: Vec<PolicyOrder>,
}

/// A backup policy as ordered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PolicyOrder {
    /// How many backups are kept.
    pub retention: u64,
    /// When.
    pub schedule: Schedule,
}

/// A machine as ordered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// The permalink of the data center.
    pub data_center: String,
    /// The permalink of the package; `None` for sizes of its own.
    pub package: Option<String>,
    /// Cores.
    pub cores: u64,
    /// GB of memory.
    pub memory_in_gb: u64,
    /// The permalink of the template and its version.
    pub template: Option<(String, u64)>,
    /// The template's options.
    pub options: Vec<Annotation>,
    /// The disks.
    pub disks: Vec<DiskOrder>,
    /// How many IPv4 addresses.
    pub ipv4: u32,
    /// The hostname.
    pub hostname: String,
    /// The name.
    pub name: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The tags.
    pub tags: Vec<String>,
    /// The ids of the keys.
    pub keys: Vec<String>,
    /// The user data.
    pub user_data: Option<String>,
    /// The policies of the machine itself.
    pub policies: Vec<PolicyOrder>,
}

/// One build.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Build {
    /// Its serial number.
    pub serial: u64,
    /// Its id.
    pub id: String,
    /// The serial number of the organization.
    pub organization: u64,
    /// What was ordered.
    pub order: Order,
    /// The order as XML.
    pub spec_xml: String,
    /// What somebody wrote onto it.
    pub annotations: Vec<Annotation>,
    /// Where it is.
    pub state: BuildState,
    /// The serial number of its machine.
    pub machine: Option<u64>,
    /// The id that its machine gets, where that is one that was used before.
    pub machine_id: Option<String>,
    /// Its task.
    pub task: u64,
    /// Whether it does not move.
    pub held: bool,
    /// Whether it was made over the API.
    pub by_api: bool,
    /// The `x-request-id` of the request that made it.
    pub request_id: Option<String>,
    /// When it was created.
    pub created: Moment,
    /// When it is due to end.
    pub due: Moment,
    /// When it ended.
    pub finished: Option<Moment>,
}

/// What a task does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Builds a machine (the build's serial number).
    Build(u64),
    /// Starts a machine.
    Start,
    /// Cuts the power.
    Stop,
    /// Asks the guest to stop.
    Shutdown,
    /// Restarts hard.
    Reset,
    /// Changes the package (its permalink).
    Package(String),
    /// Changes the size of a disk: its id, GB, whether the machine goes on running.
    Resize(String, u64, bool),
    /// Purges machines from the trash, by serial number.
    Purge(Vec<u64>),
    /// Does nothing that was not so already, under the name of what it would have done.
    Nothing(String),
}

impl Work {
    /// Katapult's name for it; `grows` tells growing a disk from shrinking one.
    pub fn title(&self, grows: bool) -> &str {
        match self {
            Self::Build(_) => "Build virtual machine",
            Self::Start => "Start virtual machine",
            Self::Stop => "Stop virtual machine",
            Self::Shutdown => "Shutdown virtual machine",
            Self::Reset => "Reset virtual machine",
            Self::Package(_) => "Change package",
            Self::Resize(_, _, true) => "Grow disk online",
            Self::Resize(_, _, false) if grows => "Grow disk",
            Self::Resize(_, _, false) => "Shrink disk",
            Self::Purge(_) => "Purge items from trash",
            Self::Nothing(title) => title,
        }
    }
}

/// One task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Task {
    /// Its serial number.
    pub serial: u64,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The serial number of the organization.
    pub organization: u64,
    /// The serial number of the machine.
    pub machine: Option<u64>,
    /// What it does.
    pub work: Work,
    /// When it was asked for.
    pub created: Moment,
    /// When it begins.
    pub starts: Moment,
    /// When it is due to end.
    pub due: Moment,
    /// When it ended.
    pub finished: Option<Moment>,
    /// Whether it failed.
    pub failed: bool,
}

impl Task {
    /// Its status and its progress for a reader at `view`.
    pub fn status(&self, view: Moment) -> (&'static str, u64) {
        if self.finished.is_some_and(|at| at <= view) {
            return if self.failed {
                ("failed", 100)
            } else {
                ("completed", 100)
            };
        }
        if view < self.starts {
            return ("pending", 0);
        }
        let whole = self.due.since(self.starts).as_millis().max(1);
        let done = view.since(self.starts).as_millis();
        (
            "running",
            u64::try_from(done * 100 / whole).unwrap_or(99).clamp(5, 99),
        )
    }
}

/// What a backup policy is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A machine, by serial number.
    Machine(u64),
    /// A disk, by the serial number of its machine and its id.
    Disk(u64, String),
}

impl Target {
    /// The serial number of the machine that it goes with.
    pub const fn machine(&self) -> u64 {
        match self {
            Self::Machine(serial) | Self::Disk(serial, _) => *serial,
        }
    }
}

/// When backups are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// `hourly`, `daily`, `weekly` or `monthly`.
    pub interval: String,
    /// Each so many intervals.
    pub frequency: u64,
    /// The hour of the day.
    pub time: u64,
    /// The minute of the hour.
    pub minute: u64,
}

/// One backup policy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Policy {
    /// Its serial number.
    pub serial: u64,
    /// Its id.
    pub id: String,
    /// The serial number of the organization.
    pub organization: u64,
    /// What it is for.
    pub target: Target,
    /// How many backups are kept.
    pub retention: u64,
    /// When.
    pub schedule: Schedule,
    /// When it goes to the trash by itself.
    pub ends: Option<Moment>,
}

/// One address of an organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Address {
    /// Its serial number.
    pub serial: u64,
    /// Its id.
    pub id: String,
    /// The serial number of the organization.
    pub organization: u64,
    /// The address.
    pub address: Ipv4Addr,
    /// The permalink of its data center.
    pub data_center: String,
    /// The name that somebody gave it; `None` for the default.
    pub reverse_dns: Option<String>,
    /// Its label.
    pub label: Option<String>,
    /// Whether it may float.
    pub vip: bool,
    /// The serial number of the machine that has it.
    pub machine: Option<u64>,
}

/// One SSH key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Key {
    /// Its serial number.
    pub serial: u64,
    /// Its id.
    pub id: String,
    /// The serial number of the organization.
    pub organization: u64,
    /// Its name.
    pub name: String,
    /// The key.
    pub public: String,
    /// Its fingerprint.
    pub fingerprint: String,
}

/// What has ever happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Organizations made over the API.
    pub organizations_created: u64,
    /// Builds asked for over the API.
    pub builds: u64,
    /// Machines that a build made.
    pub machines_built: u64,
    /// Machines made by hand.
    pub machines_made_by_hand: u64,
    /// Machines put into the trash, by whatever way.
    pub machines_trashed: u64,
    /// Machines that are gone, by whatever way.
    pub machines_purged: u64,
    /// Backup policies deleted over the API.
    pub policies_deleted: u64,
    /// Console sessions.
    pub consoles: u64,
}
