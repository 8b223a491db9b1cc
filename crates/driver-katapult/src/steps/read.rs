//! `identify` and `read`: one look at the machine.

use domain::Fact;
use domain::http::{Outcome, Request};
use domain::machine::Identity;
use domain::record::{OperationInput, OperationKind};
use driver::{Answered, Findings, Prepared, StepContext, Verdict};

use super::watch::{self, Watched};
use crate::answer;
use crate::facts::{self, done, foreign, reached};
use crate::machine::{Look, Sight, look};
use crate::requests;

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    if let Some(watched) = Watched::of(context) {
        return Ok(Prepared::Send(watched.first()));
    }
    let machine = facts::required_target(context)?;
    Ok(Prepared::Send(requests::read_machine(&machine)))
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match (request.name.as_str(), Watched::of(context)) {
        (_, Some(watched)) => watch::interpret(context, &watched, request, outcome),
        ("read_machine", None) => match look(request, outcome)? {
            Look::Here(sight) => seen(context, *sight),
            Look::Trashed if ends(context) => Ok(done(reached())),
            Look::Gone if ends(context) => Ok(done(absent())),
            Look::Trashed => Err(answer::gone(super::TRASHED)),
            Look::Gone => Err(answer::gone(super::GONE)),
        },
        (_, None) => Err(foreign(context, request)),
    }
}

/// Whether the operation ends the machine: that it is not there is then no fault, and proven by the steps that follow.
pub fn ends(context: &StepContext<'_>) -> bool {
    matches!(
        context.kind,
        OperationKind::Terminate | OperationKind::RemoveStray
    )
}

/// Reached, with the machine not there.
pub fn absent() -> Findings {
    let mut findings = reached();
    findings.machine = Fact::Absent;
    findings
}

fn seen(context: &StepContext<'_>, sight: Sight) -> Result<Verdict, Verdict> {
    let identity = sight.machine.identity.clone();
    if let OperationInput::Resource { identity: meant } = context.input {
        same(meant, &identity)?;
    }
    let managed = sight
        .vm
        .organization
        .as_ref()
        .and_then(|organization| organization.managed);
    let mut findings = facts::showing(context, reached(), sight.machine);
    if context.kind == OperationKind::Adopt {
        match managed {
            Some(true) => findings.link = Some(identity),
            // What lies in the operator's own organization runs the operator's business and is no client's.
            Some(false) => {
                return Err(Verdict::Refused(Answered::permanent(format!(
                    "Machine {} lies in the operator's own organization and is no client's",
                    identity.id
                ))));
            }
            None => {
                return Err(Verdict::Unknown(format!(
                    "Katapult does not say whose machine {} is",
                    identity.id
                )));
            }
        }
    }
    Ok(done(findings))
}

/// Whether a machine is the one that was meant. An id is never used again, so only its organization can differ.
fn same(meant: &Identity, seen: &Identity) -> Result<(), Verdict> {
    if meant.owner.is_empty() || meant.owner == seen.owner {
        return Ok(());
    }
    Err(Verdict::Refused(Answered::permanent(format!(
        "Machine {} is not the one that was meant: it lies in organization {}, not in {}",
        seen.id, seen.owner, meant.owner
    ))))
}
