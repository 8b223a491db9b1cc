//! `policies`: before a machine is deleted its backup policies are, those of its disks included, since they would go on
//! keeping, and costing, what nobody has any more.

use domain::http::{Outcome, Request};
use domain::record::Notes;
use driver::{Answered, Phase, Prepared, StepContext, Verdict};
use serde_json::{Value, json};

use super::read::{absent, ends};
use crate::answer;
use crate::facts::{self, accepted, done, foreign, known, missing, note, pending, reached};
use crate::machine::{Look, look};
use crate::requests;
use crate::wire::PolicyPage;

/// The note of what is to be deleted.
const DOOMED: &str = "doomed";
/// The note of what was deleted and is not told yet.
const DELETED: &str = "deleted";

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let Some(machine) = facts::target(context).transpose()? else {
        return Ok(known(absent()));
    };
    Ok(match (context.phase, noted(context, DOOMED).first()) {
        (Phase::Look, _) => Prepared::Send(requests::list_policies(&machine, 1)),
        (Phase::Act, Some(policy)) => Prepared::Send(requests::delete_policy(policy)),
        // The last look found none, and nothing was done since.
        (Phase::Act, None) => known(told(context)),
    })
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "list_policies" => listed(context, request, outcome),
        // One answer that knows no machine is not believed: what it may have would be kept and paid for.
        "read_machine" => match look(request, outcome)? {
            Look::Here(_) => Ok(done(pending(
                "Katapult shows the machine; listing its backup policies",
            ))),
            Look::Gone | Look::Trashed => Ok(done(told(context))),
        },
        "delete_policy" => deleted(context, request, outcome),
        _ => Err(foreign(context, request)),
    }
}

fn noted(context: &StepContext<'_>, key: &str) -> Vec<String> {
    facts::read(context.notes, key).unwrap_or_default()
}

fn listed(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    if answer::says(outcome, 404, answer::NO_MACHINE) && ends(context) {
        let machine = facts::required_target(context).map_err(Verdict::Refused)?;
        return Ok(Verdict::Next(requests::read_machine(&machine), Notes::new()));
    }
    if answer::says(outcome, 406, answer::IN_TRASH) && ends(context) {
        return Ok(done(told(context)));
    }
    let page: PolicyPage = answer::data(request, outcome)?;
    let next = page.pagination.next(request, page.disk_backup_policies.len())?;
    let mut doomed = if page.pagination.current_page == 1 {
        Vec::new()
    } else {
        noted(context, DOOMED)
    };
    doomed.extend(page.disk_backup_policies.into_iter().map(|policy| policy.id));
    Ok(match next {
        Some(number) => {
            let machine = facts::required_target(context).map_err(Verdict::Refused)?;
            Verdict::Next(
                requests::list_policies(&machine, number),
                note(DOOMED, json!(doomed)),
            )
        }
        None if doomed.is_empty() => done(told(context)),
        None => done(missing().note(DOOMED, json!(doomed))),
    })
}

/// None is left; what was deleted is told.
fn told(context: &StepContext<'_>) -> driver::Findings {
    let mut findings = reached().note(DOOMED, Value::Null).note(DELETED, Value::Null);
    let deleted = noted(context, DELETED);
    findings.remarks = deleted
        .iter()
        .map(|policy| format!("Deleted disk backup policy {policy}"))
        .collect();
    findings
}

/// One is deleted, or was gone before: on to the next.
fn deleted(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    let was_gone = answer::says(outcome, 404, "disk_backup_policy_not_found")
        || answer::says(outcome, 406, answer::IN_TRASH);
    if !was_gone {
        answer::success(request, outcome)?;
    }
    let policy = requests::asked(request, "disk_backup_policy", "id").unwrap_or_default();
    let mut doomed = noted(context, DOOMED);
    doomed.retain(|one| one != policy);
    let mut deleted = noted(context, DELETED);
    if !was_gone && !deleted.iter().any(|one| one == policy) {
        deleted.push(policy.to_owned());
    }
    let mut notes = note(DOOMED, json!(doomed));
    notes.extend(note(DELETED, json!(deleted)));
    if let Some(next) = doomed.first() {
        return Ok(Verdict::Next(requests::delete_policy(next), notes));
    }
    let mut findings = accepted(context, "reading the backup policies back");
    findings.notes.extend(notes);
    Ok(done(findings))
}
