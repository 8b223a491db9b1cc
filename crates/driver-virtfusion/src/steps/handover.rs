//! `handover`: the staging protocol's server becomes the customer's, and the link gets the owner that it will keep.

use domain::http::{Outcome, Request};
use driver::facts::{broken, foreign};
use driver::{Answered, Phase, Prepared, StepContext, Verdict};

use crate::answer;
use crate::facts::{self, Want, accepted, done, missing, reached};
use crate::machine::{self, present};
use crate::requests;

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    Ok(Prepared::Send(match context.phase {
        Phase::Look => requests::read_server(server),
        Phase::Act => requests::change_owner(server, facts::owner(context)?),
    }))
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_server" => look(context, request, outcome),
        "change_owner" => {
            answer::success(request, outcome)?;
            Ok(done(accepted(context, "reading the new owner back")))
        }
        _ => Err(foreign(context, request)),
    }
}

fn look(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    let sight = present(request, outcome)?;
    let customer = Want::noted(context).map(|want| want.owner);
    let staged = facts::staging(context);
    match machine::owner(&sight.server) {
        Some(owner) if Some(owner) == customer => {
            // The machine itself is left out: it differs from the link by its owner, until this replaces the link.
            let mut findings = reached();
            findings.link = Some(sight.machine.identity);
            Ok(done(findings))
        }
        Some(owner) if staged.values().any(|user| user.as_u64() == Some(owner)) => {
            Ok(done(missing().with_machine(sight.machine)))
        }
        Some(owner) => Ok(done(broken(format!(
            "Server {} belongs to the panel's user {owner}, who is neither the client nor ours",
            sight.server.id
        )))),
        None => Err(Verdict::Unknown(format!(
            "The panel does not say to whom server {} belongs",
            sight.server.id
        ))),
    }
}
