//! A whole engine in a test over a simulated Katapult: a real store, the real driver, real HTTP over loopback, and a clock
//! that the test moves.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use domain::id::{PlatformId, SecretId};
use domain::ports::CountingRandom;
use domain::record::{
    Attachment, Installation, Module, Platform, PlatformKind, PlatformProfile, PlatformState, Relation,
    ServiceStatus, Standing,
};
use domain::{Actor, Clock, Customer, Order, Secret, ServiceView};
use engine::core::{Intent, Told};
use engine::{Engine, EngineConfig, Wish};
use sim::http::{Offer, Options, Running, serve_with};
use sim::katapult::{Config, Katapult, Power};
use store::testing::{Fresh, fresh, seed_installation};
use tokio_util::sync::CancellationToken;

use crate::clock::StandingClock;
use crate::rig::{CLIENT, build_engine};

/// A whole engine in a test.
pub struct KatapultRig {
    /// The engine.
    pub engine: Engine,
    /// The platform.
    pub katapult: Arc<Katapult>,
    /// The clock of both.
    pub clock: Arc<StandingClock>,
    /// The billing system.
    pub installation: Installation,
    /// The operator's account, the module's default one.
    pub platform: Platform,
    /// Where the platform listens.
    pub address: String,
    stop: CancellationToken,
    _database: Fresh,
    _served: Running,
}

impl KatapultRig {
    /// An engine at work over a platform that is as `change` makes it. Builds take ten seconds.
    pub async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let clock = Arc::new(StandingClock::default());
        let random = Arc::new(CountingRandom::new(11));
        // Where consoles are has to be known before the platform listens.
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
        let listen = free.expect("a free port is found");
        let address = format!("http://{listen}");
        let mut config = Config::quick(Duration::from_secs(10));
        config.console_url.clone_from(&address);
        change(&mut config);
        let katapult = Arc::new(Katapult::new(config));
        let options = Options {
            tls: None,
            offer: Offer::Platform,
            patience: Duration::from_secs(1),
        };
        let served = serve_with(katapult.clone(), clock.clone(), listen, options)
            .await
            .expect("the port is still free");
        let database = fresh(clock.clone(), random.clone()).await;
        let installation = seed_installation(&database.store, "main").await;
        let parent = katapult.organizations(clock.now());
        let parent = parent.first().expect("the operator has an organization");
        let platform = platform(&clock, &random, &address, &parent.id);
        let attachment = Attachment {
            installation: installation.id.clone(),
            server_id: Module::DEFAULT_SERVER,
            platform: platform.id,
            relation: Relation::Integer,
        };
        let token = Secret::new(Config::TOKEN);
        database
            .store
            .propose_platform(&platform, &token, Some(&attachment), &Actor::host("test"))
            .await
            .expect("a fresh store takes a platform");
        let limits = EngineConfig {
            idle_poll: Duration::from_millis(5),
            duty_poll: Duration::from_millis(5),
            ..EngineConfig::default()
        };
        let driver = Arc::new(driver_katapult::Katapult);
        let engine = build_engine(&database, &clock, random, (limits, driver));
        let stop = CancellationToken::new();
        let (running, until) = (engine.clone(), stop.clone());
        tokio::spawn(async move { running.run(until).await });
        Self {
            engine,
            katapult,
            clock,
            installation,
            platform,
            address,
            stop,
            _database: database,
            _served: served,
        }
    }
}

impl KatapultRig {
    /// Orders service `billing_id` of [`CLIENT`] and waits until its machine is ready and runs.
    pub async fn ready(&self, billing_id: u64) -> ServiceView {
        let wish = Wish {
            installation: self.installation.id.clone(),
            billing_id,
            server_id: None,
            told: Told {
                client_id: CLIENT,
                product_id: 1,
                module: Module::Katapult.to_string(),
                status: ServiceStatus::Active,
                hostname: Some(format!("web{billing_id}.example.test")),
                mapped_id: None,
                called_again: false,
            },
            intent: Intent::Create(order()),
            actor: Actor::engine("test"),
        };
        self.engine.submit(wish).await.expect("the wish is taken");
        for _ in 0..3_000 {
            self.clock.advance(Duration::from_secs(1));
            self.engine.wake();
            tokio::time::sleep(Duration::from_millis(5)).await;
            let view = self.engine.view(&self.installation.id, billing_id).await;
            let view = view
                .expect("the store can be read")
                .expect("the service is known");
            let machines = self.katapult.machines(self.clock.now());
            let running = machines.iter().any(|machine| machine.power == Power::Started);
            if view.service.standing == Standing::Live && running {
                return view;
            }
        }
        panic!("service {billing_id} was never ready");
    }
}

/// What is ordered: `rock-3` in London with Ubuntu.
fn order() -> Order {
    let texts = |pairs: &[(&str, &str)]| {
        let owned = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        owned.collect()
    };
    Order {
        customer: Customer {
            client_id: CLIENT,
            name: "Jane Doe".to_owned(),
            email: "jane@example.test".to_owned(),
        },
        hostname: Some("web.example.test".to_owned()),
        settings: texts(&[("package", "rock-3")]),
        options: texts(&[
            ("data_center", "uk-lon-01"),
            ("disk_template", "templates/ubuntu-22-04"),
        ]),
        ..Order::default()
    }
}

impl Drop for KatapultRig {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn platform(clock: &StandingClock, random: &CountingRandom, address: &str, parent: &str) -> Platform {
    let now = clock.now();
    Platform {
        id: PlatformId::at(now, random),
        kind: PlatformKind::Katapult,
        name: "katapult".to_owned(),
        endpoint: address.to_owned(),
        account: parent.to_owned(),
        state: PlatformState::Approved,
        credential: SecretId::at(now, random),
        profile: PlatformProfile {
            markers_reach_machines: true,
            // Pacing is real time, and tests have little of it.
            rate_per_minute: 600_000,
            burst: 10_000,
            ..PlatformProfile::default()
        },
        created_at: now,
        updated_at: now,
    }
}
