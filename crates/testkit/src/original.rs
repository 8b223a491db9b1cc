//! The loop that the module before this engine runs, for comparison: it asks the panel while the billing system waits,
//! stores what a 201 names, and forgets everything else. Whoever sees an error presses the button again.
//!
//! It meets the same simulated panel and the same faults as the engine does in [`crate::simulate`], and its losses are
//! counted in the same way. What it does is described by its behaviour, call by call; it is no translation of its code.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use domain::http::{Method, Outcome, Request, RetryClass};
use domain::ports::CountingRandom;
use domain::{Moment, Random, Secret};
use serde_json::{Value, json};
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::{Panel, PanelConfig, Scope, Token};

/// Services ordered in each world.
const SERVICES: u64 = 40;

/// How often a failed create is pressed again, five minutes apart.
const PRESSES: u64 = 6;

/// The share of requests that each fault strikes.
const SHARE: f64 = 0.01;

/// What the loop lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Losses {
    /// Services ordered.
    pub ordered: u64,
    /// Services answered with success.
    pub delivered: u64,
    /// Machines on the panel that no service knows of: paid for by nobody, or seen twice by a client.
    pub unknown_machines: u64,
    /// Services answered with success whose machine has no operating system.
    pub unbuilt: u64,
    /// Services without a machine after all presses.
    pub failed: u64,
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ordered, {} delivered, {} machines that no service knows of, {} delivered without an operating system, {} \
             failed",
            self.ordered, self.delivered, self.unknown_machines, self.unbuilt, self.failed
        )
    }
}

/// Runs the loop in the worlds of consecutive seeds.
pub fn run(first_seed: u64, seeds: u64) -> Losses {
    let mut total = Losses::default();
    for seed in first_seed..first_seed + seeds {
        let one = Loop::new(seed).run();
        total.ordered += one.ordered;
        total.delivered += one.delivered;
        total.unknown_machines += one.unknown_machines;
        total.unbuilt += one.unbuilt;
        total.failed += one.failed;
    }
    total
}

struct Loop {
    panel: Panel,
    now: Moment,
    token: Secret,
    /// The module's own table: service to machine.
    table: BTreeMap<u64, u64>,
    losses: Losses,
}

impl Loop {
    fn new(seed: u64) -> Self {
        let panel = Panel::new(PanelConfig {
            seed,
            tokens: vec![Token::new("loop", Scope::Full)],
            ..PanelConfig::default()
        });
        let random = CountingRandom::new(seed);
        for fault in [
            Fault::TimeoutBefore,
            Fault::TimeoutAfter,
            Fault::ResetAfter,
            Fault::TruncatedBody,
            Fault::HtmlAnswer,
            Fault::ErrorAfter {
                status: 502,
                html: true,
            },
            Fault::ErrorBefore {
                status: 500,
                html: false,
            },
        ] {
            let rule = FaultRule::anywhere(fault).with_probability(SHARE, random.below(u64::MAX));
            panel.add_fault(rule);
        }
        Self {
            panel,
            now: Moment::from_seconds(1_795_158_000),
            token: Secret::new("loop"),
            table: BTreeMap::new(),
            losses: Losses::default(),
        }
    }

    fn run(mut self) -> Losses {
        for service in 1..=SERVICES {
            self.losses.ordered += 1;
            let delivered = (0..PRESSES).any(|_| {
                let delivered = self.create(service);
                self.now = self.now + Duration::from_secs(300);
                delivered
            });
            if delivered {
                self.losses.delivered += 1;
            } else {
                self.losses.failed += 1;
            }
        }
        self.now = self.now + Duration::from_secs(3_600);
        for server in self.panel.servers(self.now) {
            let known = self.table.values().any(|id| *id == server.id);
            self.losses.unknown_machines += u64::from(!known);
            self.losses.unbuilt += u64::from(known && server.template.is_none());
        }
        self.losses
    }

    fn ask(&mut self, request: &Request) -> Option<(u16, Value)> {
        let (outcome, latency) = self.panel.exchange(self.now, request, &self.token);
        self.now = self.now + latency;
        match outcome {
            Outcome::Answered(answer) => Some((
                answer.status,
                serde_json::from_str(&answer.body).unwrap_or_default(),
            )),
            Outcome::Failed(_) => None,
        }
    }

    /// One press of the button: whether the billing system hears success.
    fn create(&mut self, service: u64) -> bool {
        if self.table.contains_key(&service) {
            return false;
        }
        let Some(user) = self.user(service) else {
            return false;
        };
        let body = json!({ "packageId": 1, "userId": user, "hypervisorId": 1, "ipv4": 1 });
        let order = post("create_server", "/servers").with_body(body);
        let Some((201, made)) = self.ask(&order) else {
            return false;
        };
        let Some(machine) = made["data"]["id"].as_u64() else {
            return false;
        };
        self.table.insert(service, machine);
        let system = json!({ "operatingSystemId": 49, "name": "vps", "email": false });
        // What comes of the build is not looked at.
        self.ask(&post("build_server", &format!("/servers/{machine}/build")).with_body(system));
        true
    }

    fn user(&mut self, service: u64) -> Option<u64> {
        let client = service + 500;
        let known = Request::get("read_user", format!("/users/{client}/byExtRelation"));
        match self.ask(&known)? {
            (200, user) => user["data"]["id"].as_u64(),
            (404, _) => {
                let body = json!({
                    "name": format!("Client {client}"),
                    "email": format!("client{client}@example.test"),
                    "extRelationId": client,
                });
                let (status, user) = self.ask(&post("create_user", "/users").with_body(body))?;
                (status == 201).then(|| user["data"]["id"].as_u64())?
            }
            _ => None,
        }
    }
}

fn post(name: &str, path: &str) -> Request {
    Request::new(name, Method::Post, path, RetryClass::Creating)
}
