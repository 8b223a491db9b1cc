//! Periodic duties: each by hint and by time, idempotent, and each with a freshness alarm.

use std::time::Duration;

use domain::record::Alarm;
use domain::{Change, Commit, Moment};
use tokio_util::sync::CancellationToken;

use crate::core::watch;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::runner::report;

/// One duty: what it is called, how often it runs, and when its absence is an alarm.
struct Duty {
    name: &'static str,
    every: Duration,
    alarm_after: Duration,
    last_run: Option<Moment>,
    last_good: Moment,
    /// Whether its alarm may be raised in the store: unknown at the start, so the first success clears it.
    alarmed: bool,
}

impl Duty {
    const fn new(name: &'static str, every: u64, alarm_after: u64, started: Moment) -> Self {
        let (every, alarm_after) = (Duration::from_secs(every), Duration::from_secs(alarm_after));
        Self {
            name,
            every,
            alarm_after,
            last_run: None,
            last_good: started,
            alarmed: true,
        }
    }

    fn is_due(&self, now: Moment) -> bool {
        self.last_run
            .is_none_or(|last| now >= last + self.every || now < last)
    }
}

/// Suspended services read per run of the duty; more wait for the next run a second later.
const WATCHED_AT_ONCE: u64 = 200;

impl Engine {
    /// Runs the duties until `stop`.
    pub(crate) async fn run_duties(&self, stop: &CancellationToken) {
        let started = self.now();
        let mut duties = [
            Duty::new("hold-suspension", 5, 60, started),
            Duty::new("tidy", 300, 3600, started),
            Duty::new("overdue", 30, 300, started),
        ];
        while !stop.is_cancelled() {
            for duty in &mut duties {
                self.run_duty(duty).await;
            }
            tokio::select! {
                () = tokio::time::sleep(self.config().duty_poll) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn run_duty(&self, duty: &mut Duty) {
        let now = self.now();
        if !duty.is_due(now) {
            return;
        }
        duty.last_run = Some(now);
        let outcome = match duty.name {
            "hold-suspension" => self.watch_suspended().await,
            "tidy" => self.tidy().await,
            _ => self.measure().await,
        };
        let alarm = format!("duty:{}", duty.name);
        match outcome {
            Ok(()) => {
                duty.last_good = now;
                if std::mem::take(&mut duty.alarmed) {
                    self.settle_alarm(&alarm, None).await;
                }
            }
            Err(error) => {
                tracing::error!(duty = duty.name, error = %report(&error), "a duty failed");
                if now.since(duty.last_good) >= duty.alarm_after {
                    let text = format!(
                        "the duty {} has not succeeded since {}",
                        duty.name, duty.last_good
                    );
                    duty.alarmed = true;
                    self.settle_alarm(&alarm, Some(text)).await;
                }
            }
        }
    }

    async fn settle_alarm(&self, name: &str, text: Option<String>) {
        let change = if let Some(text) = text {
            metrics::gauge!("hostler_alarm", "alarm" => name.to_owned()).set(1.0);
            Change::RaiseAlarm(Alarm {
                name: name.to_owned(),
                text,
                raised_at: self.now(),
            })
        } else {
            metrics::gauge!("hostler_alarm", "alarm" => name.to_owned()).set(0.0);
            Change::ClearAlarm {
                name: name.to_owned(),
            }
        };
        let commit = Commit {
            changes: vec![change],
            ..Commit::default()
        };
        if let Err(error) = self.store().commit(commit).await {
            tracing::error!(alarm = name, error = %report(&error), "an alarm could not be stored");
        }
    }

    /// Looks at suspended machines whose turn has come.
    async fn watch_suspended(&self) -> Result<(), EngineError> {
        for service in self.store().watch_due(self.now(), WATCHED_AT_ONCE).await? {
            let Some(view) = self
                .store()
                .service_view(&service.installation, service.billing_id)
                .await?
            else {
                continue;
            };
            match self.store().commit(watch(&view, self.world())).await {
                Ok(_) => self.wake(),
                // Changed meanwhile: its turn comes again in a second.
                Err(store::StoreError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Forgets what is past its use: expired secrets, old nonces, old refreshes.
    async fn tidy(&self) -> Result<(), EngineError> {
        let now = self.now();
        self.store().wipe_expired(now).await?;
        self.store().forget_nonces(now - Duration::from_secs(900)).await?;
        self.store().forget_rates(now).await?;
        self.store()
            .prune_refreshes(now - self.config().keep_refreshes)
            .await?;
        Ok(())
    }

    /// Publishes the gauges that an operator watches, and alarms about operations past their deadline.
    async fn measure(&self) -> Result<(), EngineError> {
        let now = self.now();
        let counts = self.store().counts(now).await?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "gauges are floating point; counts stay far below 2^52"
        )]
        let set = |name: &'static str, value: u64| metrics::gauge!(name).set(value as f64);
        set("hostler_operations_due", counts.operations_due);
        set("hostler_operations_open", counts.operations_open);
        set("hostler_calls_unknown", counts.unknown_calls);
        set("hostler_effects_waiting", counts.effects_waiting);
        set("hostler_questions_open", counts.questions_open);
        let oldest = counts
            .oldest_operation
            .map_or(0, |oldest| now.since(oldest).as_secs());
        set("hostler_operation_oldest_seconds", oldest);
        Ok(())
    }
}
