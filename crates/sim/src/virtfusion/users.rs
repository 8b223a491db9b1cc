//! Users by their external relation, and the tokens that log them in.

use std::time::Duration;

use serde_json::{Value, json};

use super::body::{self, CreateUser, ModifyUser};
use super::problem::{Flaw, Problem};
use super::record::User;
use super::route::{Ask, Dates, Handled, changed, shown};
use super::servers::NO_SERVER;
use super::state::{Login, State};
use crate::wire::Answer;

const NO_USER: Problem = Problem::Missing("ext_relation_id not found");

/// How long login tokens live.
const LOGIN: Duration = Duration::from_mins(1);

/// The id of the user that the path names, by number or, with `relStr=true`, by text.
pub fn find(state: &State, ask: &Ask<'_>) -> Result<u64, Problem> {
    let name = decoded(ask.first());
    let id = if ask.flag("relStr")? {
        state.by_relation_text.get(&name)
    } else {
        name.parse()
            .ok()
            .and_then(|relation: u64| state.by_relation.get(&relation))
    };
    let id = *id.ok_or(NO_USER)?;
    state
        .users
        .seen(id, ask.seen_at)
        .map(|user| user.id)
        .ok_or(NO_USER)
}

/// Undoes per cent encoding; what is not encoded properly stays as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn render(user: &User, dates: Dates) -> Value {
    json!({
        "id": user.id,
        "admin": false,
        "extRelationId": user.relation,
        "selfService": user.self_service,
        "selfServiceHourlyGroupProfiles": [],
        "selfServiceResourceGroupProfiles": [],
        "selfServiceHourlyResourcePack": null,
        "name": user.name,
        "email": user.email,
        "timezone": "Europe/London",
        "suspended": !user.enabled,
        "twoFactorAuth": false,
        "created": dates.micros(user.created),
        "updated": dates.micros(user.updated),
    })
}

/// `POST /users`.
pub fn create(state: &mut State, ask: &Ask<'_>) -> Handled {
    let body: CreateUser = body::checked(ask.incoming)?;
    let mut flaws = Vec::new();
    if state.by_email.contains_key(&body.email.to_lowercase()) {
        flaws.push(Flaw::new("email", "The email has already been taken."));
    }
    if body
        .ext_relation_id
        .is_some_and(|relation| state.by_relation.contains_key(&relation))
    {
        flaws.push(Flaw::new(
            "extRelationId",
            "The extRelationId has already been taken.",
        ));
    }
    if body
        .rel_str
        .as_ref()
        .is_some_and(|text| state.by_relation_text.contains_key(text))
    {
        flaws.push(Flaw::new("relStr", "The relStr has already been taken."));
    }
    if !flaws.is_empty() {
        return Err(Problem::Invalid(flaws));
    }
    if body.send_mail {
        state.mail(&body.email, "account");
    }
    let user = User {
        id: state.next("user"),
        relation: body.ext_relation_id,
        relation_text: body.rel_str,
        name: body.name,
        email: body.email,
        self_service: body.self_service,
        enabled: true,
        created: state.now,
        updated: state.now,
    };
    let mut data = render(&user, ask.dates);
    data["password"] = json!(state.secret(30));
    state.insert_user(user);
    changed(Answer::json(201, &json!({ "data": data })))
}

/// `GET /users/{ext}/byExtRelation`.
pub fn read(state: &mut State, ask: &Ask<'_>) -> Handled {
    let id = find(state, ask)?;
    let user = state.users.seen(id, ask.seen_at).ok_or(NO_USER)?;
    shown(200, &json!({ "data": render(user, ask.dates) }))
}

/// `PUT /users/{ext}/byExtRelation`.
pub fn modify(state: &mut State, ask: &Ask<'_>) -> Handled {
    let body: ModifyUser = body::checked(ask.incoming)?;
    let id = find(state, ask)?;
    let taken = body
        .email
        .as_ref()
        .and_then(|email| state.by_email.get(&email.to_lowercase()));
    if taken.is_some_and(|holder| *holder != id) {
        return Err(Problem::invalid("email", "The email has already been taken."));
    }
    state.change_user(id, |user| {
        user.name = body.name.unwrap_or_else(|| user.name.clone());
        user.email = body.email.unwrap_or_else(|| user.email.clone());
        user.self_service = body.self_service.unwrap_or(user.self_service);
        user.enabled = body.enabled.unwrap_or(user.enabled);
    });
    let user = state.users.get(id).ok_or(NO_USER)?;
    let data = json!({
        "name": user.name, "email": user.email, "selfService": user.self_service, "enabled": user.enabled,
    });
    changed(Answer::json(201, &json!({ "data": data })))
}

/// `DELETE /users/{ext}/byExtRelation`.
pub fn remove(state: &mut State, ask: &Ask<'_>) -> Handled {
    let id = find(state, ask)?;
    if state.owns_servers(id) {
        return Err(Problem::Conflict("the user has servers"));
    }
    state.delete_user(id);
    changed(Answer::empty(204))
}

/// `POST /users/{ext}/byExtRelation/resetPassword`.
pub fn reset_password(state: &mut State, ask: &Ask<'_>) -> Handled {
    let id = find(state, ask)?;
    state.change_user(id, |_| ());
    let email = state.users.get(id).ok_or(NO_USER)?.email.clone();
    changed(Answer::json(
        201,
        &json!({ "data": { "email": email, "password": state.secret(21) } }),
    ))
}

/// `POST /users/{ext}/authenticationTokens`.
pub fn login(state: &mut State, ask: &Ask<'_>) -> Handled {
    let user = find(state, ask)?;
    issue(state, ask, user, None)
}

/// `POST /users/{ext}/serverAuthenticationTokens/{server}`.
pub fn server_login(state: &mut State, ask: &Ask<'_>) -> Handled {
    let user = find(state, ask)?;
    let server = state
        .servers
        .seen(ask.second_id(), ask.seen_at)
        .ok_or(NO_SERVER)?;
    if server.owner != user {
        return Err(NO_SERVER);
    }
    let server = server.id;
    issue(state, ask, user, Some(server))
}

fn issue(state: &mut State, ask: &Ask<'_>, user: u64, server: Option<u64>) -> Handled {
    let (first, second) = (state.secret(100), state.secret(100));
    let expires = state.now + LOGIN;
    let now = state.now;
    state.logins.retain(|_, login| login.expires > now);
    state.logins.insert(
        first.clone(),
        Login {
            second: second.clone(),
            user,
            server,
            expires,
        },
    );
    let body = json!({ "data": { "authentication": {
        "tokens": { "1": first, "2": second },
        "endpoint": "/token_authenticate",
        "endpoint_complete": format!("/token_authenticate/?1={first}&2={second}"),
        "expiry": { "ttl": LOGIN.as_secs(), "expires": ask.dates.micros(expires) },
    } } });
    changed(Answer::json(200, &body))
}

/// Logs in with a pair of tokens, once and within their time: the user and the server that they lead to.
pub fn redeem(state: &mut State, first: &str, second: &str) -> Option<(u64, Option<u64>)> {
    let login = state.logins.get(first)?;
    if login.second != second {
        return None;
    }
    let login = state.logins.remove(first)?;
    (state.now < login.expires).then_some((login.user, login.server))
}
