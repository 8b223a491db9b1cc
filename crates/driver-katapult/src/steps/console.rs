//! `console`: a session on the machine's console, whose address is a secret and must be the platform's own.

use domain::Secret;
use domain::http::{Outcome, Request};
use driver::{Answered, Prepared, StepContext, Verdict};

use crate::answer;
use crate::console::is_own;
use crate::facts::{self, done, foreign, reached};
use crate::requests;
use crate::wire::OneConsole;

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let machine = facts::required_target(context)?;
    Ok(Prepared::Send(requests::create_console(&machine)))
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    if request.name != "create_console" {
        return Err(foreign(context, request));
    }
    if let Some((status, problem)) = answer::refused_with(outcome) {
        match (status, problem.code.as_str()) {
            (406, "virtual_machine_must_be_started") => {
                let state = problem
                    .detail
                    .get("current_state")
                    .and_then(serde_json::Value::as_str);
                let state = state.unwrap_or("not running").replace('_', " ");
                return Err(Verdict::Refused(Answered::permanent(format!(
                    "The machine must be started before its console can be opened; it is {state}"
                ))));
            }
            (406, answer::IN_TRASH) => return Err(answer::gone(super::TRASHED)),
            (403, "permission_denied") | (422, _) => return Err(answer::refused_for_good(request, outcome)),
            _ => {}
        }
    }
    let session = answer::data::<OneConsole>(request, outcome)?.console_session;
    if let Some(shown) = &session.virtual_machine {
        answer::is_about(request, "virtual_machine", "id", &shown.id)?;
    }
    let own = |address: &Secret| is_own(context.endpoint, address);
    let Some(address) = session.url.filter(own) else {
        return Err(Verdict::Refused(Answered::permanent(
            "Katapult answered an address for the console that is not its own",
        )));
    };
    let mut findings = reached();
    findings.secret = Some(address);
    Ok(done(findings))
}
