//! The platform's side of a world: the simulated panel, its other customers, and what the rules have to know of its
//! machines.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::id::{CallId, OperationId, ServiceId};
use domain::record::{CreateProtocol, PlatformProfile};
use domain::{Moment, Random, Secret};
use sim::fault::Fault;
use sim::virtfusion::{
    Act, GroupConfig, HypervisorConfig, Lag, PackageConfig, Panel, PanelConfig, Scope, Server, Token,
};

use super::scenario::Scenario;

/// The bearer token of the engine.
const TOKEN: &str = "sim-token";

/// The package of machines that people make by hand: never one that is ordered, so that nothing of theirs is like ours.
const BY_HAND: u64 = 3;

/// A machine that a create of ours made.
#[derive(Debug, Clone)]
pub struct Made {
    /// The operation whose request made it.
    pub operation: OperationId,
    /// The service that the operation serves.
    pub service: ServiceId,
    /// The service's life.
    pub generation: u32,
    /// From when readers see it.
    pub visible: Moment,
    /// Whether it is on the panel.
    pub exists: bool,
    /// The panel's user who owns it.
    pub owner: u64,
    /// Since when it should be gone, as far as anything hinders; `None` while it is wanted.
    pub unwanted_since: Option<Moment>,
    /// Since when it was first known not to be wanted.
    pub late_since: Option<Moment>,
}

/// The platform's side.
#[derive(Debug)]
pub struct Stage {
    /// The panel.
    pub panel: Panel,
    token: Secret,
    /// Machines of other customers and of other owners, as they have to stay.
    pub strangers: BTreeMap<u64, Server>,
    /// Machines that creates of ours made.
    pub made: BTreeMap<u64, Made>,
    /// Those that no service wants.
    pub unwanted: BTreeSet<u64>,
    /// The creates that were sent, by request id.
    pub creates: BTreeMap<CallId, (OperationId, ServiceId, u32)>,
    /// Whether the panel was touched since its machines were looked at.
    pub stirred: bool,
}

impl Stage {
    /// The panel of a scenario with its strangers.
    pub fn new(scenario: &Scenario, random: &dyn Random, now: Moment) -> Self {
        let addresses = if scenario.scarce {
            scenario.services * 2 / 3
        } else {
            scenario.services * 4 + 64
        };
        let hypervisors = usize::try_from(scenario.services / 16 + 2).unwrap_or(2);
        let panel = Panel::new(PanelConfig {
            seed: scenario.seed,
            tokens: vec![Token::new(TOKEN, Scope::Full)],
            lag: Some(Lag {
                median: Duration::from_secs(2),
                p99: Duration::from_secs(60),
            }),
            groups: vec![GroupConfig {
                id: 1,
                name: "London".to_owned(),
                enabled: true,
                ipv4: u32::try_from(addresses + 16).unwrap_or(u32::MAX),
                hypervisors: vec![
                    HypervisorConfig {
                        memory: 1_000_000,
                        cores: 1_000,
                        storage: 1_000_000,
                        ..HypervisorConfig::default()
                    };
                    hypervisors
                ],
            }],
            packages: vec![
                PackageConfig::sized(1, "VPS-1", 1024, 1, 20, 1000),
                PackageConfig::sized(2, "VPS-2", 2048, 2, 40, 2000),
                PackageConfig::sized(BY_HAND, "VPS-4", 4096, 4, 80, 4000),
            ],
            log_capacity: 0,
            notes_changes: true,
            ..PanelConfig::default()
        });
        let mut stage = Self {
            panel,
            token: Secret::new(TOKEN),
            strangers: BTreeMap::new(),
            made: BTreeMap::new(),
            unwanted: BTreeSet::new(),
            creates: BTreeMap::new(),
            stirred: false,
        };
        for number in 0..3 + random.below(6) {
            stage.add_stranger(now, number, false);
        }
        stage
    }

    /// Somebody else gets a machine, by hand; possibly under the id of what was deleted last.
    pub fn add_stranger(&mut self, now: Moment, number: u64, reuse_id: bool) -> Option<u64> {
        let hand = self.panel.hand(now);
        let owner = hand.act(Act::CreateUser {
            name: format!("Stranger {number}"),
            email: format!("stranger{number}@elsewhere.test"),
            relation: Some(900_000 + number),
            relation_text: None,
        });
        let server = hand.act(Act::CreateServer {
            owner: owner.ok()?,
            group: 1,
            package: BY_HAND,
            reuse_id,
        });
        let server = server.ok()?;
        let name = format!("theirs{number}");
        let built = hand.act(Act::Build { server, name }).is_ok();
        self.keep(now, server);
        built.then_some(server)
    }

    /// A machine is somebody else's from now on and has to stay as it is.
    pub fn keep(&mut self, now: Moment, server: u64) {
        if let Some(record) = self.panel.server(now, server) {
            self.strangers.insert(server, record);
        }
    }

    /// A client makes a machine by hand that has nothing to do with what is ordered.
    pub fn make_by_hand(&mut self, now: Moment, client: u64, number: u64) {
        let Some(owner) = self.panel.user_of(now, client) else {
            return;
        };
        let hand = self.panel.hand(now);
        let made = hand.act(Act::CreateServer {
            owner,
            group: 1,
            package: BY_HAND,
            reuse_id: false,
        });
        if let Ok(server) = made {
            let name = format!("byhand{number}");
            drop(hand.act(Act::Build { server, name }));
            self.keep(now, server);
        }
    }

    /// A request reaches the panel: what its sender sees, after how long, and what struck it.
    pub fn exchange(
        &mut self,
        now: Moment,
        request: &Request,
        call: CallId,
    ) -> (Outcome, Duration, Option<Fault>) {
        self.stirred = true;
        let id = (request.name == "create_server").then(|| call.to_string());
        let (outcome, latency) = self.panel.exchange_as(now, request, &self.token, id.as_deref());
        (outcome, latency, self.panel.last_fault())
    }

    /// The server that a request's path names.
    pub fn target(request: &Request) -> Option<u64> {
        let rest = request.path.strip_prefix("/servers/")?;
        rest.split('/').next()?.parse().ok()
    }
}

/// The profile of a scenario's platform.
pub fn profile(scenario: &Scenario) -> PlatformProfile {
    let staging = scenario.protocol == CreateProtocol::Staging;
    PlatformProfile {
        create_protocol: scenario.protocol,
        staging_domain: staging.then(|| "staging.example.test".to_owned()),
        ..PlatformProfile::default()
    }
}
