//! Alarms: a promise broken is one row, one metric, one log line and one `todo` in each billing system; raised once,
//! cleared by itself.

use std::collections::BTreeMap;

use domain::id::EffectId;
use domain::ports::CountingRandom;
use domain::record::{Alarm, EffectBody};
use store::StoreError;

use crate::engine::Engine;
use crate::error::EngineError;

/// Where it is kept which alarms have been told.
const TOLD: &str = "alarms_told";

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

    /// Tells what has been raised and not been told yet, whoever raised it, and takes back what was cleared. What was told
    /// is written down after it was told; a crash in between doubles nothing, since an alarm's effect has one id.
    pub(crate) async fn announce_alarms(&self) -> Result<(), EngineError> {
        let standing = self.store().alarms().await?;
        let before = self.told_alarms().await?;
        let mut told = BTreeMap::new();
        for alarm in &standing {
            metrics::gauge!("hostler_alarm", "alarm" => alarm.name.clone()).set(1.0);
            let raised_at = alarm.raised_at.as_micros();
            if before.get(&alarm.name) != Some(&raised_at) {
                tracing::error!(alarm = %alarm.name, "{}", alarm.text);
                self.tell_alarm(alarm).await?;
            }
            told.insert(alarm.name.clone(), raised_at);
        }
        for name in before.keys().filter(|name| !told.contains_key(*name)) {
            metrics::gauge!("hostler_alarm", "alarm" => name.clone()).set(0.0);
            tracing::info!(alarm = %name, "an alarm was cleared");
        }
        if told != before {
            let text =
                serde_json::to_string(&told).map_err(|error| EngineError::Invalid(error.to_string()))?;
            self.store().set_meta(TOLD, &text).await?;
        }
        Ok(())
    }

    async fn tell_alarm(&self, alarm: &Alarm) -> Result<(), EngineError> {
        for installation in self.store().installations().await? {
            let seed = seed(&[installation.id.as_str(), &alarm.name]);
            let id = EffectId::at(alarm.raised_at, &CountingRandom::new(seed));
            let body = EffectBody::Todo {
                title: format!("Hostler alarm: {}", alarm.name),
                description: alarm.text.clone(),
            };
            self.tell_once(id, &installation.id, body).await?;
        }
        Ok(())
    }

    /// What has been told, with when it had been raised. Notes that cannot be read are begun anew.
    async fn told_alarms(&self) -> Result<BTreeMap<String, i64>, StoreError> {
        let text = self.store().meta(TOLD).await?;
        Ok(text
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default())
    }
}

/// A number that is the same for the same words on every node and in every version (FNV-1a).
fn seed(words: &[&str]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}
