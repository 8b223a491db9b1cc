//! The removal of what attempts left behind that were given up: a machine that one of their builds names, or that bears
//! their annotation, is provably ours and undelivered.
//!
//! The operation's input names no machine but the client's organization as the owner, and in the place of what is
//! unchangeable the marker of service and life with the builds that are known, separated by semicolons. `identify` waits
//! until there is such a machine, `delete` removes it and hands the other builds on to a watch of their own. What a
//! service has is no stray, wherever it came from.

use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::machine::Identity;
use domain::record::{Notes, OperationInput, OperationKind};
use driver::{Answered, Findings, Standing, StepContext, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer;
use crate::facts::{self, SERVICE, Want, done, foreign, note, reached};
use crate::machine::{Look, Sight, look};
use crate::requests;
use crate::wire::MachinePage;

/// How often it is looked for.
const EVERY: Duration = Duration::from_mins(5);

/// What is watched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    organization: String,
    service: String,
    builds: Vec<String>,
}

impl Watched {
    /// What an operation watches for; `None` where it is about a machine that is known.
    pub fn of(context: &StepContext<'_>) -> Option<Self> {
        match (context.kind, context.input) {
            (OperationKind::RemoveStray, OperationInput::Resource { identity }) if identity.id.is_empty() => {
                let mut parts = identity.unchangeable.split(';').map(ToOwned::to_owned);
                Some(Self {
                    organization: identity.owner.clone(),
                    service: parts.next()?,
                    builds: parts.filter(|build| !build.is_empty()).collect(),
                })
            }
            _ => None,
        }
    }

    /// What is left behind by a create, by its notes; `None` where nothing was sent.
    fn in_notes(notes: &Notes) -> Option<Self> {
        let want = Want::noted(notes)?;
        Some(Self {
            organization: want.organization,
            service: want.service,
            builds: facts::builds(notes).into_iter().map(|(_, build)| build).collect(),
        })
    }

    fn identity(&self) -> Identity {
        let parts = std::iter::once(&self.service).chain(&self.builds);
        let parts: Vec<&str> = parts.map(String::as_str).collect();
        Identity {
            id: String::new(),
            unchangeable: parts.join(";"),
            owner: self.organization.clone(),
        }
    }

    /// The first request of a look.
    pub fn first(&self) -> Request {
        match self.builds.first() {
            Some(build) => requests::read_build(build),
            None => self.list(1),
        }
    }

    fn list(&self, page: u64) -> Request {
        requests::list_machines(&self.organization, Some((SERVICE, &self.service)), page)
    }
}

/// What names that which a create left behind.
pub fn left_behind(notes: &Notes) -> Option<Identity> {
    Watched::in_notes(notes).map(|watched| watched.identity())
}

/// What the other attempts of a create may yet make, once one of them made the machine; `None` where there was only one.
pub fn of_other_attempts(context: &StepContext<'_>) -> Option<Identity> {
    let mut watched = Watched::in_notes(context.notes)?;
    let made: Option<String> = facts::read(context.notes, "build");
    watched.builds.retain(|build| Some(build) != made.as_ref());
    (context.marker.attempt > 1).then(|| watched.identity())
}

/// A machine that may be left behind, and the build that names it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Suspect {
    machine: String,
    build: Option<String>,
}

/// An answer of the look for it: the builds one after the other, the list, then each machine.
pub fn interpret(
    context: &StepContext<'_>,
    watched: &Watched,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_build" => named(context, watched, request, outcome),
        "list_machines" => listed(context, watched, request, outcome),
        "read_candidate" => judged(context, watched, request, outcome),
        _ => Err(foreign(context, request)),
    }
}

fn suspects(context: &StepContext<'_>, request: &Request, watched: &Watched) -> Vec<Suspect> {
    // The first request begins a new look.
    if *request == watched.first() {
        return Vec::new();
    }
    facts::read(context.notes, "scan").unwrap_or_default()
}

fn named(
    context: &StepContext<'_>,
    watched: &Watched,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let asked = requests::asked(request, "virtual_machine_build", "id").unwrap_or_default();
    let at = watched.builds.iter().position(|build| build == asked);
    let at = at.ok_or_else(|| foreign(context, request))?;
    let mut todo = suspects(context, request, watched);
    let build = super::machine::build(request, outcome)?;
    if let Some(machine) = build.and_then(|build| build.virtual_machine)
        && !context.known.linked.contains(&machine.id)
    {
        todo.push(Suspect {
            machine: machine.id,
            build: Some(asked.to_owned()),
        });
    }
    let next = match watched.builds.get(at + 1) {
        Some(build) => requests::read_build(build),
        None => watched.list(1),
    };
    Ok(Verdict::Next(next, note("scan", json!(todo))))
}

fn listed(
    context: &StepContext<'_>,
    watched: &Watched,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let page: MachinePage = answer::data(request, outcome)?;
    let next = page.pagination.next(request, page.virtual_machines.len())?;
    let mut todo = suspects(context, request, watched);
    for vm in page.virtual_machines {
        let is_known = context.known.linked.contains(&vm.id) || todo.iter().any(|one| one.machine == vm.id);
        if !is_known {
            todo.push(Suspect {
                machine: vm.id,
                build: None,
            });
        }
    }
    Ok(match next {
        Some(number) => Verdict::Next(watched.list(number), note("scan", json!(todo))),
        None => go_on(&todo),
    })
}

fn go_on(todo: &[Suspect]) -> Verdict {
    match todo.first() {
        Some(one) => Verdict::Next(requests::read_candidate(&one.machine), note("scan", json!(todo))),
        None => done(nothing_yet()),
    }
}

fn judged(
    context: &StepContext<'_>,
    watched: &Watched,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let mut todo: Vec<Suspect> = facts::read(context.notes, "scan").unwrap_or_default();
    let seen = look(request, outcome)?;
    if todo.is_empty() {
        return Ok(done(nothing_yet()));
    }
    let suspect = todo.remove(0);
    if let Look::Here(sight) = seen
        && sight.vm.id == suspect.machine
        && sight.organization() == Some(watched.organization.as_str())
        && (suspect.build.is_some() || sight.annotation(SERVICE) == Some(watched.service.as_str()))
    {
        let findings = reached()
            .note("machine", suspect.machine)
            .note("build", suspect.build.map_or(Value::Null, Value::from))
            .note("scan", Value::Null);
        return Ok(done(findings));
    }
    Ok(go_on(&todo))
}

/// Whether a machine that is about to be deleted still lies where only attempts that were given up can have put it.
pub fn may_delete(context: &StepContext<'_>, sight: &Sight) -> Result<(), Verdict> {
    let Some(watched) = Watched::of(context) else {
        return Ok(());
    };
    let why = if context.known.linked.contains(&sight.vm.id) {
        "is a service's machine now"
    } else if sight.organization() == Some(watched.organization.as_str()) {
        return Ok(());
    } else {
        "lies in another organization now"
    };
    Err(Verdict::Refused(Answered::permanent(format!(
        "Machine {} {why} and is left alone",
        sight.vm.id
    ))))
}

/// The builds that are left to watch once a machine was deleted.
pub fn rest(context: &StepContext<'_>) -> Option<Identity> {
    let mut watched = Watched::of(context)?;
    let emptied: Option<String> = facts::read(context.notes, "build");
    watched.builds.retain(|build| Some(build) != emptied.as_ref());
    (!watched.builds.is_empty()).then(|| watched.identity())
}

fn nothing_yet() -> Findings {
    Findings::of(Standing::Pending {
        hint: "watching for what builds make that were given up".to_owned(),
        after: Some(EVERY),
    })
    .note("scan", Value::Null)
}
