//! `console` opens the machine's console, `close_console` closes it.
//!
//! Each opening gives it a new token. An opening whose answer was lost, or that the panel refuses, is read back: a console
//! that is there can be used under the token that it has. Whether it is closed cannot be read, since newer panels show
//! whether somebody looks at it instead; that the panel took it has to do.

use domain::Access;
use domain::http::{Outcome, Request, Response};
use domain::record::Notes;
use driver::facts::foreign;
use driver::{Answered, Findings, Phase, Prepared, StepContext, Verdict};

use super::read::is_path;
use crate::answer;
use crate::facts::{self, accepted, done, known, missing, reached};
use crate::requests;
use crate::wire::{Console, Single};

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    Ok(match (context.phase, context.acted_at) {
        (Phase::Act, _) => Prepared::Send(requests::switch_console(server, true)),
        (Phase::Look, None) => known(missing()),
        (Phase::Look, Some(_)) => Prepared::Send(requests::read_console(server)),
    })
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "open_console" if speaks_otherwise(request, outcome) => in_other_words(context, true),
        "open_console" | "read_console" => {
            let response = answer::success(request, outcome)?;
            opened(context, request, response).map(done)
        }
        _ => Err(foreign(context, request)),
    }
}

/// The console's address lies on the panel's own host.
fn opened(context: &StepContext<'_>, request: &Request, response: &Response) -> Result<Findings, Verdict> {
    let console = answer::body::<Single<Console>>(request, response)?.data.vnc;
    let no_way = || Verdict::Refused(Answered::permanent("The panel offers no console for this server"));
    let path = console.wss.and_then(|socket| socket.url).ok_or_else(no_way)?;
    if !is_path(path.expose()) {
        return Err(Verdict::Refused(Answered::permanent(
            "The panel answered an address for the console that does not lie on the panel",
        )));
    }
    let endpoint = context.endpoint.trim_end_matches('/');
    let socket = match endpoint.split_once("://") {
        Some(("http", host)) => format!("ws://{host}"),
        Some((_, host)) => format!("wss://{host}"),
        None => return Err(no_way()),
    };
    let access = Access {
        name: format!("{socket}{}", path.expose()),
        password: console.password.ok_or_else(no_way)?,
    };
    let mut findings = reached();
    findings.secret = Some(access.seal());
    Ok(findings)
}

/// Whether the panel reads the switch from another field than the documented one, and did not understand this body.
fn speaks_otherwise(request: &Request, outcome: &Outcome) -> bool {
    let body = request.body.as_ref();
    let is_usual = body.is_some_and(|body| body.get("action").is_some());
    let is_not_understood =
        matches!(outcome, Outcome::Answered(answer) if matches!(answer.status, 400 | 422));
    is_usual && is_not_understood
}

fn in_other_words(context: &StepContext<'_>, open: bool) -> Result<Verdict, Verdict> {
    let server = facts::required_target(context).map_err(Verdict::Refused)?;
    let next = requests::switch_console_by_flag(server, open);
    Ok(Verdict::Next(next, Notes::new()))
}

pub fn prepare_close(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let server = facts::required_target(context)?;
    Ok(match context.phase {
        Phase::Act => Prepared::Send(requests::switch_console(server, false)),
        Phase::Look if facts::was_accepted(context) => known(reached()),
        Phase::Look => known(missing()),
    })
}

pub fn interpret_close(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    if request.name != "close_console" {
        return Err(foreign(context, request));
    }
    if speaks_otherwise(request, outcome) {
        return in_other_words(context, false);
    }
    answer::success(request, outcome)?;
    Ok(done(accepted(context, "the panel took it")))
}
