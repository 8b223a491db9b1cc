//! `delete`: the machine is put into the trash, where it lies for two days and from where it can be fetched back.
//!
//! The end needs two observations that do not depend on each other. A trashed machine is refused by its id and shown in
//! the trash; one that is gone for good is not known by its id and stands in no list of its organization.

use domain::Moment;
use domain::http::{Outcome, Request};
use domain::record::Notes;
use driver::{Answered, Findings, Phase, Prepared, RefusalClass, StepContext, Verdict};
use serde_json::Value;

use super::read::absent;
use super::watch;
use crate::answer;
use crate::facts::{self, accepted, done, foreign, known, missing, note, pending, reached};
use crate::machine::{Look, look};
use crate::requests;
use crate::wire::{MachinePage, OneTrashObject};

/// The note of whether the machine was not known by its id in this look.
const UNKNOWN_BY_ID: &str = "unknown_by_id";

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    // A service that never got a machine has none to delete.
    let Some(machine) = facts::target(context).transpose()? else {
        return Ok(known(absent()));
    };
    Ok(Prepared::Send(match context.phase {
        Phase::Look => requests::read_machine(&machine),
        Phase::Act => requests::delete_machine(&machine),
    }))
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let machine = facts::required_target(context).map_err(Verdict::Refused)?;
    match request.name.as_str() {
        "read_machine" => match look(request, outcome)? {
            Look::Here(sight) => {
                watch::may_delete(context, &sight)?;
                Ok(done(facts::showing(context, missing(), sight.machine)))
            }
            Look::Trashed => Ok(Verdict::Next(
                requests::read_trash(&machine),
                note(UNKNOWN_BY_ID, false),
            )),
            Look::Gone => Ok(match organization(context) {
                Some(organization) => {
                    Verdict::Next(requests::list_machines(&organization, None, 1), Notes::new())
                }
                None => Verdict::Next(requests::read_trash(&machine), note(UNKNOWN_BY_ID, true)),
            }),
        },
        "read_trash" => trashed(context, &machine, request, outcome),
        // An organization that is gone too has no list; the trash is the second observation then.
        "list_machines" if answer::says(outcome, 404, "organization_not_found") => Ok(Verdict::Next(
            requests::read_trash(&machine),
            note(UNKNOWN_BY_ID, true),
        )),
        "list_machines" => {
            let page: MachinePage = answer::data(request, outcome)?;
            let next = page.pagination.next(request, page.virtual_machines.len())?;
            let is_listed = page.virtual_machines.iter().any(|vm| vm.id == machine);
            Ok(match (is_listed, next, organization(context)) {
                (true, ..) => done(missing()),
                (false, Some(number), Some(organization)) => {
                    Verdict::Next(requests::list_machines(&organization, None, number), Notes::new())
                }
                (false, ..) => done(ended(context, absent())),
            })
        }
        "delete_machine" => {
            let is_over = answer::says(outcome, 404, answer::NO_MACHINE)
                || answer::says(outcome, 406, answer::IN_TRASH);
            if is_over {
                return Ok(done(pending("Katapult says that it is gone; reading it back")));
            }
            if answer::says(outcome, 403, "permission_denied") {
                return Err(denied(request, outcome));
            }
            answer::success(request, outcome)?;
            Ok(done(accepted(
                context,
                "Katapult took the deletion; reading it back",
            )))
        }
        _ => Err(foreign(context, request)),
    }
}

/// Katapult denies the deletion of a machine that it is at work on, or that runs, in the same words as that of one that
/// is not ours. The former passes; the latter is asked about when the operation's time is over.
fn denied(request: &Request, outcome: &Outcome) -> Verdict {
    match answer::refused_for_good(request, outcome) {
        Verdict::Refused(answered) => Verdict::Refused(Answered {
            class: RefusalClass::Busy,
            ..answered
        }),
        verdict => verdict,
    }
}

/// What the trash shows of a machine that is not shown any more.
fn trashed(
    context: &StepContext<'_>,
    machine: &str,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    if answer::says(outcome, 404, answer::NOT_IN_TRASH) {
        return Ok(match facts::read(context.notes, UNKNOWN_BY_ID) {
            Some(true) => done(ended(context, absent())),
            // Refused as trashed and not in the trash: on its way out of it.
            _ => done(pending("the machine is leaving the trash")),
        });
    }
    let object = answer::data::<OneTrashObject>(request, outcome)?.trash_object;
    let shown = object.object_id.as_deref().unwrap_or_default();
    answer::is_about(request, "trash_object", "object_id", shown)?;
    let mut findings = ended(context, reached());
    let until = object.keep_until.map(Moment::from_seconds);
    findings.remarks = vec![match until {
        Some(until) => {
            format!("machine {machine} lies in Katapult's trash until {until} and can be restored there")
        }
        None => format!("machine {machine} lies in Katapult's trash and can be restored there"),
    }];
    Ok(done(findings))
}

fn ended(context: &StepContext<'_>, mut findings: Findings) -> Findings {
    findings.stray = watch::rest(context);
    findings.note(UNKNOWN_BY_ID, Value::Null)
}

/// Where the machine lay when that was last certain.
fn organization(context: &StepContext<'_>) -> Option<String> {
    let owner = facts::subject(context).map(|identity| identity.owner.clone());
    owner
        .filter(|owner| !owner.is_empty())
        .or_else(|| facts::organization_in(context.notes))
}
