//! The billing system's cron: it repeats creates that are still pending, and applies effects.

use std::time::Duration;

use domain::Random;
use domain::id::EffectId;
use domain::record::{Effect, EffectBody, EffectClass, ServiceStatus};
use engine::core::{AckOutcome, acknowledge};

use super::super::billing::applier::{Handling, counts};
use super::super::billing::{Run, Wish, deed_of};
use super::super::broken::Broken;
use super::super::rules::{Held, effects};
use super::{Event, World};

/// Most effects in one answer.
const MOST: usize = 200;

impl World {
    pub(super) fn cron(&mut self, run: Option<Run>) -> Result<(), Held> {
        let mut run = if let Some(run) = run {
            run
        } else {
            let millis = 45_000 + self.random.below(60_000);
            self.after(millis, Event::Cron(None));
            self.repeat_creates();
            Run {
                only: None,
                rounds: 40,
                holds: Vec::new(),
                acks: Vec::new(),
            }
        };
        if run.rounds == 0 || self.somebody().is_none() {
            self.end_run(&run);
            return Ok(());
        }
        run.rounds -= 1;
        let fetched = self.vault.fetch_effects(run.only, self.now, MOST)?;
        if fetched.is_empty() {
            self.end_run(&run);
            return Ok(());
        }
        self.after_sync(Event::Apply(run, fetched));
        Ok(())
    }

    pub(super) fn end_run(&mut self, run: &Run) {
        for service in &run.holds {
            self.billing.desk.locked.remove(service);
        }
    }

    /// What is ordered and still pending is set up again, every ten minutes or so, for an hour.
    fn repeat_creates(&mut self) {
        let pending: Vec<u64> = self
            .billing
            .accounts
            .values()
            .filter(|account| account.is_repeated())
            .map(|account| account.billing_id)
            .collect();
        for billing_id in pending {
            if self.random.below(8) != 0 {
                continue;
            }
            if let Some(account) = self.billing.accounts.get_mut(&billing_id) {
                account.patience -= 1;
            }
            self.after(1, Event::Deed(billing_id, super::Deed::Create));
        }
    }

    /// A run applies what it fetched, as far as no other run is at work on the service.
    pub(super) fn apply(&mut self, mut run: Run, fetched: Vec<Effect>) -> Result<(), Held> {
        for effect in fetched {
            let service = effect.service.map_or(0, |(_, billing_id)| billing_id);
            if !run.holds.contains(&service) {
                if !self.billing.desk.locked.insert(service) {
                    continue;
                }
                run.holds.push(service);
            }
            if self.dies() {
                self.end_run(&run);
                return Ok(());
            }
            let Some(outcome) = self.apply_one(&effect)? else {
                self.statistics.count("cron runs that died");
                self.end_run(&run);
                return Ok(());
            };
            run.acks.push((effect.id, outcome));
        }
        let millis = 50 + self.random.below(1_000);
        self.after(millis, Event::Acknowledge(run));
        Ok(())
    }

    fn dies(&mut self) -> bool {
        !self.calm && self.random.below(300) == 0
    }

    /// Applies one effect; `None` when the run died over it.
    fn apply_one(&mut self, effect: &Effect) -> Result<Option<AckOutcome>, Held> {
        if self.scenario.broken == Some(Broken::ApplyTwice) {
            self.billing.desk.forget(effect.id);
        }
        match self.billing.desk.take(effect) {
            Handling::Settled(outcome) => return Ok(Some(outcome)),
            Handling::BegunBefore => {
                self.statistics.count("effects begun and not known to have ended");
                return Ok(Some(AckOutcome::Unknown));
            }
            Handling::ToDo => {}
        }
        if self.dies() {
            return Ok(None);
        }
        let row = effect.body.class() == EffectClass::Row;
        if row && !self.calm && self.random.below(100) == 0 {
            self.statistics.count("effects that failed at first");
            return Ok(Some(AckOutcome::Failed));
        }
        let outcome = self.carry_out_effect(effect)?;
        if self.dies() {
            return Ok(None);
        }
        self.billing.desk.settle(effect.id, outcome);
        Ok(Some(outcome))
    }

    fn carry_out_effect(&mut self, effect: &Effect) -> Result<AckOutcome, Held> {
        let billing_id = effect.service.map_or(0, |(_, billing_id)| billing_id);
        if let EffectBody::Rerun { function, status } = &effect.body {
            let account = self.billing.accounts.get(&billing_id);
            let account = account.filter(|account| account.status.to_string() == *status);
            let Some(account) = account else {
                self.tell(format_args!(
                    "service {billing_id}: {function} is not called again: it was {status}"
                ));
                return Ok(AckOutcome::Refused);
            };
            let deed = deed_of(*function, account.package);
            self.call_again_after(1, billing_id, deed);
            return Ok(AckOutcome::Applied);
        }
        self.billing.desk.carry_out(effect);
        self.statistics.count("effects carried out");
        if counts(&effect.body) {
            effects::carried_out(self, effect)?;
        }
        match &effect.body {
            EffectBody::SendMail { .. } => {
                let generation = effect
                    .operation
                    .and_then(|id| self.vault.memory().tables.operations.get(&id))
                    .map_or(0, |operation| operation.generation);
                self.tell(format_args!("service {billing_id}: the welcome mail goes out"));
                effects::mailed(self, billing_id, generation)?;
            }
            EffectBody::SetLink { resource_id, .. } => {
                if let Some(account) = self.billing.accounts.get_mut(&billing_id) {
                    account.link.clone_from(resource_id);
                }
            }
            _ => {}
        }
        Ok(AckOutcome::Applied)
    }

    /// A run acknowledges, if it is still there and is heard, and goes on to what waits behind.
    pub(super) fn acknowledge(&mut self, mut run: Run) -> Result<(), Held> {
        let acks: Vec<(EffectId, AckOutcome)> = std::mem::take(&mut run.acks);
        let lost = !self.calm && self.random.below(50) == 0;
        let Some(slot) = self.somebody().filter(|_| !lost) else {
            self.statistics.count("acknowledgements lost");
            self.end_run(&run);
            return Ok(());
        };
        if acks.is_empty() {
            self.end_run(&run);
            return Ok(());
        }
        for (id, outcome) in acks {
            let Some(effect) = self.vault.effect(id)? else {
                continue;
            };
            let reason = (outcome != AckOutcome::Applied).then(|| "as the billing system says".to_owned());
            if let Some(commit) = acknowledge(&effect, outcome, reason, self.surroundings(slot)) {
                self.commit_unfenced(commit)?;
            }
        }
        self.after_sync(Event::Cron(Some(run)));
        Ok(())
    }
}

impl super::Account {
    /// Whether the create is asked for again by itself: ordered and not set up, as far as the billing system knows.
    pub fn is_repeated(&self) -> bool {
        let waits = self.wish == Wish::Live || (self.wish == Wish::Nothing && self.refusal.is_some());
        waits && self.status == ServiceStatus::Pending && self.patience > 0 && self.unheard.is_empty()
    }

    /// Whether nothing more is to be expected of the billing system.
    pub fn is_settled(&self) -> bool {
        self.unheard.is_empty() && !self.is_repeated()
    }
}

/// How long a person waits before answering what may still answer itself: longer than anything takes effect late.
pub const SURE: Duration = Duration::from_secs(35 * 60);
