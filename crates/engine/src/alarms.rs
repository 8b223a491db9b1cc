//! Alarms: a promise broken is one row, one metric, one log line and one `todo` in each billing system; raised once,
//! cleared by itself.

use std::collections::BTreeSet;

use domain::record::{Alarm, EffectBody};
use store::StoreError;

use crate::engine::Engine;
use crate::error::EngineError;

impl Engine {
    /// Raises an alarm, unless it stands already. It is told with the next round of [`Engine::announce_alarms`].
    pub(crate) async fn raise(&self, name: &str, text: String) -> Result<(), StoreError> {
        let alarm = Alarm {
            name: name.to_owned(),
            text,
            raised_at: self.now(),
        };
        self.store().raise_alarm(&alarm).await.map(drop)
    }

    /// Clears an alarm.
    pub(crate) async fn clear(&self, name: &str) -> Result<(), StoreError> {
        self.store().clear_alarm(name).await.map(drop)
    }

    /// Tells what has been raised since the last round, whoever raised it, and takes back what was cleared. What stood
    /// at the engine's start has been told before.
    pub(crate) async fn announce_alarms(&self) -> Result<(), EngineError> {
        let standing = self.store().alarms().await?;
        let names: BTreeSet<String> = standing.iter().map(|alarm| alarm.name.clone()).collect();
        let known = self.announced().replace(names.clone());
        let Some(known) = known else {
            for name in &names {
                metrics::gauge!("hostler_alarm", "alarm" => name.clone()).set(1.0);
            }
            return Ok(());
        };
        for name in known.difference(&names) {
            metrics::gauge!("hostler_alarm", "alarm" => name.clone()).set(0.0);
            tracing::info!(alarm = %name, "an alarm was cleared");
        }
        for alarm in standing.iter().filter(|alarm| !known.contains(&alarm.name)) {
            metrics::gauge!("hostler_alarm", "alarm" => alarm.name.clone()).set(1.0);
            tracing::error!(alarm = %alarm.name, "{}", alarm.text);
            for installation in self.store().installations().await? {
                let body = EffectBody::Todo {
                    title: format!("Hostler alarm: {}", alarm.name),
                    description: alarm.text.clone(),
                };
                self.tell(&installation.id, None, body).await?;
            }
        }
        Ok(())
    }
}
