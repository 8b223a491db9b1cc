//! SSH keys.

use serde_json::{Value, json};

use super::body::{self, CreateKey};
use super::problem::Problem;
use super::record::Key;
use super::route::{Ask, Dates, Handled, changed, shown};
use super::state::State;
use crate::wire::Answer;

const NO_KEY: Problem = Problem::Missing("ssh key not found");

fn render(key: &Key, dates: Dates) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "publicKey": key.public,
        "type": "OpenSSH",
        "enabled": true,
        "created": dates.iso(key.created),
        "updated": dates.iso(key.created),
    })
}

/// `GET /ssh_keys/user/{id}`.
pub fn of_user(state: &mut State, ask: &Ask<'_>) -> Handled {
    if state.users.seen(ask.id(), ask.seen_at).is_none() {
        return Err(Problem::Missing("user not found"));
    }
    let keys = state
        .keys
        .all_seen(ask.seen_at)
        .filter(|(_, key)| key.user == ask.id());
    let data: Vec<Value> = keys.map(|(_, key)| render(key, ask.dates)).collect();
    shown(200, &json!({ "data": data }))
}

/// `POST /ssh_keys`.
pub fn create(state: &mut State, ask: &Ask<'_>) -> Handled {
    let body: CreateKey = body::checked(ask.incoming)?;
    if state.users.get(body.user_id).is_none() {
        return Err(Problem::invalid("userId", "The selected userId is invalid."));
    }
    let id = state.next("key");
    let key = Key {
        id,
        user: body.user_id,
        name: body.name,
        public: body.public_key,
        created: state.now,
    };
    let data = json!({
        "id": id, "name": key.name, "type": "OpenSSH", "createdAt": ask.dates.micros(key.created),
    });
    state.insert_key(key);
    changed(Answer::json(201, &json!({ "data": data })))
}

/// `GET /ssh_keys/{id}`.
pub fn read(state: &mut State, ask: &Ask<'_>) -> Handled {
    let key = state.keys.seen(ask.id(), ask.seen_at).ok_or(NO_KEY)?;
    shown(200, &json!({ "data": render(key, ask.dates) }))
}

/// `DELETE /ssh_keys/{id}`.
pub fn remove(state: &mut State, ask: &Ask<'_>) -> Handled {
    state.keys.get(ask.id()).ok_or(NO_KEY)?;
    state.delete_key(ask.id());
    changed(Answer::empty(204))
}
