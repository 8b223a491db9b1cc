//! A small Katapult, as far as the driver's tests need one: builds that take their time, machines, tasks, the trash. It
//! decodes requests by itself and refuses what the real one would.

mod answers;

use std::cell::RefCell;
use std::time::Duration;

use domain::Moment;
use domain::http::{Outcome, Request, Response};
use driver_kit::Wire;
use serde_json::{Map, Value, json};

/// How this platform behaves.
#[expect(clippy::struct_excessive_bools, reason = "each is a quirk of its own")]
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// Whether what a build is annotated with is written to its machine.
    pub annotations_reach: bool,
    /// Whether lists are filtered by annotation, as asked.
    pub filters: bool,
    /// Whether guests ignore that they are to shut down.
    pub deaf: bool,
    /// Builds end as failed, with the machine half made.
    pub builds_fail: bool,
    /// What lies in the trash is not found by its name.
    pub hides_trash: bool,
    /// Tasks are refused.
    pub refuses_tasks: bool,
    /// Rows of a page at most.
    pub page: usize,
    /// Sub-domains that belong to strangers: that many names are refused as taken.
    pub strangers: usize,
    /// Where consoles are.
    pub console: &'static str,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            annotations_reach: true,
            filters: true,
            deaf: false,
            builds_fail: false,
            hides_trash: false,
            refuses_tasks: false,
            page: 200,
            strangers: 0,
            console: "https://console.katapult.io/s/4711",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Vm {
    pub id: String,
    pub organization: String,
    pub hostname: String,
    pub name: String,
    pub package: String,
    pub disk: u64,
    pub made_at: Moment,
    pub annotations: Value,
    pub running: bool,
    /// When a change of power that was queued shows, and what it ends in.
    pub turns: Option<(Moment, bool)>,
    pub trashed: Option<Moment>,
    pub policies: Vec<String>,
    pub resets: usize,
}

#[derive(Debug, Clone)]
struct Build {
    id: String,
    organization: String,
    body: Value,
    asked_at: Moment,
    machine: Option<String>,
}

#[derive(Debug, Default)]
struct State {
    organizations: Vec<(String, String, String)>,
    builds: Vec<Build>,
    machines: Vec<Vm>,
    count: usize,
    refused_names: usize,
}

/// The platform.
#[derive(Debug)]
pub struct Platform {
    behaviour: RefCell<Behaviour>,
    state: RefCell<State>,
}

/// Status, code and detail of a no.
type Refusal = (u16, &'static str, Value);
type Answer = Result<(u16, Value), Refusal>;

const PARENT: &str = "org_parent";

impl Platform {
    pub fn new(behaviour: Behaviour) -> Self {
        Self {
            behaviour: RefCell::new(behaviour),
            state: RefCell::default(),
        }
    }

    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.behaviour.borrow_mut());
    }

    /// The machines as they are at a moment, the trashed ones included.
    pub fn machines(&self, now: Moment) -> Vec<Vm> {
        let mut state = self.state.borrow_mut();
        state.advance(now, &self.behaviour.borrow());
        state.machines.clone()
    }

    /// Changes a machine behind everybody's back.
    pub fn meddle(&self, id: &str, change: impl FnOnce(&mut Vm)) {
        let mut state = self.state.borrow_mut();
        change(
            state
                .machines
                .iter_mut()
                .find(|vm| vm.id == id)
                .expect("a machine"),
        );
    }

    /// Forgets a machine for good.
    pub fn purge(&self, id: &str) {
        self.state.borrow_mut().machines.retain(|vm| vm.id != id);
    }

    /// Forgets every build.
    pub fn forget_builds(&self) {
        self.state.borrow_mut().builds.clear();
    }

    /// Organizations: id, sub-domain and name.
    pub fn organizations(&self) -> Vec<(String, String, String)> {
        self.state.borrow().organizations.clone()
    }

    fn answer(&self, now: Moment, request: &Request) -> Answer {
        let behaviour = self.behaviour.borrow().clone();
        let mut state = self.state.borrow_mut();
        state.advance(now, &behaviour);
        let arguments = arguments(request);
        state.route(now, &behaviour, request, &arguments)
    }
}

impl Wire for &Platform {
    fn exchange(&mut self, now: Moment, request: &Request) -> (Outcome, Duration) {
        let (status, body) = match self.answer(now, request) {
            Ok(answer) => answer,
            Err((status, code, detail)) => {
                let description = format!("The request came to {code}");
                (
                    status,
                    json!({ "error": { "code": code, "description": description, "detail": detail } }),
                )
            }
        };
        let response = Response {
            status,
            body: body.to_string(),
            retry_after: None,
        };
        (Outcome::Answered(response), Duration::from_millis(200))
    }
}

/// Query and body as one object, the body's arguments first.
fn arguments(request: &Request) -> Map<String, Value> {
    let mut all = Map::new();
    for (key, value) in &request.query {
        let (name, field) = key.split_once('[').map_or((key.as_str(), ""), |(name, rest)| {
            (name, rest.trim_end_matches(']'))
        });
        if field.is_empty() {
            all.insert(name.to_owned(), json!(value));
        } else {
            let inner = all.entry(name).or_insert_with(|| json!({}));
            inner[field] = json!(value);
        }
    }
    if let Some(Value::Object(body)) = &request.body {
        all.extend(body.clone());
    }
    all
}

fn no<T>(status: u16, code: &'static str) -> Result<T, Refusal> {
    Err((status, code, json!({})))
}

fn text<'a>(arguments: &'a Map<String, Value>, name: &str, field: &str) -> Option<&'a str> {
    arguments.get(name)?.get(field)?.as_str()
}
