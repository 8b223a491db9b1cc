//! Changes to a server: package, name, memory, cores, traffic.

use serde_json::json;

use super::body::{self, ChangePackage, Cores, Memory, Name, Traffic};
use super::books::Share;
use super::config::{PackageConfig, Profile};
use super::problem::Problem;
use super::record::Server;
use super::route::{Ask, Handled, changed};
use super::servers::{full, idle};
use super::state::State;
use crate::wire::Answer;

/// What the panel answers to a modification.
fn modified(state: &State) -> Handled {
    changed(Answer::empty(match state.config.profile {
        Profile::V6 => 204,
        Profile::V7 => 201,
    }))
}

/// Changes the share of a server in the books and the server itself.
fn resize(state: &mut State, id: u64, new: Share, change: impl FnOnce(&mut Server)) -> Result<(), Problem> {
    let server = state.servers.get(id).ok_or(super::servers::NO_SERVER)?;
    let (hypervisor, old) = (server.hypervisor, server.share());
    state.books.resize(hypervisor, old, new).map_err(full)?;
    state.change_server(id, change);
    Ok(())
}

/// `PUT /servers/{id}/modify/name`, and `PATCH /servers/{id}/name` before version 7.
pub fn name(state: &mut State, ask: &Ask<'_>) -> Handled {
    let body: Name = body::checked(ask.incoming)?;
    let id = super::servers::changeable(state, ask)?.id;
    state.change_server(id, |server| server.name = body.name);
    modified(state)
}

/// `PUT /servers/{id}/modify/memory`.
pub fn memory(state: &mut State, ask: &Ask<'_>) -> Handled {
    let body: Memory = body::checked(ask.incoming)?;
    let server = idle(state, ask)?;
    let (id, share) = (
        server.id,
        Share {
            memory: body.memory,
            ..server.share()
        },
    );
    resize(state, id, share, |server| server.memory = body.memory)?;
    modified(state)
}

/// `PUT /servers/{id}/modify/cpuCores`.
pub fn cores(state: &mut State, ask: &Ask<'_>) -> Handled {
    let body: Cores = body::checked(ask.incoming)?;
    let server = idle(state, ask)?;
    let (id, share) = (
        server.id,
        Share {
            cores: body.cores,
            ..server.share()
        },
    );
    resize(state, id, share, |server| server.cores = body.cores)?;
    modified(state)
}

/// `PUT /servers/{id}/modify/traffic`.
pub fn traffic(state: &mut State, ask: &Ask<'_>) -> Handled {
    let body: Traffic = body::checked(ask.incoming)?;
    let id = super::servers::changeable(state, ask)?.id;
    state.change_server(id, |server| server.traffic = body.traffic);
    modified(state)
}

/// What a server becomes by a package, and the panel's notes on what does not change.
fn merged(mut server: Server, package: &PackageConfig, body: &ChangePackage) -> (Server, Vec<String>) {
    let mut info = Vec::new();
    let fields = [
        (body.cpu, &mut server.cores, package.cores, "CPU cores"),
        (body.memory, &mut server.memory, package.memory, "memory"),
        (
            body.primary_network_traffic,
            &mut server.traffic,
            package.traffic,
            "traffic",
        ),
        (
            body.primary_network_inbound_speed,
            &mut server.speed_in,
            package.speed_in,
            "primary network speed inbound",
        ),
        (
            body.primary_network_outbound_speed,
            &mut server.speed_out,
            package.speed_out,
            "primary network speed outbound",
        ),
    ];
    for (wanted, field, value, name) in fields {
        if !wanted.unwrap_or(true) {
            continue;
        }
        if *field == value {
            info.push(format!("{name} not updated. It matches the current value"));
        }
        *field = value;
    }
    if body.primary_disk_size.unwrap_or(true) {
        if package.storage <= server.storage {
            let note = "primary disk not updated. It either matches or is lower than the current value";
            info.push(note.to_owned());
        }
        server.storage = server.storage.max(package.storage);
    }
    server.package = package.id;
    (server, info)
}

/// `PUT /servers/{id}/package/{package}`. The primary disk grows or stays.
pub fn package(state: &mut State, ask: &Ask<'_>) -> Handled {
    let body: ChangePackage = if ask.incoming.body.is_empty() {
        ChangePackage::default()
    } else {
        body::read(ask.incoming)?
    };
    let server = idle(state, ask)?.clone();
    let package = state.package(ask.second_id()).filter(|package| package.enabled);
    let package = package.ok_or(Problem::Missing("package not found"))?;
    let (wanted, info) = merged(server, package, &body);
    resize(state, wanted.id, wanted.share(), |server| *server = wanted)?;
    match state.config.profile {
        Profile::V6 => changed(Answer::empty(204)),
        Profile::V7 => changed(Answer::json(200, &json!({ "info": info }))),
    }
}
