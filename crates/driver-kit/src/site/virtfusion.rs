//! A simulated VirtFusion panel.

use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::machine::Identity;
use domain::{Moment, Secret};
use serde_json::Value;
use sim::fault::{Fault, FaultRule};
use sim::platform::Platform as _;
use sim::virtfusion::{Act, Panel, PanelConfig, Profile, Stage};

use super::{BEFORE, CLIENT, Made, Site, Tally, Whose};

/// A simulated panel with a stranger's machine on it.
#[derive(Debug)]
pub struct PanelSite {
    panel: Panel,
    token: Secret,
    stranger: u64,
}

impl PanelSite {
    /// A panel of a generation.
    pub fn new(profile: Profile) -> Self {
        let panel = Panel::new(PanelConfig {
            profile,
            ..PanelConfig::default()
        });
        let hand = panel.hand(BEFORE);
        let stranger = hand
            .create_user("Some Stranger", "stranger@example.test")
            .expect("a free address");
        let server = build(&panel, BEFORE, stranger);
        // One that is gone again leaves its id behind, for platforms that use ids anew.
        let gone = build(&panel, BEFORE, stranger);
        panel.hand(BEFORE).delete(gone).expect("the machine is there");
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
                suspended: Some(server.suspended),
                detail: format!(
                    "{} MB, {} cores, {} GB, {} GB a month, {} keys, system {:?}, called {}",
                    server.memory,
                    server.cores,
                    server.storage,
                    server.traffic,
                    server.keys.len(),
                    server.template,
                    server.name
                ),
            })
            .collect()
    }

    fn tally(&self, now: Moment) -> Tally {
        let totals = self.panel.totals(now);
        Tally {
            machines: totals.servers_created + totals.servers_made_by_hand,
            builds: totals.builds,
        }
    }

    fn left_over(&self, _: Moment) -> Vec<String> {
        // What a server has goes with it.
        Vec::new()
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

    fn estrange(&self, now: Moment, id: &str) {
        let id = id.parse().expect("an id of this panel");
        self.panel
            .hand(now)
            .replace_uuid(id)
            .expect("the machine is there");
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
