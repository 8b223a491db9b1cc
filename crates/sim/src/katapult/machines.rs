//! Machines: lists, reads, changes of names and annotations, the way to the trash, the console.

use serde_json::{Value, json};

use super::config::DeleteRunning;
use super::find;
use super::organizations::{admits, annotate, annotations, filters};
use super::page::page;
use super::problem::Problem;
use super::record::{Machine, Power};
use super::render;
use super::route::{Ask, Handled, changed, shown};
use super::state::State;
use crate::platform::Performed;
use crate::wire::Answer;

/// Where the pages of console sessions are.
pub const CONSOLES: &str = "/console/";

/// `GET /organizations/organization/virtual_machines`, without those in the trash.
pub fn list(state: &mut State, ask: &Ask<'_>) -> Handled {
    let filters = filters(&ask.arguments)?;
    let organization = find::organization(state, ask)?.serial;
    let machines: Vec<&Machine> = state
        .machines_of(organization, ask.seen_at)
        .filter(|machine| machine.trash.is_none() && admits(&filters, &machine.annotations))
        .collect();
    let render = |machine: &&Machine| render::listed_machine(state, machine, ask.seen_at, ask.dates);
    let (pagination, items) = page(ask, &machines, state.config.large_set, render)?;
    shown(&json!({ "pagination": pagination, "virtual_machines": items }))
}

fn body(state: &State, ask: &Ask<'_>, machine: &Machine) -> Value {
    json!({
        "virtual_machine": render::machine(state, machine, ask.seen_at, ask.dates),
        "annotations": render::annotations(&machine.annotations),
    })
}

/// `GET /virtual_machines/virtual_machine`.
pub fn read(state: &mut State, ask: &Ask<'_>) -> Handled {
    let machine = find::machine(state, ask)?;
    shown(&body(state, ask, machine))
}

/// `PATCH /virtual_machines/virtual_machine`.
pub fn update(state: &mut State, ask: &Ask<'_>) -> Handled {
    let properties = ask.arguments.required_object("properties")?;
    let hostname = properties.text("hostname")?;
    let name = properties.text("name")?;
    let description = properties.text("description")?;
    let describes = properties.names("description");
    let tags = properties.texts("tag_names")?;
    let more = annotations(&ask.arguments)?;
    let machine = find::changeable(state, ask)?;
    let (serial, organization) = (machine.serial, machine.organization);
    let renamed = hostname
        .as_ref()
        .filter(|hostname| **hostname != machine.hostname);
    let mut errors = Vec::new();
    if let Some(hostname) = renamed {
        errors.extend(super::builds::hostname_errors(state, organization, hostname));
    }
    if name.as_deref().is_some_and(|name| name.trim().is_empty()) {
        errors.push("Name can't be blank".to_owned());
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(&errors));
    }
    state.change_machine(serial, |machine| {
        machine.hostname = hostname.unwrap_or_else(|| machine.hostname.clone());
        machine.name = name.unwrap_or_else(|| machine.name.clone());
        machine.tags = tags.unwrap_or_else(|| machine.tags.clone());
        if describes {
            machine.description = description;
        }
        annotate(&mut machine.annotations, more);
    });
    let machine = find::changeable(state, ask)?;
    changed(200, &body(state, ask, machine))
}

/// `DELETE /virtual_machines/virtual_machine`: off to the trash.
pub fn remove(state: &mut State, ask: &Ask<'_>) -> Handled {
    let machine = find::changeable(state, ask)?;
    let serial = machine.serial;
    if machine.power.is_on() && state.config.delete_running == DeleteRunning::Refused {
        return Err(Problem::denied(
            "The virtual machine must be stopped before it is deleted",
        ));
    }
    if machine.locked_until.is_some_and(|until| state.now < until) {
        return Err(Problem::denied(
            "Another task is under way on the virtual machine",
        ));
    }
    let object = state.trash_machine(serial);
    let object = object.and_then(|object| state.trash.get(object));
    let object = object.map(|trash| render::trash(trash, ask.dates));
    let machine = state.machines.get(serial);
    let machine = machine.map(|machine| render::machine(state, machine, ask.seen_at, ask.dates));
    changed(
        200,
        &json!({ "trash_object": object, "virtual_machine": machine }),
    )
}

/// `POST /virtual_machines/virtual_machine/console_sessions`.
pub fn console(state: &mut State, ask: &Ask<'_>) -> Handled {
    let machine = find::changeable(state, ask)?;
    if machine.power != Power::Started {
        let text = "A console needs a started virtual machine";
        let detail = json!({ "current_state": machine.power.word() });
        return Err(Problem::new(406, "virtual_machine_must_be_started", text, detail));
    }
    let (serial, machine) = (machine.serial, render::brief_machine(state, machine));
    let key = state.secret(40);
    let url = format!("{}{CONSOLES}{key}", state.config.console_url);
    let ends = state.now + state.config.console;
    let expires = ask.dates.unix(ends);
    let now = state.now;
    state.consoles.retain(|_, (_, ends)| now < *ends);
    state.consoles.insert(key, (serial, ends));
    state.totals.consoles += 1;
    let session = json!({
        "id": state.fresh_id("vmcs"),
        "url": url,
        "expires_at": expires,
        "virtual_machine": machine,
    });
    changed(201, &json!({ "console_session": session }))
}

/// The page behind a session's address, while the session and its machine are there.
pub fn console_page(state: &State, key: &str) -> Performed {
    let open = state.consoles.get(key).filter(|(_, ends)| state.now < *ends);
    let machine = open.and_then(|(serial, _)| state.machines.get(*serial));
    let answer = match machine {
        Some(machine) if machine.power == Power::Started => Answer::text(
            200,
            "text/plain; charset=utf-8",
            format!("The console of {}", machine.name),
        ),
        _ => Answer::text(404, "text/plain; charset=utf-8", "This console session has ended"),
    };
    Performed {
        answer,
        effect: false,
    }
}
