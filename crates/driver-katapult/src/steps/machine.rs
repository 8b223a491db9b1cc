//! `machine`: one call makes and builds a machine, and its answer names a build, which names the machine later.
//!
//! The step is done when the machine is linked. That the build is under way is a milestone on the way there: the platform
//! has taken the order. A build whose answer was lost is searched for by [`search`].
//!
//! A build may fail when its machine is linked already. When a person has it ordered anew, the new build's machine takes
//! the link over, and the failed one is given up like that of any other attempt.

use domain::http::{Outcome, Request};
use domain::machine::MachineStatus;
use domain::record::{Milestone, Notes};
use driver::{Answered, Findings, Phase, Prepared, StepContext, Verdict};
use serde_json::{Map, Value, json};

use super::{name, search, watch};
use crate::answer;
use crate::doubt;
use crate::facts::{
    self, ATTEMPT, SERVICE, Want, accepted, broken, done, foreign, known, missing, note, ordered, pending,
    reached,
};
use crate::machine::{self, Look, Sight};
use crate::order::Wish;
use crate::requests;
use crate::wire::{Build, OneBuild};

/// The note of the attempt whose machine is linked.
const LINKED: &str = "linked";

/// Words that a person sees while a build is under way.
pub const QUEUED: &str = "The VM build is queued with Katapult";
/// Words that a person sees while a machine is being built.
pub const BUILDING: &str = "The VM build is still in progress";
/// Words that a person sees when a build has ended badly.
pub const FAILED: &str = "The VM build has failed";

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    match context.phase {
        Phase::Act => {
            let mut want = Want::noted(context.notes).ok_or_else(|| {
                Answered::permanent("It was not noted what the build asks for, so none is sent")
            })?;
            if orders_anew(context) > 0 {
                // The failed machine has the name, also when it lies in the trash.
                want.hostname = name::wished(context, name::turn(context) + orders_anew(context))?;
            }
            body(context, want).map(|body| Prepared::Send(requests::build_machine(body)))
        }
        Phase::Look => Ok(look(context)),
    }
}

fn look(context: &StepContext<'_>) -> Prepared {
    if let Some(link) = context.link.filter(|_| !is_replaced(context)) {
        if has_failed(context) {
            return known(missing());
        }
        return Prepared::Send(requests::read_machine(&link.identity.id));
    }
    match (Want::noted(context.notes), facts::present_build(context)) {
        // Without it nothing was sent.
        (None, _) => known(missing()),
        (Some(_), _) if context.acted_at.is_none() => known(missing()),
        (Some(_), Some(build)) => Prepared::Send(requests::read_build(&build)),
        (Some(want), None) => Prepared::Send(search::first(&want)),
    }
}

/// How many orders were sent, or are about to be, after that whose machine is linked.
fn orders_anew(context: &StepContext<'_>) -> u32 {
    let linked: Option<u32> = facts::read(context.notes, LINKED);
    linked.map_or(0, |attempt| context.marker.attempt.saturating_sub(attempt))
}

/// Whether an order was sent after that whose machine is linked.
fn is_replaced(context: &StepContext<'_>) -> bool {
    context.acted_at.is_some() && orders_anew(context) > 0
}

/// Whether the build failed that made the linked machine.
fn has_failed(context: &StepContext<'_>) -> bool {
    let failed: Option<String> = facts::read(context.notes, "failed");
    failed.is_some() && failed == facts::read(context.notes, "build")
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "build_machine" => taken(context, request, outcome),
        "read_build" => under_way(context, request, outcome),
        "read_machine" => made(context, request, outcome),
        "list_machines" | "read_candidate" => search::interpret(context, request, outcome),
        "read_organization" | "read_package" | "read_data_center" | "read_template" => {
            Ok(doubt::judged(context, outcome))
        }
        _ => Err(foreign(context, request)),
    }
}

/// The body of a build.
fn body(context: &StepContext<'_>, want: Want) -> Result<Value, Answered> {
    let wish = Wish::of(ordered(context)?)?;
    let mut body = Map::new();
    body.insert("organization".to_owned(), json!({ "id": want.organization }));
    body.insert("data_center".to_owned(), json!({ "permalink": wish.data_center }));
    body.insert("package".to_owned(), json!({ "permalink": wish.package }));
    body.insert("disk_template".to_owned(), json!({ "permalink": wish.template }));
    if let Some(size) = wish.disk {
        body.insert(
            "disks".to_owned(),
            json!([{ "size_in_gb": size, "system": true }]),
        );
    }
    if let Some(hostname) = want.hostname {
        body.insert("hostname".to_owned(), json!(hostname));
    }
    let annotations = json!([
        { "key": SERVICE, "value": want.service },
        { "key": ATTEMPT, "value": context.marker.to_string() },
    ]);
    body.insert("annotations".to_owned(), annotations);
    Ok(Value::Object(body))
}

/// The answer to a build's order: the id is worth keeping, everything else is read back.
fn taken(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    if is_name_taken(outcome) && is_nobody_of_ours(context) {
        return under_another_name(context, request, outcome);
    }
    if let Some(reading) = doubt::follow(context, request, outcome) {
        return Ok(reading);
    }
    let answered: OneBuild = answer::data(request, outcome)?;
    let hostname = answered.hostname.clone();
    let build = one(request, answered)?;
    if facts::builds(context.notes)
        .iter()
        .any(|(of, id)| *of != context.marker.attempt && *id == build.id)
    {
        return Err(Verdict::Unknown(format!(
            "Katapult answered an order with build {}, which an earlier one was answered with",
            build.id
        )));
    }
    let attempt = context.marker.attempt.to_string();
    let builds = facts::with_entry(context, "builds", &attempt, build.id.as_str());
    let mut findings = accepted(context, QUEUED).note("builds", builds);
    findings.remarks = vec![format!("Started VM build: {}", build.id)];
    // A name that the platform chose is what a search would look for.
    if let Some(mut want) = Want::noted(context.notes).filter(|want| want.hostname.is_none()) {
        want.hostname = hostname.filter(|name| !name.is_empty());
        findings = findings.note("want", want.to_note());
    }
    Ok(done(findings))
}

/// Whether the order is refused because of its hostname: a machine in the trash, or of a build that failed, has it.
fn is_name_taken(outcome: &Outcome) -> bool {
    answer::refused_with(outcome).is_some_and(|(status, problem)| {
        status == 422
            && problem.code == "validation_error"
            && problem.more().iter().any(|text| {
                let text = text.to_ascii_lowercase();
                text.contains("hostname") && text.contains("taken")
            })
    })
}

/// Whether no machine of an earlier attempt can have the hostname without being known: the answer to each of them named
/// its build. Where one was lost, its machine has come late, and is found by the next look.
fn is_nobody_of_ours(context: &StepContext<'_>) -> bool {
    let known = facts::builds(context.notes);
    (1..context.marker.attempt).all(|attempt| known.iter().any(|(of, _)| *of == attempt))
}

/// The same order once more. It was refused before anything was made, so it is still the same attempt.
fn under_another_name(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let turn = name::turn(context).saturating_add(1);
    let another = name::wished(context, turn + orders_anew(context)).map_err(Verdict::Refused)?;
    let (Some(mut want), Some(hostname)) = (Want::noted(context.notes), another) else {
        return Err(answer::refused_for_good(request, outcome));
    };
    want.hostname = Some(hostname);
    let mut notes = note("want", want.to_note());
    notes.extend(note("name_turn", turn));
    let body = body(context, want).map_err(Verdict::Refused)?;
    Ok(Verdict::Next(requests::build_machine(body), notes))
}

/// The one build of an answer. Two names for it that differ are no answer.
pub fn one(request: &Request, answered: OneBuild) -> Result<Build, Verdict> {
    match (answered.virtual_machine_build, answered.build) {
        (Some(one), Some(other)) if one.id != other.id => Err(Verdict::Unknown(format!(
            "The answer to {} names two builds, {} and {}",
            request.name, one.id, other.id
        ))),
        (Some(build), _) | (None, Some(build)) if build.id.starts_with("vmbuild_") => Ok(build),
        _ => Err(Verdict::Unknown(format!(
            "The answer to {} names no build",
            request.name
        ))),
    }
}

/// The build that was asked for; `None` when Katapult does not know it any more.
pub fn build(request: &Request, outcome: &Outcome) -> Result<Option<Build>, Verdict> {
    if answer::says(outcome, 404, "build_not_found") {
        return Ok(None);
    }
    let build = one(request, answer::data(request, outcome)?)?;
    answer::is_about(request, "virtual_machine_build", "id", &build.id)?;
    Ok(Some(build))
}

/// How far the build of the present attempt is.
fn under_way(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    let Some(build) = build(request, outcome)? else {
        // What it made may be there all the same.
        return match Want::noted(context.notes) {
            Some(want) => Ok(Verdict::Next(search::first(&want), Notes::new())),
            None => Ok(done(missing())),
        };
    };
    let state = build.state.as_deref();
    if state == Some("failed") {
        // What it has made so far is not delivered: it is found by the build's name when the create ends.
        return Ok(done(broken(FAILED)));
    }
    Ok(match build.virtual_machine {
        Some(made) => Verdict::Next(requests::read_machine(&made.id), note("build", build.id)),
        None => done(on_its_way(state)),
    })
}

/// A build without a machine. A state that is not known says nothing about the order.
fn on_its_way(state: Option<&str>) -> Findings {
    let taken = matches!(state, Some("pending" | "building" | "complete"));
    let mut findings = pending(QUEUED);
    findings.milestone = taken.then_some(Milestone::Accepted);
    findings
}

/// The machine that the build named.
fn made(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    let is_linked = context.link.is_some() && !is_replaced(context);
    match machine::look(request, outcome)? {
        Look::Here(sight) if is_linked => Ok(done(reached().with_machine(sight.machine))),
        Look::Here(sight) => {
            let build: Option<String> = facts::read(context.notes, "build");
            Ok(linking(context, *sight)?).map(|findings| match build {
                Some(build) => done(findings.note("build", build)),
                None => done(findings),
            })
        }
        Look::Gone | Look::Trashed if is_linked => Err(answer::gone(super::GONE)),
        Look::Trashed => Ok(done(broken(super::TRASHED))),
        Look::Gone => Ok(done(pending("Katapult does not show the new machine yet"))),
    }
}

/// The machine is certain: it is linked, and what the other attempts make yet is not wanted.
pub fn linking(context: &StepContext<'_>, sight: Sight) -> Result<Findings, Verdict> {
    let want = Want::noted(context.notes)
        .ok_or_else(|| Verdict::Unknown("It is not noted what was built".to_owned()))?;
    if sight.organization() != Some(want.organization.as_str()) {
        return Err(Verdict::Unknown(format!(
            "Machine {} lies in organization {}, and was built in {}",
            sight.vm.id,
            sight.organization().unwrap_or("(not told)"),
            want.organization
        )));
    }
    if context.known.linked.contains(&sight.vm.id) {
        return Err(Verdict::Unknown(format!(
            "Machine {} is another service's, and Katapult says that it is what was built",
            sight.vm.id
        )));
    }
    let mut findings = reached()
        .note("machine", sight.vm.id.as_str())
        .note(LINKED, context.marker.attempt)
        .note("marked", search::marked(&want, &sight).is_some())
        .note("scan", Value::Null)
        .note("listing", Value::Null);
    findings.link = Some(sight.machine.identity.clone());
    findings.stray = watch::of_other_attempts(context);
    if context.link.is_some() {
        // The machine itself is left out: it is another than the linked one, until this replaces the link.
        return Ok(findings);
    }
    // Its state is that of a machine that was built long ago; its build knows better.
    let mut machine = sight.machine;
    machine.status = MachineStatus::Building;
    Ok(findings.with_machine(machine))
}
