//! A simulated VirtFusion panel: [`Panel`].
//!
//! One value holds the whole panel and answers requests synchronously, at a moment that the caller names. The same
//! value serves sockets (`crate::http`) and simulations ([`Panel::exchange`]). Its parts: the table of endpoints
//! (`route`), strict bodies of its own (`body`), the books of hypervisors and addresses (`books`), records that
//! remember their recent past (`shelf`), jobs moved by the clock (`state`), handlers by subject, and [`Act`], a
//! person's hand in the panel.

mod body;
mod books;
mod compute;
mod config;
mod console;
mod hand;
mod keys;
mod media;
mod modify;
mod page;
mod power;
mod problem;
mod record;
mod render;
mod route;
mod selfservice;
mod servers;
mod state;
#[cfg(test)]
mod tests;
mod users;

use std::time::Duration;

use domain::Moment;
use domain::http::Method;
use serde_json::{Value, json};

pub use books::{Hypervisor, Share};
pub use config::{
    ConsoleDialect, ErrorShape, GroupConfig, HypervisorConfig, PackageConfig, PanelConfig, Placement,
    PoolConfig, Profile, Scope, Token,
};
pub use hand::{Act, Refused};
pub use record::{Interface, Job, Key, Mail, Server, Stage, Totals, User, Work};

pub use crate::chance::Lag;

use crate::platform::{Api, Performed, Refusal, Simulator, View};
use crate::screen::Screen;
use crate::wire::{Answer, Incoming};
use problem::{Problem, message};
use state::State;

/// The path of API requests, before a driver's own paths.
pub const API_BASE: &str = route::BASE;

/// Method, path pattern and name of every endpoint of a profile; the names are what fault rules aim at.
pub fn endpoints(profile: Profile) -> Vec<(Method, &'static str, &'static str)> {
    route::table(profile)
}

/// A simulated panel, shared by reference.
#[derive(Debug)]
pub struct Panel {
    simulator: Simulator<State>,
    latency: Duration,
}

face!(Panel, route::BASE);

impl Default for Panel {
    fn default() -> Self {
        Self::new(PanelConfig::default())
    }
}

impl Panel {
    /// An empty panel.
    pub fn new(config: PanelConfig) -> Self {
        let (latency, capacity) = (config.latency, config.log_capacity);
        Self {
            simulator: Simulator::new(State::new(config), capacity),
            latency,
        }
    }

    /// The panel whose books these are, as [`crate::platform::Platform::books`] writes them. Requests whose effect was still to come are
    /// forgotten, as are mails and passwords.
    pub fn restored(config: PanelConfig, books: &Value) -> Result<Self, serde_json::Error> {
        let (latency, capacity) = (config.latency, config.log_capacity);
        Ok(Self {
            simulator: Simulator::new(State::restored(config, books)?, capacity),
            latency,
        })
    }

    /// A person's hand in the panel, at `now`.
    pub const fn hand(&self, now: Moment) -> Hand<'_> {
        Hand { panel: self, now }
    }

    fn look<R>(&self, now: Moment, f: impl FnOnce(&State) -> R) -> R {
        self.simulator.with(now, |state| f(state))
    }

    /// All servers, whatever readers of the API see.
    pub fn servers(&self, now: Moment) -> Vec<Server> {
        self.look(now, |state| {
            state.servers.all().map(|(_, server)| server.clone()).collect()
        })
    }

    /// The servers of one user.
    pub fn servers_of(&self, now: Moment, owner: u64) -> Vec<Server> {
        let everything = Moment::from_micros(i64::MAX);
        self.look(now, |state| {
            state.servers_of(owner, everything).into_iter().cloned().collect()
        })
    }

    /// One server.
    pub fn server(&self, now: Moment, id: u64) -> Option<Server> {
        self.look(now, |state| state.servers.get(id).cloned())
    }

    /// From when readers of the API see a server as it is, or was before the changes that they do not see yet.
    pub fn visible_from(&self, now: Moment, id: u64) -> Option<Moment> {
        self.look(now, |state| state.servers.visible_from(id))
    }

    /// The user with this integer external relation.
    pub fn user_of(&self, now: Moment, relation: u64) -> Option<u64> {
        self.look(now, |state| state.by_relation.get(&relation).copied())
    }

    /// The servers that were made, changed or deleted since this was last asked. Always none unless
    /// [`PanelConfig::notes_changes`] is set.
    pub fn take_changed(&self, now: Moment) -> Vec<u64> {
        self.simulator.with(now, |state| {
            std::mem::take(&mut state.changed).into_iter().collect()
        })
    }

    /// All users.
    pub fn users(&self, now: Moment) -> Vec<User> {
        self.look(now, |state| {
            state.users.all().map(|(_, user)| user.clone()).collect()
        })
    }

    /// All SSH keys.
    pub fn keys(&self, now: Moment) -> Vec<Key> {
        self.look(now, |state| {
            state.keys.all().map(|(_, key)| key.clone()).collect()
        })
    }

    /// The queue, newest last.
    pub fn jobs(&self, now: Moment) -> Vec<Job> {
        self.look(now, |state| state.jobs.values().cloned().collect())
    }

    /// The hypervisors and what is allocated on them.
    pub fn hypervisors(&self, now: Moment) -> Vec<Hypervisor> {
        self.look(now, |state| state.books.hypervisors.values().cloned().collect())
    }

    /// How many IPv4 addresses a group has left.
    pub fn free_ipv4(&self, now: Moment, group: u64) -> u32 {
        self.look(now, |state| state.books.free_addresses(group))
    }

    /// What has ever happened.
    pub fn totals(&self, now: Moment) -> Totals {
        self.look(now, |state| state.totals)
    }

    /// The mails that the panel would have sent.
    pub fn mails(&self, now: Moment) -> Vec<Mail> {
        self.look(now, |state| state.mails.iter().cloned().collect())
    }

    /// Follows a login link's two tokens, once and within a minute: the user and the server that they lead to.
    pub fn redeem(&self, now: Moment, first: &str, second: &str) -> Option<(u64, Option<u64>)> {
        self.simulator
            .with(now, |state| users::redeem(state, first, second))
    }
}

/// Does what a person does in the panel. Each method returns the id of what it made or touched.
#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    panel: &'a Panel,
    now: Moment,
}

impl Hand<'_> {
    /// Any act.
    pub fn act(&self, act: Act) -> Result<u64, Refused> {
        self.panel.simulator.with(self.now, |state| hand::act(state, act))
    }

    /// Adds a user without an external relation.
    pub fn create_user(&self, name: &str, email: &str) -> Result<u64, Refused> {
        let (name, email) = (name.to_owned(), email.to_owned());
        self.act(Act::CreateUser {
            name,
            email,
            relation: None,
            relation_text: None,
        })
    }

    /// Creates an unbuilt server.
    pub fn create_server(&self, owner: u64, group: u64, package: u64) -> Result<u64, Refused> {
        self.act(Act::CreateServer {
            owner,
            group,
            package,
            reuse_id: false,
        })
    }

    /// Switches a server on, suspended or not.
    pub fn boot(&self, server: u64) -> Result<u64, Refused> {
        self.act(Act::Boot { server })
    }

    /// Switches a server off.
    pub fn power_off(&self, server: u64) -> Result<u64, Refused> {
        self.act(Act::PowerOff { server })
    }

    /// Suspends a server.
    pub fn suspend(&self, server: u64) -> Result<u64, Refused> {
        self.act(Act::Suspend { server })
    }

    /// Lifts a suspension.
    pub fn unsuspend(&self, server: u64) -> Result<u64, Refused> {
        self.act(Act::Unsuspend { server })
    }

    /// Deletes a server at once.
    pub fn delete(&self, server: u64) -> Result<u64, Refused> {
        self.act(Act::Delete { server })
    }

    /// Gives a server to another user.
    pub fn change_owner(&self, server: u64, owner: u64) -> Result<u64, Refused> {
        self.act(Act::ChangeOwner { server, owner })
    }

    /// Puts another machine under a server's id.
    pub fn replace_uuid(&self, server: u64) -> Result<u64, Refused> {
        self.act(Act::ReplaceUuid { server })
    }

    /// Gives a server one more interface, with so many IPv4 addresses and, where `ipv6` is set, a subnet.
    pub fn add_interface(&self, server: u64, ipv4: u32, ipv6: bool) -> Result<u64, Refused> {
        self.act(Act::AddInterface { server, ipv4, ipv6 })
    }

    /// Gives a server one more host address inside its IPv6 subnet.
    pub fn add_host_address(&self, server: u64) -> Result<u64, Refused> {
        self.act(Act::AddHostAddress { server })
    }

    /// Makes the next builds fail.
    pub fn fail_builds(&self, count: u32) -> Result<u64, Refused> {
        self.act(Act::FailBuilds { count })
    }
}

impl Api for State {
    fn endpoint(&self, incoming: &Incoming) -> &'static str {
        route::name(incoming, self.config.profile)
    }

    fn endpoints(&self) -> Vec<&'static str> {
        route::names()
    }

    fn advance(&mut self, now: Moment) {
        Self::advance(self, now);
    }

    fn perform(&mut self, incoming: &Incoming, view: View) -> Performed {
        if incoming.path.trim_end_matches('/') == "/token_authenticate" {
            return self.log_in(incoming);
        }
        if incoming.path == console::PATH {
            return console::show(self, incoming);
        }
        route::perform(self, incoming, view)
    }

    fn refuse(&self, refusal: Refusal, incoming: &Incoming) -> Answer {
        let user = incoming.path.contains("/users/");
        match refusal {
            Refusal::NotFound if user => message(404, "ext_relation_id not found"),
            Refusal::NotFound => message(404, "server not found"),
            Refusal::BareNotFound => Answer::json(404, &json!({})),
            Refusal::Conflict => message(409, "the request conflicts with another one"),
            Refusal::Locked => message(423, "server is locked"),
            Refusal::RateLimited => message(429, "too many requests"),
            Refusal::Broken(status) => Answer::json(status, &json!({ "message": "Server Error" })),
        }
    }

    fn target(&self, incoming: &Incoming) -> Option<String> {
        let server = self.servers.get(route::target_server(incoming)?)?;
        Some(server.uuid.clone())
    }

    fn vanish(&mut self, incoming: &Incoming) {
        if let Some(id) = route::target_server(incoming) {
            self.delete_server(id);
        }
    }

    fn lock(&mut self, incoming: &Incoming, until: Moment) {
        if let Some(id) = route::target_server(incoming) {
            self.change_server(id, |server| server.locked_until = Some(until));
        }
    }

    fn look_back(&mut self, at_least: Duration) {
        self.look_back = self.look_back.max(at_least);
    }

    fn books(&self) -> Value {
        let servers: Vec<&Server> = self.servers.all().map(|(_, server)| server).collect();
        let users: Vec<&User> = self.users.all().map(|(_, user)| user).collect();
        let hypervisors = self.books.hypervisors.values().map(|hypervisor| {
            json!({
                "id": hypervisor.id,
                "group": hypervisor.group,
                "reachable": hypervisor.reachable,
                "resources": hypervisor.resources(),
            })
        });
        let groups = self.books.groups.values().map(|group| {
            let free = self.books.free_addresses(group.id);
            json!({ "id": group.id, "name": group.name, "enabled": group.enabled, "ipv4_free": free })
        });
        json!({
            "now": self.now,
            "totals": self.totals,
            "servers": servers,
            "users": users,
            "keys": self.keys.all().map(|(_, key)| key).collect::<Vec<&Key>>(),
            "last": self.last,
            "jobs": self.jobs.values().collect::<Vec<&Job>>(),
            "mails": self.mails,
            "groups": groups.collect::<Vec<Value>>(),
            "hypervisors": hypervisors.collect::<Vec<Value>>(),
        })
    }

    fn screen(&self, incoming: &Incoming) -> Option<Screen> {
        console::screen(self, incoming)
    }

    fn hand(&mut self, action: Value) -> Result<Value, String> {
        let act: Act = serde_json::from_value(action).map_err(|error| error.to_string())?;
        let id = hand::act(self, act).map_err(|refused| refused.to_string())?;
        Ok(json!({ "id": id }))
    }
}

impl State {
    /// The page behind a login link.
    fn log_in(&mut self, incoming: &Incoming) -> Performed {
        let tokens = (
            incoming.query_value("1").unwrap_or_default(),
            incoming.query_value("2").unwrap_or_default(),
        );
        match users::redeem(self, tokens.0, tokens.1) {
            Some((_, server)) => {
                let to = server
                    .and_then(|id| self.servers.get(id))
                    .map(|server| format!("/server/{}", server.uuid));
                let answer = Answer::empty(302).with_header("location", to.unwrap_or_else(|| "/".to_owned()));
                Performed { answer, effect: true }
            }
            None => Performed {
                answer: Problem::Forbidden.answer(ErrorShape::List),
                effect: false,
            },
        }
    }
}
