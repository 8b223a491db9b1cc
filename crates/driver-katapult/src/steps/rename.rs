//! `rename`: the name that people see. The hostname, by which the machine is found, is another thing and stays.

use domain::http::{Outcome, Request};
use domain::record::OperationInput;
use driver::{Answered, Phase, Prepared, StepContext, Verdict};

use crate::answer;
use crate::facts::{self, accepted, done, foreign, missing, reached};
use crate::machine::{Look, look};
use crate::requests;

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let machine = facts::required_target(context)?;
    Ok(Prepared::Send(match context.phase {
        Phase::Look => requests::read_machine(&machine),
        Phase::Act => requests::rename_machine(&machine, wanted(context)?),
    }))
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_machine" => match look(request, outcome)? {
            Look::Here(sight) => {
                let is_it = sight.machine.name == wanted(context).map_err(Verdict::Refused)?;
                let findings = if is_it { reached() } else { missing() };
                Ok(done(findings.with_machine(sight.machine)))
            }
            Look::Trashed => Err(answer::gone(super::TRASHED)),
            Look::Gone => Err(answer::gone(super::GONE)),
        },
        "rename_machine" => {
            answer::success(request, outcome)?;
            Ok(done(accepted(context, "Katapult took the name; reading it back")))
        }
        _ => Err(foreign(context, request)),
    }
}

fn wanted<'a>(context: &StepContext<'a>) -> Result<&'a str, Answered> {
    match context.input {
        OperationInput::Rename { name } => Ok(name.as_str()),
        _ => Err(Answered::permanent("No name was given")),
    }
}
