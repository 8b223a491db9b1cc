//! What is asked of the engines, and what the asker hears.

use std::time::Duration;

use domain::id::OperationId;
use domain::record::{Milestone, Standing};
use domain::{Commit, Random};
use engine::Goal;
use engine::core::{Decision, RefusalCode, accept, promise_rerun, watch};

use super::super::billing::{Deed, Wish, function};
use super::super::rules::Held;
use super::{Event, Heard, Said, World};

impl World {
    pub(super) fn deed(&mut self, billing_id: u64, deed: Deed) -> Result<(), Held> {
        if deed == Deed::BootByHand {
            self.boot_by_hand(billing_id);
            return Ok(());
        }
        let Some(account) = self.billing.accounts.get(&billing_id) else {
            return Ok(());
        };
        if account.unheard.first().is_some_and(|first| *first != deed) {
            // What was asked before comes first.
            self.after(30_000, Event::Deed(billing_id, deed));
            return Ok(());
        }
        let other = account.calling.is_some_and(|calling| calling != deed);
        if other && function(deed).is_some() && deed != Deed::Terminate {
            // The billing system is still in another function of the service.
            self.after(5_000, Event::Deed(billing_id, deed));
            return Ok(());
        }
        let sensible = match deed {
            Deed::Suspend | Deed::ChangePackage(_) => account.wish == Wish::Live,
            Deed::Unsuspend => account.wish == Wish::Suspended,
            Deed::Terminate => !matches!(account.wish, Wish::Nothing | Wish::Ended),
            Deed::Create | Deed::Press(_) | Deed::BootByHand => true,
        };
        if !sensible && !account.unheard.contains(&deed) {
            return Ok(());
        }
        self.call(billing_id, deed, false)
    }

    /// A module function is called, once more by an effect or because somebody wishes it, or a button pressed.
    pub(super) fn call(&mut self, billing_id: u64, deed: Deed, again: bool) -> Result<(), Held> {
        let Some(slot) = self.somebody() else {
            self.unheard(billing_id, deed, again);
            return Ok(());
        };
        self.ask(slot, billing_id, deed, again)
    }

    fn ask(&mut self, slot: usize, billing_id: u64, deed: Deed, again: bool) -> Result<(), Held> {
        let account = &self.billing.accounts[&billing_id];
        let Some(mut command) = account.command(self.vault.memory(), deed, again) else {
            return Ok(());
        };
        let view = self.vault.view(billing_id)?;
        if let Some(pace) = command.pace(view.as_ref()) {
            command.last_wished = self.vault.last_wished(&pace)?;
        }
        let decision = accept(view.as_ref(), &command, self.surroundings(slot));
        // Some products wait for nothing: their promise is made together with the operation.
        let at_once = function(deed).filter(|_| !again && self.random.below(4) == 0);
        let said = match decision {
            Decision::Accepted {
                mut commit,
                operation,
            } => {
                let promised =
                    at_once.and_then(|function| self.goal(deed).promise(&mut commit, operation, function));
                self.commit_unfenced(*commit)?;
                if again {
                    return Err(Held::of(
                        "called-again-begins-nothing",
                        format!("{deed:?} of service {billing_id} was called again and began {operation}"),
                    ));
                }
                if let Some(account) = self.billing.accounts.get_mut(&billing_id)
                    && deed == Deed::Create
                {
                    account.creates += 1;
                    account.wish = Wish::Live;
                }
                if promised.is_some() {
                    Said::PromisedAtOnce(operation)
                } else {
                    Said::Operation(operation)
                }
            }
            Decision::Joined(operation) => Said::Operation(operation),
            Decision::Fulfilled => Said::Fulfilled,
            Decision::Refused(refusal) => Said::Refused(refusal),
        };
        self.tell(format_args!("service {billing_id}: {deed:?}: {said}"));
        let standing = view.map(|view| view.service.standing);
        let pressed = matches!(deed, Deed::Press(_)) && !matches!(said, Said::Refused(_));
        if pressed && standing == Some(Standing::Suspended) {
            return Err(Held::of(
                "no-power-after-suspend",
                format!("suspended service {billing_id} could be switched by its client"),
            ));
        }
        let life = self.worker(slot).life;
        self.unanswered += 1;
        self.after_sync(Event::Heard(Heard {
            slot,
            life,
            billing_id,
            deed,
            again,
            said,
        }));
        Ok(())
    }

    /// A commit that was decided from what stands now, in the same moment.
    pub(super) fn commit_unfenced(&mut self, commit: Commit) -> Result<(), Held> {
        self.commit(commit)?.map_err(|refused| {
            Held::of(
                "commits-apply",
                format!("a fresh decision was refused: {refused}"),
            )
        })
    }

    /// An effect has a function called again, after a while.
    pub(super) fn call_again_after(&mut self, millis: u64, billing_id: u64, deed: Deed) {
        self.unanswered += 1;
        self.after(millis, Event::Rerun(billing_id, deed));
    }

    /// Nobody answered: whoever asked does not know what became of it, and asks again.
    pub(super) fn unheard(&mut self, billing_id: u64, deed: Deed, again: bool) {
        if matches!(deed, Deed::Press(_)) {
            return;
        }
        if again {
            // The applier reports that it failed, and is handed the effect again.
            let millis = 30_000 + self.random.below(60_000);
            return self.call_again_after(millis, billing_id, deed);
        }
        self.statistics.count("commands without an answer");
        self.tell(format_args!("service {billing_id}: {deed:?} hears no answer"));
        if let Some(account) = self.billing.accounts.get_mut(&billing_id) {
            account.not_heard(deed);
            account.calling = None;
        }
        let millis = 20_000 + self.random.below(120_000);
        self.after(millis, Event::Deed(billing_id, deed));
    }

    pub(super) fn heard(&mut self, heard: Heard) -> Result<(), Held> {
        self.unanswered -= 1;
        let Heard {
            slot,
            life,
            billing_id,
            deed,
            again,
            said,
        } = heard;
        let worker = self.worker(slot);
        if worker.life != life || !worker.is_active() {
            self.unheard(billing_id, deed, again);
            return Ok(());
        }
        let Some(account) = self.billing.accounts.get_mut(&billing_id) else {
            return Ok(());
        };
        account.unheard.retain(|unheard| *unheard != deed);
        if account.calling == Some(deed) {
            account.calling = None;
        }
        match said {
            Said::Refused(_) if again => {}
            Said::Refused(refusal) => {
                if deed == Deed::Create {
                    account.refusal = Some(refusal.sentence);
                } else if deed == Deed::Terminate && refusal.code == RefusalCode::NotProvisioned {
                    account.taken(deed);
                    account.succeeded(deed);
                } else if refusal.code == RefusalCode::Held && function(deed).is_some() {
                    account.not_heard(deed);
                    self.after(300_000, Event::Deed(billing_id, deed));
                }
            }
            Said::Fulfilled => {
                if !again {
                    account.taken(deed);
                }
                account.succeeded(deed);
            }
            Said::Operation(operation) => {
                if !again {
                    account.taken(deed);
                }
                account.calling = function(deed).map(|_| deed);
                let seconds = match deed {
                    Deed::Create | Deed::ChangePackage(_) => 20,
                    Deed::Suspend | Deed::Unsuspend | Deed::Terminate => 3,
                    Deed::Press(_) | Deed::BootByHand => return Ok(()),
                };
                let said = Said::Waited(operation);
                let event = Event::Heard(Heard {
                    slot,
                    life,
                    billing_id,
                    deed,
                    again,
                    said,
                });
                self.unanswered += 1;
                self.plan(self.now + Duration::from_secs(seconds), event);
            }
            Said::Waited(operation) => {
                return self.waited((slot, life), billing_id, (deed, again), operation);
            }
            // The sentence that promises it has been heard.
            Said::Promised(_) => {}
            Said::PromisedAtOnce(_) => account.taken(deed),
        }
        Ok(())
    }

    /// The time for an answer is over: success, a refusal, or a sentence with the promise of a second call.
    fn waited(
        &mut self,
        (slot, life): (usize, u32),
        billing_id: u64,
        (deed, again): (Deed, bool),
        operation: OperationId,
    ) -> Result<(), Held> {
        let Some(case) = self.vault.case(operation)? else {
            return Ok(());
        };
        let progress = self.goal(deed).measure(case.operation.clone());
        let outcome = match (progress.met, progress.failed) {
            (true, _) => "is answered with success",
            (_, true) => "is answered with a failure",
            _ => "is answered with a promise",
        };
        self.tell(format_args!("service {billing_id}: {deed:?} {outcome}"));
        let Some(account) = self.billing.accounts.get_mut(&billing_id) else {
            return Ok(());
        };
        if progress.met {
            account.succeeded(deed);
        } else if progress.failed {
            if deed == Deed::Create {
                account.refusal = Some(progress.operation.reason);
            }
        } else if let Some(function) = function(deed) {
            account.calling = Some(deed);
            self.commit_unfenced(promise_rerun(&case, function))?;
            // Nobody hears of a promise that is not durable.
            self.unanswered += 1;
            self.after_sync(Event::Heard(Heard {
                slot,
                life,
                billing_id,
                deed,
                again,
                said: Said::Promised(operation),
            }));
        }
        Ok(())
    }

    fn goal(&self, deed: Deed) -> Goal {
        use domain::record::Activation;
        match deed {
            Deed::Create => Goal::Milestone(match self.scenario.activation {
                Activation::Accepted => Milestone::Accepted,
                Activation::Created => Milestone::Created,
                Activation::Ready => Milestone::Ready,
            }),
            Deed::ChangePackage(_) => Goal::Final,
            _ => Goal::Accepted,
        }
    }

    fn boot_by_hand(&mut self, billing_id: u64) {
        let tables = &self.vault.memory().tables;
        let link = tables
            .service_of(billing_id)
            .and_then(|service| tables.open_link(service));
        let Some(id) = link.and_then(|link| link.identity.id.parse().ok()) else {
            return;
        };
        let robbed = self
            .billing
            .accounts
            .get(&billing_id)
            .is_some_and(|account| account.robbed);
        if !robbed && self.stage.panel.hand(self.now).boot(id).is_ok() {
            // The panel may show it late, too.
            self.last_late = self.now;
            self.tell(format_args!(
                "somebody boots machine {id} of service {billing_id} in the panel"
            ));
        }
    }

    /// The duty that looks after suspended machines.
    pub(super) fn watch_suspended(&mut self) -> Result<(), Held> {
        self.watch_at = None;
        let Some(slot) = self.somebody() else {
            let again = self.now + Duration::from_secs(5);
            self.watch_at = Some(again);
            self.plan(again, Event::Watch);
            return Ok(());
        };
        let clock = self.worker(slot).clock(self.now);
        for service in self.vault.watch_due(clock, 200)? {
            let Some(billing_id) = self
                .vault
                .memory()
                .tables
                .services
                .get(&service)
                .map(|service| service.billing_id)
            else {
                continue;
            };
            if let Some(view) = self.vault.view(billing_id)? {
                let commit = watch(&view, self.surroundings(slot));
                self.commit_unfenced(commit)?;
            }
        }
        if self.random.below(60) == 0 {
            // The duty that tidies up: looks that ended are of no use to anybody.
            self.vault.prune_refreshes(self.now - Duration::from_secs(300))?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Operation(operation) | Self::Waited(operation) | Self::Promised(operation) => {
                write!(f, "answered by {operation}")
            }
            Self::PromisedAtOnce(operation) => write!(f, "promised at once by {operation}"),
            Self::Fulfilled => f.write_str("fulfilled already"),
            Self::Refused(refusal) => write!(f, "refused: {refusal}"),
        }
    }
}
