//! The look of `machine` after a lost answer, or a build that Katapult does not know any more.
//!
//! First the organization's machines are listed by the annotation of service and life; each is read, and what bears it
//! is ours for certain. Whether annotations reach machines at all is known of a platform or not
//! ([`domain::record::PlatformProfile::markers_reach_machines`]). Where it is not, whatever bears the hostname and was
//! made since is reported as a candidate, for the engine to decide.

use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::machine::Machine;
use domain::record::Notes;
use driver::{Findings, Standing, StepContext, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer;
use crate::facts::{self, ATTEMPT, SERVICE, Want, attempt_in, done, foreign, missing, note};
use crate::machine::{self, Look, Sight};
use crate::requests;
use crate::wire::{MachinePage, VirtualMachine};

/// How far Katapult's clock may be from ours.
const SKEW: Duration = Duration::from_mins(5);

/// A search under way.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Scan {
    /// Whether machines are looked for that merely resemble what was built.
    alike: bool,
    /// Machines that are to be read.
    todo: Vec<String>,
    /// Attempt and id of machines that bear our marker.
    marked: Vec<(u32, String)>,
    /// Machines that resemble it.
    found: Vec<Machine>,
}

/// The first request of a search.
pub fn first(want: &Want) -> Request {
    requests::list_machines(&want.organization, Some((SERVICE, &want.service)), 1)
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let Some(want) = Want::noted(context.notes) else {
        return Ok(done(missing()));
    };
    match request.name.as_str() {
        "list_machines" => listed(context, &want, request, outcome),
        "read_candidate" => judged(context, &want, request, outcome),
        _ => Err(foreign(context, request)),
    }
}

/// One page of a list; the first page begins a new search.
fn listed(
    context: &StepContext<'_>,
    want: &Want,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let filtered = requests::list_machines(&want.organization, Some((SERVICE, &want.service)), 1);
    let alike = request.query.len() < filtered.query.len();
    let page: MachinePage = answer::data(request, outcome)?;
    let next = page.pagination.next(request, page.virtual_machines.len())?;
    let is_first = page.pagination.current_page == 1;
    let mut scan = if is_first {
        Scan {
            alike,
            ..Scan::default()
        }
    } else {
        facts::read(context.notes, "scan").unwrap_or_default()
    };
    let free = |vm: &&VirtualMachine| !context.known.linked.contains(&vm.id);
    let fits = |vm: &&VirtualMachine| !alike || resembles(context, want, vm);
    let rows = page.virtual_machines.iter().filter(free).filter(fits);
    scan.todo.extend(rows.map(|vm| vm.id.clone()));
    match next {
        Some(number) => {
            let annotation = (!alike).then_some((SERVICE, want.service.as_str()));
            let next = requests::list_machines(&want.organization, annotation, number);
            Ok(Verdict::Next(next, note("scan", json!(scan))))
        }
        None => Ok(go_on(context, want, scan)),
    }
}

/// Reads the next machine, or concludes.
fn go_on(context: &StepContext<'_>, want: &Want, scan: Scan) -> Verdict {
    if let Some(next) = scan.todo.first() {
        let next = requests::read_candidate(next);
        return Verdict::Next(next, note("scan", json!(scan)));
    }
    if scan.alike {
        return candidates(scan.found);
    }
    if let Some((_, newest)) = scan.marked.iter().max() {
        // It was read already, and what was read is not kept: it is read again, to be linked by what it shows.
        return Verdict::Next(requests::read_machine(newest), Notes::new());
    }
    if context.profile.markers_reach_machines {
        return candidates(Vec::new());
    }
    let next = requests::list_machines(&want.organization, None, 1);
    Verdict::Next(next, note("scan", json!(scan)))
}

fn judged(
    context: &StepContext<'_>,
    want: &Want,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let mut scan: Scan = facts::read(context.notes, "scan").unwrap_or_default();
    let seen = machine::look(request, outcome)?;
    if !scan.todo.is_empty() {
        scan.todo.remove(0);
    }
    if let Look::Here(sight) = seen
        && sight.organization() == Some(want.organization.as_str())
    {
        match (marked(want, &sight), scan.alike) {
            (Some(attempt), false) => scan.marked.push((attempt, sight.vm.id.clone())),
            (_, true) if is_unmarked(&sight) && resembles(context, want, &sight.vm) => {
                scan.found.push(Machine {
                    raw: Value::Null,
                    ..sight.machine
                });
            }
            _ => {}
        }
    }
    Ok(go_on(context, want, scan))
}

/// The attempt of this service and life that made a machine, by its annotations; 0 where only the service is named.
pub fn marked(want: &Want, sight: &Sight) -> Option<u32> {
    if sight.annotation(SERVICE) != Some(want.service.as_str()) {
        return None;
    }
    let attempt = sight.annotation(ATTEMPT);
    Some(
        attempt
            .and_then(|marker| attempt_in(&want.service, marker))
            .unwrap_or(0),
    )
}

fn is_unmarked(sight: &Sight) -> bool {
    sight.annotation(SERVICE).is_none() && sight.annotation(ATTEMPT).is_none()
}

/// Whether a machine bears the name that was asked for and was made while a build of ours was under way. What is not told
/// does not speak against it.
fn resembles(context: &StepContext<'_>, want: &Want, vm: &VirtualMachine) -> bool {
    let named = match (&want.hostname, &vm.hostname) {
        (Some(wanted), Some(shown)) => wanted.eq_ignore_ascii_case(shown),
        _ => true,
    };
    let in_time = vm.created_at.is_none_or(|created| {
        let created = domain::Moment::from_seconds(created);
        created >= want.since - SKEW && created <= context.now + SKEW
    });
    named && in_time
}

fn candidates(found: Vec<Machine>) -> Verdict {
    done(
        Findings::of(Standing::Candidates(found))
            .note("scan", Value::Null)
            .note("listing", Value::Null),
    )
}
