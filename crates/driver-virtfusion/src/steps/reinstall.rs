//! `reinstall` installs the machine anew, `installed` waits until that is done and verified.
//!
//! The machine is built before and after, so a look tells the new system from the old one by what it was before: a build
//! that is under way, or another date of the build. One whose answer was lost counts only where that date is from the time
//! of the act, so that an old build is never taken for the new one; otherwise it is searched for and then asked about, and
//! never sent again by itself.

use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::machine::MachineStatus;
use domain::record::{Notes, OperationInput};
use domain::time::Moment;
use domain::{Access, Secret};
use driver::facts::foreign;
use driver::{Answered, Findings, Phase, Prepared, Standing, StepContext, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::build::{deleting, failed, progress};
use super::template::wanted;
use crate::answer;
use crate::facts::{self, accepted, done, missing, pending, reached};
use crate::machine::{Sight, present};
use crate::requests;
use crate::wire::Built;

/// The note of the machine before.
const BEFORE: &str = "machine_before";
/// The note that the new build was seen under way.
const BEGUN: &str = "begun";

/// How far the panel's clock may be from ours.
const CLOCKS: Duration = Duration::from_mins(5);

/// What the machine was before.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Before {
    /// When it was built, in the panel's words.
    built: Option<String>,
    /// Whether its last build had failed.
    failed: bool,
    /// Its names, which it keeps.
    name: String,
    hostname: Option<String>,
}

impl Before {
    fn of(sight: &Sight) -> Self {
        Self {
            built: sight.server.built.clone(),
            failed: sight.machine.status == MachineStatus::Failed,
            name: sight.machine.name.clone(),
            hostname: sight.machine.hostname.clone(),
        }
    }

    fn noted(context: &StepContext<'_>) -> Self {
        facts::read(context.notes, BEFORE).unwrap_or_default()
    }
}

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    Ok(Prepared::Send(match context.phase {
        Phase::Look => requests::read_server(server),
        Phase::Act => requests::build_server(server, body(context)?),
    }))
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_server" => {
            let sight = present(request, outcome)?;
            let findings = match context.acted_at {
                None => may_begin(&sight),
                Some(acted) => has_begun(context, &sight, acted),
            };
            Ok(done(findings.with_machine(sight.machine)))
        }
        "build_server" => {
            let response = answer::success(request, outcome)?;
            let built: Built = answer::extra(response).unwrap_or_default();
            let jobs = facts::with_entry(context, "job", "installed", built.queue_id);
            let mut findings = accepted(context, "the panel took the installation").note("job", jobs);
            findings.secret = built.password().map(|password| access(context, password));
            Ok(done(findings))
        }
        _ => Err(foreign(context, request)),
    }
}

/// The new system's first password, which the panel shows once.
fn access(context: &StepContext<'_>, password: Secret) -> Secret {
    let name = facts::administrator(context);
    Access { name, password }.seal()
}

fn may_begin(sight: &Sight) -> Findings {
    match sight.machine.status {
        MachineStatus::Deleting => deleting(),
        _ if sight.machine.busy => pending("the panel is at work on the server"),
        _ => missing().note(BEFORE, json!(Before::of(sight))),
    }
}

fn has_begun(context: &StepContext<'_>, sight: &Sight, acted: Moment) -> Findings {
    let before = Before::noted(context);
    match sight.machine.status {
        MachineStatus::Building => reached().note(BEGUN, true),
        MachineStatus::Deleting => deleting(),
        MachineStatus::Failed if is_of_the_new_build(context, &before) => failed(),
        MachineStatus::Unclear => pending("the panel does not say how far it is"),
        _ if is_new(&before, sight) && (facts::was_accepted(context) || is_of(acted, &before, sight)) => {
            reached()
        }
        _ if sight.machine.busy => pending("the panel is at work on it"),
        _ => missing(),
    }
}

/// Whether the machine has another system than before.
fn is_new(before: &Before, sight: &Sight) -> bool {
    let is_built = sight.machine.status == MachineStatus::Ready;
    is_built && sight.server.built.is_some() && sight.server.built != before.built
}

/// Whether a build is from the time of an act, as far as the two clocks can tell.
fn is_of(acted: Moment, before: &Before, sight: &Sight) -> bool {
    let moment = |text: &Option<String>| text.as_deref().and_then(Moment::parse);
    let Some(built) = moment(&sight.server.built) else {
        return false;
    };
    moment(&before.built).is_none_or(|before| built > before) && built + CLOCKS >= acted
}

/// Whether a failure that is shown cannot be that of the build before.
fn is_of_the_new_build(context: &StepContext<'_>, before: &Before) -> bool {
    !before.failed || facts::read(context.notes, BEGUN) == Some(true)
}

pub fn prepare_installed(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    Ok(Prepared::Send(requests::read_server_live(server)))
}

pub fn interpret_installed(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_server" => {
            let sight = present(request, outcome)?;
            let findings = is_done(context, &sight);
            let waits = matches!(findings.standing, Standing::Pending { .. });
            Ok(match facts::job(context).filter(|_| waits) {
                Some(job) => Verdict::Next(requests::read_job(job), Notes::new()),
                None => done(findings.with_machine(sight.machine)),
            })
        }
        "read_job" => Ok(progress(request, outcome)),
        _ => Err(foreign(context, request)),
    }
}

fn is_done(context: &StepContext<'_>, sight: &Sight) -> Findings {
    let before = Before::noted(context);
    match sight.machine.status {
        MachineStatus::Ready if is_new(&before, sight) => reached(),
        MachineStatus::Failed if is_of_the_new_build(context, &before) => failed(),
        MachineStatus::Deleting => deleting(),
        MachineStatus::Building => pending("the panel is installing it").note(BEGUN, true),
        MachineStatus::Ready | MachineStatus::Failed | MachineStatus::Allocated => {
            pending("the panel shows the server as it was before")
        }
        MachineStatus::Unclear => pending("the panel does not say how far it is"),
    }
}

fn body(context: &StepContext<'_>) -> Result<Map<String, Value>, Answered> {
    let before = Before::noted(context);
    let given = match context.input {
        OperationInput::Reinstall(how) => how.hostname.as_ref().map(|name| name.as_str().to_owned()),
        _ => None,
    };
    let mut body = Map::new();
    body.insert("operatingSystemId".to_owned(), json!(wanted(context)?));
    let hostname = given.or(before.hostname);
    let name = Some(before.name)
        .filter(|name| !name.is_empty())
        .or_else(|| hostname.clone());
    if let Some(name) = name {
        body.insert("name".to_owned(), json!(name));
    }
    if let Some(hostname) = hostname {
        body.insert("hostname".to_owned(), json!(hostname));
    }
    body.insert("email".to_owned(), json!(true));
    let mut keys: Vec<u64> = facts::read(context.notes, "keys").unwrap_or_default();
    keys.extend(facts::read::<u64>(context.notes, "key").filter(|key| !keys.contains(key)));
    if !keys.is_empty() {
        body.insert("sshKeys".to_owned(), json!(keys));
    }
    Ok(body)
}
