//! `delete`: the server is deleted until it is gone.
//!
//! Absent needs two observations that do not depend on each other: by id, and in a complete list. Each look makes both,
//! so that neither a success code nor one false 404 ends the deleting.

use domain::Fact;
use domain::http::{Outcome, Request};
use domain::record::Notes;
use driver::facts::foreign;
use driver::{Answered, Findings, Phase, Prepared, StepContext, Verdict};
use serde_json::Value;

use super::list_create::{Listed, listed};
use super::watch;
use crate::answer;
use crate::facts::{self, accepted, done, known, missing, pending, reached};
use crate::list;
use crate::machine::sight;
use crate::requests;

pub fn prepare_delete(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    // A service that never got a machine has none to delete.
    let Some(server) = facts::target(context) else {
        return Ok(known(absent()));
    };
    Ok(Prepared::Send(match context.phase {
        Phase::Look => requests::read_server(server?),
        Phase::Act => requests::delete_server(server?),
    }))
}

pub fn interpret_delete(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_server" => match sight(request, outcome)? {
            // As long as the server is shown, the engine waits and asks again.
            Some(sight) => {
                watch::may_delete(context, &sight)?;
                let mut findings = missing();
                findings.notes.extend(watch::emptying(&sight));
                Ok(done(facts::showing(context, findings, sight.machine)))
            }
            None => Ok(Verdict::Next(complete_list(context), Notes::new())),
        },
        "delete_server" if answer::names_missing_server(outcome) => {
            Ok(done(pending("the panel says that it is gone; reading it back")))
        }
        "delete_server" => {
            answer::success(request, outcome)?;
            Ok(done(accepted(
                context,
                "the panel took the deletion; reading it back",
            )))
        }
        // An owner who is gone too has no list; the whole panel's list is the second observation then.
        "list_user_servers" if answer::is_plain_404(outcome) => {
            Ok(Verdict::Next(requests::list_servers(1), Notes::new()))
        }
        "list_user_servers" => {
            let server = facts::required_target(context).map_err(Verdict::Refused)?;
            let owner = owner(context).unwrap_or_default();
            match listed(context, owner, request, outcome)? {
                Listed::More(next, notes) => Ok(Verdict::Next(next, notes)),
                Listed::All(servers) => {
                    let is_listed = servers.iter().any(|one| one.id == server);
                    Ok(done(concluded(context, is_listed)))
                }
            }
        }
        "list_servers" => {
            let server = facts::required_target(context).map_err(Verdict::Refused)?;
            let page = list::ids(request, outcome)?;
            match page.next {
                _ if page.ids.contains(&server) => Ok(done(concluded(context, true))),
                Some(next) => Ok(Verdict::Next(next, Notes::new())),
                None => Ok(done(concluded(context, false))),
            }
        }
        _ => Err(foreign(context, request)),
    }
}

fn complete_list(context: &StepContext<'_>) -> Request {
    match owner(context) {
        Some(owner) => requests::list_user_servers(owner, None),
        None => requests::list_servers(1),
    }
}

/// Who held the machine when that was last certain.
fn owner(context: &StepContext<'_>) -> Option<u64> {
    facts::subject(context)?.owner.parse().ok()
}

fn concluded(context: &StepContext<'_>, is_listed: bool) -> Findings {
    let mut findings = if is_listed { missing() } else { absent() };
    if !is_listed {
        findings.stray = watch::rest(context);
    }
    findings.note("listing", Value::Null)
}

fn absent() -> Findings {
    let mut findings = reached();
    findings.machine = Fact::Absent;
    findings
}
