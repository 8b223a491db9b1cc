//! The engine's door: what bridge, pages and command line ask of it.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::case::ServiceView;
use domain::id::{InstallationId, OperationId, PlatformId, WorkerId};
use domain::record::{Attachment, Module, Operation, Platform, PlatformKind, PlatformState, Service};
use domain::{Actor, Clock, Moment, Random};
use outbound::{Credential, Endpoint, Limits, Outbound, PlainHttp, Rate};
use store::Store;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use crate::config::EngineConfig;
use crate::console::Seats;
use crate::core::{Intent, Naming, Told, World};
use crate::drivers::Drivers;
use crate::duties::Freshness;
use crate::error::EngineError;
use crate::names::{NamingTurns, ZoneMemory};
use crate::reconcile::Suspicions;
use crate::supply::Tally;
use crate::sweep::Sweeps;

/// How often a decision is made anew because the service changed meanwhile, before it is given up.
pub(crate) const DECISIONS: usize = 20;

/// What an engine is made of.
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// The way to the platforms.
    pub outbound: Arc<Outbound>,
    /// The platforms' languages.
    pub drivers: Drivers,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Limits.
    pub config: EngineConfig,
}

/// The engine. Cheap to clone; every clone is the same engine.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    worker: WorkerId,
    wake: Notify,
    progress: broadcast::Sender<OperationId>,
    endpoints: Mutex<HashMap<PlatformId, (Moment, Endpoint)>>,
    recovering: Mutex<Option<Moment>>,
    failures: Mutex<HashMap<OperationId, u32>>,
    freshness: Mutex<BTreeMap<&'static str, Freshness>>,
    suspicions: Mutex<Suspicions>,
    seats: Arc<Seats>,
    asking: tokio::sync::Mutex<()>,
    tide: Mutex<Option<PathBuf>>,
    sweeps: Mutex<Sweeps>,
    interest: Notify,
    tally: Mutex<Tally>,
    zones: Mutex<ZoneMemory>,
    naming: Mutex<Option<Arc<Naming>>>,
    naming_turns: Mutex<NamingTurns>,
}

/// A wish as it arrives at the door.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The billing system.
    pub installation: InstallationId,
    /// The service's id there.
    pub billing_id: u64,
    /// The server record that the billing system assigned, for a service that has no platform yet.
    pub server_id: Option<u64>,
    /// What the message says of the service.
    pub told: Told,
    /// What is wished.
    pub intent: Intent,
    /// Who wishes it.
    pub actor: Actor,
}

impl Wish {
    /// A wish about a service that is known, as the store knows it.
    pub(crate) fn about(service: Service, intent: Intent, actor: Actor) -> Self {
        Self {
            installation: service.installation,
            billing_id: service.billing_id,
            server_id: None,
            told: Told {
                client_id: service.client_id,
                product_id: service.product_id,
                module: service.module,
                status: service.status,
                hostname: service.hostname,
                mapped_id: service.mapped_id,
                called_again: false,
            },
            intent,
            actor,
        }
    }
}

/// What became of a wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submitted {
    /// This operation's course answers it.
    Operation(OperationId),
    /// It is fulfilled already.
    Fulfilled,
}

/// A lock whose holder never leaves half a change behind, so that a panic elsewhere poisons nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Engine {
    /// Puts an engine together. Nothing runs before [`Engine::run`].
    pub fn new(parts: Parts) -> Self {
        let worker = WorkerId::new(parts.clock.as_ref(), parts.random.as_ref());
        let (progress, _) = broadcast::channel(4096);
        let endpoints = Mutex::new(HashMap::new());
        Self {
            inner: Arc::new(Inner {
                parts,
                worker,
                wake: Notify::new(),
                progress,
                endpoints,
                recovering: Mutex::default(),
                failures: Mutex::default(),
                freshness: Mutex::default(),
                suspicions: Mutex::default(),
                seats: Arc::default(),
                asking: tokio::sync::Mutex::default(),
                tide: Mutex::default(),
                sweeps: Mutex::default(),
                interest: Notify::new(),
                tally: Mutex::default(),
                zones: Mutex::default(),
                naming: Mutex::default(),
                naming_turns: Mutex::default(),
            }),
        }
    }

    /// Runs operations and duties until `stop`; returns when what was open is committed, within the drain time.
    pub async fn run(&self, stop: CancellationToken) -> Result<(), EngineError> {
        if self.tide().is_none() {
            // Whoever has a tide mark took bearings by it, before anything was let in.
            self.take_bearings(None).await?;
        }
        if !self.store().is_shared() {
            // One node: whoever held leases is gone.
            self.store().release_all_leases().await?;
        }
        self.begin_tally();
        self.look_for_name_servers().await?;
        tokio::join!(
            self.run_operations(&stop),
            self.run_duties(&stop),
            self.run_sweeps(&stop)
        );
        Ok(())
    }

    /// Looks for due work now.
    pub fn wake(&self) {
        self.inner.wake.notify_waiters();
        self.inner.wake.notify_one();
    }

    pub(crate) async fn woken(&self) {
        self.inner.wake.notified().await;
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.inner.parts.store
    }

    /// The clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.parts.clock
    }

    /// The randomness.
    pub fn random(&self) -> &Arc<dyn Random> {
        &self.inner.parts.random
    }

    /// The way out.
    pub fn outbound(&self) -> &Outbound {
        &self.inner.parts.outbound
    }

    pub(crate) fn drivers(&self) -> &Drivers {
        &self.inner.parts.drivers
    }

    pub(crate) fn config(&self) -> EngineConfig {
        self.inner.parts.config
    }

    pub(crate) fn worker(&self) -> WorkerId {
        self.inner.worker
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock().now()
    }

    pub(crate) fn world(&self) -> World<'_> {
        World {
            now: self.now(),
            random: self.random().as_ref(),
            driver: None,
            recovering: self.recovering(),
            naming: None,
        }
    }

    /// What is done about names at present; `None` where there is no name server.
    pub(crate) fn naming(&self) -> Option<Arc<Naming>> {
        lock(&self.inner.naming).clone()
    }

    pub(crate) fn set_naming(&self, naming: Option<Arc<Naming>>) {
        *lock(&self.inner.naming) = naming;
    }

    pub(crate) fn naming_turns(&self) -> MutexGuard<'_, NamingTurns> {
        lock(&self.inner.naming_turns)
    }

    pub(crate) fn zone_memory(&self) -> MutexGuard<'_, ZoneMemory> {
        lock(&self.inner.zones)
    }

    /// Since when the store is being recovered; `None` when what it says can be relied on.
    pub fn recovering(&self) -> Option<Moment> {
        *lock(&self.inner.recovering)
    }

    pub(crate) fn set_recovering(&self, since: Option<Moment>) {
        *lock(&self.inner.recovering) = since;
    }

    /// What is remembered of stock between two turns.
    pub(crate) fn tally(&self) -> MutexGuard<'_, Tally> {
        lock(&self.inner.tally)
    }

    /// How often driving an operation failed in a row.
    pub(crate) fn failures(&self) -> MutexGuard<'_, HashMap<OperationId, u32>> {
        lock(&self.inner.failures)
    }

    pub(crate) fn freshness_table(&self) -> MutexGuard<'_, BTreeMap<&'static str, Freshness>> {
        lock(&self.inner.freshness)
    }

    pub(crate) fn set_tide(&self, file: Option<PathBuf>) {
        *lock(&self.inner.tide) = file;
    }

    /// The file with the store's tide mark.
    pub(crate) fn tide(&self) -> Option<PathBuf> {
        lock(&self.inner.tide).clone()
    }

    /// Held from the look whether something has been asked to the question about it: a comparison by hand and one by time
    /// may find the same at once.
    pub(crate) async fn asking(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.inner.asking.lock().await
    }

    /// The consoles that are open in this process.
    pub(crate) fn seats(&self) -> &Arc<Seats> {
        &self.inner.seats
    }

    pub(crate) fn suspicions(&self) -> MutexGuard<'_, Suspicions> {
        lock(&self.inner.suspicions)
    }

    pub(crate) fn sweeps(&self) -> MutexGuard<'_, Sweeps> {
        lock(&self.inner.sweeps)
    }

    /// Somebody opened a page that nobody had open.
    pub(crate) fn raise_interest(&self) {
        self.inner.interest.notify_one();
    }

    pub(crate) async fn interest_raised(&self) {
        self.inner.interest.notified().await;
    }

    pub(crate) fn announce(&self, operation: OperationId) {
        // Nobody may be listening; that is no fault.
        drop(self.inner.progress.send(operation));
        self.wake();
    }

    /// The endpoint of a platform, with its credential; read once per change of the platform.
    pub(crate) async fn endpoint(&self, platform: &Platform) -> Result<Endpoint, EngineError> {
        let cached = self
            .endpoints()
            .get(&platform.id)
            .filter(|(at, _)| *at == platform.updated_at)
            .cloned();
        if let Some((_, endpoint)) = cached {
            return Ok(endpoint);
        }
        let token = self
            .store()
            .platform_credential(platform)
            .await?
            .ok_or_else(|| EngineError::NotFound(format!("credential of platform {}", platform.name)))?;
        let endpoint = self.endpoint_of(platform, token)?;
        self.endpoints()
            .insert(platform.id, (platform.updated_at, endpoint.clone()));
        Ok(endpoint)
    }

    fn endpoints(&self) -> MutexGuard<'_, HashMap<PlatformId, (Moment, Endpoint)>> {
        lock(&self.inner.endpoints)
    }

    pub(crate) fn endpoint_of(
        &self,
        platform: &Platform,
        token: domain::Secret,
    ) -> Result<Endpoint, EngineError> {
        let (base, within, credential) = self.way_to(platform, token)?;
        let profile = &platform.profile;
        let limits = Limits {
            concurrency: profile.concurrency.max(1) as usize,
            // A PowerDNS that keeps its zones in SQLite refuses two changes that meet, whichever zones they are about.
            one_change: platform.kind == PlatformKind::PowerDns,
            exchange: within,
            ..Limits::default()
        }
        .with_rate(
            Rate::per_minute(profile.rate_per_minute.max(1)),
            profile.burst.max(1),
        );
        let invalid = |error: outbound::EndpointError| EngineError::Invalid(error.to_string());
        let endpoint = Endpoint::parse(platform.id, &base, credential, PlainHttp::OnLoopback)
            .map_err(invalid)?
            .with_kind(platform.kind.as_str())
            .with_limits(limits);
        match &profile.extra_ca {
            Some(pem) => endpoint.with_extra_ca(pem).map_err(invalid),
            None => Ok(endpoint),
        }
    }

    /// Where a platform's API is, how long an exchange with it may take, and how the credential is shown there.
    fn way_to(
        &self,
        platform: &Platform,
        token: domain::Secret,
    ) -> Result<(String, Option<Duration>, Credential), EngineError> {
        let driver = self
            .drivers()
            .of(platform.kind)
            .ok_or_else(|| EngineError::NotFound(format!("driver for {}", platform.kind)))?;
        let base = format!("{}{}", platform.endpoint, driver.api_base());
        let credential = match platform.kind {
            PlatformKind::PowerDns => Credential::Header(rdns::powerdns::KEY_HEADER, token),
            _ => Credential::Bearer(token),
        };
        Ok((base, driver.exchange_within(), credential))
    }

    /// The platform that holds a module's services behind a server record: the record's own, else the module's default
    /// account where it has one. An account of another kind than the module's stands behind none of its services.
    pub async fn placement(
        &self,
        installation: &InstallationId,
        server: Option<u64>,
        module: &str,
    ) -> Result<Option<(Platform, Attachment)>, EngineError> {
        let module = module.parse::<Module>().ok();
        let fits = |platform: &Platform| module.is_none_or(|module| module.platform() == platform.kind);
        let default = module.filter(|module| module.has_default_account());
        for server in server.into_iter().chain(default.map(|_| Module::DEFAULT_SERVER)) {
            let placement = self.store().placement(installation, server).await?;
            if let Some(placement) = placement.filter(|(platform, _)| fits(platform)) {
                return Ok(Some(placement));
            }
        }
        Ok(None)
    }

    /// Hears of each operation that came further in this process.
    pub(crate) fn news(&self) -> broadcast::Receiver<OperationId> {
        self.inner.progress.subscribe()
    }

    /// One operation.
    pub async fn operation(&self, id: OperationId) -> Result<Operation, EngineError> {
        self.store()
            .operation(id)
            .await?
            .ok_or_else(|| EngineError::NotFound(format!("operation {id}")))
    }

    /// A service and everything around it.
    pub async fn view(
        &self,
        installation: &InstallationId,
        billing_id: u64,
    ) -> Result<Option<ServiceView>, EngineError> {
        Ok(self.store().service_view(installation, billing_id).await?)
    }

    /// Whether a platform can be used at present, and until when its breaker is open.
    pub fn breaker_open_until(&self, platform: &Platform) -> Option<Moment> {
        if platform.state != PlatformState::Approved {
            return None;
        }
        self.outbound().open_until(platform.id)
    }
}
