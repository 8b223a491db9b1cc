//! `power`, and the same as part of a suspension: `off` and `restore_power`.
//!
//! The goal is what the hypervisor says, not what the panel answered. A restart has no goal that a look could see: it
//! counts as done when the panel's job ended, or where no job was named, when the panel took it. After a lost answer a
//! person decides, because a second restart hurts.
//!
//! A release ends with the machine running, so a suspension that lands late, after the release was seen, is lifted once
//! more by `restore_power`: the panel boots nothing that is suspended.

use domain::Fact;
use domain::http::{Outcome, Request};
use domain::machine::{Machine, MachineStatus, Power, PowerAction};
use domain::record::{Notes, OperationInput};
use driver::facts::{broken, foreign};
use driver::{Answered, Phase, Prepared, StepContext, Verdict};

use crate::answer;
use crate::facts::{self, accepted, done, known, missing, pending, reached};
use crate::machine::present;
use crate::requests;
use crate::wire::{Job, Queued};

/// The step that ends a release.
const RESTORE: &str = "restore_power";
/// The note that the machine was found suspended after its release.
const HELD: &str = "held";

/// Whether the last look showed that a suspension landed after the release.
fn is_held_again(context: &StepContext<'_>) -> bool {
    context.step == RESTORE && facts::read(context.notes, HELD) == Some(true)
}

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    let action = action(context)?;
    if let Some(reason) = facts::turned_down_with(context).filter(|_| context.phase == Phase::Look) {
        return Err(Answered::permanent(reason));
    }
    Ok(match (context.phase, action) {
        (Phase::Act, _) if is_held_again(context) => Prepared::Send(requests::unsuspend_server(server)),
        (Phase::Act, _) => Prepared::Send(requests::power(server, action)),
        (Phase::Look, PowerAction::Restart) if context.acted_at.is_none() => known(missing()),
        (Phase::Look, PowerAction::Restart) if !facts::was_accepted(context) => known(broken(
            "The answer to the restart was lost, and whether the machine restarted cannot be read",
        )),
        (Phase::Look, _) => Prepared::Send(requests::read_server_live(server)),
    })
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let action = action(context).map_err(Verdict::Refused)?;
    match request.name.as_str() {
        "read_server" => Ok(look(context, action, present(request, outcome)?.machine)),
        "read_job" => job_ended(request, outcome, "restart the machine"),
        "unsuspend_server" => {
            answer::success(request, outcome)?;
            let findings = accepted(context, "a late suspension was lifted; reading it back");
            Ok(done(findings.note(HELD, false)))
        }
        name if name.starts_with("power_") => {
            let response = match answer::success(request, outcome) {
                Ok(response) => response,
                // No look shows whether a machine restarted, so the panel's words are kept.
                Err(no) if action == PowerAction::Restart => return facts::turned_down(context, no),
                Err(verdict) => return Err(verdict),
            };
            let job = answer::extra::<Queued>(response).and_then(|queued| queued.queue_id);
            let jobs = facts::with_entry(context, "job", context.step, job);
            Ok(done(
                accepted(context, "the panel took it; asking the hypervisor").note("job", jobs),
            ))
        }
        _ => Err(foreign(context, request)),
    }
}

fn action(context: &StepContext<'_>) -> Result<PowerAction, Answered> {
    match (context.step, context.input) {
        ("off", _) => Ok(PowerAction::PowerOff),
        (RESTORE, _) => Ok(PowerAction::Boot),
        (_, OperationInput::Power { action }) => Ok(*action),
        _ => Err(Answered::permanent("No power action was asked for")),
    }
}

fn look(context: &StepContext<'_>, action: PowerAction, machine: Machine) -> Verdict {
    if action == PowerAction::Restart {
        return match facts::job(context) {
            Some(job) => Verdict::Next(requests::read_job(job), Notes::new()),
            None => done(reached().with_machine(machine)),
        };
    }
    let held = context.step == RESTORE && machine.suspended == Fact::Known(true);
    let findings = match machine.power {
        _ if held => missing().note(HELD, true),
        Fact::Known(power) if power == action.goal() => reached(),
        // The guest may take its time to stop, or never do it; asking twice changes nothing.
        Fact::Known(_) if action == PowerAction::Shutdown && facts::was_accepted(context) => {
            pending("the guest has not shut down yet")
        }
        Fact::Known(_) => missing(),
        // A server that was never built cannot run, and its hypervisor has nothing to say about it.
        Fact::Absent | Fact::Unknown if machine.status == MachineStatus::Allocated => {
            if action.goal() == Power::Off {
                reached()
            } else if context.step == RESTORE || context.acted_at.is_some() {
                // It ran before, so this is an old reading, or it is being installed anew.
                pending("the panel shows the server as not built")
            } else {
                return Verdict::Refused(Answered::permanent("The server has not been built yet"));
            }
        }
        Fact::Absent | Fact::Unknown => pending("the hypervisor does not say whether the machine runs"),
    };
    done(findings.with_machine(machine))
}

/// The job of an act of which only the job shows whether it was done.
pub(super) fn job_ended(request: &Request, outcome: &Outcome, what: &str) -> Result<Verdict, Verdict> {
    // Jobs that ended long ago are tidied away.
    if answer::is_plain_404(outcome) {
        return Ok(done(reached()));
    }
    let job: Job = answer::data(request, outcome)?;
    Ok(done(if job.has_failed() {
        broken(format!("The panel's job to {what} failed"))
    } else if job.has_finished() {
        reached()
    } else {
        pending("the panel is at work on it")
    }))
}
