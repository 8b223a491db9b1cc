//! The words of `VirtFusionDirect`.

use std::collections::BTreeMap;

use super::{Vocabulary, full_name, keyed};
use crate::actions::{Action, Ask, Look};
use crate::call::ClientDetails;

pub(super) const WORDS: Vocabulary = Vocabulary {
    options: &[
        ("ipv4", "IPv4"),
        ("packageId", "Package"),
        ("hypervisorId", "Location"),
        ("storage", "Storage"),
        ("memory", "Memory"),
        ("traffic", "Bandwidth"),
        ("networkSpeedInbound", "Inbound Network Speed"),
        ("networkSpeedOutbound", "Outbound Network Speed"),
        ("cpuCores", "CPU Cores"),
        ("networkProfile", "Network Type"),
        ("storageProfile", "Storage Type"),
    ],
    place_option: Some("hypervisorId"),
    image_field: Some("Initial Operating System"),
    ssh_key_field: Some("Initial SSH Key"),
    settings,
    name,
    machine_field: ("Server ID", 0),
    is_machine: |id| id.parse::<u64>().is_ok_and(|id| id > 0),
    actions: &[
        Action::ServerData,
        Action::Power,
        Action::SignOn,
        Action::Viewer,
        Action::Toggle,
        Action::Vouch,
        Action::Ask(Ask::Rename),
        Action::Ask(Ask::MachinePassword),
        Action::Ask(Ask::AccountPassword),
        Action::Ask(Ask::Reinstall),
        Action::RevealSecret,
        Action::Look(Look::Systems),
        Action::Look(Look::Traffic),
        Action::Look(Look::Backups),
        Action::Look(Look::Usage),
        Action::Look(Look::Report),
        Action::Names,
        Action::EditName,
    ],
    one_time: false,
    hooks: "Hostler",
    says: |_, _, sentence| sentence,
    home: None,
};

fn settings(by_position: &[&str]) -> BTreeMap<String, String> {
    let at = |position: usize| by_position.get(position).copied().unwrap_or_default();
    keyed([
        ("group", at(0)),
        ("package", at(1)),
        ("ipv4", at(2)),
        ("self_service", leading_integer(at(3))),
        ("buffer", at(6)),
    ])
}

/// The number that a setting begins with, as `1|Hourly` does; `0` without one.
fn leading_integer(text: &str) -> &str {
    let text = text.trim();
    let end = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    match &text[..end] {
        "" => "0",
        digits => digits,
    }
}

fn name(details: &ClientDetails) -> String {
    match full_name(details) {
        name if name.is_empty() => details.companyname.trim().to_owned(),
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vf_003_the_self_service_mode_is_its_leading_number() {
        for (given, expected) in [
            ("1|Hourly", "1"),
            ("1", "1"),
            ("3|Both", "3"),
            ("", "0"),
            ("off", "0"),
        ] {
            assert_eq!(leading_integer(given), expected, "{given}");
        }
    }
}
