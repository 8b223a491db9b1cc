//! An engine over a simulated Katapult that nobody has proposed yet: what a billing system that is just being connected
//! finds.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::id::PlatformId;
use domain::record::{EffectBody, Installation, Platform, PlatformKind, PlatformProfile};
use domain::{Actor, ActorKind, Clock, Moment, Secret};
use engine::core::AckOutcome;
use engine::{Engine, EngineConfig, Fate, Proposal, Settled, TypedSettings};
use sim::http::{Offer, Options, Running, serve_with};
use sim::katapult::{Act, Config, Katapult};
use store::testing::{Fresh, fresh, seed_installation};
use tokio_util::sync::CancellationToken;

use crate::clock::StandingClock;
use crate::rig::build_engine;

/// Another Katapult that the same billing system uses.
pub struct Beside {
    /// The platform.
    pub katapult: Arc<Katapult>,
    /// As it is known to the engine: approved.
    pub platform: Platform,
    _served: Running,
}

/// A whole engine in a test, at work.
pub struct Offers {
    /// The engine.
    pub engine: Engine,
    /// The platform.
    pub katapult: Arc<Katapult>,
    /// The clock of both.
    pub clock: Arc<StandingClock>,
    /// The billing system.
    pub installation: Installation,
    /// Where the platform listens.
    pub address: String,
    seen: Mutex<Option<Moment>>,
    stop: CancellationToken,
    _database: Fresh,
    _served: Running,
}

impl Offers {
    /// Over a platform of that configuration.
    pub async fn start(config: Config) -> Self {
        let clock = Arc::new(StandingClock::default());
        let random = Arc::new(domain::ports::CountingRandom::new(11));
        let (katapult, served) = serve(config, &clock).await;
        let database = fresh(clock.clone(), random.clone()).await;
        let installation = seed_installation(&database.store, "main").await;
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
            address: format!("http://{}", served.addr),
            seen: Mutex::default(),
            stop,
            _database: database,
            _served: served,
        }
    }

    /// What an administrator types into the module's settings.
    pub fn typed(&self, key: &str, account: Option<&str>) -> TypedSettings {
        TypedSettings {
            installation: self.installation.id.clone(),
            kind: PlatformKind::Katapult,
            endpoint: self.address.clone(),
            key: Secret::new(key),
            account: account.map(str::to_owned),
            actor: Actor {
                kind: ActorKind::Admin,
                id: "admin 3".to_owned(),
                ip: None,
                correlation: None,
            },
        }
    }

    /// Types it, and it has to be taken.
    pub async fn take(&self, key: &str, account: Option<&str>) -> Settled {
        let taken = self.engine.take_settings(self.typed(key, account)).await;
        taken.expect("the store works").expect("it is taken")
    }

    /// A person on the engine's host holds the window open in which proposals are approved at once.
    pub async fn enrol(&self) {
        let until = self.clock.now() + Duration::from_secs(900);
        self.engine
            .store()
            .set_enrol_window(&self.installation.id, Some(until), &Actor::host("test"))
            .await
            .expect("the window opens");
    }

    /// The platform with the key of all scopes, proposed and approved inside the window, without pacing.
    pub async fn connect(&self) -> Platform {
        self.enrol().await;
        let settled = self.take(Config::TOKEN, None).await;
        assert_eq!(settled.key, Fate::InForce);
        let platform = settled.platform.expect("a platform was made");
        self.unpaced(platform.id).await
    }

    /// Another platform of the same billing system, behind the server record 5, approved on the host and read once.
    pub async fn beside(&self, config: Config) -> Beside {
        let (katapult, served) = serve(config, &self.clock).await;
        let host = Actor::host("test");
        let proposal = Proposal {
            server: Some((self.installation.id.clone(), 5)),
            kind: PlatformKind::Katapult,
            endpoint: format!("http://{}", served.addr),
            account: String::new(),
            token: Secret::new(Config::TOKEN),
            name: "beside".to_owned(),
            actor: host.clone(),
        };
        let proposed = self.engine.propose_platform(proposal).await;
        let id = proposed.expect("it is proposed").id;
        self.unpaced(id).await;
        let asked = self.clock.now();
        let approved = self.engine.approve_platform(id, &host).await;
        approved.expect("it is approved");
        // One that began at the moment of the approval is followed by another.
        self.until("the platform beside is read", async |offers: &Self| {
            let state = offers.engine.catalogue_state(id).await.expect("readable");
            !state.is_open && state.observed_at > Some(asked)
        })
        .await;
        Beside {
            katapult,
            platform: self.platform(id).await,
            _served: served,
        }
    }

    /// Pacing is real time, and tests have little of it.
    async fn unpaced(&self, id: PlatformId) -> Platform {
        let profile = PlatformProfile {
            rate_per_minute: 600_000,
            burst: 10_000,
            ..PlatformProfile::default()
        };
        let actor = Actor::host("test");
        let set = self.engine.store().set_platform_profile(id, profile, &actor);
        set.await.expect("the profile is set")
    }

    /// The platform as it is stored.
    pub async fn platform(&self, id: PlatformId) -> Platform {
        let found = self.engine.store().platform(id).await;
        found
            .expect("the store can be read")
            .expect("the platform is there")
    }

    /// Lets the clock go, five seconds at a time, until something holds; at most a thousand times.
    pub async fn until(&self, what: &str, mut holds: impl AsyncFnMut(&Self) -> bool) {
        for _ in 0..1000 {
            if holds(self).await {
                return;
            }
            self.clock.advance(Duration::from_secs(5));
            tokio::time::sleep(Duration::from_millis(8)).await;
        }
        panic!("never: {what}");
    }

    /// Waits for a reading since the last that was waited for, good or not, and for its end.
    pub async fn read_anew(&self, id: PlatformId) {
        self.until("the catalogue is read", async |offers: &Self| {
            let state = offers
                .engine
                .catalogue_state(id)
                .await
                .expect("the state can be read");
            if state.is_open {
                return false;
            }
            let mut seen = offers.seen.lock().expect("nobody panics while holding it");
            let is_new = state.tried_at.is_some() && state.tried_at != *seen;
            *seen = state.tried_at.or(*seen);
            is_new
        })
        .await;
    }

    /// Fetches and acknowledges what the billing system is told, and gives the bodies in order.
    pub async fn told(&self) -> Vec<EffectBody> {
        let mut bodies = Vec::new();
        // What rode on an answer before rests for half a minute.
        self.clock.advance(Duration::from_secs(61));
        loop {
            let waiting = self.engine.effects(&self.installation.id, None, 50).await;
            let waiting = waiting.expect("effects can be read");
            if waiting.is_empty() {
                return bodies;
            }
            let acks = waiting
                .iter()
                .map(|effect| (effect.id, AckOutcome::Applied, None))
                .collect();
            bodies.extend(waiting.into_iter().map(|effect| effect.body));
            let taken = self.engine.acknowledge(&self.installation.id, acks).await;
            taken.expect("effects are acknowledged");
        }
    }

    /// The lines of the activity log among what is told from now on.
    pub async fn lines(&self) -> Vec<String> {
        let lines = self.told().await.into_iter().filter_map(|body| match body {
            EffectBody::LogActivity { message } => Some(message),
            _ => None,
        });
        lines.collect()
    }

    /// A person changes what the platform offers.
    pub fn act(&self, act: Act) {
        self.katapult
            .hand(self.clock.now())
            .act(act)
            .expect("the platform does it");
    }

    /// How many requests the platform has received.
    pub fn calls(&self) -> usize {
        self.katapult.calls().len()
    }
}

/// A platform that answers.
async fn serve(config: Config, clock: &Arc<StandingClock>) -> (Arc<Katapult>, Running) {
    let katapult = Arc::new(Katapult::new(config));
    let options = Options {
        tls: None,
        offer: Offer::Platform,
        patience: Duration::from_secs(1),
    };
    let listen = ([127, 0, 0, 1], 0).into();
    let served = serve_with(katapult.clone(), clock.clone(), listen, options).await;
    (katapult, served.expect("a free port is found"))
}

impl Drop for Offers {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
