//! `package`: another package. The goal is the package that the machine is shown with; its task only tells how far it is.

use domain::http::{Outcome, Request};
use domain::record::Notes;
use driver::{Answered, Phase, Prepared, StepContext, Verdict};

use super::power::{Progress, task};
use crate::answer;
use crate::facts::{self, accepted, broken, done, foreign, missing, ordered, pending, reached};
use crate::machine::{Look, Sight, look};
use crate::order;
use crate::requests;
use crate::wire::OneTask;

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let machine = facts::required_target(context)?;
    Ok(Prepared::Send(match context.phase {
        Phase::Look => requests::read_machine(&machine),
        Phase::Act => requests::change_package(&machine, &wanted(context)?),
    }))
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_machine" => match look(request, outcome)? {
            Look::Here(sight) => stands(context, *sight),
            Look::Trashed => Err(answer::gone(super::TRASHED)),
            Look::Gone => Err(answer::gone(super::GONE)),
        },
        "change_package" => taken(context, request, outcome),
        "read_task" => progress(request, outcome, "change the package"),
        _ => Err(foreign(context, request)),
    }
}

fn wanted(context: &StepContext<'_>) -> Result<String, Answered> {
    order::package(ordered(context)?)
        .ok_or_else(|| Answered::permanent("The order names no Katapult package"))
}

fn stands(context: &StepContext<'_>, sight: Sight) -> Result<Verdict, Verdict> {
    let wanted = wanted(context).map_err(Verdict::Refused)?;
    let Some(shown) = sight.machine.package.clone() else {
        return Err(Verdict::Unknown(format!(
            "Katapult does not say which package machine {} has",
            sight.vm.id
        )));
    };
    if shown != wanted {
        return Ok(match facts::task(context) {
            Some(task) => Verdict::Next(requests::read_task(&task), Notes::new()),
            None => done(missing().with_machine(sight.machine)),
        });
    }
    let mut findings = reached();
    findings.remarks = unchanged(context, &sight).into_iter().collect();
    Ok(done(findings.with_machine(sight.machine)))
}

/// What was ordered and cannot be changed.
fn unchanged(context: &StepContext<'_>, sight: &Sight) -> Option<String> {
    let ordered = order::data_center(ordered(context).ok()?)?;
    let stands = sight.machine.location.as_deref()?;
    (stands != ordered).then(|| {
        format!("the data center cannot be changed: the machine stays in {stands}, and {ordered} was ordered")
    })
}

/// A change that takes time was queued.
pub fn taken(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    let answered: OneTask = answer::data(request, outcome)?;
    let tasks = facts::with_entry(context, "task", context.step, answered.task.id);
    Ok(done(
        accepted(context, "Katapult took it; reading it back").note("task", tasks),
    ))
}

/// How far the task of a change is whose goal is not shown yet.
pub fn progress(request: &Request, outcome: &Outcome, what: &str) -> Result<Verdict, Verdict> {
    Ok(done(match task(request, outcome)? {
        Progress::Done => missing(),
        Progress::Failed => broken(format!("Katapult's task to {what} failed")),
        Progress::Working => pending("Katapult is at work on it"),
    }))
}
