//! Periodic duties: each by time, idempotent, in a task of its own, and each with a promise of freshness that a watch
//! of its own keeps: a duty that fails, hangs or is late raises an alarm within its period and clears it by itself.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Moment;
use domain::record::Service;
use futures_util::future::join_all;
use store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::core::{WATCH_INTERVAL, watch};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::runner::report;

/// What a duty does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Job {
    HoldSuspension,
    SealAudit,
    AnnounceAlarms,
    MarkTide,
    Measure,
    Tidy,
    Reconcile,
    ReadCatalogues,
    CheckSweeps,
    CheckInterest,
    KeepStock,
    KeepNames,
}

/// One duty: what it is called, how often it runs, and when its absence is an alarm.
#[derive(Debug, Clone, Copy)]
struct Duty {
    job: Job,
    name: &'static str,
    every: Duration,
    alarm_after: Duration,
}

/// How fresh a duty is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Freshness {
    /// The duty.
    pub duty: &'static str,
    /// How often it runs, in seconds.
    pub every_seconds: u64,
    /// After how many seconds without success it is an alarm.
    pub alarm_after_seconds: u64,
    /// When it last succeeded; the engine's start before it has.
    pub last_success: Moment,
    /// What went wrong since; `None` when nothing has.
    pub trouble: Option<String>,
}

impl Freshness {
    /// What there is to say of a duty that has not succeeded for too long. One that hangs has told no trouble.
    fn silence(&self, now: Moment) -> Option<String> {
        let stale = now >= self.last_success + Duration::from_secs(self.alarm_after_seconds);
        let why = self.trouble.as_deref().unwrap_or("it has not come back");
        stale.then(|| {
            format!(
                "the duty {} has not succeeded since {}: {why}",
                self.duty, self.last_success
            )
        })
    }
}

/// Services read at once whose machine is to be looked at.
const WATCHED_AT_ONCE: u64 = 200;

/// How many of them are decided about side by side: their commits share a transaction.
const WATCHED_TOGETHER: usize = 16;

/// Portions per run; more fail the duty, which is then heard of.
const PORTIONS: u64 = 100;

/// Records archived or dropped per run; more wait for the next.
const TIDIED_AT_ONCE: u64 = 5_000;

impl Engine {
    fn duties() -> [Duty; 12] {
        let duty = |job, name, every: Duration, alarm_after: Duration| Duty {
            job,
            name,
            every,
            alarm_after,
        };
        let seconds = Duration::from_secs;
        [
            duty(Job::HoldSuspension, "hold-suspension", seconds(5), seconds(60)),
            duty(Job::SealAudit, "seal-audit", seconds(1), seconds(30)),
            duty(Job::MarkTide, "tide", seconds(60), seconds(600)),
            duty(Job::AnnounceAlarms, "announce-alarms", seconds(5), seconds(60)),
            duty(Job::Measure, "overdue", seconds(30), seconds(300)),
            duty(Job::Tidy, "tidy", seconds(300), seconds(3600)),
            // Each platform has its own turn; the duty only looks whose it is.
            duty(Job::Reconcile, "reconcile", seconds(30), seconds(1800)),
            duty(Job::ReadCatalogues, "catalogues", seconds(10), seconds(1800)),
            // The sweeps run by themselves; these two see that they do, and that they come to their ends.
            duty(Job::CheckSweeps, "sweep", seconds(60), seconds(600)),
            duty(Job::CheckInterest, "interest", seconds(30), seconds(300)),
            duty(Job::KeepStock, "stock", seconds(5), seconds(1800)),
            duty(Job::KeepNames, "names", seconds(2), seconds(1800)),
        ]
    }

    /// Runs the duties, and the watch over them, until `stop`.
    pub(crate) async fn run_duties(&self, stop: &CancellationToken) {
        let duties = Self::duties();
        let started = self.now();
        *self.freshness_table() = duties
            .iter()
            .map(|duty| {
                let fresh = Freshness {
                    duty: duty.name,
                    every_seconds: duty.every.as_secs(),
                    alarm_after_seconds: duty.alarm_after.as_secs(),
                    last_success: started,
                    trouble: None,
                };
                (duty.name, fresh)
            })
            .collect();
        tokio::join!(
            join_all(duties.iter().map(|duty| self.keep_at(duty, stop))),
            self.watch_duties(stop)
        );
    }

    /// How fresh every duty is.
    pub fn freshness(&self) -> Vec<Freshness> {
        self.freshness_table().values().cloned().collect()
    }

    async fn keep_at(&self, duty: &Duty, stop: &CancellationToken) {
        let mut last: Option<Moment> = None;
        while !stop.is_cancelled() {
            let now = self.now();
            // A clock that was set back makes a duty due, not silent.
            if last.is_none_or(|last| now >= last + duty.every || now < last) {
                last = Some(now);
                self.run_duty(duty, stop).await;
            }
            tokio::select! {
                () = tokio::time::sleep(self.config().duty_poll) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn run_duty(&self, duty: &Duty, stop: &CancellationToken) {
        let began = self.now();
        let work = tokio::time::timeout(duty.alarm_after, self.work_at(duty.job));
        let outcome = tokio::select! {
            outcome = work => outcome,
            () = stop.cancelled() => return,
        };
        let trouble = match outcome {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(report(&error)),
            Err(_) => Some(format!("it took longer than {} s", duty.alarm_after.as_secs())),
        };
        if let Some(trouble) = &trouble {
            tracing::error!(duty = duty.name, error = %trouble, "a duty failed");
        }
        if let Some(fresh) = self.freshness_table().get_mut(duty.name) {
            if trouble.is_none() {
                fresh.last_success = began;
            }
            fresh.trouble = trouble;
        }
    }

    async fn work_at(&self, job: Job) -> Result<(), EngineError> {
        match job {
            Job::HoldSuspension => self.watch_machines().await,
            Job::SealAudit => Ok(self.store().seal_audit(self.now()).await.map(drop)?),
            Job::MarkTide => self.mark_tide().await,
            Job::AnnounceAlarms => self.announce_alarms().await,
            Job::Measure => self.measure().await,
            Job::Tidy => self.tidy().await,
            Job::Reconcile => self.reconcile_all().await,
            Job::ReadCatalogues => self.refresh_catalogues().await,
            Job::CheckSweeps => self.check_sweeps().await,
            Job::CheckInterest => self.check_interest().await,
            Job::KeepStock => self.keep_stock().await,
            Job::KeepNames => self.keep_names_right().await,
        }
    }

    /// Holds every duty to its promise. It works on what the duties noted, so it sees also one that hangs.
    async fn watch_duties(&self, stop: &CancellationToken) {
        // Whether its alarm stands in the store: unknown at the start, so that one of before is cleared.
        let mut alarmed: BTreeMap<&'static str, bool> = BTreeMap::new();
        while !stop.is_cancelled() {
            let now = self.now();
            for fresh in self.freshness() {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "an age in seconds stays far below 2^52"
                )]
                let age = now.since(fresh.last_success).as_secs() as f64;
                metrics::gauge!("hostler_duty_age_seconds", "duty" => fresh.duty).set(age);
                let silence = fresh.silence(now);
                let stale = silence.is_some();
                if alarmed.get(fresh.duty) == Some(&stale) {
                    continue;
                }
                if self.settle_duty_alarm(fresh.duty, silence).await {
                    alarmed.insert(fresh.duty, stale);
                }
            }
            tokio::select! {
                () = tokio::time::sleep(self.config().duty_poll) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Whether the alarm could be stored as it should be.
    async fn settle_duty_alarm(&self, duty: &'static str, silence: Option<String>) -> bool {
        let name = format!("duty:{duty}");
        let settled = match silence {
            Some(text) => self.raise(&name, text).await,
            None => self.clear(&name).await,
        };
        settled
            .inspect_err(
                |error| tracing::error!(alarm = name, error = %report(error), "an alarm could not be stored"),
            )
            .is_ok()
    }

    /// Looks at machines whose turn has come: suspended ones, and those for which a lost change may come late. All of
    /// them, portion by portion: one that is left for later is switched off later than was promised.
    async fn watch_machines(&self) -> Result<(), EngineError> {
        let due_by = self.now();
        for _ in 0..PORTIONS {
            let due = self.store().watch_due(due_by, WATCHED_AT_ONCE).await?;
            let mut moved = 0;
            for some in due.chunks(WATCHED_TOGETHER) {
                for done in join_all(some.iter().map(|service| self.watch_or_put_off(service))).await {
                    moved += usize::from(done?);
                }
            }
            if moved == 0 {
                return Ok(());
            }
        }
        Err(EngineError::Invalid(format!(
            "more than {} machines are to be looked at at once",
            PORTIONS * WATCHED_AT_ONCE
        )))
    }

    /// Whether the service's next turn lies ahead. One that is ill waits for it like the others, which go on.
    async fn watch_or_put_off(&self, service: &Service) -> Result<bool, StoreError> {
        match self.watch_over(service).await {
            Err(error) if !error.is_passing() => {
                self.store().note_damage(&error);
                tracing::error!(service.id = %service.id, error = %report(&error), "a machine is not watched");
                let until = self.now() + WATCH_INTERVAL;
                self.store().put_off_watch(service.id, until).await?;
                Ok(true)
            }
            watched => watched,
        }
    }

    async fn watch_over(&self, service: &Service) -> Result<bool, StoreError> {
        let store = self.store();
        let Some(view) = store
            .service_view(&service.installation, service.billing_id)
            .await?
        else {
            return Ok(false);
        };
        match store.commit(watch(&view, self.world())).await {
            Ok(_) => {
                self.wake();
                Ok(true)
            }
            // Changed meanwhile: its turn comes again in a second.
            Err(StoreError::Refused(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Marks the store, so that an older copy of it is recognised; and notices a recovery that another node began or
    /// ended.
    async fn mark_tide(&self) -> Result<(), EngineError> {
        if let Some(file) = self.tide() {
            self.store().mark_tide(&file).await?;
        }
        let recovery = self.store().recovery().await?;
        self.set_recovering(recovery.map(|recovery| recovery.began_at));
        Ok(())
    }

    /// Forgets what is past its use (expired secrets, old nonces, old refreshes) and archives what has ended long ago,
    /// so that the work at hand does not grow with history. Each run does a bounded part.
    async fn tidy(&self) -> Result<(), EngineError> {
        let (now, config) = (self.now(), self.config());
        let store = self.store();
        store.wipe_expired(now).await?;
        store.forget_nonces(now - Duration::from_secs(900)).await?;
        store.forget_rates(now).await?;
        store.prune_refreshes(now - config.keep_refreshes).await?;
        store
            .archive(now - config.keep_operations, TIDIED_AT_ONCE)
            .await?;
        store
            .prune_settled(now - config.keep_operations, TIDIED_AT_ONCE)
            .await?;
        store
            .prune_archive(now - config.keep_archive, TIDIED_AT_ONCE)
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gx_012_a_duty_that_hangs_without_a_word_is_told_of_like_one_that_fails() {
        let began = Moment::from_seconds(1_000);
        let mut duty = Freshness {
            duty: "reconcile",
            every_seconds: 30,
            alarm_after_seconds: 1_800,
            last_success: began,
            trouble: None,
        };
        let (before, after) = (Moment::from_seconds(2_799), Moment::from_seconds(2_800));
        assert_eq!(duty.silence(before), None);
        let said = duty.silence(after).expect("it is silent for too long");
        assert!(
            said.contains("reconcile") && said.ends_with(": it has not come back"),
            "{said}"
        );
        duty.trouble = Some("the panel refuses".to_owned());
        assert_eq!(duty.silence(before), None, "it may fail for a while");
        assert!(
            duty.silence(after)
                .is_some_and(|said| said.ends_with(": the panel refuses"))
        );
    }
}
