//! `suspend` and `unsuspend`: the panel's own flag. Whether the machine runs is a step of its own.

use domain::Fact;
use domain::http::{Outcome, Request};
use driver::facts::foreign;
use driver::{Answered, Phase, Prepared, StepContext, Verdict};

use crate::answer;
use crate::facts::{self, accepted, done, missing, reached};
use crate::machine::present;
use crate::requests;

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    Ok(Prepared::Send(match (context.phase, suspends(context)) {
        (Phase::Look, _) => requests::read_server_live(server),
        (Phase::Act, true) => requests::suspend_server(server),
        (Phase::Act, false) => requests::unsuspend_server(server),
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
            let findings = match sight.machine.suspended {
                Fact::Known(suspended) if suspended == suspends(context) => reached(),
                Fact::Known(_) => missing(),
                Fact::Absent | Fact::Unknown => {
                    return Err(Verdict::Unknown(format!(
                        "The panel does not say whether server {} is suspended",
                        sight.server.id
                    )));
                }
            };
            Ok(done(findings.with_machine(sight.machine)))
        }
        "suspend_server" | "unsuspend_server" => {
            answer::success(request, outcome)?;
            Ok(done(accepted(context, "the panel took it; reading it back")))
        }
        _ => Err(foreign(context, request)),
    }
}

fn suspends(context: &StepContext<'_>) -> bool {
    context.step == "suspend"
}
