//! `validate` inside a create and `dry_run` on its own: whether the panel would take the order.

use std::time::Duration;

use domain::http::{Outcome, Request, Response};
use driver::facts::foreign;
use driver::{Answered, Findings, Prepared, Standing, StepContext, Verdict};

use super::account;
use crate::answer;
use crate::facts::{self, done, ordered, reached};
use crate::order::server_body;
use crate::requests;

/// How long after a 404 the panel is asked once more.
const AGAIN: Duration = Duration::from_secs(60);

/// The step of a create; the other one is an operation of its own.
const INSIDE_A_CREATE: &str = "validate";

/// The note of a 404.
const MISSING: &str = "dry_run_missing";

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    match facts::owner(context) {
        Ok(owner) => Ok(Prepared::Send(dry_run(context, Some(owner))?)),
        // On its own it makes no account: an unknown client is asked for without one.
        Err(_) => Ok(Prepared::Send(requests::read_user(&facts::external_id(context)))),
    }
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_user" => {
            let owner = account::found(&facts::external_id(context), request, outcome)?.map(|user| user.id);
            let next = dry_run(context, owner).map_err(Verdict::Refused)?;
            Ok(Verdict::Next(next, facts::note("owner", owner)))
        }
        "dry_run" => match outcome {
            // A 404 names nothing that an order could lack, and may be false: one is not believed.
            Outcome::Answered(response) if response.status == 404 && !was_missing(context) => Ok(done(
                Findings::of(Standing::Pending {
                    hint: "the panel says that it knows no such request; asking once more".to_owned(),
                    after: Some(AGAIN),
                })
                .note(MISSING, true),
            )),
            // A panel that has no dry run is no reason to refuse what was paid for: the order itself will tell.
            Outcome::Answered(response) if response.status == 404 && context.step == INSIDE_A_CREATE => {
                Ok(done(reached()))
            }
            // A refusal is the answer that was asked for, also where a read's refusal would prove nothing.
            Outcome::Answered(response) if matches!(response.status, 400 | 404 | 422) => {
                Err(answer::refused_for_good(response))
            }
            _ => accepted(answer::success(request, outcome)?),
        },
        _ => Err(foreign(context, request)),
    }
}

fn was_missing(context: &StepContext<'_>) -> bool {
    facts::read(context.notes, MISSING).unwrap_or(false)
}

/// What the panel answers to an order that it would take is nowhere written down, so nothing and any object will do.
fn accepted(response: &Response) -> Result<Verdict, Verdict> {
    let body = response.body.trim();
    if body.is_empty() || serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(body).is_ok() {
        return Ok(done(reached()));
    }
    Err(Verdict::Unknown(format!(
        "HTTP {} to the dry run with a body that cannot be read",
        response.status
    )))
}

fn dry_run(context: &StepContext<'_>, owner: Option<u64>) -> Result<Request, Answered> {
    server_body(ordered(context)?, owner).map(requests::dry_run)
}
