//! A simulated Katapult: [`Katapult`].
//!
//! One value holds the whole platform and answers requests synchronously, at a moment that the caller names. The same
//! value serves sockets (`crate::http`) and simulations ([`Katapult::exchange`]). Its parts: the table of endpoints
//! (`route`), arguments read as the platform's framework reads them (`argument`), tables that remember their recent
//! past (`table`), builds and tasks moved by the clock (`state`), handlers by subject, and [`Act`], a person's hand.
//!
//! Where only a live account could tell what the platform does, [`Config`] has a switch with each plausible answer.

mod act;
mod addresses;
mod aim;
mod argument;
mod books;
mod builds;
mod catalogue;
mod config;
mod disks;
mod find;
mod hand;
mod keys;
mod machines;
mod offers;
mod organizations;
mod page;
mod policies;
mod power;
mod problem;
mod record;
mod render;
mod route;
mod spec;
mod state;
mod table;
mod tasks;
#[cfg(test)]
mod tests;
mod trash;
mod xml;

use std::time::Duration;

use domain::Moment;
use domain::http::Method;
use serde_json::{Value, json};

pub use act::{Act, Refused};
pub use catalogue::{Catalogue, DataCenter, Package, SpeedProfile, Template, TemplateField};
pub use config::{
    Annotations, Config, DeleteRunning, OrganizationConfig, Owner, PointlessAction, READING, SCOPES, Timings,
    Token,
};
pub use record::{
    Address, Annotation, Build, BuildState, Disk, DiskOrder, Key, Machine, Order, Organization, Policy,
    PolicyOrder, Power, Schedule, Target, Task, Totals, Trash, Work,
};

pub use crate::chance::{Lag, Span};

use crate::platform::{Api, Performed, Refusal, Simulator, View};
use crate::wire::{Answer, Incoming};
use aim::{Aim, missing_code};
use problem::Problem;
use state::State;

/// The path of API requests, before a driver's own paths.
pub const API_BASE: &str = route::BASE;

/// Method, documented path and name of every endpoint; the names are what fault rules aim at.
pub fn endpoints() -> Vec<(Method, String, &'static str)> {
    route::table()
}

/// A simulated Katapult, shared by reference.
#[derive(Debug)]
pub struct Katapult {
    simulator: Simulator<State>,
    latency: Duration,
}

face!(Katapult, route::BASE);

impl Default for Katapult {
    fn default() -> Self {
        Self::new(Config::default())
    }
}

impl Katapult {
    /// A Katapult without machines.
    pub fn new(config: Config) -> Self {
        let (latency, capacity) = (config.latency, config.log_capacity);
        Self {
            simulator: Simulator::new(State::new(config), capacity),
            latency,
        }
    }

    /// The Katapult whose books these are, as [`crate::platform::Platform::books`] writes them. Requests whose effect
    /// was still to come are forgotten, as are passwords.
    pub fn restored(config: Config, books: &Value) -> Result<Self, serde_json::Error> {
        let (latency, capacity) = (config.latency, config.log_capacity);
        Ok(Self {
            simulator: Simulator::new(State::restored(config, books)?, capacity),
            latency,
        })
    }

    /// Has consoles lie at another scheme and host from now on: where a platform listens is known only once it does.
    pub fn move_consoles(&self, now: Moment, url: &str) {
        self.simulator
            .with(now, |state| url.clone_into(&mut state.config.console_url));
    }

    /// A person's hand, at `now`.
    pub const fn hand(&self, now: Moment) -> Hand<'_> {
        Hand { katapult: self, now }
    }

    fn look<R>(&self, now: Moment, f: impl FnOnce(&State) -> R) -> R {
        self.simulator.with(now, |state| f(state))
    }

    /// All organizations, whatever readers of the API see.
    pub fn organizations(&self, now: Moment) -> Vec<Organization> {
        self.look(now, |state| state.organizations.all().cloned().collect())
    }

    /// All machines, those in the trash too.
    pub fn machines(&self, now: Moment) -> Vec<Machine> {
        self.look(now, |state| state.machines.all().cloned().collect())
    }

    /// The machines of one organization, by its id, those in the trash too.
    pub fn machines_of(&self, now: Moment, organization: &str) -> Vec<Machine> {
        self.look(now, |state| {
            let serial = state
                .organizations
                .named(organization)
                .map(|organization| organization.serial);
            state
                .machines
                .all()
                .filter(|machine| Some(machine.organization) == serial)
                .cloned()
                .collect()
        })
    }

    /// One machine.
    pub fn machine(&self, now: Moment, id: &str) -> Option<Machine> {
        self.look(now, |state| state.machines.named(id).cloned())
    }

    /// From when readers of the API see a machine as it is, or was before the changes that they do not see yet.
    pub fn visible_from(&self, now: Moment, id: &str) -> Option<Moment> {
        self.look(now, |state| {
            let serial = state.machines.named(id)?.serial;
            state.machines.visible_from(serial)
        })
    }

    /// All builds.
    pub fn builds(&self, now: Moment) -> Vec<Build> {
        self.look(now, |state| state.builds.all().cloned().collect())
    }

    /// One build.
    pub fn build(&self, now: Moment, id: &str) -> Option<Build> {
        self.look(now, |state| state.builds.named(id).cloned())
    }

    /// All tasks, oldest first.
    pub fn tasks(&self, now: Moment) -> Vec<Task> {
        self.look(now, |state| state.tasks.all().cloned().collect())
    }

    /// All backup policies.
    pub fn policies(&self, now: Moment) -> Vec<Policy> {
        self.look(now, |state| state.policies.all().cloned().collect())
    }

    /// All addresses that organizations have.
    pub fn addresses(&self, now: Moment) -> Vec<Address> {
        self.look(now, |state| state.addresses.all().cloned().collect())
    }

    /// All objects in the trash.
    pub fn trash(&self, now: Moment) -> Vec<Trash> {
        self.look(now, |state| state.trash.all().cloned().collect())
    }

    /// How many IPv4 addresses a data center has left.
    pub fn free_ipv4(&self, now: Moment, data_center: &str) -> u32 {
        self.look(now, |state| {
            state
                .blocks
                .get(data_center)
                .map_or(0, crate::addresses::Block::free)
        })
    }

    /// What has ever happened.
    pub fn totals(&self, now: Moment) -> Totals {
        self.look(now, |state| state.totals)
    }

    /// The ids of the machines that were made, changed or removed since this was last asked. Always none unless
    /// [`Config::notes_changes`] is set.
    pub fn take_changed(&self, now: Moment) -> Vec<String> {
        self.simulator.with(now, |state| {
            std::mem::take(&mut state.changed).into_iter().collect()
        })
    }
}

/// Does what a person does. Each method returns the id of what it made or touched.
#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    katapult: &'a Katapult,
    now: Moment,
}

impl Hand<'_> {
    /// Any act.
    pub fn act(&self, act: Act) -> Result<String, Refused> {
        self.katapult
            .simulator
            .with(self.now, |state| hand::act(state, act))
    }

    /// Makes an organization that another manages, which is named by id or sub-domain.
    pub fn create_organization(&self, parent: &str, name: &str, sub_domain: &str) -> Result<String, Refused> {
        self.act(Act::CreateOrganization {
            parent: parent.to_owned(),
            name: name.to_owned(),
            sub_domain: sub_domain.to_owned(),
        })
    }

    /// Makes a machine, started.
    pub fn create_machine(
        &self,
        organization: &str,
        package: &str,
        hostname: &str,
    ) -> Result<String, Refused> {
        self.act(Act::CreateMachine {
            organization: organization.to_owned(),
            package: package.to_owned(),
            hostname: hostname.to_owned(),
            reuse_id: false,
        })
    }

    /// Starts a machine at once.
    pub fn start(&self, machine: &str) -> Result<String, Refused> {
        self.act(Act::Start {
            machine: machine.to_owned(),
        })
    }

    /// Stops a machine at once.
    pub fn stop(&self, machine: &str) -> Result<String, Refused> {
        self.act(Act::Stop {
            machine: machine.to_owned(),
        })
    }

    /// Suspends a machine.
    pub fn suspend(&self, machine: &str) -> Result<String, Refused> {
        self.act(Act::Suspend {
            machine: machine.to_owned(),
        })
    }

    /// Puts a machine into the trash.
    pub fn trash(&self, machine: &str) -> Result<String, Refused> {
        self.act(Act::Trash {
            machine: machine.to_owned(),
        })
    }

    /// Takes a machine out of the trash.
    pub fn restore(&self, machine: &str) -> Result<String, Refused> {
        self.act(Act::Restore {
            machine: machine.to_owned(),
        })
    }

    /// Removes a machine for good.
    pub fn delete(&self, machine: &str) -> Result<String, Refused> {
        self.act(Act::Delete {
            machine: machine.to_owned(),
        })
    }

    /// Makes the next builds fail before their machines exist.
    pub fn fail_builds(&self, count: u32) -> Result<String, Refused> {
        let with_machine = false;
        self.act(Act::FailBuilds { count, with_machine })
    }

    /// Loses a build.
    pub fn lose_build(&self, build: &str) -> Result<String, Refused> {
        self.act(Act::LoseBuild {
            build: build.to_owned(),
        })
    }
}

impl Api for State {
    fn endpoint(&self, incoming: &Incoming) -> &'static str {
        route::name(incoming)
    }

    fn endpoints(&self) -> Vec<&'static str> {
        route::names()
    }

    fn advance(&mut self, now: Moment) {
        Self::advance(self, now);
    }

    fn perform(&mut self, incoming: &Incoming, view: View) -> Performed {
        match incoming.path.strip_prefix(machines::CONSOLES) {
            Some(key) => machines::console_page(self, key),
            None => route::perform(self, incoming, view),
        }
    }

    fn refuse(&self, refusal: Refusal, incoming: &Incoming) -> Answer {
        match refusal {
            Refusal::NotFound => Problem::missing(missing_code(incoming)).answer(),
            Refusal::BareNotFound => Answer::json(404, &json!({})),
            Refusal::Conflict => {
                let text = "The object cannot be changed because of another one";
                let detail = json!({ "errors": ["Another request is under way"] });
                Problem::new(409, "deletion_restricted", text, detail).answer()
            }
            Refusal::Locked => {
                Problem::not_queued("Another task is under way on the virtual machine").answer()
            }
            Refusal::RateLimited => {
                let limit = self.config.tokens.first().map_or(1000, |token| token.per_minute);
                Problem::too_many(limit)
                    .answer()
                    .with_header("x-ratelimit-permitted", limit.to_string())
                    .with_header("x-ratelimit-remaining", "0")
            }
            Refusal::Broken(status) => Problem::broken(status).answer(),
        }
    }

    fn target(&self, incoming: &Incoming) -> Option<String> {
        self.aim(incoming).map(|aim| format!("{aim:?}"))
    }

    fn vanish(&mut self, incoming: &Incoming) {
        match self.aim(incoming) {
            Some(Aim::Machine(serial)) => self.remove_machine(serial),
            Some(Aim::Disk(machine, disk)) => self.remove_disk(machine, &disk),
            Some(Aim::Build(serial)) => self.lose_build(serial),
            Some(Aim::Policy(serial)) => self.delete_policy(serial),
            Some(Aim::Address(serial)) => self.release_address(serial),
            Some(Aim::Key(serial)) => self.delete_key(serial),
            None => {}
        }
    }

    fn lock(&mut self, incoming: &Incoming, until: Moment) {
        if let Some(Aim::Machine(serial) | Aim::Disk(serial, _)) = self.aim(incoming) {
            self.lock_machine(serial, until);
        }
    }

    fn look_back(&mut self, at_least: Duration) {
        self.look_back = self.look_back.max(at_least);
    }

    fn books(&self) -> Value {
        self.written_books()
    }

    fn hand(&mut self, action: Value) -> Result<Value, String> {
        let act: Act = serde_json::from_value(action).map_err(|error| error.to_string())?;
        let id = hand::act(self, act).map_err(|refused| refused.to_string())?;
        Ok(json!({ "id": id }))
    }
}
