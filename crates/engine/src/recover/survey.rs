//! The comparison: the platforms' complete lists and the billing side's copies against the restored store.

use std::collections::{BTreeMap, BTreeSet};

use domain::machine::Machine;
use domain::record::{Platform, PlatformState, Standing};
use domain::{Actor, Moment};
use store::{PageRequest, ServiceFilter};

use super::judge::Judged;
use super::notes::{Notes, link_note, machine_note, service_note};
use super::report::{RecoveryReport, of_claim, of_doubt, of_placeless, of_unclaimed};
use crate::core::{Claim, Comparison, Seen, Unclaimed, compare};
use crate::engine::Engine;
use crate::error::EngineError;

/// One comparison under way.
struct Survey<'a> {
    notes: &'a Notes,
    /// Who has certain machines given back; `None` where they are only named.
    apply: Option<&'a Actor>,
    /// Whether there is one platform, so that a machine's id says enough.
    alone: bool,
    report: RecoveryReport,
}

impl Engine {
    /// Compares everything, and says how far the recovery is. With `apply`, which needs a recovery, the services whose
    /// copies are certain get their machines back.
    pub async fn recover(&self, apply: bool, actor: &Actor) -> Result<RecoveryReport, EngineError> {
        if apply {
            self.require_recovery()?;
        }
        let recovery = self.store().recovery().await?;
        let notes = self.notes_of(recovery.as_ref()).await?;
        // Without a recovery nothing was forgotten.
        let since = recovery.as_ref().map(|_| notes.as_of.unwrap_or(Moment::EPOCH));
        let platforms = self.store().platforms().await?;
        let mut survey = Survey {
            notes: &notes,
            apply: apply.then_some(actor),
            alone: platforms.len() == 1,
            report: RecoveryReport {
                as_of: notes.as_of,
                recovery,
                ..RecoveryReport::default()
            },
        };
        if survey.report.recovery.is_some() {
            for installation in self.store().installations().await? {
                if !notes.copies.contains_key(installation.id.as_str()) {
                    survey.report.without_copies.push(installation.id);
                }
            }
            self.look_for_placeless(&mut survey).await?;
        }
        for platform in platforms {
            self.look_at(&platform, since, &mut survey).await?;
        }
        Ok(survey.report)
    }

    async fn look_at(
        &self,
        platform: &Platform,
        since: Option<Moment>,
        survey: &mut Survey<'_>,
    ) -> Result<(), EngineError> {
        let claims = self.claims(platform.id).await?;
        if platform.state != PlatformState::Approved {
            if claims.iter().any(needs_a_list) {
                let why = format!(
                    "it is {}; let it be used: hostler platform approve {}",
                    platform.state, platform.id
                );
                survey.report.unlisted.insert(platform.name.clone(), why);
            }
            return Ok(());
        }
        match self.list_machines(platform).await? {
            Ok(listing) => {
                let comparison = compare(claims, &listing, since);
                self.account_for(platform, &listing, comparison, survey).await
            }
            Err(why) => {
                survey.report.unlisted.insert(platform.name.clone(), why);
                Ok(())
            }
        }
    }

    async fn account_for(
        &self,
        platform: &Platform,
        listing: &BTreeMap<String, Machine>,
        comparison: Comparison,
        survey: &mut Survey<'_>,
    ) -> Result<(), EngineError> {
        let since = survey.report.recovery.as_ref().map(|recovery| recovery.began_at);
        // A machine that a create may have made is asked about once.
        let mut asked = BTreeSet::new();
        for (claim, seen) in comparison.claims {
            let judged = match since {
                Some(since) => self.judge(&claim, &seen, listing, since).await?,
                None => untroubled(&seen),
            };
            match (&judged, survey.apply) {
                (Judged::Give(machine), Some(actor)) => self.give_back(&claim, machine, actor).await?,
                (Judged::Follow(machine), Some(actor)) => self.follow(&claim, machine, actor).await?,
                _ => {}
            }
            if survey.claim(platform, &claim, &seen, judged)
                && let Seen::MayBe(machines) = seen
            {
                asked.extend(machines.into_iter().map(|machine| machine.identity.id));
            }
        }
        for one in &comparison.unclaimed {
            if !asked.contains(&one.machine.identity.id) {
                survey.unclaimed(platform, one);
            }
        }
        Ok(())
    }

    /// Services that a billing system's copies brought back, and of which nobody knows where their machines are.
    async fn look_for_placeless(&self, survey: &mut Survey<'_>) -> Result<(), EngineError> {
        let filter = ServiceFilter {
            standing: Some(Standing::Vacant),
            mapped: Some(true),
            ..ServiceFilter::default()
        };
        let mut page = PageRequest::first(500);
        loop {
            let found = self.store().services(&filter, &page).await?;
            let placeless = found.items.iter().filter(|service| {
                let note = service_note(&service.installation, service.billing_id);
                service.platform.is_none() && !survey.notes.decided(&note)
            });
            survey.report.unsure.extend(placeless.map(of_placeless));
            match found.next {
                Some(cursor) => page = PageRequest::after(cursor, 500),
                None => return Ok(()),
            }
        }
    }
}

impl Survey<'_> {
    /// Takes a service into the report. Whether a person is asked about it.
    fn claim(&mut self, platform: &Platform, claim: &Claim, seen: &Seen, judged: Judged) -> bool {
        let decided = self
            .notes
            .decided(&service_note(&claim.installation, claim.billing_id));
        let report = &mut self.report;
        match judged {
            Judged::Sure => report.sure += 1,
            Judged::Nothing => {}
            Judged::Unknown => report.unknown_creates.push(claim.name()),
            Judged::Give(machine) => report.relinked.push((claim.name(), machine.identity.id)),
            Judged::OnItsWay(machine) => report.relinked.push((claim.name(), machine)),
            Judged::Follow(_) => report.followed.push((claim.name(), claim.status)),
            Judged::Unsure if is_linked_by_hand(self.notes, claim) => report.sure += 1,
            Judged::Doubt { .. } if decided && claim.link.is_some() => report.sure += 1,
            Judged::Doubt { .. } | Judged::Unsure if decided && claim.creating => {
                report.unknown_creates.push(claim.name());
            }
            Judged::Doubt { .. } | Judged::Unsure if decided => {}
            Judged::Doubt { machine, what } => {
                report.unsure.push(of_doubt(platform, claim, &machine, what));
                return true;
            }
            Judged::Unsure => {
                report.unsure.push(of_claim(platform, claim, seen));
                return true;
            }
        }
        false
    }

    fn unclaimed(&mut self, platform: &Platform, one: &Unclaimed) {
        let note = machine_note(platform.id, &one.machine.identity.id);
        if !self.notes.decided(&note) {
            let unsure = of_unclaimed(platform, self.alone, one);
            self.report.unsure.push(unsure);
        }
    }
}

/// Whether the store says anything of a service that only its platform's list can confirm.
const fn needs_a_list(claim: &Claim) -> bool {
    claim.link.is_some() || claim.copy.is_some() || claim.creating
}

/// What a comparison means where nothing is being recovered.
fn untroubled(seen: &Seen) -> Judged {
    match seen {
        Seen::AsLinked | Seen::HeldUpstream => Judged::Sure,
        Seen::Copied(machine) => Judged::Give(machine.clone()),
        Seen::Nothing => Judged::Nothing,
        Seen::Vanished | Seen::Differs(_) | Seen::CopyUnsure(_) | Seen::MayBe(_) => Judged::Unsure,
    }
}

/// Whether a person said which of two machines a linked service has. The billing side's copy learns it later.
fn is_linked_by_hand(notes: &Notes, claim: &Claim) -> bool {
    claim
        .link
        .as_ref()
        .is_some_and(|link| notes.decided(&link_note(&claim.installation, claim.billing_id, &link.id)))
}
