//! Comparing platforms, the billing side's copies and the store: what is sure, and what a person has to decide.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::InstallationId;
use domain::machine::Machine;
use domain::record::{Platform, PlatformState, Recovery, ServiceStatus, Standing};
use domain::{Actor, Moment};
use serde::Serialize;

use super::judge::{Judged, linked_machine};
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
    /// Services that platform and billing system agree to have been suspended, or released, since the backup, with what
    /// the billing system calls them: the store follows, or will.
    pub followed: Vec<(u64, ServiceStatus)>,
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
            followed: Vec::new(),
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
                self.report_unapproved(platform, &mut report).await?;
                continue;
            }
            let since = notes
                .as_of
                .or_else(|| report.recovery.as_ref().map(|_| Moment::EPOCH));
            match self.list_machines(&platform).await? {
                Ok(listing) => {
                    let comparison = compare(self.claims(platform.id).await?, &listing, since);
                    let shown = Shown {
                        platform: &platform,
                        listing: &listing,
                        notes: &notes,
                        apply: apply.then_some(actor),
                    };
                    self.account_for(&shown, comparison, &mut report).await?;
                }
                Err(why) => {
                    report.unlisted.insert(platform.name, why);
                }
            }
        }
        Ok(report)
    }

    /// A platform that may not be used cannot be compared; that is no obstacle where it has no machines of ours.
    async fn report_unapproved(
        &self,
        platform: Platform,
        report: &mut RecoveryReport,
    ) -> Result<(), EngineError> {
        let claims = self.claims(platform.id).await?;
        let concerns = |claim: &Claim| claim.link.is_some() || claim.creating || claim.copy.is_some();
        if claims.iter().any(concerns) {
            let why = format!(
                "it is not approved; run `hostler platform approve {}`",
                platform.id
            );
            report.unlisted.insert(platform.name, why);
        }
        Ok(())
    }

    async fn account_for(
        &self,
        shown: &Shown<'_>,
        comparison: Comparison,
        report: &mut RecoveryReport,
    ) -> Result<(), EngineError> {
        let (platform, notes) = (shown.platform, shown.notes);
        // A machine that a create may have made is asked about once.
        let mut asked = BTreeSet::new();
        for (claim, seen) in comparison.claims {
            match &seen {
                Seen::AsLinked | Seen::HeldUpstream => self.account_for_link(shown, &claim, report).await?,
                Seen::Copied(machine) => self.account_for_copy(shown, &claim, machine, report).await?,
                Seen::Nothing if claim.creating => report.unknown_creates.push(claim.billing_id),
                Seen::Nothing if !is_in_use(&claim) => {}
                Seen::Differs(_) if self.was_handed_over(&claim, shown.listing).await? => report.sure += 1,
                Seen::Nothing | Seen::Vanished | Seen::Differs(_) | Seen::CopyUnsure(_) | Seen::MayBe(_) => {
                    if let Some(machine) = self.on_its_way(&claim, shown.since(report)).await? {
                        report.relinked.push((claim.billing_id, machine));
                    } else if shown.is_dismissed(&claim) {
                        report
                            .unknown_creates
                            .extend(claim.creating.then_some(claim.billing_id));
                    } else {
                        if let Seen::MayBe(machines) = &seen {
                            asked.extend(machines.iter().map(|machine| machine.identity.id.clone()));
                        }
                        report.unsure.push(unsure(platform, &claim, &seen));
                    }
                }
            }
        }
        let unclaimed = comparison
            .unclaimed
            .iter()
            .filter(|one| !notes.dismissed.contains(&one.machine.identity.id))
            .filter(|one| !asked.contains(&one.machine.identity.id));
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

    async fn account_for_link(
        &self,
        shown: &Shown<'_>,
        claim: &Claim,
        report: &mut RecoveryReport,
    ) -> Result<(), EngineError> {
        let machine = linked_machine(claim, shown.listing).map(|(_, machine)| machine);
        match self.judge_link(claim, machine, shown.since(report)).await? {
            Judged::Follow(status) => {
                if let (Some(actor), Some(machine)) = (shown.apply, machine) {
                    self.follow(claim, machine, actor).await?;
                }
                report.followed.push((claim.billing_id, status));
            }
            Judged::Unsure(what) if !shown.is_dismissed(claim) => {
                let machine = claim.link.as_ref().map(|link| link.id.clone());
                report.unsure.push(doubt(shown.platform, claim, machine, what));
            }
            Judged::Unsure(_) | Judged::Sure | Judged::Give | Judged::OnItsWay => report.sure += 1,
        }
        Ok(())
    }

    async fn account_for_copy(
        &self,
        shown: &Shown<'_>,
        claim: &Claim,
        machine: &Machine,
        report: &mut RecoveryReport,
    ) -> Result<(), EngineError> {
        let id = machine.identity.id.clone();
        match self.judge_copy(claim, machine, shown.since(report)).await? {
            Judged::Unsure(_) if shown.is_dismissed(claim) => {
                let creating = claim.creating.then_some(claim.billing_id);
                report.unknown_creates.extend(creating);
            }
            Judged::Unsure(what) => {
                report.unsure.push(doubt(shown.platform, claim, Some(id), what));
            }
            Judged::Give => {
                if let Some(actor) = shown.apply {
                    self.give_back(claim, machine, actor).await?;
                }
                report.relinked.push((claim.billing_id, id));
            }
            Judged::OnItsWay => report.relinked.push((claim.billing_id, id)),
            Judged::Sure | Judged::Follow(_) => {}
        }
        Ok(())
    }
}

/// A platform as it is compared.
struct Shown<'a> {
    platform: &'a Platform,
    listing: &'a BTreeMap<String, Machine>,
    notes: &'a Notes,
    /// Who has what is sure put right.
    apply: Option<&'a Actor>,
}

impl Shown<'_> {
    fn is_dismissed(&self, claim: &Claim) -> bool {
        self.notes.dismissed.contains(&service_note(claim.billing_id))
    }

    /// What is older came with the restored store.
    fn since(&self, report: &RecoveryReport) -> Moment {
        report
            .recovery
            .as_ref()
            .map_or(Moment::EPOCH, |recovery| recovery.began_at)
    }
}

/// Whether the billing system believes that the service has a machine.
fn is_in_use(claim: &Claim) -> bool {
    matches!(claim.status, ServiceStatus::Active | ServiceStatus::Suspended)
        && matches!(
            claim.standing,
            Standing::Vacant | Standing::Ended | Standing::Live | Standing::Suspended
        )
}

fn doubt(platform: &Platform, claim: &Claim, machine: Option<String>, what: String) -> Unsure {
    let name = claim.billing_id;
    let link = machine.as_deref().unwrap_or("MACHINE");
    Unsure {
        platform: platform.name.clone(),
        service: Some(name),
        decide: vec![format!("--link {name}={link}"), format!("--none {name}")],
        machine,
        what,
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
        Seen::Nothing => (
            None,
            format!(
                "the billing system calls service {name} {}, and neither it nor the store names its machine",
                claim.status
            ),
        ),
        Seen::AsLinked | Seen::HeldUpstream | Seen::Copied(_) => (None, String::new()),
    };
    let mut unsure = doubt(platform, claim, None, what);
    unsure.machine = machine;
    if let (Some(link), Some(copy), Seen::CopyUnsure(_)) = (&claim.link, &claim.copy, seen) {
        // Both machines are there: which of them it is cannot be answered with none.
        unsure.decide = vec![
            format!("--link {name}={}", link.id),
            format!("--link {name}={copy}"),
        ];
    }
    unsure
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
            followed: Vec::new(),
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
