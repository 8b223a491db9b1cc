//! Putting an engine together from the configuration.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use domain::http::{RetryClass, Timeouts};
use domain::{Clock, Random};
use driver_virtfusion::VirtFusion;
use engine::{Drivers, Engine, EngineConfig, Parts, SystemRandom};
use outbound::{Outbound, OutboundConfig};
use store::{Key, Store, StoreConfig, StoreError};

use crate::config::{DatabaseSettings, OutboundSettings, Settings, without_password};

/// Opens the store and builds the engine. Nothing runs yet and nothing leaves.
pub async fn open(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Engine> {
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let store = open_store(&settings.database, &clock, &random).await?;
    let outbound = Outbound::new(
        outbound_config(&settings.outbound),
        Arc::clone(&clock),
        Arc::clone(&random),
    );
    let drivers = Drivers::new(vec![Arc::new(VirtFusion)]);
    let config = EngineConfig {
        workers: settings.engine.workers as usize,
        drain: Duration::from_secs(settings.engine.stop_seconds.into()),
        vanished_grace: Duration::from_secs(u64::from(settings.engine.vanished_grace_hours) * 3600),
        ..EngineConfig::default()
    };
    Ok(Engine::new(Parts {
        store,
        outbound: Arc::new(outbound),
        drivers,
        clock,
        random,
        config,
    }))
}

async fn open_store(
    settings: &DatabaseSettings,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> Result<Store> {
    let key = Key::load_or_create(&settings.key_file, random.as_ref()).map_err(named)?;
    let mut config = StoreConfig::new(&settings.url, key);
    config.schema.clone_from(&settings.schema);
    config.connections = settings.connections.unwrap_or(config.connections);
    config.busy_timeout = Duration::from_secs(settings.wait_seconds.into());
    config.acquire_timeout = config.busy_timeout;
    let opened = Store::open(config, Arc::clone(clock), Arc::clone(random)).await;
    opened.map_err(|error| unanswered(&settings.url, error))
}

/// The store's errors with the names that its settings have in the configuration.
fn named(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Setting {
            setting,
            value,
            problem,
            remedy,
        } => {
            let setting = match setting {
                "database" => "database.url",
                "key_file" => "database.key_file",
                other => other,
            };
            anyhow!("{setting} = \"{value}\": {problem}. {remedy}.")
        }
        other => other.into(),
    }
}

/// A database that does not answer or is damaged, named by its address.
fn unanswered(url: &str, error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Unavailable { why } => anyhow!(
            "database.url = \"{}\": it does not answer ({why}). Is it running, and does it let this user in?",
            without_password(url)
        ),
        error @ StoreError::Damaged { .. } => anyhow!(
            "database.url = \"{}\": {error}. The engine does not start on it. Keep the file for a look at what happened, \
             and put a backup in its place (docs/operations.md, \"Restoring a backup\")",
            without_password(url)
        ),
        other => named(other),
    }
}

fn outbound_config(settings: &OutboundSettings) -> OutboundConfig {
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    OutboundConfig {
        timeouts: Timeouts {
            connect: seconds(settings.connect_seconds),
            total: seconds(settings.total_seconds),
        },
        totals: settings
            .create_seconds
            .map(|total| (RetryClass::Creating, seconds(total)))
            .into_iter()
            .collect(),
        ..OutboundConfig::default()
    }
}
