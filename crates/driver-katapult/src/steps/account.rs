//! `account`: the client's own organization below the operator's, found by its sub-domain and made when there is none.
//!
//! The sub-domain is made from the client and unique upstream, so sending it twice cannot make two. Where it belongs to
//! somebody else, which is as good as impossible, the next one is tried.

use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::record::Notes;
use driver::{Answered, Phase, Prepared, StepContext, Verdict};
use serde_json::{Value, json};

use crate::answer;
use crate::doubt;
use crate::facts::{self, CLIENT, accepted, done, foreign, known, missing, note, ordered, pending, reached};
use crate::list;
use crate::naming::sub_domain;
use crate::requests;
use crate::wire::{OneOrganization, Organizations};

/// How long a name that is taken may not be shown before it counts as somebody else's.
const SHOWN_WITHIN: Duration = Duration::from_secs(45);

/// No operator meets so many strangers.
const MOST_TURNS: u32 = 9;

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    match context.phase {
        Phase::Look if facts::organization_in(context.notes).is_some() => Ok(known(reached())),
        Phase::Look => Ok(Prepared::Send(match parent(context) {
            Some(parent) => requests::read_organization(&name(context, &parent, turn(context))),
            None if context.account.is_empty() => requests::list_organizations(),
            None => requests::read_parent(context.account),
        })),
        Phase::Act => {
            let parent = parent(context).ok_or_else(|| no_parent("it has not been read"))?;
            let client = format!("{}:{}", context.marker.installation, context.client_id);
            Ok(Prepared::Send(requests::create_organization(
                &parent,
                &title(context)?,
                &name(context, &parent, turn(context)),
                &json!([{ "key": CLIENT, "value": client }]),
            )))
        }
    }
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "list_organizations" => {
            let seen: Organizations = answer::data(request, outcome)?;
            let parent = list::parent(&seen)
                .ok_or_else(|| Verdict::Refused(no_parent("the token sees no organization")))?;
            Ok(with_parent(context, &parent.id))
        }
        "read_parent" => {
            if answer::says(outcome, 404, "organization_not_found") {
                return doubt::once(context, "organization of the operator").map_or_else(
                    || {
                        let why = format!("Katapult does not know {}", context.account);
                        Err(Verdict::Refused(no_parent(&why)))
                    },
                    |findings| Ok(done(findings)),
                );
            }
            let read: OneOrganization = answer::data(request, outcome)?;
            is_the_one(request, &read)?;
            Ok(with_parent(context, &read.organization.id))
        }
        "read_organization" => found(context, request, outcome),
        "create_organization" => made(context, request, outcome),
        _ => Err(foreign(context, request)),
    }
}

/// The operator's organization by its id: as configured, or as it was read.
fn parent(context: &StepContext<'_>) -> Option<String> {
    let configured = context
        .account
        .starts_with("org_")
        .then(|| context.account.to_owned());
    configured.or_else(|| facts::read(context.notes, "parent"))
}

fn with_parent(context: &StepContext<'_>, parent: &str) -> Verdict {
    let next = requests::read_organization(&name(context, parent, turn(context)));
    Verdict::Next(next, note("parent", parent))
}

fn no_parent(why: &str) -> Answered {
    Answered::permanent(format!("No parent organization has been set: {why}"))
}

fn turn(context: &StepContext<'_>) -> u32 {
    facts::read(context.notes, "turn").unwrap_or_default()
}

fn name(context: &StepContext<'_>, parent: &str, turn: u32) -> String {
    sub_domain(parent, &context.marker.installation, context.client_id, turn)
}

fn title(context: &StepContext<'_>) -> Result<String, Answered> {
    let customer = &ordered(context)?.customer;
    let name = customer.name.trim();
    if name.is_empty() {
        return Err(Answered::permanent(format!(
            "Client {} has no name in the billing system, so no organization can be made on Katapult",
            customer.client_id
        )));
    }
    Ok(name.to_owned())
}

/// Whether an answer shows the organization that was asked for.
fn is_the_one(request: &Request, read: &OneOrganization) -> Result<(), Verdict> {
    if requests::asked(request, "organization", "id").is_some() {
        return answer::is_about(request, "organization", "id", &read.organization.id);
    }
    let shown = read.organization.sub_domain.as_deref().unwrap_or_default();
    answer::is_about(request, "organization", "sub_domain", shown)
}

/// The client's organization, where it is there.
fn found(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    if answer::says(outcome, 404, "organization_not_found") {
        return Ok(not_there(context));
    }
    if let Some((403, problem)) = answer::refused_with(outcome) {
        match problem.code.as_str() {
            "permission_denied" => return Ok(try_next(context)),
            "organization_suspended" | "organization_not_activated" => {
                return Err(answer::refused_for_good(request, outcome));
            }
            _ => {}
        }
    }
    let read: OneOrganization = answer::data(request, outcome)?;
    is_the_one(request, &read)?;
    let organization = read.organization;
    if organization.managed == Some(false) {
        return Ok(try_next(context));
    }
    let domain = organization
        .infrastructure_domain
        .map_or(Value::Null, Value::from);
    Ok(done(
        reached()
            .note("organization", organization.id)
            .note("domain", domain),
    ))
}

/// There is no organization of the name. One whose name was refused as taken a moment ago may be ours and not shown yet.
fn not_there(context: &StepContext<'_>) -> Verdict {
    if facts::read::<u32>(context.notes, "taken") != Some(turn(context)) {
        return done(missing());
    }
    let since = context
        .acted_at
        .map_or(Duration::MAX, |acted| context.now.since(acted));
    if since < SHOWN_WITHIN {
        return done(pending(
            "the organization's name is taken; looking whether it is ours",
        ));
    }
    try_next(context)
}

/// The name is somebody else's.
fn try_next(context: &StepContext<'_>) -> Verdict {
    let next = turn(context).saturating_add(1);
    let Some(parent) = parent(context).filter(|_| next <= MOST_TURNS) else {
        return Verdict::Refused(Answered::permanent(
            "Katapult refuses every name that was made for the client's organization",
        ));
    };
    let sent = context.acted_at.map_or(0, |_| context.marker.attempt);
    let mut notes = note("turn", next);
    notes.extend(note("turn_since", sent));
    Verdict::Next(requests::read_organization(&name(context, &parent, next)), notes)
}

/// Whether this act is the first that asks for its name. A later one is refused because an earlier one, whose answer was
/// lost or whose effect is not shown yet, has made it.
fn asks_first(context: &StepContext<'_>) -> bool {
    let sent: u32 = facts::read(context.notes, "turn_since").unwrap_or_default();
    context.marker.attempt == sent.saturating_add(1)
}

fn made(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    if is_taken(outcome) {
        let findings = accepted(
            context,
            "the organization's name is taken; looking whether it is ours",
        );
        return Ok(done(if asks_first(context) {
            findings.note("taken", turn(context))
        } else {
            findings
        }));
    }
    if answer::says(outcome, 404, "organization_not_found") {
        // It was read a moment ago: that it is gone has to be seen twice.
        let parent = parent(context).ok_or_else(|| Verdict::Refused(no_parent("it has not been read")))?;
        return Ok(Verdict::Next(requests::read_parent(&parent), Notes::new()));
    }
    let response = answer::success(request, outcome)?;
    let mut findings = accepted(context, "reading the new organization back");
    // Worth telling, and nothing else: whether it is there is read back.
    if let Ok(made) = answer::body::<OneOrganization>(request, response) {
        findings.remarks = vec![format!("Created managed organization: {}", made.organization.id)];
    }
    Ok(done(findings))
}

/// Whether the name is refused because there is an organization of it.
fn is_taken(outcome: &Outcome) -> bool {
    answer::refused_with(outcome).is_some_and(|(status, problem)| {
        status == 422
            && problem.code == "validation_error"
            && problem.more().iter().any(|text| {
                let text = text.to_ascii_lowercase();
                text.contains("domain") && text.contains("taken")
            })
    })
}
