//! `staging` and `machine` under the staging protocol.
//!
//! Each attempt has a user of its own on the panel, named by the attempt's marker, and creates as that user. Whatever
//! the answer, that user's list shows none or one, and a server in the account of an older attempt is provably ours and
//! undelivered. The first attempt's account is a step of its own; a later attempt makes its account with its act.

use domain::http::{Outcome, Request};
use domain::record::{CreateProtocol, Notes};
use driver::facts::foreign;
use driver::{Answered, Phase, Prepared, RefusalClass, StepContext, Verdict};
use serde_json::{Map, json};

use super::list_create::created;
use super::{account, scan};
use crate::answer;
use crate::facts::{self, Want, accepted, done, known, missing, note, ordered, reached};
use crate::order::server_body;
use crate::requests::{self, ExternalId};
use crate::wire::User;

/// The first attempt of the step `machine`.
pub const FIRST: u32 = 1;

pub fn prepare_account(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    match context.phase {
        Phase::Look if facts::staging_owner(context, FIRST).is_some() => Ok(known(reached())),
        Phase::Look => Ok(Prepared::Send(requests::read_user(&account_name(context, FIRST)))),
        Phase::Act => create_account(context, FIRST).map(Prepared::Send),
    }
}

pub fn interpret_account(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_user" => match found(context, FIRST, request, outcome)? {
            Some(user) => {
                let want = Want::of(context, CreateProtocol::Staging).map_err(Verdict::Refused)?;
                Ok(done(
                    reached()
                        .note(
                            "staging",
                            facts::with_entry(context, "staging", &FIRST.to_string(), user),
                        )
                        .note("want", want.to_note()),
                ))
            }
            None => Ok(done(missing())),
        },
        "create_user" => {
            if !is_there(context, FIRST, outcome) {
                answer::success(request, outcome)?;
            }
            Ok(done(accepted(context, "reading the staging account back")))
        }
        _ => Err(foreign(context, request)),
    }
}

pub fn prepare_machine(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    match context.phase {
        Phase::Look => Ok(scan::begin(context)),
        Phase::Act => {
            let attempt = context.marker.attempt;
            Ok(Prepared::Send(match facts::staging_owner(context, attempt) {
                Some(user) => create_server(context, user)?,
                None => create_account(context, attempt)?,
            }))
        }
    }
}

pub fn interpret_machine(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let attempt = context.marker.attempt;
    match (context.phase, request.name.as_str()) {
        (Phase::Act, "create_user") if is_there(context, attempt, outcome) => {
            let account = requests::read_user(&account_name(context, attempt));
            Ok(Verdict::Next(account, Notes::new()))
        }
        (Phase::Act, "create_user") => {
            let user = new_account(context, attempt, request, outcome)?;
            create_in(context, attempt, user)
        }
        (Phase::Act, "read_user") => match found(context, attempt, request, outcome)? {
            Some(user) => create_in(context, attempt, user),
            None => Err(Verdict::Refused(Answered {
                class: RefusalClass::Busy,
                reason: "The panel has our staging account and does not show it yet".to_owned(),
                retry_after: None,
            })),
        },
        (Phase::Act, "create_server") => created(context, request, outcome),
        (Phase::Look, _) => scan::interpret(context, request, outcome),
        _ => Err(foreign(context, request)),
    }
}

/// The order of an attempt, in its account.
fn create_in(context: &StepContext<'_>, attempt: u32, user: u64) -> Result<Verdict, Verdict> {
    let order = create_server(context, user).map_err(Verdict::Refused)?;
    let staging = facts::with_entry(context, "staging", &attempt.to_string(), user);
    Ok(Verdict::Next(order, note("staging", staging)))
}

/// Whether the panel refuses an attempt's account because it has it. Name and address are the attempt's own, so that an
/// earlier request has made it, or the same one that was delivered twice.
fn is_there(context: &StepContext<'_>, attempt: u32, outcome: &Outcome) -> bool {
    let name = account_name(context, attempt);
    ["email", name.field().0]
        .iter()
        .any(|field| account::refuses(field, outcome))
}

/// The name of an attempt's account.
pub fn account_name(context: &StepContext<'_>, attempt: u32) -> ExternalId {
    ExternalId::Text(facts::marker_of(context, attempt).to_string())
}

/// The user of an attempt's account. Its address is made from the marker as well: another one is another user's.
pub fn found(
    context: &StepContext<'_>,
    attempt: u32,
    request: &Request,
    outcome: &Outcome,
) -> Result<Option<u64>, Verdict> {
    let Some(user) = account::found(&account_name(context, attempt), request, outcome)? else {
        return Ok(None);
    };
    ours(context, attempt, &user).map(Some)
}

/// The user that an attempt's act has just made. An attempt that landed in the account of another one could not be told
/// apart from it, so an answer that names a user of before belongs to another request.
fn new_account(
    context: &StepContext<'_>,
    attempt: u32,
    request: &Request,
    outcome: &Outcome,
) -> Result<u64, Verdict> {
    let made: User = answer::data(request, outcome)?;
    let id = ours(context, attempt, &made)?;
    let staging = facts::staging(context);
    let others = staging.iter().filter(|(other, _)| **other != attempt.to_string());
    let is_taken = others
        .filter_map(|(_, user)| user.as_u64())
        .any(|user| user == id);
    if is_taken || facts::owner(context) == Ok(id) {
        return Err(not_ours(id));
    }
    Ok(id)
}

fn ours(context: &StepContext<'_>, attempt: u32, user: &User) -> Result<u64, Verdict> {
    let ours = format!("{}@", slug(context, attempt));
    match &user.email {
        Some(email) if !email.to_ascii_lowercase().starts_with(&ours) => Err(not_ours(user.id)),
        _ => Ok(user.id),
    }
}

fn not_ours(user: u64) -> Verdict {
    Verdict::Unknown(format!(
        "The panel was asked for our staging account and answered with user {user}, who is somebody else's"
    ))
}

fn slug(context: &StepContext<'_>, attempt: u32) -> String {
    facts::marker_of(context, attempt).to_string().replace(':', "-")
}

fn create_server(context: &StepContext<'_>, user: u64) -> Result<Request, Answered> {
    server_body(ordered(context)?, Some(user)).map(requests::create_server)
}

/// The account of an attempt: its address lies under the operator's own domain and nobody is written to.
fn create_account(context: &StepContext<'_>, attempt: u32) -> Result<Request, Answered> {
    let marker = facts::marker_of(context, attempt);
    let domain = context.profile.staging_domain.as_deref().ok_or_else(|| {
        Answered::permanent("The staging protocol needs staging_domain in the platform's profile")
    })?;
    let slug = slug(context, attempt);
    let mut body = Map::new();
    body.insert("name".to_owned(), json!(format!("Staging {slug}")));
    body.insert("email".to_owned(), json!(format!("{slug}@{domain}")));
    body.insert("relStr".to_owned(), json!(marker.to_string()));
    body.insert("sendMail".to_owned(), json!(false));
    Ok(requests::create_user(body))
}
