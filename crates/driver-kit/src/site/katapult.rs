//! A simulated Katapult.

use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::machine::Identity;
use domain::{Moment, Secret};
use serde_json::Value;
use sim::fault::{Fault, FaultRule};
use sim::katapult::{Act, Annotations, BuildState, Config, Katapult, Machine};
use sim::platform::Platform as _;

use super::{BEFORE, Made, Site, Tally, Whose};

/// A simulated Katapult with a stranger's machine and one of the operator's own on it.
#[derive(Debug)]
pub struct KatapultSite {
    katapult: Katapult,
    token: Secret,
    /// The organizations, by id, whose machines are no client's of the trial.
    strangers: Vec<String>,
}

impl KatapultSite {
    /// The host that consoles lie on, beside `api.example.test`.
    const CONSOLES: &str = "https://console.example.test";

    /// A Katapult where annotations reach machines, or do not.
    pub fn new(annotations: Annotations) -> Self {
        let katapult = Katapult::new(Config {
            annotations,
            console_url: Self::CONSOLES.to_owned(),
            ..Config::default()
        });
        let hand = katapult.hand(BEFORE);
        let stranger = hand
            .create_organization(Config::ORGANIZATION, "Some Stranger", "stranger")
            .expect("a free sub-domain");
        let make = |organization: &str, hostname: &str| {
            hand.create_machine(organization, "rock-1", hostname)
                .expect("an empty platform has room")
        };
        make(&stranger, "theirs");
        make(Config::ORGANIZATION, "office");
        // One that is gone again leaves its id behind, for platforms that use ids anew.
        let gone = make(&stranger, "gone");
        hand.delete(&gone).expect("the machine is there");
        let operator = katapult.organizations(BEFORE).into_iter();
        let operator = operator.filter(|one| one.parent.is_none()).map(|one| one.id);
        let strangers = operator.chain([stranger]).collect();
        Self {
            katapult,
            token: Secret::new(Config::TOKEN),
            strangers,
        }
    }

    /// The organization of a machine.
    fn owner(&self, now: Moment, machine: &Machine) -> String {
        let all = self.katapult.organizations(now).into_iter();
        let mut owners = all.filter(|one| one.serial == machine.organization);
        owners.next().map(|one| one.id).unwrap_or_default()
    }

    /// The organizations of the trial's client.
    fn clients(&self, now: Moment) -> Vec<String> {
        let all = self.katapult.organizations(now).into_iter().map(|one| one.id);
        all.filter(|id| !self.strangers.contains(id)).collect()
    }

    fn made(&self, now: Moment, machine: &Machine) -> Made {
        let owner = self.owner(now, machine);
        let build = machine.build.and_then(|serial| {
            let mut builds = self.katapult.builds(now).into_iter();
            builds.find(|build| build.serial == serial)
        });
        let policies = self.katapult.policies(now).into_iter();
        let policies = policies.filter(|policy| policy.target.machine() == machine.serial);
        let disks: Vec<String> = machine
            .disks
            .iter()
            .map(|disk| disk.size_in_gb.to_string())
            .collect();
        Made {
            id: machine.id.clone(),
            whose: if self.strangers.contains(&owner) {
                Whose::Stranger
            } else {
                Whose::Client
            },
            built: build.is_none_or(|build| build.state == BuildState::Complete),
            running: machine.power.is_on() || machine.booting,
            suspended: None,
            detail: format!(
                "{} GB, {} cores, disks of {} GB, {} backup policies{}",
                machine.memory_in_gb,
                machine.cores,
                disks.join(" and "),
                policies.count(),
                // The name that comes with a build may have been chosen by chance.
                if machine.name == machine.hostname {
                    String::new()
                } else {
                    format!(", called {}", machine.name)
                },
            ),
        }
    }
}

impl Site for KatapultSite {
    fn exchange(&self, now: Moment, request: &Request) -> (Outcome, Duration) {
        self.katapult.exchange(now, request, &self.token)
    }

    fn strike(&self, fault: Fault) {
        self.katapult.add_fault(FaultRule::anywhere(fault).times(1));
    }

    fn calm(&self) {
        self.katapult.clear_faults();
    }

    fn machines(&self, now: Moment) -> Vec<Made> {
        let all = self.katapult.machines(now).into_iter();
        all.filter(|machine| machine.trash.is_none())
            .map(|machine| self.made(now, &machine))
            .collect()
    }

    fn tally(&self, now: Moment) -> Tally {
        let totals = self.katapult.totals(now);
        Tally {
            machines: totals.machines_built + totals.machines_made_by_hand,
            builds: totals.builds,
        }
    }

    fn left_over(&self, now: Moment) -> Vec<String> {
        let machines = self.katapult.machines(now);
        let stands = |serial| {
            let mut all = machines.iter();
            all.any(|machine| machine.serial == serial && machine.trash.is_none())
        };
        let policies = self.katapult.policies(now).into_iter();
        policies
            .filter(|policy| !stands(policy.target.machine()))
            .map(|policy| format!("backup policy {}", policy.id))
            .collect()
    }

    fn make(&self, now: Moment) -> Identity {
        let hand = self.katapult.hand(now);
        let owner = self.clients(now).pop().unwrap_or_else(|| {
            hand.create_organization(Config::ORGANIZATION, "Jane Doe", "jane-doe")
                .expect("a free sub-domain")
        });
        let id = hand
            .create_machine(&owner, "rock-3", "by-hand")
            .expect("there is room");
        Identity {
            unchangeable: id.clone(),
            id,
            owner,
        }
    }

    fn estrange(&self, now: Moment, id: &str) {
        let act = Act::Move {
            machine: id.to_owned(),
            organization: self.strangers[self.strangers.len() - 1].clone(),
        };
        self.katapult.hand(now).act(act).expect("the machine is there");
    }

    fn remove_client(&self, now: Moment) {
        for organization in self.clients(now) {
            let act = Act::DeleteOrganization { organization };
            self.katapult.hand(now).act(act).expect("the client is there");
        }
    }

    fn act(&self, now: Moment, action: Value) -> Result<Value, String> {
        self.katapult.act(now, action)
    }

    fn books(&self, now: Moment) -> Value {
        self.katapult.books(now)
    }
}
