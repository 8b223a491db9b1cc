//! `rename`: the name that people see. The hostname inside the machine is another thing and stays.

use domain::http::{Outcome, Request};
use domain::record::OperationInput;
use driver::facts::foreign;
use driver::{Answered, Phase, Prepared, StepContext, Verdict};

use crate::answer;
use crate::facts::{self, accepted, done, missing, reached};
use crate::machine::present;
use crate::requests;

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    Ok(Prepared::Send(match context.phase {
        Phase::Look => requests::read_server(server),
        Phase::Act => requests::rename_server(server, wanted(context)?),
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
            let is_it = sight.machine.name == wanted(context).map_err(Verdict::Refused)?;
            let findings = if is_it { reached() } else { missing() };
            Ok(done(findings.with_machine(sight.machine)))
        }
        "rename_server" => {
            answer::success(request, outcome)?;
            Ok(done(accepted(
                context,
                "the panel took the name; reading it back",
            )))
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
