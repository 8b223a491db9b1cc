//! SSH keys of an organization.

use serde_json::{Value, json};

use super::find;
use super::page::page;
use super::problem::Problem;
use super::record::Key;
use super::route::{Ask, Handled, changed, shown};
use super::state::State;

fn render(key: &Key) -> Value {
    json!({ "id": key.id, "name": key.name, "fingerprint": key.fingerprint })
}

/// `GET /organizations/organization/ssh_keys`.
pub fn list(state: &mut State, ask: &Ask<'_>) -> Handled {
    let organization = find::organization(state, ask)?.serial;
    let keys: Vec<&Key> = state
        .keys
        .all_seen(ask.seen_at)
        .filter(|key| key.organization == organization)
        .collect();
    let (pagination, items) = page(ask, &keys, usize::MAX, |key| render(key))?;
    shown(&json!({ "pagination": pagination, "ssh_keys": items }))
}

/// `POST /organizations/organization/ssh_keys`.
pub fn create(state: &mut State, ask: &Ask<'_>) -> Handled {
    let body = ask.arguments.required_object("ssh_key")?;
    let name = body.text("name")?.unwrap_or_default();
    let public = body.text("key")?.unwrap_or_default();
    let organization = find::organization(state, ask)?.serial;
    let mut errors = Vec::new();
    if name.trim().is_empty() {
        errors.push("Name can't be blank".to_owned());
    }
    let mut parts = public.split(' ');
    let kind = parts.next().unwrap_or_default();
    let known = ["ssh-", "ecdsa-", "sk-"]
        .iter()
        .any(|prefix| kind.starts_with(prefix));
    if !known || !parts.next().unwrap_or_default().starts_with("AAAA") {
        errors.push("Key is invalid".to_owned());
    }
    if state
        .keys
        .all()
        .any(|key| key.organization == organization && key.public == public)
    {
        errors.push("Key has already been taken".to_owned());
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(&errors));
    }
    let key = Key {
        serial: state.next(),
        id: state.fresh_id("key"),
        organization,
        name,
        fingerprint: fingerprint(&public),
        public,
    };
    let body = render(&key);
    state.insert_key(key);
    changed(201, &json!({ "ssh_key": body }))
}

/// Of a fingerprint's form, and always the same for the same key.
fn fingerprint(public: &str) -> String {
    let text = super::catalogue::id_of("key", public);
    let pairs: Vec<String> = text
        .bytes()
        .rev()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    pairs.join(":")
}

/// `DELETE /ssh_keys/ssh_key`.
pub fn remove(state: &mut State, ask: &Ask<'_>) -> Handled {
    let key = find::key(state, ask)?;
    let (serial, body) = (key.serial, render(key));
    if state.keys.get(serial).is_none() {
        return Err(Problem::missing("ssh_key_not_found"));
    }
    state.delete_key(serial);
    changed(200, &json!({ "ssh_key": body }))
}
