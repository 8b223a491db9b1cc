//! Comparing a server that was found with what a create asked for.

use std::time::Duration;

use domain::machine::MachineStatus;
use domain::time::Moment;
use driver::StepContext;
use serde::{Deserialize, Serialize};

use crate::facts::{self, Want};
use crate::machine::{self, Sight};
use crate::wire::Package;

/// How far the panel's clock may be from ours.
const SKEW: Duration = Duration::from_mins(5);

/// A package's resources, as noted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageResources {
    /// MB.
    pub memory: Option<u64>,
    /// Cores.
    pub cores: Option<u64>,
    /// GB.
    pub storage: Option<u64>,
    /// GB a month.
    #[serde(default)]
    pub traffic: Option<u64>,
}

impl From<Package> for PackageResources {
    fn from(package: Package) -> Self {
        Self {
            memory: package.memory,
            cores: package.cpu_cores,
            storage: package.primary_storage,
            traffic: package.traffic,
        }
    }
}

impl PackageResources {
    /// As noted in this operation.
    pub fn noted(context: &StepContext<'_>) -> Option<Self> {
        facts::read(context.notes, "package")
    }
}

/// What tells a server apart from what was asked for: package resources and group. Only what both sides say counts.
pub fn differs(want: &Want, package: &PackageResources, sight: &Sight) -> Option<String> {
    let machine = &sight.machine;
    let compare = [
        ("group", want.group, machine::group(&sight.server)),
        ("memory", want.memory.or(package.memory), machine.memory_mb),
        ("cores", want.cores.or(package.cores), machine.cores),
        ("storage", want.storage.or(package.storage), machine.storage_gb),
    ];
    compare
        .into_iter()
        .find_map(|(what, wanted, shown)| match (wanted, shown) {
            (Some(wanted), Some(shown)) if wanted != shown => {
                Some(format!("its {what} is {shown} where {wanted} was ordered"))
            }
            _ => None,
        })
}

/// Whether a server of the customer may be what a lost create made: his, never built, unnamed, as ordered, and created
/// while the create was under way.
pub fn may_be_ours(
    context: &StepContext<'_>,
    want: &Want,
    package: &PackageResources,
    sight: &Sight,
) -> bool {
    let machine = &sight.machine;
    let uncommissioned = sight.server.commission_status.is_none_or(|status| status == 0)
        && machine.status == MachineStatus::Allocated;
    machine::owner(&sight.server) == Some(want.owner)
        && uncommissioned
        && machine.name.trim().is_empty()
        && differs(want, package, sight).is_none()
        && machine
            .created
            .is_none_or(|created| is_in_time(context, want, created))
}

fn is_in_time(context: &StepContext<'_>, want: &Want, created: Moment) -> bool {
    let sent = context.acted_at.unwrap_or(want.since);
    created >= sent - SKEW && created <= context.now + SKEW
}
