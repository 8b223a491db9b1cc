//! A machine as any platform shows it, and the power actions every platform knows.

use serde::de::value::MapDeserializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    pub raw: Value,
}

/// The field of a machine's document that holds the platform's whole answer.
const RAW: &str = "raw";

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
    /// The document that a machine is stored as. The platform's answer is most of it, and is moved there as it is.
    pub fn into_document(mut self) -> Result<Value, serde_json::Error> {
        let raw = std::mem::take(&mut self.raw);
        let mut document = serde_json::to_value(self)?;
        document[RAW] = raw;
        Ok(document)
    }

    /// The machine that a document tells of. The platform's answer is copied whole, and not read field by field.
    pub fn from_document(document: &Value) -> Result<Self, serde_json::Error> {
        let fields = document.as_object().into_iter().flatten();
        let ours = fields
            .filter(|(name, _)| *name != RAW)
            .map(|(name, value)| (name.as_str(), value));
        let mut machine = Self::deserialize(MapDeserializer::<_, serde_json::Error>::new(ours))?;
        machine.raw = document.get(RAW).cloned().unwrap_or_default();
        Ok(machine)
    }

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
    fn the_document_of_a_machine_is_what_serde_makes_of_it_and_leads_back_to_it() {
        let machine = Machine {
            suspended: Fact::Known(false),
            power: Fact::Absent,
            ipv4: vec!["203.0.113.5".to_owned()],
            memory_mb: Some(2048),
            created: Some(Moment::from_seconds(1_795_158_000)),
            ..in_state(&json!({ "state": "started", "disks": [{ "id": 1 }], "raw": null }))
        };
        let document = machine.clone().into_document().unwrap();
        assert_eq!(document, serde_json::to_value(&machine).unwrap());
        assert_eq!(Machine::from_document(&document).unwrap(), machine);
    }

    #[test]
    fn a_document_is_read_as_serde_reads_it() {
        let identity = json!({ "id": "1", "unchangeable": "1", "owner": "1" });
        let bare = json!({ "identity": identity, "status": "ready", "later": [1] });
        let read = Machine::from_document(&bare).unwrap();
        assert_eq!(read, serde_json::from_value(bare).unwrap());
        for unreadable in [json!(null), json!({ "status": "ready" }), json!({ "raw": {} })] {
            assert!(Machine::from_document(&unreadable).is_err(), "{unreadable}");
        }
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
