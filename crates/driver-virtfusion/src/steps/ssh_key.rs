//! `ssh_key`: the client's key on the panel. It comes before the machine, so that a key that cannot be used is refused
//! before anything is made. The same key is uploaded once per account, whatever its name there. `keys`: whether those that
//! a reinstallation is to bring along are the client's own.

use domain::http::{Outcome, Request};
use domain::record::OperationInput;
use driver::facts::foreign;
use driver::{Answered, Phase, Prepared, StepContext, Verdict};

use crate::answer;
use crate::facts::{self, accepted, done, missing, ordered, reached};
use crate::key::KeyWish;
use crate::order::key_ids;
use crate::requests;
use crate::wire::{List, SshKey};

pub fn prepare(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let owner = facts::key_holder(context)?;
    match (context.phase, wish(context)?) {
        (_, None) => Ok(facts::known(reached())),
        (Phase::Look, Some(_)) => Ok(Prepared::Send(requests::list_ssh_keys(owner))),
        (Phase::Act, Some(KeyWish::Existing(id))) => Err(not_owned(id)),
        (Phase::Act, Some(KeyWish::Pasted(key))) => Ok(Prepared::Send(requests::create_ssh_key(
            owner,
            &dated_name(context),
            &key.text,
        ))),
    }
}

pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "list_ssh_keys" => {
            let response = answer::success(request, outcome)?;
            let keys: List<SshKey> = answer::body(request, response)?;
            look(context, &keys.data)
        }
        "create_ssh_key" => {
            let response = answer::success(request, outcome)?;
            let key = answer::extra::<SshKey>(response).map(|key| key.id);
            Ok(done(
                accepted(context, "reading the SSH key back").note("key", key),
            ))
        }
        _ => Err(foreign(context, request)),
    }
}

fn look(context: &StepContext<'_>, keys: &[SshKey]) -> Result<Verdict, Verdict> {
    let found = match wish(context).map_err(Verdict::Refused)? {
        None => return Ok(done(reached())),
        Some(KeyWish::Existing(id)) => {
            let owned = keys.iter().any(|key| key.id == id);
            Some(
                owned
                    .then_some(id)
                    .ok_or_else(|| Verdict::Refused(not_owned(id)))?,
            )
        }
        Some(KeyWish::Pasted(wanted)) => {
            // The id of the upload's answer counts too, for a panel whose list does not show key texts.
            let uploaded: Option<u64> = facts::read(context.notes, "key");
            let is_it = |key: &&SshKey| {
                uploaded == Some(key.id) || key.public_key.as_deref().is_some_and(|text| wanted.is_same(text))
            };
            keys.iter().find(is_it).map(|key| key.id)
        }
    };
    Ok(done(match found {
        Some(id) => reached().note("key", id),
        None => missing(),
    }))
}

fn wish(context: &StepContext<'_>) -> Result<Option<KeyWish>, Answered> {
    match context.input {
        OperationInput::Reinstall(how) => KeyWish::read(how.new_key.as_deref()),
        _ => KeyWish::read(ordered(context)?.ssh_key.as_deref()),
    }
}

pub fn prepare_owned(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    let owner = facts::key_holder(context)?;
    Ok(Prepared::Send(requests::list_ssh_keys(owner)))
}

pub fn interpret_owned(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    if request.name != "list_ssh_keys" {
        return Err(foreign(context, request));
    }
    let wanted = match context.input {
        OperationInput::Reinstall(how) => key_ids(how).map_err(Verdict::Refused)?,
        _ => Vec::new(),
    };
    let response = answer::success(request, outcome)?;
    let keys: List<SshKey> = answer::body(request, response)?;
    let usable = |id: &u64| {
        let mut all = keys.data.iter();
        all.any(|key| key.id == *id && key.enabled != Some(false))
    };
    match wanted.iter().find(|id| !usable(id)) {
        Some(id) => Err(Verdict::Refused(not_owned(*id))),
        None => Ok(done(reached().note("keys", wanted))),
    }
}

fn not_owned(id: u64) -> Answered {
    Answered::permanent(format!(
        "The SSH key {id} does not belong to the client's account on the panel"
    ))
}

/// `WHMCS-2026-11-20`, as clients know it from the panel's list.
fn dated_name(context: &StepContext<'_>) -> String {
    let date: String = context.now.to_string().chars().take(10).collect();
    format!("WHMCS-{date}")
}
