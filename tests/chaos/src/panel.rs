//! The panel that the engine's calls arrive at: the simulated one, in this process, over HTTP. It survives every kill
//! of the engine, answers as slowly as a real one, and lies as its fault rules say.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use domain::ports::CountingRandom;
use domain::{Clock, Moment, Random};
use serde_json::Value;
use sim::calls::Call;
use sim::fault::{Fault, FaultRule, FaultState, RetryAfter};
use sim::http::{Options, Running, serve_with};
use sim::platform::{Outage, Platform};
use sim::screen::Screen;
use sim::virtfusion::{GroupConfig, HypervisorConfig, PackageConfig, Panel, PanelConfig, Profile, endpoints};
use sim::wire::{Incoming, Reply};

use crate::clock::OffsetClock;

/// The hypervisor group that is ordered in.
pub const GROUP: u64 = 1;
/// The packages that are ordered.
pub const PACKAGES: [u64; 3] = [1, 2, 3];
/// The operating-system template that is ordered.
pub const TEMPLATE: u64 = 49;
/// The panel's API token.
pub const TOKEN: &str = PanelConfig::TOKEN;

/// The longest that the panel stays silent: longer than the engine listens.
const SILENCE: Duration = Duration::from_secs(6);

/// Changes of which a lost one without effect takes ten minutes and more to settle. They are lost without effect only
/// as often as a run says.
const SLOW_TO_SETTLE: [&str; 3] = ["create_server", "build_server", "power_restart"];

/// A panel on a port of this host.
pub struct PanelHost {
    /// Its books.
    pub panel: Arc<Panel>,
    /// Where it listens, as an operator enters it.
    pub endpoint: String,
    clock: Arc<OffsetClock>,
    _running: Running,
}

impl PanelHost {
    /// Opens a panel with room for every machine, whose answers take some 10 to `slowest` ms.
    pub async fn open(seed: u64, slowest: u64, clock: Arc<OffsetClock>) -> Result<Self> {
        let unlimited = HypervisorConfig {
            memory: 0,
            cores: 0,
            storage: 0,
            servers: 0,
            ..HypervisorConfig::default()
        };
        let config = PanelConfig {
            seed,
            groups: vec![GroupConfig {
                id: GROUP,
                name: "chaos".to_owned(),
                enabled: true,
                ipv4: 100_000,
                hypervisors: vec![unlimited; 4],
            }],
            packages: vec![
                PackageConfig::sized(1, "VPS-1", 1024, 1, 20, 1000),
                PackageConfig::sized(2, "VPS-2", 2048, 2, 40, 2000),
                PackageConfig::sized(3, "VPS-4", 4096, 4, 80, 4000),
            ],
            build: Duration::from_secs(2),
            power: Duration::from_millis(300),
            delete_delay: Duration::from_secs(2),
            log_capacity: 2_000,
            ..PanelConfig::default()
        };
        let panel = Arc::new(Panel::new(config));
        let paced = Arc::new(Paced {
            panel: Arc::clone(&panel),
            slowest,
            random: CountingRandom::new(seed),
        });
        let options = Options {
            patience: SILENCE,
            ..Options::default()
        };
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let running = serve_with(paced, Arc::clone(&clock) as Arc<dyn Clock>, free, options).await?;
        Ok(Self {
            panel,
            endpoint: format!("http://{}", running.addr),
            clock,
            _running: running,
        })
    }

    /// The panel's time.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Switches on what goes wrong: most of it settles within seconds, and of what takes ten minutes and more `slow`
    /// of each kind.
    pub fn go_wrong(&self, seed: u64, slow: u32) {
        let mut seeds = CountingRandom::new(seed);
        for endpoint in SLOW_TO_SETTLE {
            for fault in without_effect() {
                let rule = FaultRule::at(endpoint, fault).times(slow);
                self.add(rule, 0.02, &mut seeds);
            }
        }
        let late = |seconds| Fault::EffectLater { seconds };
        self.add(FaultRule::at("create_server", late(8)), 0.02, &mut seeds);
        self.add(FaultRule::at("build_server", late(5)), 0.02, &mut seeds);
        self.add(FaultRule::at("suspend_server", late(3)), 0.02, &mut seeds);
        self.add(FaultRule::at("delete_server", late(3)), 0.02, &mut seeds);
        for (_, _, endpoint) in endpoints(Profile::default()) {
            if !SLOW_TO_SETTLE.contains(&endpoint) {
                for fault in without_effect() {
                    self.add(FaultRule::at(endpoint, fault), 0.004, &mut seeds);
                }
            }
        }
        self.add(
            FaultRule::at("get_server", Fault::FalseNotFound),
            0.005,
            &mut seeds,
        );
        for fault in with_effect() {
            self.add(FaultRule::anywhere(fault), 0.004, &mut seeds);
        }
    }

    /// Has some creates take effect only when their attempt was given up, without an answer.
    pub fn delay_creates(&self, times: u32, seed: u64) {
        let rule = FaultRule::at("create_server", Fault::EffectLater { seconds: 800 });
        self.add(rule.times(times), 0.1, &mut CountingRandom::new(seed));
    }

    fn add(&self, rule: FaultRule, probability: f64, seeds: &mut CountingRandom) {
        let seed = seeds.below(u64::MAX);
        self.panel.add_fault(rule.with_probability(probability, seed));
    }
}

/// The request comes to nothing, and the engine cannot tell.
fn without_effect() -> [Fault; 4] {
    let broken = |html| Fault::ErrorBefore { status: 500, html };
    [
        Fault::TimeoutBefore,
        Fault::ResetBefore,
        broken(false),
        broken(true),
    ]
}

/// The request takes effect, or was no change, and the answer says something else or nothing.
fn with_effect() -> [Fault; 11] {
    [
        Fault::TimeoutAfter,
        Fault::ResetAfter,
        Fault::ResetMidBody,
        Fault::TruncatedBody,
        Fault::TruncatedJson,
        Fault::InvalidJson,
        Fault::HtmlAnswer,
        Fault::ErrorAfter {
            status: 500,
            html: false,
        },
        Fault::RateLimited {
            retry_after: RetryAfter::Seconds(1),
        },
        Fault::Locked { seconds: 2 },
        Fault::StaleRead { seconds: 2 },
    ]
}

/// A panel that takes its time.
struct Paced {
    panel: Arc<Panel>,
    slowest: u64,
    random: CountingRandom,
}

impl Platform for Paced {
    fn handle(&self, now: Moment, incoming: &Incoming) -> Reply {
        match Platform::handle(self.panel.as_ref(), now, incoming) {
            Reply::Answer(answer) => Reply::Late {
                answer,
                after: Duration::from_millis(10 + self.random.below(self.slowest.saturating_sub(9))),
            },
            reply => reply,
        }
    }

    fn outage(&self, now: Moment) -> Option<Outage> {
        self.panel.outage(now)
    }

    fn set_outage(&self, outage: Option<(Outage, Moment)>) {
        self.panel.set_outage(outage);
    }

    fn add_fault(&self, rule: FaultRule) -> u64 {
        self.panel.add_fault(rule)
    }

    fn remove_fault(&self, id: u64) -> bool {
        self.panel.remove_fault(id)
    }

    fn clear_faults(&self) {
        self.panel.clear_faults();
    }

    fn faults(&self) -> Vec<FaultState> {
        self.panel.faults()
    }

    fn calls(&self) -> Vec<Call> {
        self.panel.calls()
    }

    fn clear_calls(&self) {
        self.panel.clear_calls();
    }

    fn endpoints(&self) -> Vec<&'static str> {
        Platform::endpoints(self.panel.as_ref())
    }

    fn books(&self, now: Moment) -> Value {
        Platform::books(self.panel.as_ref(), now)
    }

    fn act(&self, now: Moment, action: Value) -> Result<Value, String> {
        Platform::act(self.panel.as_ref(), now, action)
    }

    fn screen(&self, now: Moment, incoming: &Incoming) -> Option<Screen> {
        Platform::screen(self.panel.as_ref(), now, incoming)
    }
}
