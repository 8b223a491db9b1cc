//! `console`: the machine's screen, opened for a while by a token that only the panel knows, or closed.
//!
//! What the panel says of a console's being open changed between versions, so that the answer to the switch is the only
//! observation there is. Opening it twice ends in the same state with a fresh token.

use domain::http::{Outcome, Request, Response};
use domain::record::{Notes, OperationInput};
use domain::{ConsoleAccess, Secret};
use driver::facts::{foreign, with_entry};
use driver::{Answered, Findings, Phase, Prepared, RefusalClass, StepContext, Verdict};

use super::read::is_path;
use crate::answer;
use crate::facts::{self, done, known, missing, reached, was_accepted};
use crate::requests;
use crate::wire::{ConsoleRow, Consoles};

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    Ok(match context.phase {
        Phase::Look if was_accepted(context) => known(reached()),
        Phase::Look => known(missing()),
        Phase::Act => Prepared::Send(requests::switch_console(server, opens(context))),
    })
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "open_console" | "close_console" if speaks_otherwise(request, outcome) => {
            let server = facts::required_target(context).map_err(Verdict::Refused)?;
            let next = requests::switch_console_by_action(server, opens(context));
            Ok(Verdict::Next(next, Notes::new()))
        }
        "open_console" => opened(context, request, outcome),
        "close_console" => {
            let response = answer::success(request, outcome)?;
            if !response.body.is_empty() {
                console(request, response)?;
            }
            Ok(done(taken(context)))
        }
        "read_console" => {
            let response = answer::success(request, outcome)?;
            found(context, &console(request, response)?)
        }
        _ => Err(foreign(context, request)),
    }
}

/// Whether the panel reads the switch from another field, and did not understand this body.
fn speaks_otherwise(request: &Request, outcome: &Outcome) -> bool {
    let by_flag = request
        .body
        .as_ref()
        .is_some_and(|body| body.get("vnc").is_some());
    by_flag
        && matches!(
            outcome,
            Outcome::Answered(Response {
                status: 400 | 422,
                ..
            })
        )
}

/// A switch that did not work, or does not say where the console is, leaves one to ask for: it may have been open all the
/// time, and a locked server can be looked at.
fn opened(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    let answered = answer::success(request, outcome).and_then(|response| console(request, response));
    match answered {
        Ok(console) => found(context, &console),
        Err(Verdict::Refused(refused))
            if matches!(
                refused.class,
                RefusalClass::Credential | RefusalClass::Throttled | RefusalClass::Gone
            ) =>
        {
            Err(Verdict::Refused(refused))
        }
        Err(_) => {
            let server = facts::required_target(context).map_err(Verdict::Refused)?;
            Ok(Verdict::Next(requests::read_console(server), Notes::new()))
        }
    }
}

fn console(request: &Request, response: &Response) -> Result<ConsoleRow, Verdict> {
    let consoles = answer::body::<Consoles>(request, response)?;
    consoles.one().ok_or_else(|| {
        Verdict::Unknown(format!(
            "HTTP {} to {} without a console",
            response.status, request.name
        ))
    })
}

/// The way to the screen, which lies on the panel itself or nowhere.
fn found(context: &StepContext<'_>, console: &ConsoleRow) -> Result<Verdict, Verdict> {
    let path = console.wss.as_ref().and_then(|wss| wss.url.as_deref());
    let (Some(path), Some(password)) = (path.filter(|path| is_path(path)), &console.password) else {
        return Err(Verdict::Refused(Answered::permanent(
            "The panel answered no address for the console that lies on the panel",
        )));
    };
    let panel = context.endpoint.trim_end_matches('/');
    // `https` becomes `wss`, and `http` `ws`.
    let Some(address) = panel.strip_prefix("http").map(|rest| format!("ws{rest}{path}")) else {
        return Err(Verdict::Refused(Answered::permanent(
            "The platform's address is neither http nor https",
        )));
    };
    let access = ConsoleAccess {
        address: Secret::new(address),
        password: password.clone(),
    };
    let mut findings = taken(context);
    findings.secret = Some(access.sealed());
    Ok(done(findings))
}

/// The panel took this attempt.
fn taken(context: &StepContext<'_>) -> Findings {
    let entry = with_entry(context, "accepted", context.step, context.marker.attempt);
    reached().note("accepted", entry)
}

const fn opens(context: &StepContext<'_>) -> bool {
    matches!(context.input, OperationInput::Console { open: true })
}
