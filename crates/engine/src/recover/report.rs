//! Comparing platforms, the billing side's copies and the store: what is sure, and what a person has to decide.

use std::collections::BTreeMap;

use domain::id::InstallationId;
use domain::record::{Platform, PlatformState, Recovery};
use domain::{Actor, Moment};
use serde::Serialize;

use super::notes::{Notes, service_note};
use crate::core::{Claim, Comparison, Seen, compare};
use crate::engine::Engine;
use crate::error::EngineError;

/// Something that only a person can decide before the recovery may end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unsure {
    /// The platform.
    pub platform: String,
    /// The service, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<u64>,
    /// The machine, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// What is not sure, in a sentence.
    pub what: String,
    /// The command's arguments that decide it.
    pub decide: Vec<String>,
}

/// How far a recovery has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    pub relinked: Vec<(u64, String)>,
    /// Creates of which nothing was found: they count as unknown, and are looked for before anything is made.
    pub unknown_creates: Vec<u64>,
    /// What a person has to decide.
    pub unsure: Vec<Unsure>,
}

impl RecoveryReport {
    /// Why the recovery cannot end yet; empty when it can.
    pub fn obstacles(&self) -> Vec<String> {
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
        let unsure = self
            .unsure
            .iter()
            .map(|unsure| format!("{} ({})", unsure.what, unsure.decide.join(" or ")));
        copies.chain(lists).chain(unsure).collect()
    }
}

impl Engine {
    /// Compares everything, and says how far the recovery is. With `apply` the services whose copies are certain get
    /// their machines back.
    pub async fn recover(&self, apply: bool, actor: &Actor) -> Result<RecoveryReport, EngineError> {
        let notes = self.notes().await?;
        let mut report = RecoveryReport {
            recovery: self.store().recovery().await?,
            as_of: notes.as_of,
            without_copies: Vec::new(),
            unlisted: BTreeMap::new(),
            sure: 0,
            relinked: Vec::new(),
            unknown_creates: Vec::new(),
            unsure: Vec::new(),
        };
        for installation in self.store().installations().await? {
            if !notes.copies.contains_key(installation.id.as_str()) {
                report.without_copies.push(installation.id);
            }
        }
        for platform in self.store().platforms().await? {
            if platform.state != PlatformState::Approved {
                continue;
            }
            let since = notes
                .as_of
                .or_else(|| report.recovery.as_ref().map(|_| Moment::EPOCH));
            match self.list_machines(&platform).await? {
                Ok(listing) => {
                    let comparison = compare(self.claims(platform.id).await?, &listing, since);
                    self.account_for(&platform, comparison, &notes, apply.then_some(actor), &mut report)
                        .await?;
                }
                Err(why) => {
                    report.unlisted.insert(platform.name, why);
                }
            }
        }
        Ok(report)
    }

    async fn account_for(
        &self,
        platform: &Platform,
        comparison: Comparison,
        notes: &Notes,
        apply: Option<&Actor>,
        report: &mut RecoveryReport,
    ) -> Result<(), EngineError> {
        for (claim, seen) in comparison.claims {
            match &seen {
                Seen::AsLinked | Seen::HeldUpstream => report.sure += 1,
                Seen::Copied(machine) => {
                    if let Some(actor) = apply {
                        self.give_back(&claim, machine, actor).await?;
                    }
                    report
                        .relinked
                        .push((claim.billing_id, machine.identity.id.clone()));
                }
                Seen::Nothing if claim.creating => report.unknown_creates.push(claim.billing_id),
                Seen::Nothing => {}
                Seen::Vanished | Seen::Differs(_) | Seen::CopyUnsure(_) | Seen::MayBe(_) => {
                    let unsure = unsure(platform, &claim, &seen);
                    if notes.dismissed.contains(&service_note(claim.billing_id)) {
                        report
                            .unknown_creates
                            .extend(claim.creating.then_some(claim.billing_id));
                    } else {
                        report.unsure.push(unsure);
                    }
                }
            }
        }
        let unclaimed = comparison
            .unclaimed
            .iter()
            .filter(|one| !notes.dismissed.contains(&one.machine.identity.id));
        report.unsure.extend(unclaimed.map(|one| Unsure {
            platform: platform.name.clone(),
            service: one.near,
            machine: Some(one.machine.identity.id.clone()),
            what: format!(
                "machine {} ({}) on platform {} is claimed by no service{}",
                one.machine.identity.id,
                if one.machine.name.is_empty() {
                    "without a name"
                } else {
                    &one.machine.name
                },
                platform.name,
                one.near.map_or_else(String::new, |near| format!(
                    "; it resembles that of service {near}"
                ))
            ),
            decide: vec![
                format!("--ignore {}", one.machine.identity.id),
                format!("--link SERVICE={}", one.machine.identity.id),
            ],
        }));
        Ok(())
    }
}

fn unsure(platform: &Platform, claim: &Claim, seen: &Seen) -> Unsure {
    let name = claim.billing_id;
    let linked = claim.link.as_ref().map(|link| link.id.clone());
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
            let ids: Vec<&str> = machines
                .iter()
                .map(|machine| machine.identity.id.as_str())
                .collect();
            (
                ids.first().map(|id| (*id).to_owned()),
                format!(
                    "the create of service {name} had not ended, and may have made machine {}",
                    ids.join(" or ")
                ),
            )
        }
        Seen::AsLinked | Seen::HeldUpstream | Seen::Copied(_) | Seen::Nothing => (None, String::new()),
    };
    Unsure {
        platform: platform.name.clone(),
        service: Some(name),
        machine,
        what,
        decide: vec![format!("--link {name}=MACHINE"), format!("--none {name}")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_names_every_obstacle_to_its_end() {
        let report = RecoveryReport {
            recovery: None,
            as_of: None,
            without_copies: vec!["main".parse().expect("a name")],
            unlisted: BTreeMap::from([("panel".to_owned(), "no answer".to_owned())]),
            sure: 1,
            relinked: Vec::new(),
            unknown_creates: vec![7],
            unsure: vec![Unsure {
                platform: "panel".to_owned(),
                service: Some(9),
                machine: None,
                what: "it is unclear".to_owned(),
                decide: vec!["--none 9".to_owned()],
            }],
        };
        let text = report.obstacles().join("\n");
        for part in ["main", "addon page", "no answer", "it is unclear (--none 9)"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
