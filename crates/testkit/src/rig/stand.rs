//! What a rig's engine stands on: the platform as it is stored, its listener, the store and the client.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::id::{InstallationId, PlatformId, SecretId};
use domain::ports::CountingRandom;
use domain::record::{
    Attachment, CreateProtocol, Platform, PlatformKind, PlatformProfile, PlatformState, Relation,
};
use domain::{Actor, Clock, Order, Secret};
use driver::Driver;
use engine::{Drivers, Engine, EngineConfig, Parts};
use outbound::{Outbound, OutboundConfig};
use sim::http::{Offer, Options, Running, serve_with};
use sim::virtfusion::PanelConfig;
use store::Store;
use store::testing::Fresh;

use super::{SERVER, order};
use crate::clock::StandingClock;

/// What is stored about a platform, and what the billing system sells on it.
pub(super) struct Stand {
    /// Which driver speaks to it.
    pub kind: PlatformKind,
    /// The billing server that stands for it.
    pub server: u64,
    /// Whether it has been proposed and approved when the test begins.
    pub connected: bool,
    /// The operator's account.
    pub account: String,
    /// Its credential.
    pub token: &'static str,
    /// What is configured besides.
    pub profile: PlatformProfile,
    /// What the billing system calls its module.
    pub module: &'static str,
    /// What is ordered unless a test says otherwise.
    pub order: fn() -> Order,
}

impl Stand {
    /// A VirtFusion panel.
    pub fn virtfusion(protocol: CreateProtocol) -> Self {
        Self {
            kind: PlatformKind::VirtFusion,
            server: SERVER,
            connected: true,
            account: String::new(),
            token: PanelConfig::TOKEN,
            profile: PlatformProfile {
                create_protocol: protocol,
                staging_domain: Some("staging.example.test".to_owned()),
                ..unhurried()
            },
            module: "VirtFusionDirect",
            order,
        }
    }
}

/// Pacing is real time, and tests have little of it.
pub(super) fn unhurried() -> PlatformProfile {
    PlatformProfile {
        rate_per_minute: 600_000,
        burst: 10_000,
        ..PlatformProfile::default()
    }
}

/// An engine that looks often, because its clock is moved fast.
pub(super) fn quick() -> EngineConfig {
    EngineConfig {
        idle_poll: Duration::from_millis(5),
        duty_poll: Duration::from_millis(5),
        // What tests count are the requests of what they test.
        sweep: false,
        ..EngineConfig::default()
    }
}

pub(super) fn serve<P: sim::platform::Platform + 'static>(
    platform: Arc<P>,
    clock: &Arc<StandingClock>,
) -> impl Future<Output = Running> + use<P> {
    let clock = clock.clone();
    async move {
        let listen = ([127, 0, 0, 1], 0).into();
        let options = Options {
            tls: None,
            offer: Offer::Platform,
            // Longer than the client's patience below, so that a silent platform is a time-out, and still short.
            patience: Duration::from_secs(1),
            ..Options::default()
        };
        serve_with(platform, clock, listen, options)
            .await
            .expect("a free port is found")
    }
}

/// What each process of a rig's engine is made with.
#[derive(Clone)]
pub(super) struct Program {
    pub config: EngineConfig,
    pub driver: Arc<dyn Driver>,
    pub resolvers: Vec<SocketAddr>,
}

pub(super) fn build_engine(
    database: &Fresh,
    clock: &Arc<StandingClock>,
    random: Arc<CountingRandom>,
    program: Program,
) -> Engine {
    let outbound = OutboundConfig {
        timeouts: domain::http::Timeouts {
            connect: Duration::from_millis(400),
            total: Duration::from_millis(500),
        },
        least_time: Duration::from_millis(10),
        breaker: outbound::BreakerConfig {
            failures: 1_000,
            ..outbound::BreakerConfig::default()
        },
        resolvers: program.resolvers,
        ..OutboundConfig::default()
    };
    Engine::new(Parts {
        store: database.store.clone(),
        outbound: Arc::new(Outbound::new(outbound, clock.clone(), random.clone())),
        drivers: Drivers::new(vec![program.driver]),
        clock: clock.clone(),
        random,
        config: program.config,
    })
}

/// The platform that listens at a port of this host, stored behind its billing server where it is connected already.
pub(super) async fn seed(
    store: &Store,
    clock: &StandingClock,
    random: &CountingRandom,
    stand: &Stand,
    installation: &InstallationId,
    port: u16,
) -> Platform {
    let now = clock.now();
    let platform = Platform {
        id: PlatformId::at(now, random),
        kind: stand.kind,
        name: format!("panel-{port}"),
        endpoint: format!("http://127.0.0.1:{port}"),
        account: stand.account.clone(),
        state: PlatformState::Approved,
        credential: SecretId::at(now, random),
        profile: stand.profile.clone(),
        created_at: now,
        updated_at: now,
    };
    if !stand.connected {
        return platform;
    }
    let attachment = Attachment {
        installation: installation.clone(),
        server_id: stand.server,
        platform: platform.id,
        relation: Relation::Integer,
    };
    let (token, actor) = (Secret::new(stand.token), Actor::host("test"));
    store
        .propose_platform(&platform, &token, Some(&attachment), &actor)
        .await
        .expect("the platform is stored");
    platform
}
