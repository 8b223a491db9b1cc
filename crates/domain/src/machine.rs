//! A machine as any platform shows it, and the power actions every platform knows.

use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::text::text_enum;
use crate::time::Moment;

text_enum! {
    /// How far a machine's life upstream has come.
    MachineStatus {
        /// It has a place and perhaps addresses, and no operating system.
        Allocated = "allocated",
        /// Being built.
        Building = "building",
        /// Built.
        Ready = "ready",
        /// Its build failed.
        Failed = "failed",
        /// Marked for deletion, still listed.
        Deleting = "deleting",
        /// The platform said something we do not know.
        Unclear = "unclear",
    }
}

text_enum! {
    /// Whether a machine runs.
    Power {
        /// It runs.
        On = "on",
        /// It does not.
        Off = "off",
    }
}

text_enum! {
    /// What a person can do with a machine's power.
    PowerAction {
        /// Switch on.
        Boot = "boot",
        /// Ask the guest to stop.
        Shutdown = "shutdown",
        /// Stop and start.
        Restart = "restart",
        /// Cut the power.
        PowerOff = "poweroff",
    }
}

impl PowerAction {
    /// The power state that the action ends in.
    pub const fn goal(self) -> Power {
        match self {
            Self::Boot | Self::Restart => Power::On,
            Self::Shutdown | Self::PowerOff => Power::Off,
        }
    }

    /// Whether there is nothing to do for it where a machine is in that power state: one that runs is not switched on,
    /// and one that does not is only switched on.
    pub const fn is_pointless(self, power: Power) -> bool {
        match power {
            Power::On => matches!(self, Self::Boot),
            Power::Off => !matches!(self, Self::Boot),
        }
    }
}

/// The identity of an upstream object: enough to find it, and enough to prove that it is still the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The platform's id, which a platform may reuse after a deletion.
    pub id: String,
    /// What never changes about the object (VirtFusion's uuid). Empty where the platform has nothing of the kind.
    pub unchangeable: String,
    /// The owning account upstream.
    pub owner: String,
}

/// What a platform showed of a machine in one read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Which one.
    pub identity: Identity,
    /// How far its life has come.
    pub status: MachineStatus,
    /// Its name upstream; empty when none was given.
    #[serde(default)]
    pub name: String,
    /// Its hostname upstream.
    #[serde(default)]
    pub hostname: Option<String>,
    /// Whether the platform holds it suspended.
    #[serde(default)]
    pub suspended: Fact<bool>,
    /// Whether it runs. `Unknown` unless the read asked the hypervisor.
    #[serde(default)]
    pub power: Fact<Power>,
    /// Whether the platform works on it at present.
    #[serde(default)]
    pub busy: bool,
    /// IPv4 addresses, the primary one first.
    #[serde(default)]
    pub ipv4: Vec<String>,
    /// IPv6 addresses or subnets.
    #[serde(default)]
    pub ipv6: Vec<String>,
    /// The package or plan, where the platform shows it.
    #[serde(default)]
    pub package: Option<String>,
    /// The hypervisor group, data center or region.
    #[serde(default)]
    pub location: Option<String>,
    /// Memory in MB (2^20 bytes).
    #[serde(default)]
    pub memory_mb: Option<u64>,
    /// Processor cores.
    #[serde(default)]
    pub cores: Option<u64>,
    /// Disk in GB (2^30 bytes).
    #[serde(default)]
    pub storage_gb: Option<u64>,
    /// Monthly traffic in GB; 0 is unmetered.
    #[serde(default)]
    pub traffic_gb: Option<u64>,
    /// The operating system's name.
    #[serde(default)]
    pub os: Option<String>,
    /// When the platform says it was created.
    #[serde(default)]
    pub created: Option<Moment>,
    /// The platform's whole answer with secrets masked, for the operator's eyes.
    #[serde(default)]
    pub raw: serde_json::Value,
}

/// The word for the state of a service's machine: the platform's own where it has one, otherwise what there is instead.
/// `is_building` says whether a machine is being made.
pub fn state_word(machine: Option<&Machine>, is_building: bool) -> &str {
    match machine.and_then(Machine::state_word) {
        Some(word) => word,
        None if is_building => "building",
        None => "unknown",
    }
}

impl Machine {
    /// The platform's own word for its state, where it has one.
    pub fn state_word(&self) -> Option<&str> {
        self.raw.get("state")?.as_str()
    }

    /// The first address: IPv4 where there is one, otherwise IPv6.
    pub fn address(&self) -> Option<&str> {
        self.ipv4
            .first()
            .or_else(|| self.ipv6.first())
            .map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn in_state(raw: &serde_json::Value) -> Machine {
        let identity = json!({ "id": "1", "unchangeable": "1", "owner": "1" });
        serde_json::from_value(json!({ "identity": identity, "status": "ready", "raw": raw })).unwrap()
    }

    #[test]
    fn kt_117_a_state_is_the_machines_own_or_building_or_unknown() {
        let started = in_state(&json!({ "state": "started" }));
        let wordless = in_state(&json!({}));
        assert_eq!(state_word(Some(&started), false), "started");
        assert_eq!(state_word(Some(&started), true), "started");
        for machine in [None, Some(&wordless)] {
            assert_eq!(state_word(machine, true), "building");
            assert_eq!(state_word(machine, false), "unknown");
        }
    }

    #[test]
    fn kt_106_a_switch_is_pointless_where_the_machine_is_there_already() {
        let useful = |power| {
            let all = PowerAction::ALL.iter().copied();
            all.filter(|action| !action.is_pointless(power))
                .collect::<Vec<_>>()
        };
        assert_eq!(useful(Power::Off), [PowerAction::Boot]);
        assert_eq!(
            useful(Power::On),
            [PowerAction::Shutdown, PowerAction::Restart, PowerAction::PowerOff]
        );
    }
}
