//! What a person does in Katapult's console, and what happens to builds and machines without anybody asking over the
//! API: for tests, and for the control endpoint as JSON. Things are named by the ids that the API shows, places and
//! packages by their permalinks.

use serde::{Deserialize, Serialize};

/// One act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Makes an organization that another manages.
    CreateOrganization {
        /// The managing organization.
        parent: String,
        /// Its name.
        name: String,
        /// Its sub-domain.
        sub_domain: String,
    },
    /// Suspends an organization.
    SuspendOrganization {
        /// The organization.
        organization: String,
    },
    /// Lifts an organization's suspension.
    UnsuspendOrganization {
        /// The organization.
        organization: String,
    },
    /// Forbids an organization to create anything, with these reasons; none allow it again.
    Restrict {
        /// The organization.
        organization: String,
        /// The reasons.
        reasons: Vec<String>,
    },
    /// Deletes an organization with all its machines.
    DeleteOrganization {
        /// The organization.
        organization: String,
    },
    /// Makes a machine, started.
    CreateMachine {
        /// The organization.
        organization: String,
        /// The package.
        package: String,
        /// The hostname.
        hostname: String,
        /// Whether it gets the id of what was purged last.
        #[serde(default)]
        reuse_id: bool,
    },
    /// Starts a machine at once, suspended or not.
    Start {
        /// The machine.
        machine: String,
    },
    /// Stops a machine at once.
    Stop {
        /// The machine.
        machine: String,
    },
    /// Breaks a machine.
    Break {
        /// The machine.
        machine: String,
    },
    /// Suspends a machine, off.
    Suspend {
        /// The machine.
        machine: String,
    },
    /// Lifts a machine's suspension; it stays off.
    Unsuspend {
        /// The machine.
        machine: String,
    },
    /// Puts a machine into the trash.
    Trash {
        /// The machine.
        machine: String,
    },
    /// Takes a machine out of the trash.
    Restore {
        /// The machine.
        machine: String,
    },
    /// Removes a machine for good, at once.
    Delete {
        /// The machine.
        machine: String,
    },
    /// Gives a machine to another organization.
    Move {
        /// The machine.
        machine: String,
        /// The organization.
        organization: String,
    },
    /// Puts another machine under a machine's id.
    Replace {
        /// The machine.
        machine: String,
    },
    /// Renames a machine.
    Rename {
        /// The machine.
        machine: String,
        /// The hostname, which becomes its name too.
        hostname: String,
    },
    /// Writes an annotation onto a machine.
    Annotate {
        /// The machine.
        machine: String,
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// Wipes all annotations off a machine.
    ClearAnnotations {
        /// The machine.
        machine: String,
    },
    /// Gives a machine, or its disks, a daily backup policy.
    AddPolicy {
        /// The machine.
        machine: String,
        /// The disk; none for the machine itself.
        #[serde(default)]
        disk: Option<String>,
    },
    /// Hides or shows a machine's first password and addresses.
    Withhold {
        /// The machine.
        machine: String,
        /// Whether the password is hidden.
        password: bool,
        /// Whether the addresses are hidden.
        addresses: bool,
    },
    /// Locks a machine against tasks.
    Lock {
        /// The machine.
        machine: String,
        /// Seconds.
        seconds: u64,
    },
    /// Makes a machine's guest ignore shutdowns, or heed them again.
    IgnoreShutdown {
        /// The machine.
        machine: String,
        /// Whether.
        ignore: bool,
    },
    /// Makes the next builds fail.
    FailBuilds {
        /// How many.
        count: u32,
        /// Whether their machines exist already.
        #[serde(default)]
        with_machine: bool,
    },
    /// Makes a build fail at once.
    FailBuild {
        /// The build.
        build: String,
    },
    /// Stops a build where it is, or lets it go on.
    HoldBuild {
        /// The build.
        build: String,
        /// Whether it stands still.
        held: bool,
    },
    /// Loses a build; a machine that it made already stays.
    LoseBuild {
        /// The build.
        build: String,
    },
    /// Makes the next tasks fail.
    FailTasks {
        /// How many.
        count: u32,
    },
    /// Offers one more data center.
    OfferDataCenter {
        /// Its permalink.
        permalink: String,
        /// Its name.
        name: String,
    },
    /// Offers one more template.
    OfferTemplate {
        /// Its permalink.
        permalink: String,
        /// Its name.
        name: String,
    },
    /// Offers one more package.
    OfferPackage {
        /// Its permalink.
        permalink: String,
        /// Cores.
        cores: u64,
        /// GB of memory.
        memory: u64,
        /// GB of disk.
        storage: u64,
    },
    /// Withdraws a data center, template or package. What was made of it stays.
    Withdraw {
        /// Its permalink.
        permalink: String,
    },
    /// Gives a data center or template another name.
    RenameOffer {
        /// Its permalink.
        permalink: String,
        /// The name.
        name: String,
    },
    /// Limits a data center's memory.
    LimitMemory {
        /// The data center.
        data_center: String,
        /// GB in all.
        memory: u64,
    },
}

impl Act {
    /// The machine that it is done to, where it is one.
    pub fn machine(&self) -> Option<&str> {
        match self {
            Act::Start { machine }
            | Act::Stop { machine }
            | Act::Break { machine }
            | Act::Suspend { machine }
            | Act::Unsuspend { machine }
            | Act::Trash { machine }
            | Act::Restore { machine }
            | Act::Delete { machine }
            | Act::Move { machine, .. }
            | Act::Replace { machine }
            | Act::Rename { machine, .. }
            | Act::Annotate { machine, .. }
            | Act::ClearAnnotations { machine }
            | Act::AddPolicy { machine, .. }
            | Act::Withhold { machine, .. }
            | Act::Lock { machine, .. }
            | Act::IgnoreShutdown { machine, .. } => Some(machine),
            _ => None,
        }
    }
}

/// A person cannot do that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// There is no such thing.
    Unknown(&'static str),
    /// The data center is full.
    Full,
    /// It is not in the state for that, or the name is taken.
    Invalid(&'static str),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(what) => write!(f, "there is no such {what}"),
            Self::Full => f.write_str("the data center has no room"),
            Self::Invalid(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Refused {}
