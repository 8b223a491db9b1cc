//! Katapult's tests, all through [`Desk`], which holds every answer against the published document where it is at hand.

mod addresses;
mod books;
mod builds;
mod contract;
mod faults;
mod hand;
mod life;
mod lists;
mod markers;
mod power;
mod rate;
mod spec;
mod strict;
mod tokens;
mod trash;

use std::cell::RefCell;
use std::time::Duration;

use domain::http::{Method, Outcome, Request, RetryClass};
use domain::{Moment, Secret};
use serde_json::{Value, json};

use super::{Act, Config, Katapult};
use crate::platform::Platform;
use crate::wire::{Answer, Incoming, Reply};

/// When the tests begin.
pub const START: Moment = Moment::from_seconds(1_795_158_000);

/// A Katapult and a clock.
pub struct Desk {
    pub katapult: Katapult,
    pub now: Moment,
    pub token: &'static str,
    tape: RefCell<Vec<(Incoming, Answer)>>,
}

/// Status and JSON body; `null` where there is none.
pub type Got = (u16, Value);

impl Desk {
    /// A build takes eight seconds, a first run two more, and so does each task.
    pub fn new() -> Self {
        Self::with(Config::quick(Duration::from_secs(8)))
    }

    pub fn with(config: Config) -> Self {
        Self {
            katapult: Katapult::new(config),
            now: START,
            token: Config::TOKEN,
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

    /// Answers a request that is all made up.
    pub fn answer(&self, incoming: &Incoming) -> Answer {
        let fault_free = self.katapult.faults().is_empty();
        match self.katapult.handle(self.now, incoming) {
            Reply::Answer(answer) => {
                if fault_free {
                    contract::check(incoming, &answer);
                    self.tape.borrow_mut().push((incoming.clone(), answer.clone()));
                }
                answer
            }
            other => panic!("{incoming:?}: {other:?}"),
        }
    }

    pub fn call(&self, method: Method, target: &str, body: Option<&Value>) -> Got {
        let answer = self.answer(&self.incoming(method, target, body));
        (answer.status, answer.value().unwrap_or(Value::Null))
    }

    pub fn get(&self, target: &str) -> Got {
        self.call(Method::Get, target, None)
    }

    pub fn post(&self, target: &str, body: &Value) -> Got {
        self.call(Method::Post, target, Some(body))
    }

    pub fn put(&self, target: &str, body: &Value) -> Got {
        self.call(Method::Put, target, Some(body))
    }

    pub fn patch(&self, target: &str, body: &Value) -> Got {
        self.call(Method::Patch, target, Some(body))
    }

    pub fn delete(&self, target: &str, body: &Value) -> Got {
        self.call(Method::Delete, target, Some(body))
    }

    /// What a driver sees in process.
    pub fn exchange(&self, request: &Request) -> (Outcome, Duration) {
        self.katapult
            .exchange(self.now, request, &Secret::new(self.token))
    }

    pub fn act(&self, act: Act) -> String {
        self.katapult.hand(self.now).act(act).unwrap()
    }

    /// A fresh managed organization; its id.
    pub fn organization(&self, sub_domain: &str) -> String {
        let body = json!({
            "organization": {"sub_domain": "acme"}, "name": "Ada Lovelace", "sub_domain": sub_domain,
        });
        let (status, got) = self.post("/organizations/organization/managed", &body);
        assert_eq!(status, 201, "{got}");
        id(&got["organization"])
    }

    /// The smallest order.
    pub fn order(organization: &str, hostname: &str) -> Value {
        json!({
            "organization": {"id": organization},
            "data_center": {"permalink": "uk-lon-01"},
            "package": {"permalink": "rock-3"},
            "disk_template": {"permalink": "templates/ubuntu-22-04"},
            "hostname": hostname,
        })
    }

    /// A build under way; its id.
    pub fn ordered(&self, order: &Value) -> String {
        let (status, got) = self.post(BUILD, order);
        assert_eq!(status, 201, "{got}");
        id(&got["virtual_machine_build"])
    }

    /// A build as the API shows it.
    pub fn build(&self, id: &str) -> Value {
        let target = format!("/virtual_machines/builds/virtual_machine_build?virtual_machine_build[id]={id}");
        self.get(&target).1["virtual_machine_build"].clone()
    }

    /// A built and started machine; time passes.
    pub fn machine(&mut self, organization: &str, hostname: &str) -> String {
        let build = self.ordered(&Self::order(organization, hostname));
        self.wait(11);
        id(&self.build(&build)["virtual_machine"])
    }

    /// A machine as the API shows it.
    pub fn shown(&self, machine: &str) -> Value {
        let (status, got) = self.get(&vm("", machine));
        assert_eq!(status, 200, "{got}");
        got["virtual_machine"].clone()
    }

    pub fn state(&self, machine: &str) -> Value {
        self.shown(machine)["state"].clone()
    }

    /// A power action on a machine.
    pub fn power(&self, action: &str, machine: &str) -> Got {
        let body = json!({"virtual_machine": {"id": machine}});
        self.post(&format!("/virtual_machines/virtual_machine/{action}"), &body)
    }

    /// Puts a machine into the trash; the trash object's id.
    pub fn trashed(&self, machine: &str) -> String {
        let body = json!({"virtual_machine": {"id": machine}});
        let (status, got) = self.delete("/virtual_machines/virtual_machine", &body);
        assert_eq!(status, 200, "{got}");
        id(&got["trash_object"])
    }

    /// The exchanges without faults so far.
    pub fn tape(&self) -> Vec<(Incoming, Answer)> {
        self.tape.borrow().clone()
    }

    pub fn platform(&self) -> &dyn Platform {
        &self.katapult
    }
}

/// Where machines are ordered.
pub const BUILD: &str = "/organizations/organization/virtual_machines/build";

/// A read of a machine, or of what lies below it.
pub fn vm(below: &str, machine: &str) -> String {
    format!("/virtual_machines/virtual_machine{below}?virtual_machine[id]={machine}")
}

/// A list of an organization.
pub fn of(list: &str, organization: &str) -> String {
    format!("/organizations/organization/{list}?organization[id]={organization}")
}

pub fn id(value: &Value) -> String {
    value["id"]
        .as_str()
        .unwrap_or_else(|| panic!("no id: {value}"))
        .to_owned()
}

/// Status and error code.
pub fn refusal((status, got): &Got) -> (u16, &str) {
    (*status, got["error"]["code"].as_str().unwrap_or_default())
}
