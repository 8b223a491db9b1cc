//! `restore`: a machine that was deleted while its service was suspended lies in the trash for two days and is fetched
//! back from there.

use domain::http::{Outcome, Request};
use driver::{Answered, Phase, Prepared, StepContext, Verdict};

use crate::answer;
use crate::facts::{self, accepted, done, foreign, missing, pending, reached};
use crate::machine::{Look, look};
use crate::requests;

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let machine = facts::required_target(context)?;
    Ok(Prepared::Send(match context.phase {
        Phase::Look => requests::read_machine(&machine),
        Phase::Act => requests::restore_machine(&machine),
    }))
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_machine" => match look(request, outcome)? {
            Look::Here(sight) => Ok(done(reached().with_machine(sight.machine))),
            Look::Trashed => Ok(done(missing())),
            Look::Gone => Err(answer::gone(super::GONE)),
        },
        "restore_machine" if answer::says(outcome, 404, answer::NOT_IN_TRASH) => Ok(done(pending(
            "it does not lie in the trash any more; reading it back",
        ))),
        "restore_machine" => {
            answer::success(request, outcome)?;
            let mut findings = accepted(context, "reading the machine back from the trash");
            findings.remarks =
                vec!["the machine had been deleted on Katapult and was fetched back".to_owned()];
            Ok(done(findings))
        }
        _ => Err(foreign(context, request)),
    }
}
