//! The panel's tests, all through [`Desk`], which checks every answer against the contract schemas.

mod books;
mod contract;
mod faults;
mod hand;
mod life;
mod lists;
mod published;
mod strict;
mod tokens;
mod versions;

use std::cell::RefCell;
use std::time::Duration;

use domain::http::{Method, Outcome, Request, RetryClass};
use domain::{Moment, Secret};
use serde_json::{Value, json};

use super::{Panel, PanelConfig, Profile};
use crate::platform::Platform;
use crate::wire::{Answer, Incoming, Reply};

/// When the tests begin.
pub const START: Moment = Moment::from_seconds(1_795_158_000);

/// A panel and a clock.
pub struct Desk {
    pub panel: Panel,
    pub now: Moment,
    pub token: &'static str,
    profile: Profile,
    tape: RefCell<Vec<(Incoming, Answer)>>,
}

/// Status and JSON body; `null` where there is none.
pub type Got = (u16, Value);

impl Desk {
    pub fn new() -> Self {
        Self::with(PanelConfig::default())
    }

    pub fn with(config: PanelConfig) -> Self {
        let profile = config.profile;
        Self {
            panel: Panel::new(config),
            now: START,
            token: PanelConfig::TOKEN,
            profile,
            tape: RefCell::default(),
        }
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    /// A request as it arrives, with a JSON content type where there is a body.
    pub fn incoming(&self, method: Method, target: &str, body: Option<&Value>) -> Incoming {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Request::new("test", method, path, RetryClass::Read);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            request = request.with_query(key, value);
        }
        request.body = body.cloned();
        Incoming::from_request(
            super::API_BASE,
            &request,
            &Secret::new(self.token),
            Some("call_1"),
        )
    }

    pub fn reply(&self, method: Method, target: &str, body: Option<&Value>) -> Reply {
        let incoming = self.incoming(method, target, body);
        let fault_free = self.panel.faults().is_empty();
        let reply = self.panel.handle(self.now, &incoming);
        if let (true, Reply::Answer(answer)) = (fault_free, &reply) {
            contract::check(self.profile, &incoming, answer);
            self.tape.borrow_mut().push((incoming, answer.clone()));
        }
        reply
    }

    pub fn call(&self, method: Method, target: &str, body: Option<&Value>) -> Got {
        match self.reply(method, target, body) {
            Reply::Answer(answer) => (answer.status, answer.value().unwrap_or(Value::Null)),
            other => panic!("{method} {target}: {other:?}"),
        }
    }

    pub fn get(&self, target: &str) -> Got {
        self.call(Method::Get, target, None)
    }

    pub fn post(&self, target: &str, body: &Value) -> Got {
        self.call(Method::Post, target, Some(body))
    }

    pub fn bare(&self, target: &str) -> Got {
        self.call(Method::Post, target, None)
    }

    pub fn put(&self, target: &str, body: &Value) -> Got {
        self.call(Method::Put, target, Some(body))
    }

    pub fn delete(&self, target: &str) -> Got {
        self.call(Method::Delete, target, None)
    }

    /// What a driver sees in process.
    pub fn exchange(&self, request: &Request) -> (Outcome, Duration) {
        self.panel.exchange(self.now, request, &Secret::new(self.token))
    }

    /// A user with this integer relation.
    pub fn user(&self, relation: u64) -> u64 {
        let body = json!({
            "name": "Jane Doe", "email": format!("jane{relation}@example.com"), "extRelationId": relation,
        });
        let (status, got) = self.post("/users", &body);
        assert_eq!(status, 201, "{got}");
        got["data"]["id"].as_u64().unwrap()
    }

    /// The smallest order of a user in group 1.
    pub fn order(user: u64) -> Value {
        json!({ "packageId": 1, "userId": user, "hypervisorId": 1 })
    }

    /// An unbuilt server.
    pub fn created(&self, user: u64) -> u64 {
        let (status, got) = self.post("/servers", &Self::order(user));
        assert_eq!(status, 201, "{got}");
        got["data"]["id"].as_u64().unwrap()
    }

    /// A built and running server; time passes.
    pub fn built(&mut self, user: u64) -> u64 {
        let id = self.created(user);
        let body = json!({ "operatingSystemId": 49, "name": "web-01" });
        let (status, got) = self.post(&format!("/servers/{id}/build"), &body);
        assert_eq!(status, 200, "{got}");
        self.wait(10);
        id
    }

    /// The `remoteState.state` of a server.
    pub fn power(&self, id: u64) -> Value {
        self.get(&format!("/servers/{id}?remoteState=true")).1["data"]["remoteState"]["state"].clone()
    }

    /// A field of a server as the API shows it.
    pub fn field(&self, id: u64, name: &str) -> Value {
        self.get(&format!("/servers/{id}")).1["data"][name].clone()
    }

    /// The exchanges without faults so far.
    pub fn tape(&self) -> Vec<(Incoming, Answer)> {
        self.tape.borrow().clone()
    }

    pub fn platform(&self) -> &dyn Platform {
        &self.panel
    }
}
