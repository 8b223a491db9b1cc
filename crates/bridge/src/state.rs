//! What every request may use.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::id::{InstallationId, SecretId};
use domain::record::Installation;
use domain::{Moment, Secret};
use engine::Engine;
use store::StoreError;

use crate::event::SnapshotRuns;
use crate::page::Pages;
use crate::waiting::WaitingRoom;

/// Limits of the bridge, and what is configured about platforms that are proposed over it and about consoles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BridgeConfig {
    /// Requests of one installation that are worked on at once.
    pub waiting: usize,
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// Where Katapult's API is, a host or a base address: people type its key, never its address.
    pub katapult_api: String,
    /// Where browsers reach the relay of consoles (`wss://console.example.com/console`); without it they go straight to the
    /// platform.
    pub relay: Option<String>,
}

impl Default for BridgeConfig {
    fn default() -> Self {
        Self {
            waiting: 64,
            body_limit: 1024 * 1024,
            body_timeout: Duration::from_secs(10),
            katapult_api: "api.katapult.io".to_owned(),
            relay: None,
        }
    }
}

/// What every request may use. Cheap to clone.
#[derive(Clone)]
pub struct BridgeState {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    pages: Arc<dyn Pages>,
    config: BridgeConfig,
    started: Moment,
    waiting: WaitingRoom,
    keys: Mutex<HashMap<InstallationId, HeldKeys>>,
    snapshots: SnapshotRuns,
}

/// An installation's keys, as long as the installation names the same secrets.
struct HeldKeys {
    names: (SecretId, Option<SecretId>),
    keys: Arc<[Secret]>,
}

impl BridgeState {
    /// Made at the engine's start: messages stamped before this moment are refused.
    pub fn new(engine: Engine, pages: Arc<dyn Pages>, config: BridgeConfig) -> Self {
        let started = engine.clock().now();
        Self {
            inner: Arc::new(Inner {
                engine,
                pages,
                started,
                waiting: WaitingRoom::new(config.waiting),
                config,
                keys: Mutex::new(HashMap::new()),
                snapshots: SnapshotRuns::default(),
            }),
        }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// Who makes pages.
    pub(crate) fn pages(&self) -> &dyn Pages {
        self.inner.pages.as_ref()
    }

    /// What is configured.
    pub(crate) fn config(&self) -> &BridgeConfig {
        &self.inner.config
    }

    /// When the engine started.
    pub(crate) fn started(&self) -> Moment {
        self.inner.started
    }

    /// The present moment.
    pub(crate) fn now(&self) -> Moment {
        self.inner.engine.clock().now()
    }

    /// The waiting rooms.
    pub(crate) fn waiting(&self) -> &WaitingRoom {
        &self.inner.waiting
    }

    /// Snapshots that are arriving page by page.
    pub(crate) fn snapshots(&self) -> &SnapshotRuns {
        &self.inner.snapshots
    }

    /// The installation's keys: the present one, and during a rotation the one before.
    pub(crate) async fn keys(&self, installation: &Installation) -> Result<Arc<[Secret]>, StoreError> {
        let names = (installation.key, installation.previous_key);
        let lock = || self.inner.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let held = lock()
            .get(&installation.id)
            .filter(|held| held.names == names)
            .map(|held| Arc::clone(&held.keys));
        if let Some(keys) = held {
            return Ok(keys);
        }
        let keys: Arc<[Secret]> = self.engine().store().bridge_keys(installation).await?.into();
        lock().insert(
            installation.id.clone(),
            HeldKeys {
                names,
                keys: Arc::clone(&keys),
            },
        );
        Ok(keys)
    }
}
