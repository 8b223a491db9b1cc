//! `name`: the hostname, which must be free in the organization, the trash included; and with it what the build will ask
//! for is fixed, before one is sent.

use domain::http::{Outcome, Request};
use driver::{Answered, Prepared, StepContext, Verdict};

use crate::answer;
use crate::facts::{self, Want, done, foreign, known, note, ordered, reached, service_marker};
use crate::naming::hostname;
use crate::requests;
use crate::wire::OneMachine;

/// No client has so many machines of one name.
const MOST_TURNS: u32 = 50;

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    // What a build was sent with must never be replaced by what a later one would be sent with.
    if Want::noted(context.notes).is_some() {
        return Ok(known(reached()));
    }
    let name = wished(context, 1)?;
    Ok(match name.and_then(|name| fqdn(context, &name)) {
        Some(fqdn) => Prepared::Send(requests::read_named(&fqdn)),
        None => known(fixed(context, 1)?),
    })
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    if request.name != "read_named" {
        return Err(foreign(context, request));
    }
    let turn = turn_of(context, request);
    if answer::says(outcome, 404, answer::NO_MACHINE) {
        return fixed(context, turn).map(done).map_err(Verdict::Refused);
    }
    if !answer::says(outcome, 406, answer::IN_TRASH) {
        let read: OneMachine = answer::data(request, outcome)?;
        let shown = read.virtual_machine.fqdn.as_deref().unwrap_or_default();
        answer::is_about(request, "virtual_machine", "fqdn", &shown.to_ascii_lowercase())?;
    }
    let next = turn.saturating_add(1);
    let name = wished(context, next).map_err(Verdict::Refused)?;
    match name.and_then(|name| fqdn(context, &name)) {
        Some(fqdn) => Ok(Verdict::Next(
            requests::read_named(&fqdn),
            note("name_turn", next),
        )),
        None => Err(Verdict::Refused(Answered::permanent(
            "Every form of the hostname is taken in the client's organization",
        ))),
    }
}

/// The first request of a look begins anew, whatever an earlier look has noted.
fn turn_of(context: &StepContext<'_>, request: &Request) -> u32 {
    let noted = turn(context);
    let asked = |turn| {
        let fqdn = wished(context, turn)
            .ok()
            .flatten()
            .and_then(|name| fqdn(context, &name));
        fqdn.as_deref() == requests::asked(request, "virtual_machine", "fqdn")
    };
    if asked(noted) { noted } else { 1 }
}

/// Which form of the hostname was tried last.
pub fn turn(context: &StepContext<'_>) -> u32 {
    facts::read(context.notes, "name_turn").unwrap_or(1)
}

/// A form of the hostname; `None` where none was ordered, or too many were tried.
pub fn wished(context: &StepContext<'_>, turn: u32) -> Result<Option<String>, Answered> {
    let ordered = ordered(context)?.hostname.as_deref();
    Ok(hostname(ordered, turn).filter(|_| turn <= MOST_TURNS))
}

/// The whole name; `None` where the organization's domain is not told, so that it cannot be asked for.
fn fqdn(context: &StepContext<'_>, name: &str) -> Option<String> {
    let domain = facts::read::<String>(context.notes, "domain")?;
    Some(format!("{name}.{domain}"))
}

fn fixed(context: &StepContext<'_>, turn: u32) -> Result<driver::Findings, Answered> {
    let want = Want {
        organization: facts::organization(context)?,
        hostname: wished(context, turn)?,
        service: service_marker(context.marker),
        since: context.now,
    };
    Ok(reached().note("want", want.to_note()))
}
