//! `close`: the staging accounts of a create are removed when they have been empty for long enough.
//!
//! Each attempt's account is named by its marker, so that this needs nothing but the number of attempts. The panel
//! refuses to remove a user who has servers; such an account is asked about again later, when the watch over it has
//! removed what lay there.

use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::record::{Notes, OperationInput};
use driver::{Phase, Prepared, StepContext, Verdict};

use super::staging::account_name;
use super::{account, foreign};
use crate::answer;
use crate::facts::{self, accepted, done, missing, reached};
use crate::requests;

/// How long an account that is not empty is left alone.
const LATER: Duration = Duration::from_secs(3_600);

/// The note that names the attempt whose account is to be removed.
const CLOSING: &str = "closing";

pub fn prepare(context: &StepContext<'_>) -> Prepared {
    let attempt = match context.phase {
        Phase::Look => 1,
        Phase::Act => facts::read(context.notes, CLOSING).unwrap_or(1),
    };
    let name = account_name(context, attempt);
    Prepared::Send(match context.phase {
        Phase::Look => requests::read_user(&name),
        Phase::Act => requests::delete_user(&name),
    })
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_user" => {
            let attempts = attempts(context);
            let attempt = (1..=attempts)
                .find(|attempt| requests::read_user(&account_name(context, *attempt)).path == request.path)
                .ok_or_else(|| foreign(context, request))?;
            let is_there = account::found(&account_name(context, attempt), request, outcome)?.is_some();
            Ok(match (is_there, attempt < attempts) {
                (true, _) => done(missing().note(CLOSING, attempt)),
                (false, true) => Verdict::Next(
                    requests::read_user(&account_name(context, attempt + 1)),
                    Notes::new(),
                ),
                (false, false) => done(reached()),
            })
        }
        "delete_user" if has_servers(outcome) => Ok(Verdict::Wait {
            not_before: LATER,
            hint: "a staging account is not empty yet".to_owned(),
        }),
        // Whether it is gone is what the next look shows.
        "delete_user" if answer::is_plain_404(outcome) => Ok(done(accepted(
            context,
            "the panel says that the staging account is gone; reading it back",
        ))),
        "delete_user" => {
            answer::success(request, outcome)?;
            Ok(done(accepted(context, "reading the staging account back")))
        }
        _ => Err(foreign(context, request)),
    }
}

/// Whether the panel keeps the user because of what the user has.
fn has_servers(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Answered(response) if response.status == 409)
}

fn attempts(context: &StepContext<'_>) -> u32 {
    match context.input {
        OperationInput::Accounts { attempts } => (*attempts).max(1),
        _ => 1,
    }
}
