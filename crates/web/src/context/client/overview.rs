//! The overview: what the machine is, where it stands, since when.

use domain::machine::Machine;
use domain::record::OperationKind;
use serde::Serialize;

use super::panels::Around;
use crate::context::When;
use crate::context::amount::flag;

/// Where a machine stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceChip {
    /// `London`.
    pub name: String,
    /// The flag of its country, where the platform names one.
    pub flag: Option<String>,
}

/// The field that gives the machine another name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenameField {
    /// The present name.
    pub name: String,
    /// Whether it can be changed now.
    pub enabled: bool,
}

/// What the machine is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// Where it stands.
    pub place: Option<PlaceChip>,
    /// The system on it.
    pub system: Option<String>,
    /// That system's kernel.
    pub kernel: Option<String>,
    /// Since when there is this machine.
    pub created: Option<When>,
    /// Memory in MB.
    pub memory_mb: Option<u64>,
    /// Processor cores.
    pub cores: Option<u64>,
    /// Disk in GB.
    pub storage_gb: Option<u64>,
    /// Traffic a month in GB; 0 is unmetered.
    pub traffic_gb: Option<u64>,
    /// The name, where it can be changed at all.
    pub rename: Option<RenameField>,
    /// Signing on to the platform's own panel, where it does that: whether it can be done now.
    pub sign_on: Option<bool>,
}

impl Overview {
    pub(super) fn new(around: &Around<'_>, machine: Option<&Machine>) -> Self {
        let live = around.seen.live.as_ref().map(|sight| &sight.value);
        let seen_place = live.and_then(|live| live.place.as_ref());
        let place = seen_place.map(|place| PlaceChip {
            name: place.name.clone(),
            flag: place.icon.as_deref().and_then(flag),
        });
        let place = place.or_else(|| {
            let name = machine?.location.clone()?;
            Some(PlaceChip { name, flag: None })
        });
        let system = live.and_then(|live| live.system.clone());
        let rename = around.offered(OperationKind::Rename).then(|| RenameField {
            name: machine.map(|machine| machine.name.clone()).unwrap_or_default(),
            enabled: around.may_begin(),
        });
        // Where signing on is the console, the console's panel has it.
        let signs_on = around.offered(OperationKind::SignOn) && !around.offers.console;
        Self {
            place: place.filter(|place| !matches!(place.name.as_str(), "" | "-")),
            system: system.or_else(|| machine?.os.clone()),
            kernel: live.and_then(|live| live.kernel.clone()),
            created: machine
                .and_then(|machine| machine.created)
                .map(|created| When::calendar(around.now, created)),
            memory_mb: machine.and_then(|machine| machine.memory_mb),
            cores: machine.and_then(|machine| machine.cores),
            storage_gb: machine.and_then(|machine| machine.storage_gb),
            traffic_gb: machine.and_then(|machine| machine.traffic_gb),
            rename,
            sign_on: signs_on.then(|| around.may_sign_on()),
        }
    }
}
