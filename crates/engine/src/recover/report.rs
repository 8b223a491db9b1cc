//! What a recovery tells: what is sure, what is given back, and what a person has to decide.

use std::collections::BTreeMap;

use domain::Moment;
use domain::id::{InstallationId, PlatformId};
use domain::machine::Machine;
use domain::record::{Platform, Recovery, Service, ServiceStatus};
use serde::Serialize;

use crate::core::{Claim, Seen, Unclaimed, service_name};

/// Something that only a person can decide before the recovery may end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unsure {
    /// The platform's name; `None` where none is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The service, where it is about one: `main/12`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The machine, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// What is not sure, in a sentence.
    pub what: String,
    /// The arguments of `hostler recover` that decide it.
    pub decide: Vec<String>,
}

/// How far a recovery has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RecoveryReport {
    /// The recovery; `None` when the store is trusted.
    pub recovery: Option<Recovery>,
    /// The last moment of which the restored store tells anything.
    pub as_of: Option<Moment>,
    /// Billing systems whose copies of the links have not come yet.
    pub without_copies: Vec<InstallationId>,
    /// Platforms that could not be listed, with why.
    pub unlisted: BTreeMap<String, String>,
    /// Services whose linked machine is there and the same.
    pub sure: usize,
    /// Services that got, or will get, the machine that the billing side's copy names.
    pub relinked: Vec<(String, String)>,
    /// Services that platform and billing system agree to have been suspended, or released, since the backup, with what
    /// the billing system calls them: the store follows, or will.
    pub followed: Vec<(String, ServiceStatus)>,
    /// Services with a create of which nothing was found: it counts as unknown, and is looked for before anything is
    /// made.
    pub unknown_creates: Vec<String>,
    /// What a person has to decide.
    pub unsure: Vec<Unsure>,
}

impl RecoveryReport {
    /// Why the recovery cannot end yet; empty when it can.
    pub fn obstacles(&self) -> Vec<String> {
        let unsure = self
            .unsure
            .iter()
            .map(|unsure| format!("{} ({})", unsure.what, unsure.decide.join(" or ")));
        self.gaps().into_iter().chain(unsure).collect()
    }

    /// What the comparison does not cover, and what covers it.
    pub fn gaps(&self) -> Vec<String> {
        let copies = self.without_copies.iter().map(|id| {
            format!(
                "installation {id} has not sent its services yet: they come with its next cron run, or with \"Send all \
                 services now\" on its addon page"
            )
        });
        let lists = self
            .unlisted
            .iter()
            .map(|(name, why)| format!("platform {name} could not be listed: {why}"));
        copies.chain(lists).collect()
    }
}

/// What is not sure about a service.
pub(super) fn of_claim(platform: &Platform, claim: &Claim, seen: &Seen) -> Unsure {
    let name = claim.name();
    let linked = claim.link.as_ref().map(|link| link.id.clone());
    let mut candidates = vec!["MACHINE"];
    let (machine, what) = match seen {
        Seen::Vanished => (
            linked.clone(),
            format!(
                "the machine {} of service {name} is not on platform {}",
                linked.unwrap_or_default(),
                platform.name
            ),
        ),
        Seen::Differs(how) => (
            linked,
            format!("the machine of service {name} is another one: {how}"),
        ),
        Seen::CopyUnsure(why) => (claim.copy.clone(), format!("service {name}: {why}")),
        Seen::MayBe(machines) => {
            candidates = ids(machines);
            (
                candidates.first().map(|id| (*id).to_owned()),
                format!(
                    "the create of service {name} had not ended, and may have made machine {}",
                    candidates.join(" or ")
                ),
            )
        }
        Seen::Nothing => (
            None,
            format!(
                "the billing system calls service {name} {}, and neither it nor the store names its machine",
                claim.status
            ),
        ),
        Seen::AsLinked | Seen::HeldUpstream | Seen::Copied(_) => (None, String::new()),
    };
    let two = claim
        .link
        .as_ref()
        .zip(claim.copy.as_deref())
        .filter(|_| matches!(seen, Seen::CopyUnsure(_)));
    if let Some((link, copy)) = two {
        candidates = vec![&link.id, copy];
    }
    let mut decide: Vec<String> = candidates
        .iter()
        .map(|id| format!("--link {name}={id}"))
        .collect();
    // Where both machines are there, none cannot be the answer.
    if two.is_none() {
        decide.push(format!("--none {name}"));
    }
    Unsure {
        platform: Some(platform.name.clone()),
        service: Some(name),
        machine,
        what,
        decide,
    }
}

/// What is not sure although a machine is there.
pub(super) fn of_doubt(platform: &Platform, claim: &Claim, machine: &str, what: String) -> Unsure {
    let name = claim.name();
    Unsure {
        platform: Some(platform.name.clone()),
        decide: vec![format!("--link {name}={machine}"), format!("--none {name}")],
        service: Some(name),
        machine: Some(machine.to_owned()),
        what,
    }
}

fn ids(machines: &[Machine]) -> Vec<&str> {
    machines
        .iter()
        .map(|machine| machine.identity.id.as_str())
        .collect()
}

/// What is not sure about a machine that no service claims.
pub(super) fn of_unclaimed(platform: &Platform, alone: bool, one: &Unclaimed) -> Unsure {
    let id = &one.machine.identity.id;
    let called = if one.machine.name.is_empty() {
        "without a name"
    } else {
        &one.machine.name
    };
    let near = one.near.as_ref().map_or_else(String::new, |near| {
        format!("; it resembles that of service {near}")
    });
    Unsure {
        platform: Some(platform.name.clone()),
        service: one.near.clone(),
        machine: Some(id.clone()),
        what: format!(
            "machine {id} ({called}) on platform {} is claimed by no service{near}",
            platform.name
        ),
        decide: vec![
            format!("--ignore {}", machine_word(platform.id, alone, id)),
            format!("--link SERVICE={id}"),
        ],
    }
}

/// A machine as `--ignore` takes it. Its id alone says enough where there is one platform.
fn machine_word(platform: PlatformId, alone: bool, id: &str) -> String {
    if alone {
        id.to_owned()
    } else {
        format!("{platform}/{id}")
    }
}

/// What is not sure about a service that the store forgot and whose platform is not known.
pub(super) fn of_placeless(service: &Service) -> Unsure {
    let name = service_name(&service.installation, service.billing_id);
    let machine = service.mapped_id.clone();
    Unsure {
        platform: None,
        what: format!(
            "service {name} had machine {}, and no platform stands behind its server record: propose and approve that \
             platform, and have installation {} send all its services again",
            machine.as_deref().unwrap_or_default(),
            service.installation
        ),
        decide: vec![format!("--none {name}")],
        service: Some(name),
        machine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_names_every_obstacle_to_its_end() {
        let report = RecoveryReport {
            without_copies: vec!["main".parse().expect("a name")],
            unlisted: BTreeMap::from([("panel".to_owned(), "no answer".to_owned())]),
            sure: 1,
            unknown_creates: vec!["main/7".to_owned()],
            unsure: vec![Unsure {
                platform: Some("panel".to_owned()),
                service: Some("main/9".to_owned()),
                machine: None,
                what: "it is unclear".to_owned(),
                decide: vec!["--none main/9".to_owned()],
            }],
            ..RecoveryReport::default()
        };
        let text = report.obstacles().join("\n");
        for part in ["main", "addon page", "no answer", "it is unclear (--none main/9)"] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(report.gaps().len(), 2);
    }
}
