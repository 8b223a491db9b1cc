//! A whole engine in a test: a real store, the real driver, real HTTP over loopback to the simulated platform, and a
//! clock that the test moves. [`Rig::start`] and [`Rig::with`] stand on a VirtFusion panel, [`Rig::katapult`] on Katapult;
//! what a test does with an engine is the same on both.

mod katapult;
mod settings;
mod stand;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::id::InstallationId;
use domain::ports::CountingRandom;
use domain::record::{
    CreateProtocol, EffectBody, Installation, InstallationSettings, Operation, Platform, Product,
    ProductPolicy, ServiceStatus,
};
use domain::{Actor, ActorKind, Clock, Customer, Moment, Order, ServiceView};
use driver::Driver;
use engine::core::{AckOutcome, Intent, Told};
use engine::{Engine, EngineConfig, EngineError, Submitted, Wish};
use sim::http::Running;
use sim::virtfusion::{Panel, PanelConfig};
use store::Store;
use store::testing::{Fresh, fresh, seed_installation};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock::StandingClock;
use crate::saved::{self, Saved};
use stand::{Program, Stand, build_engine, seed, serve};

pub use katapult::{KatapultOptions, katapult_order};
pub use settings::Beside;

/// How often a test looks at an engine that has nothing to do before the clock goes on: its duties need a moment.
const LEAST_LOOKS: u32 = 2;

/// The same for one that is at work. More is in vain: it may wait for the clock.
const MOST_LOOKS: u32 = 8;

/// How often a test looks at an engine whose clock stands. What has not come by then never does.
const MOST_LOOKS_AT_ONCE: u32 = 4_000;

/// How far the clock goes at once, after a minute in which it goes by the second.
const LONGEST_STEP: Duration = Duration::from_secs(5);

/// How a rig differs from the usual one.
pub struct RigOptions {
    /// The panel.
    pub panel: PanelConfig,
    /// How creates stay single.
    pub protocol: CreateProtocol,
    /// What the operator decided about product 1.
    pub policy: ProductPolicy,
    /// Whether the engine runs from the start.
    pub running: bool,
    /// The engine's limits.
    pub engine: EngineConfig,
    /// The driver of the platform.
    pub driver: Arc<dyn Driver>,
    /// Who is asked what a name leads to.
    pub resolvers: Vec<std::net::SocketAddr>,
}

impl Default for RigOptions {
    fn default() -> Self {
        Self {
            panel: PanelConfig {
                build: Duration::from_secs(30),
                ..PanelConfig::default()
            },
            protocol: CreateProtocol::Staging,
            policy: ProductPolicy::default(),
            running: true,
            engine: stand::quick(),
            driver: Arc::new(driver_virtfusion::VirtFusion),
            resolvers: Vec::new(),
        }
    }
}

/// A whole engine in a test, and the platform `P` that it stands on.
pub struct Rig<P = Panel> {
    /// The engine.
    pub engine: Engine,
    /// The simulated platform.
    pub panel: Arc<P>,
    /// The clock of both.
    pub clock: Arc<StandingClock>,
    /// The billing system.
    pub installation: Installation,
    /// The platform. Of one that nobody has proposed yet no more is true than where it listens.
    pub platform: Platform,
    /// The last reading of a catalogue that a test has waited for.
    catalogue_seen: Mutex<Option<Moment>>,
    database: Fresh,
    served: Running,
    stop: CancellationToken,
    task: Option<JoinHandle<Result<(), EngineError>>>,
    program: Program,
    stand: Stand,
    starts: u64,
}

/// The billing server that stands for the platform.
pub const SERVER: u64 = 1;

/// The client that owns services unless a test says otherwise.
pub const CLIENT: u64 = 77;

impl Rig {
    /// The usual one: staging protocol, panel of version 7, builds of 30 s.
    pub async fn start() -> Self {
        Self::with(RigOptions::default()).await
    }

    /// One that differs.
    pub async fn with(options: RigOptions) -> Self {
        let program = Program {
            config: options.engine,
            driver: options.driver,
            resolvers: options.resolvers,
        };
        let stand = Stand::virtfusion(options.protocol);
        Self::on(
            Panel::new(options.panel),
            stand,
            options.policy,
            program,
            options.running,
        )
        .await
    }

    /// A further platform of its own panel, behind a billing server.
    pub async fn second_panel(&self, server_id: u64, config: PanelConfig) -> (Arc<Panel>, Platform, Running) {
        let panel = Arc::new(Panel::new(config));
        let served = serve(panel.clone(), &self.clock).await;
        let platform = self.platform_at(server_id, served.addr.port()).await;
        (panel, platform, served)
    }

    /// A further platform at a port where whatever listens is the test's own affair, behind a billing server.
    pub async fn platform_at(&self, server_id: u64, port: u16) -> Platform {
        let random = CountingRandom::new(99 + server_id);
        let stand = Stand {
            server: server_id,
            ..Stand::virtfusion(CreateProtocol::Staging)
        };
        let (store, installation) = (&self.database.store, &self.installation.id);
        seed(store, &self.clock, &random, &stand, installation, port).await
    }
}

impl<P: sim::platform::Platform + 'static> Rig<P> {
    /// One on a platform.
    async fn on(platform: P, stand: Stand, policy: ProductPolicy, program: Program, running: bool) -> Self {
        let clock = Arc::new(StandingClock::default());
        let random = Arc::new(CountingRandom::new(11));
        let panel = Arc::new(platform);
        let served = serve(panel.clone(), &clock).await;
        let database = fresh(clock.clone(), random.clone()).await;
        let installation = seed_installation(&database.store, "main").await;
        let port = served.addr.port();
        let platform = seed(&database.store, &clock, &random, &stand, &installation.id, port).await;
        let product = Product {
            installation: installation.id.clone(),
            product_id: 1,
            policy,
        };
        database
            .store
            .set_product_policy(&product, &Actor::host("test"))
            .await
            .expect("a policy is stored");
        let engine = build_engine(&database, &clock, random, program.clone());
        let stop = CancellationToken::new();
        let mut rig = Self {
            engine,
            panel,
            clock,
            installation,
            platform,
            catalogue_seen: Mutex::default(),
            database,
            served,
            stop,
            task: None,
            program,
            stand,
            starts: 0,
        };
        if running {
            rig.run();
        }
        rig
    }

    /// Lets the engine work.
    pub fn run(&mut self) {
        let (engine, stop) = (self.engine.clone(), self.stop.clone());
        self.task = Some(tokio::spawn(async move { engine.run(stop).await }));
    }

    /// Stops the engine as a kill would, and starts another one on the same database.
    pub async fn restart(&mut self) {
        self.kill().await;
        self.start_anew();
    }

    async fn kill(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            // An aborted task ends with an error that says so.
            drop(task.await);
        }
        if self.database.store.is_shared() {
            // A killed process takes its connections along; an aborted task leaves one in the middle of a transaction.
            let random = Arc::new(self.fresh_random());
            self.database.store.close().await.expect("the database closes");
            self.database.store = Store::open(self.database.config.clone(), self.clock.clone(), random)
                .await
                .expect("the database opens");
        }
    }

    fn start_anew(&mut self) {
        self.starts += 1;
        self.stop = CancellationToken::new();
        let random = Arc::new(self.fresh_random());
        self.engine = build_engine(&self.database, &self.clock, random, self.program.clone());
        self.run();
    }

    /// Another one for each engine, as each process has its own.
    const fn fresh_random(&self) -> CountingRandom {
        CountingRandom::new(12_345 + self.starts * 1_000_000)
    }

    /// Saves the database as it is now: by the engine's own backup, or by a copy where there is none.
    pub async fn save(&self) -> Saved {
        saved::save(&self.database).await
    }

    /// Stops the engine as a kill would, puts a saved database into the place of the present one, and starts another
    /// engine on it.
    pub async fn put_back(&mut self, saved: &Saved) {
        self.kill().await;
        let random = Arc::new(self.fresh_random());
        saved::put_back(&mut self.database, saved, self.clock.clone(), random).await;
        self.start_anew();
    }

    /// Stops the engine as a kill would, and starts another one on an empty database where installation and platform
    /// have been set up anew, and a recovery begun.
    pub async fn lose_database(&mut self) {
        self.kill().await;
        let random = Arc::new(self.fresh_random());
        self.database = fresh(self.clock.clone(), random.clone()).await;
        let store = &self.database.store;
        self.installation = seed_installation(store, "main").await;
        let (installation, port) = (&self.installation.id, self.served.addr.port());
        self.platform = seed(store, &self.clock, &random, &self.stand, installation, port).await;
        let began = self.database.store.begin_recovery("the database was lost").await;
        began.expect("a recovery can be begun");
        self.start_anew();
    }

    /// Stops the engine in an orderly way.
    pub async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            task.await
                .expect("the engine does not panic")
                .expect("the engine stops in order");
        }
    }

    /// Moves the clock in steps of a second, after a minute of five, letting the engine work in between, until `reached`;
    /// panics after `within` virtual time.
    pub async fn until<F, T>(&self, what: &str, within: Duration, reached: F) -> T
    where
        F: AsyncFn(&Self) -> Option<T>,
    {
        let start = self.clock.now();
        while self.clock.now() <= start + within {
            for look in 1..=MOST_LOOKS {
                if let Some(value) = reached(self).await {
                    return value;
                }
                self.engine.wake();
                tokio::time::sleep(Duration::from_millis(3)).await;
                if look >= LEAST_LOOKS && !self.is_at_work().await {
                    break;
                }
            }
            // What happens at once happens in the first minute; what waits for longer is not in a hurry.
            let passed = self.clock.now().since(start).as_secs();
            let step = if passed < 60 {
                Duration::from_secs(1)
            } else {
                LONGEST_STEP
            };
            self.clock.advance(step);
        }
        panic!("{what} was not reached within {within:?} of virtual time");
    }

    /// Waits for what the engine does while the clock stands; panics where it does nothing more of it.
    pub async fn at_once<F, T>(&self, what: &str, reached: F) -> T
    where
        F: AsyncFn(&Self) -> Option<T>,
    {
        for _ in 0..MOST_LOOKS_AT_ONCE {
            if let Some(value) = reached(self).await {
                return value;
            }
            self.engine.wake();
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        panic!("{what} was not reached at {}", self.clock.now());
    }

    /// Waits until the engine has nothing more to do while the clock stands.
    pub async fn at_rest(&self) {
        self.at_once("the engine at rest", async |rig: &Self| {
            (!rig.is_at_work().await).then_some(())
        })
        .await;
    }

    /// Whether the engine has something to do at this moment, or does it.
    async fn is_at_work(&self) -> bool {
        let open = store::OperationFilter {
            open: Some(true),
            ..store::OperationFilter::default()
        };
        let page = store::PageRequest::first(100);
        let found = self.engine.store().operations(&open, &page).await;
        let now = self.clock.now();
        let busy = |operation: &domain::record::Operation| {
            operation.lease.is_some() || operation.due_at.is_some_and(|due| due <= now)
        };
        found.is_ok_and(|page| page.items.iter().any(busy))
    }

    /// Lets virtual time pass.
    pub async fn pass(&self, time: Duration) {
        let end = self.clock.now() + time;
        self.until("the time", time + LONGEST_STEP, async |rig: &Self| {
            (rig.clock.now() >= end).then_some(())
        })
        .await;
    }

    /// A wish of the billing system about service `billing_id` of [`CLIENT`], which is active for it where its machine is
    /// switched.
    pub fn wish(&self, billing_id: u64, intent: Intent) -> Wish {
        let status = match intent {
            Intent::Power(_) => ServiceStatus::Active,
            _ => ServiceStatus::Pending,
        };
        Wish {
            installation: self.installation.id.clone(),
            billing_id,
            server_id: Some(SERVER),
            told: Told {
                client_id: CLIENT,
                product_id: 1,
                module: self.stand.module.to_owned(),
                status,
                hostname: Some(format!("web{billing_id}.example.test")),
                mapped_id: None,
                called_again: false,
            },
            intent,
            actor: Actor {
                kind: ActorKind::System,
                id: "test".to_owned(),
                ip: None,
                correlation: None,
            },
        }
    }

    /// So many terminations and reinstallations an hour are done without a person's word.
    pub async fn allow_destructive(&self, budget: u32) {
        let settings = InstallationSettings {
            destructive_budget: Some(budget),
            ..InstallationSettings::default()
        };
        let (store, host) = (self.engine.store(), Actor::host("test"));
        let set = store.set_installation_settings(self.installation_id(), settings, &host);
        set.await.expect("settings are stored");
    }

    /// Waits until the answer to an operation's act was lost.
    pub async fn lost(&self, operation: domain::id::OperationId) {
        let hour = Duration::from_secs(3_600);
        self.until("the lost answer", hour, async |rig: &Self| {
            let operation = rig.engine.operation(operation).await.expect("it exists");
            operation.reason.contains("answer was lost").then_some(())
        })
        .await;
    }

    /// Submits a wish that must be taken, and gives its operation.
    pub async fn submit(&self, wish: Wish) -> domain::id::OperationId {
        match self.engine.submit(wish).await.expect("the wish is taken") {
            Submitted::Operation(operation) => operation,
            Submitted::Fulfilled => panic!("the wish was fulfilled already"),
        }
    }

    /// Waits for an operation's end.
    pub async fn ended(&self, operation: domain::id::OperationId, within: Duration) -> Operation {
        self.until("the operation's end", within, async |rig: &Self| {
            let operation = rig
                .engine
                .operation(operation)
                .await
                .expect("the operation exists");
            operation.state.is_final().then_some(operation)
        })
        .await
    }

    /// Orders service `billing_id` and waits until it is ready.
    pub async fn ready(&self, billing_id: u64) -> ServiceView {
        let order = (self.stand.order)();
        let operation = self.submit(self.wish(billing_id, Intent::Create(order))).await;
        let ended = self.ended(operation, Duration::from_secs(1_800)).await;
        assert_eq!(
            ended.state,
            domain::record::OperationState::Succeeded,
            "{}",
            ended.reason
        );
        self.view(billing_id).await
    }

    /// A service and everything around it.
    pub async fn view(&self, billing_id: u64) -> ServiceView {
        self.engine
            .view(&self.installation.id, billing_id)
            .await
            .expect("the store can be read")
            .expect("the service is known")
    }

    /// Fetches and acknowledges the effects of a service until nothing comes, and gives their bodies in order.
    pub async fn drain_effects(&self, billing_id: u64) -> Vec<EffectBody> {
        self.drain(Some(billing_id)).await
    }

    /// The same of the whole billing system, once what was handed out before may be fetched again.
    pub async fn told(&self) -> Vec<EffectBody> {
        self.clock.advance(Duration::from_secs(61));
        self.drain(None).await
    }

    /// The lines of the activity log among what is told from now on.
    pub async fn lines(&self) -> Vec<String> {
        let lines = self.told().await.into_iter().filter_map(|body| match body {
            EffectBody::LogActivity { message } => Some(message),
            _ => None,
        });
        lines.collect()
    }

    async fn drain(&self, billing_id: Option<u64>) -> Vec<EffectBody> {
        let mut bodies = Vec::new();
        loop {
            let effects = self
                .engine
                .effects(&self.installation.id, billing_id, 50)
                .await
                .expect("effects can be read");
            if effects.is_empty() {
                return bodies;
            }
            let acks = effects
                .iter()
                .map(|effect| (effect.id, AckOutcome::Applied, None))
                .collect();
            bodies.extend(effects.into_iter().map(|effect| effect.body));
            self.engine
                .acknowledge(&self.installation.id, acks)
                .await
                .expect("effects are acknowledged");
        }
    }

    /// The paths of the requests that changed something on the panel, with their methods.
    pub fn changes(&self) -> Vec<String> {
        self.panel
            .calls()
            .into_iter()
            .filter(|call| call.method != domain::http::Method::Get)
            .map(|call| format!("{} {}", call.method, call.path))
            .collect()
    }

    /// Whether an alarm is raised.
    pub async fn is_raised(&self, alarm: &str) -> bool {
        let raised = self.engine.store().alarm_is_raised(alarm).await;
        raised.expect("alarms can be read")
    }

    /// Does to the database what no code does.
    pub async fn execute(&self, sql: &str) {
        store::testing::execute(&self.database.store, sql).await;
    }

    /// The installation's name.
    pub fn installation_id(&self) -> &InstallationId {
        &self.installation.id
    }

    /// The panel's listener.
    pub const fn served(&self) -> &Running {
        &self.served
    }
}

impl<P> Drop for Rig<P> {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What is ordered unless a test says otherwise: package 1 in group 1 with one IPv4 address and Ubuntu 24.04.
pub fn order() -> Order {
    let settings = [
        ("package", "1"),
        ("group", "1"),
        ("ipv4", "1"),
        ("self_service", "0"),
    ];
    Order {
        customer: Customer {
            client_id: CLIENT,
            name: "Jane Doe".to_owned(),
            email: "jane@example.test".to_owned(),
        },
        hostname: Some("web.example.test".to_owned()),
        image: Some("49".to_owned()),
        ssh_key: None,
        settings: settings
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        options: std::collections::BTreeMap::new(),
    }
}
