//! VirtFusion under trial: the driver, the simulated panel, and the scenes of every operation that the driver plans.

use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::machine::Identity;
use domain::record::CreateProtocol;
use domain::{Customer, Moment, Order, Secret};
use driver::Driver;
use driver_virtfusion::VirtFusion;
use serde_json::Value;
use sim::fault::{Fault, FaultRule};
use sim::platform::Platform as _;
use sim::virtfusion::{Act, Panel, PanelConfig, Stage};

use super::bench::CLIENT;
use super::scene::{Scene, Variant};
use super::site::{Made, Site, Subject, Whose};

mod scenes;

/// VirtFusion panels of version 6 and 7.
#[derive(Debug, Clone, Copy, Default)]
pub struct VirtFusionTrials;

impl Subject for VirtFusionTrials {
    fn name(&self) -> &'static str {
        "VirtFusion"
    }

    fn driver(&self) -> &dyn Driver {
        &VirtFusion
    }

    fn scenes(&self) -> Vec<Scene> {
        scenes::all()
    }

    fn site(&self, variant: Variant) -> Box<dyn Site> {
        Box::new(PanelSite::new(variant))
    }

    fn order(&self, variant: Variant) -> Order {
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
            ssh_key: variant.full.then(|| SSH_KEY.to_owned()),
            settings: settings
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            options: std::collections::BTreeMap::new(),
        }
    }

    fn larger_order(&self, variant: Variant) -> Order {
        let mut order = self.order(variant);
        order.settings.insert("package".to_owned(), "2".to_owned());
        let options = [("memory", "4096"), ("cpuCores", "3"), ("traffic", "5000")];
        order.options = options
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        order
    }
}

/// A key that nobody holds.
const SSH_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8hYlXyGfWsGcMyaXJZMT4ZfG6mbXJpYWxLZXlGb3JUZXN0 trial@example.test";

/// A simulated panel with a stranger's machine on it.
struct PanelSite {
    panel: Panel,
    token: Secret,
    stranger: u64,
}

impl PanelSite {
    fn new(variant: Variant) -> Self {
        let panel = Panel::new(PanelConfig {
            profile: variant.version.parse().expect("a profile of the simulated panel"),
            ..PanelConfig::default()
        });
        // Long before the trial, so that nothing of it can be taken for the trial's own.
        let before = Moment::from_seconds(1_795_000_000);
        let hand = panel.hand(before);
        let stranger = hand
            .create_user("Some Stranger", "stranger@example.test")
            .expect("a free address");
        let server = build(&panel, before, stranger);
        // One that is gone again leaves its id behind, for platforms that use ids anew.
        let gone = build(&panel, before, stranger);
        panel.hand(before).delete(gone).expect("the machine is there");
        debug_assert_ne!(server, gone, "two machines have two ids");
        Self {
            panel,
            token: Secret::new(PanelConfig::TOKEN),
            stranger,
        }
    }

    /// The account of the trial's client, where he has one.
    fn client(&self, now: Moment) -> Option<u64> {
        let users = self.panel.users(now);
        users
            .iter()
            .find(|user| user.relation == Some(CLIENT))
            .map(|user| user.id)
    }
}

/// A machine made by hand, built and running.
fn build(panel: &Panel, now: Moment, owner: u64) -> u64 {
    let hand = panel.hand(now);
    let server = hand.create_server(owner, 1, 1).expect("an empty panel has room");
    let name = "by-hand".to_owned();
    hand.act(Act::Build { server, name })
        .expect("the machine is there")
}

impl Site for PanelSite {
    fn exchange(&self, now: Moment, request: &Request) -> (Outcome, Duration) {
        self.panel.exchange(now, request, &self.token)
    }

    fn strike(&self, fault: Fault) {
        self.panel.add_fault(FaultRule::anywhere(fault).times(1));
    }

    fn calm(&self) {
        self.panel.clear_faults();
    }

    fn machines(&self, now: Moment) -> Vec<Made> {
        let client = self.client(now);
        let servers = self.panel.servers(now).into_iter();
        servers
            .map(|server| Made {
                id: server.id.to_string(),
                whose: match server.owner {
                    owner if Some(owner) == client => Whose::Client,
                    owner if owner == self.stranger => Whose::Stranger,
                    _ => Whose::Ours,
                },
                built: server.stage == Stage::Complete,
                running: server.running,
                suspended: server.suspended,
                detail: format!(
                    "{} MB, {} cores, {} GB, {} GB a month, {} keys",
                    server.memory,
                    server.cores,
                    server.storage,
                    server.traffic,
                    server.keys.len()
                ),
            })
            .collect()
    }

    fn make(&self, now: Moment) -> Identity {
        let owner = self.client(now).unwrap_or_else(|| {
            let act = Act::CreateUser {
                name: "Jane Doe".to_owned(),
                email: "jane@example.test".to_owned(),
                relation: Some(CLIENT),
                relation_text: None,
            };
            self.panel.hand(now).act(act).expect("a free address")
        });
        let id = build(&self.panel, now, owner);
        let server = self.panel.server(now, id).expect("the machine is there");
        Identity {
            id: id.to_string(),
            unchangeable: server.uuid,
            owner: owner.to_string(),
        }
    }

    fn remove_client(&self, now: Moment) {
        if let Some(user) = self.client(now) {
            self.panel
                .hand(now)
                .act(Act::DeleteUser { user })
                .expect("the client is there");
        }
    }

    fn act(&self, now: Moment, action: Value) -> Result<Value, String> {
        self.panel.act(now, action)
    }

    fn books(&self, now: Moment) -> Value {
        self.panel.books(now)
    }
}

/// The staging protocol's variant.
const STAGING: Variant = Variant::of(CreateProtocol::Staging);

/// The list protocol's variant, which leaves no accounts behind.
const LIST: Variant = Variant::of(CreateProtocol::List);
