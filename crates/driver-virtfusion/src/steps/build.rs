//! `build` installs the operating system, `ready` waits until that is done and verified.

use domain::http::{Outcome, Request};
use domain::machine::{Machine, MachineStatus};
use domain::order::Order;
use driver::facts::{broken, foreign};
use driver::{Answered, Findings, Phase, Prepared, Standing, StepContext, Verdict};
use serde_json::{Map, Value, json};

use crate::addresses::primary;
use crate::answer;
use crate::facts::{self, accepted, done, missing, ordered, pending, reached};
use crate::machine::present;
use crate::order::{addresses, hostname, image};
use crate::requests;
use crate::wire::{Job, Server};

/// The longest name that the panel shows.
const NAME_LENGTH: usize = 63;

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    match context.phase {
        Phase::Look => Ok(Prepared::Send(requests::read_server(server))),
        Phase::Act => body(context).map(|body| Prepared::Send(requests::build_server(server, body))),
    }
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_server" => look(context, request, outcome, stands),
        "build_server" => {
            let response = answer::success(request, outcome)?;
            let job = answer::extra::<Server>(response).and_then(|server| server.queue_id);
            let jobs = facts::with_entry(context, "job", "ready", job);
            Ok(done(
                accepted(context, "the panel took the build").note("job", jobs),
            ))
        }
        _ => Err(foreign(context, request)),
    }
}

pub fn prepare_ready(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    Ok(Prepared::Send(requests::read_server_live(server)))
}

pub fn interpret_ready(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_server" => {
            let verdict = look(context, request, outcome, is_ready)?;
            let waits = matches!(&verdict, Verdict::Done(found) if matches!(found.standing, Standing::Pending { .. }));
            Ok(match facts::job(context).filter(|_| waits) {
                Some(job) => Verdict::Next(requests::read_job(job), domain::record::Notes::new()),
                None => verdict,
            })
        }
        // The job is only worth a hint: the server's own state decides.
        "read_job" => Ok(progress(request, outcome)),
        _ => Err(foreign(context, request)),
    }
}

/// How far the job of an installation is.
pub(super) fn progress(request: &Request, outcome: &Outcome) -> Verdict {
    done(pending(&match answer::data::<Job>(request, outcome) {
        Ok(Job {
            progress: Some(percent),
            ..
        }) => format!("the panel is building it, {percent} %"),
        _ => "the panel is building it".to_owned(),
    }))
}

fn look(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
    stands: fn(&Machine) -> Findings,
) -> Result<Verdict, Verdict> {
    let sight = present(request, outcome)?;
    let mut findings = stands(&sight.machine);
    let needs_address = ordered(context).is_ok_and(|order| addresses(order) > 0);
    if findings.standing == Standing::Reached && needs_address && primary(&sight.server).is_empty() {
        findings = pending("the panel has not given it an address yet");
    }
    Ok(done(findings.with_machine(sight.machine)))
}

/// The build is wanted for a server that has none, and under way once the panel has taken it.
fn stands(machine: &Machine) -> Findings {
    match machine.status {
        MachineStatus::Allocated if machine.busy => pending("the panel is at work on it"),
        MachineStatus::Allocated => missing(),
        MachineStatus::Building | MachineStatus::Ready => reached(),
        MachineStatus::Failed => failed(),
        MachineStatus::Deleting => deleting(),
        MachineStatus::Unclear => pending("the panel does not say how far it is"),
    }
}

fn is_ready(machine: &Machine) -> Findings {
    match machine.status {
        MachineStatus::Ready => reached(),
        MachineStatus::Failed => failed(),
        MachineStatus::Deleting => deleting(),
        MachineStatus::Allocated => pending("the panel has not begun the build"),
        MachineStatus::Building => pending("the panel is building it"),
        MachineStatus::Unclear => pending("the panel does not say how far it is"),
    }
}

/// What was built last, for the first time or anew, did not come about.
pub(super) fn failed() -> Findings {
    broken("The build failed on the panel")
}

pub(super) fn deleting() -> Findings {
    broken("The panel is deleting the server")
}

fn body(context: &StepContext<'_>) -> Result<Map<String, Value>, Answered> {
    let order = ordered(context)?;
    let mut body = Map::new();
    body.insert("operatingSystemId".to_owned(), json!(image(order)?));
    body.insert("name".to_owned(), json!(name(context, order)));
    if let Some(hostname) = hostname(order) {
        body.insert("hostname".to_owned(), json!(hostname));
    }
    body.insert("email".to_owned(), json!(true));
    if let Some(key) = facts::read::<u64>(context.notes, "key") {
        body.insert("sshKeys".to_owned(), json!([key]));
    }
    Ok(body)
}

/// The order's hostname; without one a name from the operation's id, the same whenever it is asked.
fn name(context: &StepContext<'_>, order: &Order) -> String {
    if let Some(name) = hostname(order) {
        return name.chars().take(NAME_LENGTH).collect();
    }
    let id = context.operation.uuid().as_simple().to_string();
    let digits: String = id.chars().skip(id.len().saturating_sub(8)).collect();
    format!("vps-{digits}")
}
