//! The console, in both dialects. Each POST gives a fresh token; the old one ends, and with it whoever looks by it.

use domain::Secret;
use serde_json::{Value, json};

use super::body::{self, ConsoleAction, ConsoleFlag, Switch};
use super::config::{ConsoleDialect, Profile};
use super::problem::Problem;
use super::record::Server;
use super::render::{console_port, hypervisor_ip};
use super::route::{Ask, Handled, changed, shown};
use super::servers::{NO_SERVER, changeable, seen};
use super::state::State;
use crate::platform::Performed;
use crate::screen::Screen;
use crate::wire::{Answer, Incoming};

/// Where viewers connect.
pub const PATH: &str = "/vnc/";

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
    let secret = (state.uuid(), state.secret(8));
    state.change_server(id, |server| {
        server.console = on;
        server.console_secret = secret;
    });
    let server = state.servers.get(id).ok_or(NO_SERVER)?;
    let data = json!({ "vnc": render(state, server), "queueId": null });
    changed(Answer::json(200, &json!({ "data": data })))
}

/// `GET /vnc/?token=…`, which only a WebSocket is of use for.
pub fn show(state: &State, incoming: &Incoming) -> Performed {
    let answer = if !incoming.is_websocket() {
        Answer::text(405, "text/plain", "Method Not Allowed")
    } else if screen(state, incoming).is_some() {
        Answer::empty(101)
    } else {
        Answer::text(403, "text/plain", "Forbidden")
    };
    Performed {
        answer,
        effect: false,
    }
}

/// The screen of the server whose present token this is, while it may be looked at.
pub fn screen(state: &State, incoming: &Incoming) -> Option<Screen> {
    let token = incoming.query_value("token").filter(|token| !token.is_empty())?;
    let mut servers = state.servers.all().map(|(_, server)| server);
    let server = servers.find(|server| server.console_secret.0 == token)?;
    (server.console && !server.suspended).then(|| Screen {
        name: server.name.clone(),
        password: Secret::new(server.console_secret.1.clone()),
        running: server.running,
    })
}
