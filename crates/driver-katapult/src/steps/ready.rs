//! `ready`: the build is complete, and the machine has its first password and an address.

use std::time::Duration;

use domain::Fact;
use domain::http::{Outcome, Request};
use domain::machine::{MachineStatus, Power};
use driver::{Answered, Prepared, StepContext, Verdict};

use super::machine::{BUILDING, FAILED, QUEUED, build};
use crate::answer;
use crate::facts::{self, broken, done, foreign, note, pending, reached};
use crate::machine::{Look, Sight, look};
use crate::requests;

const NO_PASSWORD: &str = "The VM is awaiting a root password";
const NO_ADDRESS: &str = "The VM is awaiting IP address assignment";

/// No build takes this long: a machine whose build is not known and that is older than this has been built.
const BUILT_WITHIN: Duration = Duration::from_mins(15);

/// The note of whether the build was complete in this look.
const BUILT: &str = "built";

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let machine = facts::required_target(context)?;
    let build: Option<String> = facts::read(context.notes, "build");
    Ok(Prepared::Send(match build {
        Some(build) => requests::read_build(&build),
        None => requests::read_machine(&machine),
    }))
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_build" => {
            let machine = facts::required_target(context).map_err(Verdict::Refused)?;
            let state = build(request, outcome)?.map(|build| build.state.unwrap_or_default());
            Ok(match state.as_deref() {
                // Builds are forgotten some day; then the machine itself has to tell.
                None => Verdict::Next(requests::read_machine(&machine), note(BUILT, false)),
                Some("complete") => Verdict::Next(requests::read_machine(&machine), note(BUILT, true)),
                Some("failed") => done(broken(FAILED).note("failed", noted(context))),
                Some("pending") => done(pending(QUEUED)),
                Some(_) => done(pending(BUILDING)),
            })
        }
        "read_machine" => match look(request, outcome)? {
            Look::Here(sight) => Ok(done(stands(context, *sight))),
            Look::Trashed => Err(answer::gone(super::TRASHED)),
            Look::Gone => Err(answer::gone(super::GONE)),
        },
        _ => Err(foreign(context, request)),
    }
}

/// The build that made the machine.
fn noted(context: &StepContext<'_>) -> serde_json::Value {
    context.notes.get("build").cloned().unwrap_or_default()
}

fn stands(context: &StepContext<'_>, sight: Sight) -> driver::Findings {
    let login = sight.login();
    let mut machine = sight.machine;
    let waits_for = if !is_built(context, &machine) {
        BUILDING
    } else if login.is_none() {
        NO_PASSWORD
    } else if machine.address().is_none() {
        NO_ADDRESS
    } else {
        machine.status = MachineStatus::Ready;
        let mut findings = reached();
        findings.login = login;
        return findings.with_machine(machine);
    };
    machine.status = MachineStatus::Building;
    pending(waits_for).with_machine(machine)
}

/// Whether the machine's build is complete. A machine whose build is not known is built when it runs, or when it is
/// older than any build.
fn is_built(context: &StepContext<'_>, machine: &domain::machine::Machine) -> bool {
    let is_old = machine
        .created
        .is_some_and(|created| context.now.since(created) >= BUILT_WITHIN);
    match machine.power {
        _ if facts::read(context.notes, BUILT) == Some(true) => true,
        Fact::Known(Power::On) => true,
        Fact::Known(Power::Off) => is_old,
        Fact::Absent | Fact::Unknown => false,
    }
}
