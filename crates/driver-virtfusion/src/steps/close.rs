//! `close`: the staging accounts of a create are removed when they have been empty for long enough.
//!
//! Each attempt's account is named by its marker, so that this needs nothing but the number of attempts. The panel
//! refuses to remove a user who has servers: what lies there and is no service's machine came of an attempt that was
//! given up, and is handed on to be removed. The account is asked about again later.

use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::record::{Notes, OperationInput};
use driver::facts::foreign;
use driver::{Findings, Phase, Prepared, Standing, StepContext, Verdict};
use serde_json::{Value, json};

use super::list_create::{Listed, listed};
use super::staging::account_name;
use super::{account, watch};
use crate::answer;
use crate::facts::{self, accepted, done, missing, reached};
use crate::requests;
use crate::wire::Row;

/// How long an account that is not empty is left alone.
const LATER: Duration = Duration::from_secs(3_600);

/// The note that names the attempt whose account is to be removed.
const CLOSING: &str = "closing";

/// The note of that account's user.
const CLOSING_USER: &str = "closing_user";

/// The note of the accounts that were handed on.
const HANDED_ON: &str = "handed_on";

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
            let found = account::found(&account_name(context, attempt), request, outcome)?;
            Ok(match (found, attempt < attempts) {
                (Some(user), _) => done(missing().note(CLOSING, attempt).note(CLOSING_USER, user.id)),
                (None, true) => Verdict::Next(
                    requests::read_user(&account_name(context, attempt + 1)),
                    Notes::new(),
                ),
                (None, false) => done(reached()),
            })
        }
        "delete_user" if has_servers(outcome) => {
            let list = requests::list_user_servers(closing_user(context, request)?, None);
            Ok(Verdict::Next(list, Notes::new()))
        }
        "list_user_servers" => {
            let user = closing_user(context, request)?;
            match listed(context, user, request, outcome)? {
                Listed::More(next, notes) => Ok(Verdict::Next(next, notes)),
                Listed::All(servers) => Ok(done(not_empty(context, user, &servers))),
            }
        }
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

/// The account that the look found.
fn closing_user(context: &StepContext<'_>, request: &Request) -> Result<u64, Verdict> {
    facts::read(context.notes, CLOSING_USER).ok_or_else(|| foreign(context, request))
}

/// What keeps an account: handed on once, unless it is a service's machine.
fn not_empty(context: &StepContext<'_>, user: u64, servers: &[Row]) -> Findings {
    let findings = Findings::of(Standing::Pending {
        hint: format!("staging account {user} is not empty yet"),
        after: Some(LATER),
    })
    .note("listing", Value::Null);
    let mut handed: Vec<u64> = facts::read(context.notes, HANDED_ON).unwrap_or_default();
    let is_linked = |server: &Row| context.known.linked.contains(&server.id.to_string());
    if handed.contains(&user) || servers.iter().all(is_linked) {
        return findings;
    }
    handed.push(user);
    let mut findings = findings.note(HANDED_ON, json!(handed));
    findings.stray = watch::of_accounts(&[user]);
    findings
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
