//! What an operator watches: gauges, and the alarms about what piles up or cannot be read.

use std::time::Duration;

use domain::Moment;

use crate::engine::Engine;
use crate::error::EngineError;

/// An effect that nobody has fetched for this long is an alarm. Billing systems fetch with each cron run, every five
/// minutes, and are nudged besides.
const UNFETCHED: Duration = Duration::from_secs(30 * 60);

impl Engine {
    /// Publishes the gauges that an operator watches, and alarms about operations past their deadline.
    pub(crate) async fn measure(&self) -> Result<(), EngineError> {
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
        set("hostler_services_unread", counts.services_unread);
        let unsealed = counts
            .oldest_unsealed
            .map_or(0, |oldest| now.since(oldest).as_secs());
        set("hostler_audit_unsealed_seconds", unsealed);
        self.alarm_about_effects(now).await?;
        self.alarm_about_damage(now).await?;
        self.alarm_about_overdue(now).await
    }

    /// An operation past its deadline becomes a question by itself; one that has not after five minutes is an alarm,
    /// because then nobody works on it.
    async fn alarm_about_overdue(&self, now: Moment) -> Result<(), EngineError> {
        let name = "operations_overdue";
        let late = match self.recovering() {
            // They wait for a person, and say so.
            Some(_) => Vec::new(),
            None => {
                self.store()
                    .operations_overdue(now - Duration::from_secs(300), 100)
                    .await?
            }
        };
        #[expect(clippy::cast_precision_loss, reason = "at most a hundred")]
        metrics::gauge!("hostler_operations_overdue").set(late.len() as f64);
        match late.first() {
            Some(first) => {
                let text = format!(
                    "{} operations are past their deadline and nobody works on them; the first is {} {} ({})",
                    late.len(),
                    first.kind,
                    first.id,
                    first.reason
                );
                self.raise(name, text).await?;
            }
            None => self.clear(name).await?,
        }
        Ok(())
    }

    /// Effects that could be fetched for half an hour and were not: the billing system's cron does not run, or does not
    /// reach the engine.
    async fn alarm_about_effects(&self, now: Moment) -> Result<(), EngineError> {
        let unfetched = self.store().unfetched_effects(now - UNFETCHED).await?;
        for installation in self.store().installations().await? {
            let name = format!("effects_unfetched:{}", installation.id);
            match unfetched.get(installation.id.as_str()) {
                Some((number, oldest)) => {
                    let text = format!(
                        "billing system {} has not fetched {number} effects, the oldest since {oldest}: does its cron \
                         run, and does it reach the engine?",
                        installation.id
                    );
                    self.raise(&name, text).await?;
                }
                None => self.clear(&name).await?,
            }
        }
        Ok(())
    }

    /// Rows that lists leave out because they cannot be read. What no list meets any more was repaired, or is gone.
    async fn alarm_about_damage(&self, now: Moment) -> Result<(), EngineError> {
        let name = "records_damaged";
        // Everything is read at least once in two rounds of the reconciler.
        let since = now - self.config().reconcile_every * 2;
        self.store().forget_damage_before(since);
        let damaged = self.store().damage_since(since);
        #[expect(clippy::cast_precision_loss, reason = "at most a thousand")]
        metrics::gauge!("hostler_records_damaged").set(damaged.len() as f64);
        match damaged.first() {
            Some(first) => {
                let text = format!(
                    "{} stored records cannot be read and are left out of every list; the first is {}: {}. Repair it, or \
                     restore a backup",
                    damaged.len(),
                    first.what,
                    first.why
                );
                self.raise(name, text).await?;
            }
            None => self.clear(name).await?,
        }
        Ok(())
    }
}
