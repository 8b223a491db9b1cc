//! The console, in both dialects. Each POST gives a fresh token; the old one ends.

use serde_json::{Value, json};

use super::body::{self, ConsoleAction, ConsoleFlag, Switch};
use super::config::{ConsoleDialect, Profile};
use super::problem::Problem;
use super::record::Server;
use super::render::{console_port, hypervisor_ip};
use super::route::{Ask, Handled, changed, shown};
use super::servers::{NO_SERVER, changeable, seen};
use super::state::State;
use crate::wire::Answer;

/// Version 7's `enabled` tells of a session, not of the setting.
fn render(state: &State, server: &Server) -> Value {
    let (token, password) = &server.console_secret;
    json!({
        "ip": hypervisor_ip(server.hypervisor),
        "hostname": null,
        "port": console_port(server.id),
        "password": password,
        "wss": { "token": token, "url": format!("/vnc/?token={token}") },
        "enabled": server.console && state.config.profile == Profile::V6,
    })
}

/// `GET /servers/{id}/vnc`.
pub fn read(state: &mut State, ask: &Ask<'_>) -> Handled {
    let server = seen(state, ask)?;
    shown(200, &json!({ "data": { "vnc": render(state, server) } }))
}

fn wanted(state: &State, ask: &Ask<'_>) -> Result<bool, Problem> {
    let action = || body::read(ask.incoming).map(|body: ConsoleAction| body.action == Switch::Enable);
    let flag = || body::read(ask.incoming).map(|body: ConsoleFlag| body.vnc);
    match state.config.console {
        ConsoleDialect::Action => action(),
        ConsoleDialect::Flag => flag(),
        ConsoleDialect::Both => flag().or_else(|_| action()),
    }
}

/// `POST /servers/{id}/vnc`.
pub fn switch(state: &mut State, ask: &Ask<'_>) -> Handled {
    let on = wanted(state, ask)?;
    let id = changeable(state, ask)?.id;
    let secret = (state.uuid(), state.text(8));
    state.change_server(id, |server| {
        server.console = on;
        server.console_secret = secret;
    });
    let server = state.servers.get(id).ok_or(NO_SERVER)?;
    let data = json!({ "vnc": render(state, server), "queueId": null });
    changed(Answer::json(200, &json!({ "data": data })))
}
