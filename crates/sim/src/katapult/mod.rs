//! A simulated Katapult: [`Katapult`].
//!
//! One value holds the whole platform and answers requests synchronously, at a moment that the caller names. The same
//! value serves sockets (`crate::http`) and simulations ([`Katapult::exchange`]). Its parts: the table of endpoints
//! (`route`), arguments read as the platform's framework reads them (`argument`), tables that remember their recent
//! past (`table`), builds and tasks moved by the clock (`state`), handlers by subject, and [`Act`], a person's hand.
//!
//! Where only a live account could tell what the platform does, [`Config`] has a switch with each plausible answer.

mod addresses;
mod argument;
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

pub use catalogue::{Catalogue, DataCenter, Package, SpeedProfile, Template, TemplateField};
pub use config::{
    Annotations, Config, DeleteRunning, OrganizationConfig, Owner, PointlessAction, READING, SCOPES, Timings,
    Token,
};
pub use hand::{Act, Refused};
pub use record::{
    Address, Annotation, Build, BuildState, Disk, DiskOrder, Key, Machine, Order, Organization, Policy,
    PolicyOrder, Power, Schedule, Target, Task, Totals, Trash, Work,
};

pub use crate::chance::{Lag, Span};

use crate::platform::{Api, Performed, Refusal, Simulator, View};
use crate::wire::{Answer, Incoming};
use argument::Arguments;
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
        route::perform(self, incoming, view)
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
            Some(Aim::Build(serial)) => self.lose_build(serial),
            Some(Aim::Policy(serial)) => self.delete_policy(serial),
            Some(Aim::Address(serial)) => self.release_address(serial),
            Some(Aim::Key(serial)) => self.delete_key(serial),
            None => {}
        }
    }

    fn lock(&mut self, incoming: &Incoming, until: Moment) {
        if let Some(Aim::Machine(serial)) = self.aim(incoming) {
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

/// What a request aims at, by serial number. Organizations are not among it: what is gone from under a request takes
/// nothing else with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aim {
    Machine(u64),
    Build(u64),
    Policy(u64),
    Address(u64),
    Key(u64),
}

/// The code of the 404 that says that what a request aims at does not exist.
fn missing_code(incoming: &Incoming) -> &'static str {
    match route::subject(incoming) {
        Some("virtual_machine") => "virtual_machine_not_found",
        Some("virtual_machine_build") => "build_not_found",
        Some("disk") => "disk_not_found",
        Some("disk_backup_policy") => "disk_backup_policy_not_found",
        Some("ip_address") => "ip_address_not_found",
        Some("ssh_key") => "ssh_key_not_found",
        Some("task") => "task_not_found",
        Some("trash_object") => "trash_object_not_found",
        Some("data_center") => "data_center_not_found",
        Some("zone") => "zone_not_found",
        Some("network") => "network_not_found",
        Some("virtual_machine_package") => "package_not_found",
        Some("disk_template") => "disk_template_not_found",
        Some("disk_template_version") => "disk_template_version_not_found",
        Some("organization") => "organization_not_found",
        _ => "route_not_found",
    }
}

impl State {
    fn aim(&self, incoming: &Incoming) -> Option<Aim> {
        let subject = route::subject(incoming)?;
        let arguments = route::arguments(incoming)?;
        let named = |field: &str| text_of(&arguments, subject, field);
        match subject {
            "virtual_machine" => self.aimed_machine(named("id"), named("fqdn")).map(Aim::Machine),
            "trash_object" => {
                let by_id = named("id")
                    .and_then(|id| self.trash.named(&id))
                    .map(|trash| trash.machine);
                by_id
                    .or_else(|| self.aimed_machine(named("object_id"), None))
                    .map(Aim::Machine)
            }
            "disk" => {
                let disk = named("id")?;
                let mut machines = self.machines.all();
                let machine = machines.find(|machine| machine.disks.iter().any(|own| own.id == disk))?;
                Some(Aim::Machine(machine.serial))
            }
            "virtual_machine_build" => Some(Aim::Build(self.builds.named(&named("id")?)?.serial)),
            "disk_backup_policy" => Some(Aim::Policy(self.policies.named(&named("id")?)?.serial)),
            "ip_address" => Some(Aim::Address(self.addresses.named(&named("id")?)?.serial)),
            "ssh_key" => Some(Aim::Key(self.keys.named(&named("id")?)?.serial)),
            _ => None,
        }
    }

    fn aimed_machine(&self, id: Option<String>, fqdn: Option<String>) -> Option<u64> {
        let found = match (id, fqdn) {
            (Some(id), _) => self.machines.named(&id),
            (None, Some(fqdn)) => self
                .machines
                .all()
                .find(|machine| render::fqdn(self, machine) == fqdn),
            (None, None) => None,
        };
        found.map(|machine| machine.serial)
    }

    /// The books: the machines with their owners, marks, states, builds and places in the trash, and all else.
    fn written_books(&self) -> Value {
        let organization_id = |serial: u64| {
            self.organizations
                .get(serial)
                .map(|organization| organization.id.clone())
        };
        let machine = |machine: &Machine| {
            let trash = machine.trash.and_then(|serial| self.trash.get(serial));
            let mut value = json!(machine);
            value["fqdn"] = json!(render::fqdn(self, machine));
            value["organization_id"] = json!(organization_id(machine.organization));
            value["build_id"] = json!(
                machine
                    .build
                    .and_then(|serial| self.builds.get(serial))
                    .map(|build| &build.id)
            );
            value["trash_object"] = json!(trash);
            value
        };
        let build = |build: &Build| {
            let mut value = json!(build);
            value["organization_id"] = json!(organization_id(build.organization));
            let machine = build.machine.and_then(|serial| self.machines.get(serial));
            value["machine_id"] = json!(machine.map(|machine| &machine.id));
            value
        };
        let places = self.config.catalogue.data_centers.iter().map(|place| {
            json!({
                "permalink": place.permalink,
                "memory_in_gb": place.memory_in_gb,
                "memory_taken": self.memory.get(&place.permalink).copied().unwrap_or_default(),
                "ipv4_free": self.blocks.get(&place.permalink).map(crate::addresses::Block::free),
            })
        });
        json!({
            "now": self.now,
            "totals": self.totals,
            "organizations": self.organizations.all().collect::<Vec<_>>(),
            "machines": self.machines.all().map(machine).collect::<Vec<_>>(),
            "builds": self.builds.all().map(build).collect::<Vec<_>>(),
            "tasks": self.tasks.all().collect::<Vec<_>>(),
            "trash": self.trash.all().collect::<Vec<_>>(),
            "policies": self.policies.all().collect::<Vec<_>>(),
            "addresses": self.addresses.all().collect::<Vec<_>>(),
            "keys": self.keys.all().collect::<Vec<_>>(),
            "data_centers": places.collect::<Vec<_>>(),
        })
    }
}

fn text_of(arguments: &Arguments, subject: &str, field: &str) -> Option<String> {
    arguments.object(subject).ok()??.text(field).ok()?
}
