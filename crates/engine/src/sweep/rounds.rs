//! Rounds: begun as they come due, each in a task of its own, and what is noted of how they went.

use std::future::Future;
use std::time::Duration;

use domain::Moment;
use domain::record::{Platform, PlatformState};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Group;
use super::board::{Ended, Worth};
use super::memory::{Running, Sweeps};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::runner::report as chain;
use crate::turn::in_time;

/// How often readings of single machines are gone over.
const MACHINES_EVERY: Duration = Duration::from_secs(300);

/// When a round that was cut short is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// How often operations at work are looked for while nobody has a page open.
const BUSY_EVERY: Duration = Duration::from_secs(5);

/// A list takes at most one part in so many of a platform's time: where listing is dear, it is done more rarely.
const PART: u32 = 10;

impl Engine {
    /// Begins rounds as they come due, until `stop`. What is under way then is dropped: it only reads.
    pub(crate) async fn run_sweeps(&self, stop: &CancellationToken) {
        if !self.config().sweep {
            return;
        }
        let mut rounds = JoinSet::new();
        while !stop.is_cancelled() {
            while let Some(ended) = rounds.try_join_next() {
                if let Err(error) = ended {
                    tracing::error!(%error, "a sweep broke off");
                }
            }
            match self.begin_rounds(&mut rounds).await {
                Ok(()) => self.sweeps().beat = Some(self.now()),
                Err(error) => tracing::error!(error = %chain(&error), "no sweep can begin"),
            }
            tokio::select! {
                () = tokio::time::sleep(self.config().duty_poll) => {}
                () = self.interest_raised() => {}
                () = stop.cancelled() => {}
            }
        }
        rounds.shutdown().await;
    }

    async fn begin_rounds(&self, rounds: &mut JoinSet<()>) -> Result<(), EngineError> {
        if self.recovering().is_some() {
            // No link can be relied on until the recovery has ended.
            return Ok(());
        }
        let (now, ages) = (self.now(), self.config().ages);
        for platform in self.store().platforms().await? {
            let Some(driver) = self.drivers().of(platform.kind) else {
                continue;
            };
            if platform.state != PlatformState::Approved {
                continue;
            }
            let begun = self.sweeps().begin(&platform, driver, now, &ages);
            for group in begun {
                let (engine, platform) = (self.clone(), platform.clone());
                let running = Running::new(engine.clone(), platform.id, group, None);
                rounds.spawn(async move {
                    if group == Group::Watch {
                        Box::pin(engine.watch(&platform, running)).await;
                    } else {
                        let round = engine.sweep(&platform, group == Group::Machines);
                        Box::pin(engine.go_round(&platform, running, round)).await;
                    }
                });
            }
        }
        Ok(())
    }

    /// One round, and the note of how it went. It counts as running until then.
    pub(super) async fn go_round(
        &self,
        platform: &Platform,
        running: Running,
        round: impl Future<Output = Result<Result<Ended, String>, EngineError>>,
    ) {
        let (began, group) = (self.now(), running.group());
        let went = in_time(group.most(), round).await;
        self.took_turn(platform, group, began, went);
    }

    /// Notes how a group's round went, and tells of a trouble that is new.
    pub(super) fn took_turn(
        &self,
        platform: &Platform,
        group: Group,
        began: Moment,
        went: Result<Ended, String>,
    ) {
        let now = self.now();
        let mut sweeps = self.sweeps();
        let (next, covered) = self.next_turn(&mut sweeps, platform, group, went.as_ref().ok());
        let turn = sweeps.turn(platform.id, group, now, &self.config().ages);
        match went.map(|ended| ended.worth) {
            Ok(Worth::Good) => turn.went_well(now, next),
            Ok(Worth::Idle) => turn.put_off(next),
            Ok(Worth::Vain(why)) => {
                // Each reading in vain is in the log by itself, and what lasts is an alarm.
                turn.failed(why, next);
            }
            Err(why) => {
                if turn.failed(why.clone(), next) {
                    tracing::warn!(platform.name = %platform.name, sweep = group.as_str(), "a sweep was cut short: {why}");
                }
            }
        }
        if let Some(every) = covered.filter(|every| now < began + *every) {
            // What was just read is not read again.
            let list = sweeps.turn(platform.id, Group::List, now, &self.config().ages);
            let next = list.next().max(began + every);
            list.went_well(now, next);
        }
    }

    /// When a group comes next, and how far apart lists are where its round has read one beside its own work.
    fn next_turn(
        &self,
        sweeps: &mut Sweeps,
        platform: &Platform,
        group: Group,
        ended: Option<&Ended>,
    ) -> (Moment, Option<Duration>) {
        let least = match group {
            Group::Watch | Group::Hosts => BUSY_EVERY,
            Group::List => self.config().ages.state,
            Group::Machines => MACHINES_EVERY,
        };
        // At most as far as a turn may lie ahead: one beyond that counts as put off by a clock that was wrong.
        let rest = ended
            .and_then(|ended| ended.listing)
            .map(|listing| (listing * (PART - 1)).min(Group::Machines.most()));
        let every = rest.map(|rest| self.config().ages.state.max(rest));
        if let Some(every) = every {
            sweeps.note_listed_every(platform.id, every);
        }
        let wait = match ended {
            Some(_) => least.max(rest.unwrap_or_default()),
            None => least.min(TRY_AGAIN),
        };
        (self.now() + wait, every.filter(|_| group == Group::Machines))
    }
}
