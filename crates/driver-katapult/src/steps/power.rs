//! `power`, and the same as part of other operations: `shutdown` and `off` of a suspension or an end, `restore_power` of
//! a release.
//!
//! The goal is the state in which the machine is shown; that a task was queued is none. A guest that is asked to shut down
//! has a grace time, after which `off` cuts the power. A reset has no goal that a look could see: it counts as done when
//! its task is, and after a lost answer a person decides, because a second one hurts.

use std::time::Duration;

use domain::Fact;
use domain::http::{Outcome, Request};
use domain::machine::{Machine, Power, PowerAction};
use domain::record::{OperationInput, OperationKind};
use driver::{Answered, Findings, Phase, Prepared, RefusalClass, Standing, StepContext, Verdict};

use super::read::{absent, ends};
use crate::answer;
use crate::facts::{self, accepted, broken, done, foreign, known, missing, pending, reached};
use crate::machine::{Look, look};
use crate::requests;
use crate::wire::{OneTask, Task};

/// How long a guest may take to shut down before the power is cut. The longest that was ever seen took 38 s.
const GRACE: Duration = Duration::from_secs(90);

/// How often a guest that shuts down is looked at.
const WATCHED: Duration = Duration::from_secs(5);

/// The step that asks the guest.
const SHUTDOWN: &str = "shutdown";
/// The note of whether the last look showed the goal.
const SHOWN: &str = "shown";
/// The note of why a reset was refused.
const REFUSAL: &str = "refusal";

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    if ends(context) && facts::target(context).is_none() {
        return Ok(known(absent()));
    }
    let machine = facts::required_target(context)?;
    let action = action(context)?;
    if context.phase == Phase::Act {
        return Ok(Prepared::Send(requests::power(&machine, action)));
    }
    if action != PowerAction::Restart {
        return Ok(Prepared::Send(requests::read_machine(&machine)));
    }
    if context.acted_at.is_none() {
        return Ok(known(missing()));
    }
    if let Some(refusal) = facts::read::<String>(context.notes, REFUSAL) {
        return Err(Answered::permanent(refusal));
    }
    Ok(match facts::task(context) {
        Some(task) => Prepared::Send(requests::read_task(&task)),
        None => known(broken(
            "The answer to the reset was lost, and whether the machine restarted cannot be read",
        )),
    })
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let action = action(context).map_err(Verdict::Refused)?;
    match request.name.as_str() {
        "read_machine" => match look(request, outcome)? {
            Look::Here(sight) => Ok(done(stands(context, action, sight.machine))),
            Look::Trashed if ends(context) => Ok(done(reached())),
            Look::Gone if ends(context) => Ok(done(absent())),
            Look::Trashed => Err(answer::gone(super::TRASHED)),
            Look::Gone => Err(answer::gone(super::GONE)),
        },
        "read_task" => restarted(request, outcome),
        name if name.starts_with("power_") => acted(context, action, request, outcome),
        _ => Err(foreign(context, request)),
    }
}

fn action(context: &StepContext<'_>) -> Result<PowerAction, Answered> {
    match (context.step, context.input) {
        (SHUTDOWN, _) => Ok(PowerAction::Shutdown),
        ("off", _) => Ok(PowerAction::PowerOff),
        ("restore_power", _) => Ok(PowerAction::Boot),
        (_, OperationInput::Power { action }) => Ok(*action),
        _ => Err(Answered::permanent("No power action was asked for")),
    }
}

/// What the platform made of an action.
fn acted(
    context: &StepContext<'_>,
    action: PowerAction,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let response = match answer::success(request, outcome) {
        Ok(response) => response,
        Err(verdict) => return refused(context, action, request, outcome, verdict),
    };
    let answered: OneTask = answer::body(request, response)?;
    let tasks = facts::with_entry(context, "task", context.step, answered.task.id);
    let findings = accepted(context, "Katapult took it; reading the machine's state");
    Ok(done(findings.note("task", tasks)))
}

/// A no to an action. Katapult queues no task for what is so already, which the state shows better than the refusal.
fn refused(
    context: &StepContext<'_>,
    action: PowerAction,
    request: &Request,
    outcome: &Outcome,
    verdict: Verdict,
) -> Result<Verdict, Verdict> {
    if answer::says(outcome, 406, answer::IN_TRASH) {
        if ends(context) {
            return Ok(done(pending("it lies in the trash already")));
        }
        return Err(answer::gone(super::TRASHED));
    }
    let not_queued = answer::says(outcome, 406, answer::NOT_QUEUED);
    if not_queued && context.step == SHUTDOWN {
        // Asking the guest is a courtesy: when its time is over the power is cut, whatever became of the asking.
        return Ok(done(accepted(
            context,
            "Katapult passes nothing on to the guest at present",
        )));
    }
    if not_queued && facts::read(context.notes, SHOWN) == Some(true) {
        return Ok(done(pending("the machine is in that state already")));
    }
    let verdict = match verdict {
        // Somebody clicked: what is carried out minutes later is not what was meant.
        Verdict::Refused(_) if not_queued && context.kind == OperationKind::Power => {
            answer::refused_for_good(request, outcome)
        }
        verdict => verdict,
    };
    match verdict {
        Verdict::Refused(no) if action == PowerAction::Restart && no.class == RefusalClass::Permanent => {
            Ok(done(pending(&no.reason).note(REFUSAL, no.reason)))
        }
        verdict => Err(verdict),
    }
}

/// Where a switch stands.
fn stands(context: &StepContext<'_>, action: PowerAction, machine: Machine) -> Findings {
    let shown = machine.power == Fact::Known(action.goal());
    let findings = match machine.power {
        _ if shown => reached(),
        _ if context.step == SHUTDOWN && facts::was_accepted(context) => in_grace(context),
        Fact::Known(_) if action == PowerAction::Shutdown && facts::was_accepted(context) => {
            pending("the guest has not shut down yet")
        }
        Fact::Known(_) => missing(),
        Fact::Absent | Fact::Unknown => in_between(context, action, &machine),
    };
    facts::showing(context, findings.note(SHOWN, shown), machine)
}

/// A guest that was asked to shut down. When its time is over this step has done what it could: the next cuts the power.
fn in_grace(context: &StepContext<'_>) -> Findings {
    let asked = context.acted_at.unwrap_or(context.now);
    let spent = context.now.since(asked);
    match GRACE.checked_sub(spent).filter(|left| !left.is_zero()) {
        Some(left) => Findings::of(Standing::Pending {
            hint: "the guest is shutting down".to_owned(),
            after: Some(left.min(WATCHED)),
        }),
        None => reached(),
    }
}

/// A machine that neither runs nor is off.
fn in_between(context: &StepContext<'_>, action: PowerAction, machine: &Machine) -> Findings {
    let state = machine.raw.get("state").and_then(serde_json::Value::as_str);
    match state {
        _ if machine.busy => pending("Katapult is at work on the machine"),
        // Nothing that a deletion would have to wait for.
        Some("allocated" | "failed" | "orphaned") if ends(context) => reached(),
        Some("allocated") => missing(),
        Some("failed") if action.goal() == Power::On => missing(),
        _ => pending("Katapult does not say whether the machine runs"),
    }
}

/// The task of a reset.
fn restarted(request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    Ok(done(match task(request, outcome)? {
        Progress::Done => reached(),
        Progress::Failed => broken("Katapult's task to reset the machine failed"),
        Progress::Working => pending("Katapult is at work on it"),
    }))
}

/// How far a task is.
pub enum Progress {
    /// It is over.
    Done,
    /// It ended badly.
    Failed,
    /// It is not over, or does not say.
    Working,
}

/// Reads a task. One that is not known any more ended long ago.
pub fn task(request: &Request, outcome: &Outcome) -> Result<Progress, Verdict> {
    if answer::says(outcome, 404, "task_not_found") {
        return Ok(Progress::Done);
    }
    let Task { id, status } = answer::data::<OneTask>(request, outcome)?.task;
    answer::is_about(request, "task", "id", &id)?;
    Ok(match status.as_deref() {
        Some("completed") => Progress::Done,
        Some("failed") => Progress::Failed,
        _ => Progress::Working,
    })
}
