//! What the panel keeps of servers, users, keys and jobs.

use std::net::{Ipv4Addr, Ipv6Addr};

use domain::Moment;
use serde::{Deserialize, Serialize};

use super::books::Share;

/// Where a server is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Created, never built.
    Allocated,
    /// Being built.
    Queued,
    /// Built.
    Complete,
    /// The build failed.
    Failed,
}

impl Stage {
    /// The panel's word for `state`.
    pub const fn state(self) -> &'static str {
        match self {
            Self::Allocated => "allocated",
            Self::Queued => "queued",
            Self::Complete => "complete",
            Self::Failed => "failed",
        }
    }

    /// The panel's number for `commissionStatus`.
    pub const fn commission(self) -> u8 {
        match self {
            Self::Allocated => 0,
            Self::Queued => 1,
            Self::Failed => 2,
            Self::Complete => 3,
        }
    }
}

/// One server.
#[expect(
    clippy::struct_excessive_bools,
    reason = "the panel's own flags, which are independent of each other"
)]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Server {
    /// Its id.
    pub id: u64,
    /// Its unchangeable identity.
    pub uuid: String,
    /// The owning user's id.
    pub owner: u64,
    /// The hypervisor that it runs on.
    pub hypervisor: u64,
    /// The package that it was made from, or changed to.
    pub package: u64,
    /// Its name; empty until built.
    pub name: String,
    /// Its hostname, once given.
    pub hostname: Option<String>,
    /// Where it is in its life.
    pub stage: Stage,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Whether it runs.
    pub running: bool,
    /// Whether its guest ignores a shutdown.
    pub ignores_shutdown: bool,
    /// MB.
    pub memory: u64,
    /// Cores.
    pub cores: u64,
    /// GB of the primary disk.
    pub storage: u64,
    /// GB of additional disks.
    pub additional: Vec<u64>,
    /// GB a month.
    pub traffic: u64,
    /// kB/s in.
    pub speed_in: u64,
    /// kB/s out.
    pub speed_out: u64,
    /// The addresses of its first interface.
    pub ipv4: Vec<Ipv4Addr>,
    /// Whether that has an IPv6 subnet.
    pub ipv6: bool,
    /// The addresses in use of that subnet.
    #[serde(default)]
    pub hosts: Vec<Ipv6Addr>,
    /// Its interfaces beside the first.
    #[serde(default)]
    pub secondary: Vec<Interface>,
    /// Storage profile.
    pub storage_profile: u64,
    /// On which of its hypervisor's storages its disks lie, by its place; on the hypervisor's own disks where `None`.
    #[serde(default)]
    pub pool: Option<usize>,
    /// Network profile.
    pub network_profile: u64,
    /// The template that it was built from.
    pub template: Option<u64>,
    /// The keys that it was built with.
    pub keys: Vec<u64>,
    /// The password that the panel knows.
    #[serde(skip)]
    pub password: String,
    /// Swap as ordered.
    pub swap: Option<f64>,
    /// Whether the console is switched on.
    pub console: bool,
    /// The console's present token and password.
    #[serde(skip)]
    pub console_secret: (String, String),
    /// Bytes received and sent in the present period.
    pub transferred: (u64, u64),
    /// When it was created.
    pub created: Moment,
    /// When it was last built.
    pub built: Option<Moment>,
    /// When it last changed.
    pub updated: Moment,
    /// When it is to be deleted.
    pub delete_at: Option<Moment>,
    /// Until when a task holds it locked.
    pub locked_until: Option<Moment>,
    /// The job that runs on it.
    pub job: Option<u64>,
    /// Whether it was made over the API.
    pub by_api: bool,
    /// The `x-request-id` of the request that made it.
    pub request_id: Option<String>,
}

impl Server {
    /// What it takes from its hypervisor.
    pub fn share(&self) -> Share {
        let storage = self.storage + self.additional.iter().sum::<u64>();
        Share {
            memory: self.memory,
            cores: self.cores,
            storage,
            code: self.storage_profile,
            pool: self.pool,
        }
    }

    /// All addresses that it takes from its group's block.
    pub fn all_ipv4(&self) -> Vec<Ipv4Addr> {
        let further = self.secondary.iter().flat_map(|interface| &interface.ipv4);
        self.ipv4.iter().chain(further).copied().collect()
    }

    /// The first address of the IPv6 subnet of an interface; 0 is the first one.
    pub fn subnet(&self, interface: u16) -> Ipv6Addr {
        let [.., a, b, c, d] = self.id.to_be_bytes();
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        // The two ranges are for documentation (RFC 3849 and RFC 9637).
        let (first, second) = match interface {
            0 => (0x2001, 0x0DB8),
            number => (0x3FFF, number % 0x1000),
        };
        Ipv6Addr::new(first, second, high, low, 0, 0, 0, 0)
    }

    /// Takes one more address of its first interface's subnet into use.
    pub(super) fn add_host(&mut self) {
        let number = self.hosts.len() as u128 + 1;
        let host = Ipv6Addr::from_bits(self.subnet(0).to_bits() | number);
        self.hosts.push(host);
    }
}

/// An interface beside the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Its addresses.
    pub ipv4: Vec<Ipv4Addr>,
    /// Whether it has an IPv6 subnet.
    pub ipv6: bool,
}

/// One user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// Its id.
    pub id: u64,
    /// The integer external relation.
    pub relation: Option<u64>,
    /// The string external relation.
    pub relation_text: Option<String>,
    /// Full name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Self-service mode.
    pub self_service: u8,
    /// Whether it may log in.
    pub enabled: bool,
    /// When it was created.
    pub created: Moment,
    /// When it last changed.
    pub updated: Moment,
}

/// One SSH key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Key {
    /// Its id.
    pub id: u64,
    /// The owning user's id.
    pub user: u64,
    /// Its name.
    pub name: String,
    /// The key.
    pub public: String,
    /// When it was created.
    pub created: Moment,
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Installs the system.
    Build,
    /// Starts the machine.
    Boot,
    /// Asks the guest to stop.
    Shutdown,
    /// Stops and starts.
    Restart,
    /// Cuts the power.
    PowerOff,
    /// Cuts the power because of a suspension.
    Suspend,
    /// Lifts a suspension.
    Unsuspend,
    /// Sets a password inside the guest.
    ResetPassword,
}

impl Work {
    /// The queue's name for it.
    pub const fn action(self) -> &'static str {
        match self {
            Self::Build => "build_server",
            Self::Boot => "boot_server",
            Self::Shutdown => "shutdown_server",
            Self::Restart => "restart_server",
            Self::PowerOff => "poweroff_server",
            Self::Suspend => "suspend_server",
            Self::Unsuspend => "unsuspend_server",
            Self::ResetPassword => "reset_password",
        }
    }

    /// The queue's class name.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Build => r"App\Jobs\Server\KVM\Build",
            Self::ResetPassword => r"App\Jobs\Server\KVM\Password",
            _ => r"App\Jobs\Server\KVM\Power",
        }
    }
}

/// One item of the queue.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: u64,
    /// What it does.
    pub work: Work,
    /// The server.
    pub server: u64,
    /// The hypervisor.
    pub hypervisor: u64,
    /// When it began.
    pub started: Moment,
    /// When it ends by itself.
    pub due: Moment,
    /// When it ended.
    pub finished: Option<Moment>,
    /// Whether it failed.
    pub failed: bool,
}

impl Job {
    /// Its progress at `now`, 0 to 100.
    pub fn progress(&self, now: Moment) -> u64 {
        if self.finished.is_some() {
            return 100;
        }
        let whole = self.due.since(self.started).as_millis().max(1);
        let done = now.since(self.started).as_millis();
        u64::try_from(done * 100 / whole).unwrap_or(99).min(99)
    }
}

/// A mail that the panel would have sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// When.
    pub at: Moment,
    /// To whom.
    pub to: String,
    /// About what: `account`, `build`, `password`.
    pub about: &'static str,
}

/// What has ever happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// Servers created over the API.
    pub servers_created: u64,
    /// Servers created by hand.
    pub servers_made_by_hand: u64,
    /// Servers deleted, by whatever way.
    pub servers_deleted: u64,
    /// Builds that were begun over the API.
    pub builds: u64,
    /// Users created.
    pub users_created: u64,
    /// Users deleted.
    pub users_deleted: u64,
}
