//! What is read of a machine beside its own state, for its client's eyes: figures, traffic, what can be installed on it,
//! keys, backups, what self-service has cost.
//!
//! Each kind is one document with a version. It is kept as the service's fact of that kind and tells nothing that the
//! platform did not show: whatever it left out is `None`, never zero.

mod live;
mod templates;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fact::Fact;
use crate::machine::Machine;
use crate::text::text_enum;
use crate::time::Moment;

pub use live::{FileSystem, Live, Memory, Place};
pub use templates::{Template, TemplateGroup, Templates};

/// The version of the documents. One of a later version is not known.
pub const VERSION: u32 = 1;

text_enum! {
    /// What is read.
    FactKind {
        /// What the machine does at this moment, and where it stands.
        Live = "live",
        /// What it has transferred, month by month.
        Traffic = "traffic",
        /// What can be installed on it.
        Templates = "templates",
        /// The SSH keys of its client's account.
        SshKeys = "ssh_keys",
        /// Its backups.
        Backups = "backups",
        /// What its client's self-service has used.
        Usage = "usage",
    }
}

impl FactKind {
    /// Whether it is the machine's, and not its client's whichever machines he has.
    pub const fn is_of_machine(self) -> bool {
        !matches!(self, Self::Usage)
    }
}

/// One observation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Observed {
    /// What the machine does at this moment.
    Live(Live),
    /// What it has transferred.
    Traffic(Traffic),
    /// What can be installed.
    Templates(Templates),
    /// The keys of the client's account.
    SshKeys(SshKeys),
    /// Its backups.
    Backups(Backups),
    /// What self-service has used.
    Usage(Usage),
}

/// An observation as it is stored.
#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    observed: Observed,
}

/// Enough of a document to see whether the rest can be read.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Observed {
    /// Which kind it is.
    pub const fn kind(&self) -> FactKind {
        match self {
            Self::Live(_) => FactKind::Live,
            Self::Traffic(_) => FactKind::Traffic,
            Self::Templates(_) => FactKind::Templates,
            Self::SshKeys(_) => FactKind::SshKeys,
            Self::Backups(_) => FactKind::Backups,
            Self::Usage(_) => FactKind::Usage,
        }
    }

    /// As it is stored.
    pub fn to_fact(&self) -> Fact<Value> {
        let document = Document {
            version: VERSION,
            observed: self.clone(),
        };
        serde_json::to_value(document).map_or(Fact::Unknown, Fact::Known)
    }

    /// From what is stored: unknown where it is of a later version, or cannot be read.
    pub fn of_fact(stored: &Fact<Value>) -> Fact<Self> {
        let read = |value: &Value| {
            let Version { version } = Version::deserialize(value).ok()?;
            let document = Document::deserialize(value).ok().filter(|_| version <= VERSION)?;
            Some(document.observed)
        };
        match stored {
            Fact::Known(value) => Fact::from_option(read(value)),
            Fact::Absent => Fact::Absent,
            Fact::Unknown => Fact::Unknown,
        }
    }
}

/// What a machine has transferred.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// The newest month first.
    pub months: Vec<TrafficMonth>,
}

/// A month of traffic, from the day on which the machine was ordered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficMonth {
    /// Its first moment.
    pub start: Option<Moment>,
    /// Its last.
    pub end: Option<Moment>,
    /// Bytes received.
    pub received: Option<u64>,
    /// Bytes sent.
    pub sent: Option<u64>,
    /// Bytes of both that count against the limit.
    pub total: Option<u64>,
    /// GB (2^30 bytes) that the month has; 0 is unmetered.
    pub limit_gb: Option<u64>,
}

/// Bytes of a GB, as machines and limits are measured.
pub const GB: u64 = 1 << 30;

impl Traffic {
    /// The month that is under way.
    pub fn present(&self) -> Option<&TrafficMonth> {
        self.months.first()
    }
}

impl TrafficMonth {
    /// What counts against the limit, in bytes: what the platform counts itself, else both directions together.
    pub fn used(&self) -> Option<u64> {
        self.total
            .or_else(|| Some(self.received?.saturating_add(self.sent?)))
    }
}

/// What a machine may transfer in the present month, in GB; 0 is unmetered. The month's own limit comes before that of the
/// package, which does not know what was added for this month.
pub fn traffic_limit(present: Option<&TrafficMonth>, machine: Option<&Machine>) -> Option<u64> {
    present
        .and_then(|month| month.limit_gb)
        .or_else(|| machine?.traffic_gb)
}

/// The SSH keys of a client's account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshKeys {
    /// In the platform's order.
    pub keys: Vec<SshKey>,
}

/// An SSH key of the client's account. Its text is not needed to choose it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshKey {
    /// The platform's id, as a reinstallation names it.
    pub id: String,
    /// Its name there.
    pub name: String,
    /// Whether it may be used.
    pub enabled: bool,
    /// Since when it is there.
    pub created: Option<Moment>,
}

text_enum! {
    /// Where a backup stands.
    BackupState {
        /// It can be used.
        Complete = "complete",
        /// It is being made.
        Running = "running",
        /// The machine is being made from it.
        Restoring = "restoring",
        /// It is being removed.
        Deleting = "deleting",
        /// It is not whole, and nothing is done about it.
        Incomplete = "incomplete",
    }
}

/// A machine's backups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backups {
    /// The newest first.
    pub backups: Vec<Backup>,
}

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The platform's id.
    pub id: String,
    /// Where it stands.
    pub state: BackupState,
    /// When it was taken.
    pub taken: Option<Moment>,
    /// When it is removed.
    pub kept_until: Option<Moment>,
    /// Where it lies, by its name.
    pub storage: Option<String>,
}

/// What a client's self-service has used. Amounts are decimal numbers as the platform wrote them, so that nothing is
/// rounded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The credit that is left.
    pub credit: Option<String>,
    /// In which money values are.
    pub currency: Option<Currency>,
    /// The present month in the platform's words.
    pub month: Option<String>,
    /// How many machines are paid for by it.
    pub servers: Option<u64>,
    /// What the month has come to.
    pub total: Spent,
    /// The same for what was ordered beside machines.
    pub addons: Spent,
    /// Period by period, in the platform's order.
    pub periods: Vec<UsagePeriod>,
}

/// A currency, as amounts are written in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Currency {
    /// `EUR`.
    pub code: String,
    /// What stands before an amount.
    pub prefix: String,
    /// What stands behind it.
    pub suffix: String,
}

/// What something has come to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Hours.
    pub hours: Option<String>,
    /// Money.
    pub value: Option<String>,
    /// Tokens.
    pub tokens: Option<String>,
}

/// A period of usage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsagePeriod {
    /// Its first moment.
    pub start: Option<Moment>,
    /// Its last.
    pub end: Option<Moment>,
    /// Whether it is the present one.
    pub current: bool,
    /// What it has come to.
    pub spent: Spent,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic() -> Observed {
        Observed::Traffic(Traffic {
            months: vec![TrafficMonth {
                total: Some(1_848_380_758),
                ..TrafficMonth::default()
            }],
        })
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let stored = traffic().to_fact();
        assert_eq!(Observed::of_fact(&stored), Fact::Known(traffic()));
        assert_eq!(Observed::of_fact(&Fact::Absent), Fact::Absent);
        assert_eq!(traffic().kind(), FactKind::Traffic);
    }

    #[test]
    fn vf_080_used_is_what_the_platform_counts_else_both_directions_and_unknown_where_one_is() {
        let used = |total, received, sent| {
            let month = TrafficMonth {
                received,
                sent,
                total,
                ..TrafficMonth::default()
            };
            month.used()
        };
        assert_eq!(used(Some(5), Some(1), Some(2)), Some(5));
        assert_eq!(used(None, Some(1), Some(2)), Some(3));
        assert_eq!(used(None, Some(u64::MAX), Some(2)), Some(u64::MAX));
        assert_eq!(used(None, Some(1), None), None);
        assert_eq!(used(None, None, None), None);
    }

    #[test]
    fn vf_081_the_months_own_limit_comes_before_the_packages() {
        let machine = |traffic_gb| -> Machine {
            let identity = serde_json::json!({ "id": "1", "unchangeable": "1", "owner": "1" });
            let machine =
                serde_json::json!({ "identity": identity, "status": "ready", "traffic_gb": traffic_gb });
            serde_json::from_value(machine).expect("a machine")
        };
        let month = |limit_gb| TrafficMonth {
            limit_gb,
            ..TrafficMonth::default()
        };
        let limit = |of_month, of_machine| traffic_limit(Some(&month(of_month)), Some(&machine(of_machine)));
        assert_eq!(limit(Some(1_500), Some(1_000)), Some(1_500));
        assert_eq!(limit(None, Some(1_000)), Some(1_000));
        assert_eq!(limit(Some(0), Some(1_000)), Some(0), "unmetered");
        assert_eq!(limit(None, None), None);
        assert_eq!(traffic_limit(None, Some(&machine(Some(7)))), Some(7));
        assert_eq!(traffic_limit(None, None), None);
    }

    #[test]
    fn what_a_later_version_stored_is_unknown_and_never_a_crash() {
        let Fact::Known(mut later) = traffic().to_fact() else {
            panic!("it is known")
        };
        later["version"] = Value::from(VERSION + 1);
        assert_eq!(Observed::of_fact(&Fact::Known(later.clone())), Fact::Unknown);
        later["observed"] = serde_json::json!({ "kind": "unheard of" });
        assert_eq!(Observed::of_fact(&Fact::Known(later)), Fact::Unknown);
        let other = serde_json::json!({ "months": [] });
        assert_eq!(Observed::of_fact(&Fact::Known(other)), Fact::Unknown);
    }
}
