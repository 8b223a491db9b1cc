//! Putting an engine together from the configuration.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use domain::http::{RetryClass, Timeouts};
use domain::record::Recovery;
use domain::{Clock, Random};
use driver_katapult::Katapult;
use driver_virtfusion::VirtFusion;
use engine::{Drivers, Engine, EngineConfig, EngineError, Parts, SystemRandom};
use outbound::{Outbound, OutboundConfig};
use store::{Key, Store, StoreConfig, StoreError};

use crate::config::{DatabaseSettings, EngineSettings, OutboundSettings, Settings, without_password};

/// Opens the store and builds the engine. Nothing runs yet and nothing leaves.
pub async fn open(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Engine> {
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let store = open_store(&settings.database, &clock, &random).await?;
    let outbound = Outbound::new(
        outbound_config(&settings.outbound),
        Arc::clone(&clock),
        Arc::clone(&random),
    );
    let drivers = Drivers::new(vec![Arc::new(VirtFusion), Arc::new(Katapult)]);
    Ok(Engine::new(Parts {
        store,
        outbound: Arc::new(outbound),
        drivers,
        clock,
        random,
        config: engine_config(&settings.engine),
    }))
}

/// Finds out whether the database can be relied on, and marks it. Before anything else is done with it.
pub async fn take_bearings(engine: &Engine, settings: &DatabaseSettings) -> Result<Option<Recovery>> {
    match engine.take_bearings(Some(settings.tide())).await {
        Err(EngineError::Store(error)) => Err(named(error)),
        other => Ok(other?),
    }
}

fn engine_config(settings: &EngineSettings) -> EngineConfig {
    const HOUR: u64 = 3600;
    let lasting = |count: u32, unit: u64| Duration::from_secs(u64::from(count) * unit);
    EngineConfig {
        workers: settings.workers as usize,
        drain: lasting(settings.stop_seconds, 1),
        vanished_grace: lasting(settings.vanished_grace_hours, HOUR),
        reconcile_every: lasting(settings.reconcile_minutes, 60),
        sweep: settings.sweep,
        ages: engine::core::Ages {
            state: lasting(settings.state_minutes, 60),
            traffic: lasting(settings.traffic_minutes, 60),
            live: lasting(settings.disk_hours, HOUR),
            ..engine::core::Ages::default()
        },
        stock: engine::supply::StockAges {
            sweep: lasting(settings.stock_sweep_minutes, 60),
            ..engine::supply::StockAges::default()
        },
        names_patience: lasting(settings.names_patience_hours, HOUR),
        names_every: lasting(settings.names_hours, HOUR),
        keep_refreshes: lasting(settings.keep_refreshes_hours, HOUR),
        keep_operations: lasting(settings.keep_operations_days, 24 * HOUR),
        keep_archive: lasting(settings.keep_archive_days, 24 * HOUR),
        ..EngineConfig::default()
    }
}

async fn open_store(
    settings: &DatabaseSettings,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
) -> Result<Store> {
    let key = Key::load_or_create(&settings.key_file, random.as_ref()).map_err(named)?;
    let config = store_config(settings, key);
    let opened = Store::open(config, Arc::clone(clock), Arc::clone(random)).await;
    opened.map_err(|error| unanswered(&settings.url, error))
}

/// How the store is opened.
pub fn store_config(settings: &DatabaseSettings, key: Key) -> StoreConfig {
    let mut config = StoreConfig::new(&settings.url, key);
    config.schema.clone_from(&settings.schema);
    config.connections = settings.connections.unwrap_or(config.connections);
    config.busy_timeout = Duration::from_secs(settings.wait_seconds.into());
    config.acquire_timeout = config.busy_timeout;
    config
}

/// The store's errors with the names that its settings have in the configuration.
pub fn named(error: StoreError) -> anyhow::Error {
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
                "tide mark" => "database.tide_file",
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
            "database.url = \"{}\": {error}. The engine does not start on it. The damaged file is kept when a backup is \
             put into its place (docs/operations.md, \"Restoring a backup\")",
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
        resolvers: settings.resolvers.addresses().to_vec(),
        ..OutboundConfig::default()
    }
}
