//! How the panel writes a server.

mod network;

use std::net::Ipv4Addr;
use std::time::Duration;

use domain::Moment;
use serde_json::{Value, json};

use super::record::{Server, Stage};
use super::route::Dates;
use super::state::State;
use crate::written::{Object, Written};

/// An empty list.
const NOTHING: [(); 0] = [];

/// A traffic period.
const PERIOD: Duration = Duration::from_hours(30 * 24);

/// The traffic periods of a server, newest first: number, start, end.
pub fn periods(created: Moment, now: Moment) -> Vec<(u64, Moment, Moment)> {
    let first = Moment::from_seconds(created.as_seconds().div_euclid(86_400) * 86_400);
    let count = now.since(first).as_secs() / PERIOD.as_secs() + 1;
    let period = |number: u64| {
        let start = first + Duration::from_secs(PERIOD.as_secs() * (number - 1));
        (number, start, start + PERIOD - Duration::from_secs(1))
    };
    (1..=count).rev().take(12).map(period).collect()
}

/// The address of a hypervisor.
pub fn hypervisor_ip(id: u64) -> Ipv4Addr {
    Ipv4Addr::new(198, 51, 100, u8::try_from(id % 250 + 2).unwrap_or(2))
}

/// The port of a server's console.
pub const fn console_port(id: u64) -> u64 {
    5900 + id % 1000
}

/// The item of the simple list.
pub fn simple(server: &Server, dates: Dates) -> Written {
    Object::default()
        .with("id", &server.id)
        .with("uuid", &server.uuid)
        .with("name", &server.name)
        .with("commissioned", &server.stage.commission())
        .with("owner", &server.owner)
        .with("hypervisorId", &server.hypervisor)
        .with("suspended", &server.suspended)
        .with("protected", &false)
        .with("updated", &dates.iso(server.updated))
        .with("created", &dates.iso(server.created))
        .end()
}

/// The item of a user's list, which is meant for the user's eyes.
pub fn for_user(state: &State, server: &Server) -> Written {
    let group = state
        .books
        .hypervisors
        .get(&server.hypervisor)
        .map_or(0, |hypervisor| hypervisor.group);
    Object::default()
        .with("id", &server.id)
        .with("ownerId", &server.owner)
        .with("hypervisorId", &server.hypervisor)
        .with("name", &server.name)
        .with("hostname", &server.hostname)
        .with("commissionStatus", &server.stage.commission())
        .with("uuid", &server.uuid)
        .with("state", server.stage.state())
        .with("rebuild", &false)
        .with("suspended", &server.suspended)
        .with("protected", &false)
        .with("buildFailed", &(server.stage == Stage::Failed))
        .with("backup_level", &0)
        .with("backup_plan", &())
        .with("os", &json!({ "screen": null }))
        .with(
            "server_info",
            &json!({ "show": false, "icon": null, "name": null, "label": null }),
        )
        .with(
            "vnc",
            &json!({
                "expose_details": true,
                "ip": hypervisor_ip(server.hypervisor),
                "hostname": null,
                "port": console_port(server.id),
                "enabled": u8::from(server.console),
            }),
        )
        .with(
            "resources",
            &json!({
                "memory": server.memory,
                "storage": server.storage,
                "traffic": server.traffic,
                "cpuCores": server.cores,
                "cpu_model": null,
            }),
        )
        .with_written("network", &network::for_user(server, state.books.gateway(group)))
        .with("config", &json!({ "uefi": false, "bootOrder": ["hd", "cdrom"] }))
        .with("media", &json!({ "isoMounted": false, "isoName": "" }))
        .end()
}

fn disks(server: &Server, dates: Dates) -> Written {
    let capacities = std::iter::once(server.storage).chain(server.additional.iter().copied());
    let disk = |(index, capacity): (usize, u64)| {
        let number = index as u64 + 1;
        Object::default()
            .with("_id", &(server.id * 4 + number))
            .with("id", &number)
            .with("capacity", &capacity)
            .with("drive", ["a", "b", "c"][index.min(2)])
            .with("type", "qcow2")
            .with("profile", &if index == 0 { server.storage_profile } else { 0 })
            .with("status", &3)
            .with("enabled", &true)
            .with("primary", &(index == 0))
            .with("created", &dates.iso(server.created))
            .with("updated", &dates.iso(server.created))
            .with("name", &format!("{}_{number}", server.uuid))
            .with("local", &true)
            .with("locationType", "mountpoint")
            .with("path", "/home/vf-data/disk")
            .end()
    };
    Written::list(capacities.enumerate().map(disk))
}

fn hypervisor(state: &State, id: u64) -> (u64, Written) {
    let Some(hypervisor) = state.books.hypervisors.get(&id) else {
        return (0, Written::of(&()));
    };
    let name = state
        .books
        .groups
        .get(&hypervisor.group)
        .map_or("", |group| group.name.as_str());
    let written = Object::default()
        .with("id", &id)
        .with("ip", &hypervisor_ip(id))
        .with("hostname", &())
        .with("port", &8892)
        .with("maintenance", &false)
        .with("groupId", &hypervisor.group)
        .with("group", &json!({ "name": name, "icon": null }))
        .with("timezone", "Europe/London")
        .with("name", &hypervisor.name)
        .with("dataDir", "/home/vf-data")
        .with("resources", &hypervisor.resources())
        .end();
    (hypervisor.group, written)
}

fn owner(state: &State, id: u64, dates: Dates) -> Written {
    let Some(user) = state.users.get(id) else {
        return Written::of(&());
    };
    Object::default()
        .with("id", &user.id)
        .with("admin", &false)
        .with("extRelationId", &user.relation)
        .with("name", &user.name)
        .with("email", &user.email)
        .with("timezone", "Europe/London")
        .with("suspended", &!user.enabled)
        .with("twoFactorAuth", &false)
        .with("created", &dates.iso(user.created))
        .with("updated", &dates.iso(user.updated))
        .end()
}

/// The template's name, once there is one.
fn system(state: &State, server: &Server) -> Value {
    let name = server
        .template
        .and_then(|id| state.template(id))
        .map(super::media::Template::title);
    name.map_or_else(
        || json!({ "os": {} }),
        |name| json!({ "os": { "pretty-name": name } }),
    )
}

fn keys(state: &State, server: &Server, dates: Dates) -> Written {
    let keys = server.keys.iter().filter_map(|id| state.keys.get(*id));
    Written::list(keys.map(|key| {
        Object::default()
            .with("id", &key.id)
            .with("ownerId", &key.user)
            .with("type", "OpenSSH")
            .with("name", &key.name)
            .with("public", &key.public)
            .with("enabled", &true)
            .with("created", &dates.iso(key.created))
            .end()
    }))
}

fn traffic(state: &State, server: &Server, dates: Dates) -> Value {
    let (_, start, end) = periods(server.created, state.now)[0];
    json!({ "public": {
        "countMethod": 1,
        "currentPeriod": {
            "start": dates.micros(start), "end": dates.micros(end), "limit": server.traffic,
        },
    } })
}

/// The whole server. `remote` is what the hypervisor says; answers to create and build leave it out. `password` is what the
/// answer to a build tells beside.
pub fn full(
    state: &State,
    server: &Server,
    dates: Dates,
    remote: Option<Value>,
    password: Option<&str>,
) -> Written {
    let (group, hypervisor) = hypervisor(state, server.hypervisor);
    let object = Object::default()
        .with("id", &server.id)
        .with("ownerId", &server.owner)
        .with("hypervisorId", &server.hypervisor)
        .with("arch", &1)
        .with("name", &server.name)
        .with("selfService", &0)
        .with("selfServiceSettings", &NOTHING)
        .with("hostname", &server.hostname)
        .with("commissionStatus", &server.stage.commission())
        .with("uuid", &server.uuid)
        .with("state", server.stage.state())
        .with("migratable", &true)
        .with("timezone", "_default")
        .with("migrateLevel", &0)
        .with("deleteLevel", &u8::from(server.delete_at.is_some()))
        .with("configLevel", &u8::from(server.job.is_some()))
        .with("backupLevel", &0)
        .with("destroyable", &true)
        .with("rebuild", &false)
        .with("suspended", &server.suspended)
        .with("protected", &false)
        .with("buildFailed", &(server.stage == Stage::Failed))
        .with("primaryNetworkDhcp4", &false)
        .with("primaryNetworkDhcp6", &false)
        .with("built", &server.built.map(|at| dates.iso(at)))
        .with("created", &dates.iso(server.created))
        .with("updated", &dates.iso(server.updated))
        .with("traffic", &traffic(state, server, dates))
        .with("qemuAgent", &system(state, server))
        .with("media", &json!({ "isoMounted": false, "isoName": "" }))
        .with("backupPlan", &json!({ "id": null, "name": null }))
        .with_written("cpu", &cpu(server))
        .with_written("vnc", &console(server))
        .with_written("network", &network::full(server, state.books.gateway(group)))
        .with_written("storage", &disks(server, dates))
        .with("hypervisorAssets", &NOTHING)
        .with_written("hypervisor", &hypervisor)
        .with_written("owner", &owner(state, server.owner, dates))
        .with_written("sshKeys", &keys(state, server, dates))
        .with("sharedUsers", &NOTHING)
        .with_written("settings", &settings(server, password))
        .with_written("tasks", &tasks(server, dates));
    match remote {
        Some(remote) => object.with("remoteState", &remote).end(),
        None => object.end(),
    }
}

fn cpu(server: &Server) -> Written {
    Object::default()
        .with("cores", &server.cores)
        .with("type", "inherit")
        .with("throttle", &0)
        .with("shares", &1024)
        .end()
}

fn console(server: &Server) -> Written {
    Object::default()
        .with("ip", &hypervisor_ip(server.hypervisor))
        .with("port", &console_port(server.id))
        .with("enabled", &false)
        .end()
}

fn tasks(server: &Server, dates: Dates) -> Written {
    Object::default()
        .with("active", &server.job.is_some())
        .with("lastOn", &server.built.map(|at| dates.plain(at)))
        .with("actions", &json!({ "pending": [] }))
        .end()
}

fn settings(server: &Server, password: Option<&str>) -> Written {
    let resources = Object::default()
        .with("memory", &server.memory)
        .with("storage", &server.storage)
        .with("traffic", &server.traffic)
        .with("cpuCores", &server.cores)
        .end();
    let object = Object::default()
        .with("osTemplateInstall", &true)
        .with("osTemplateInstallId", &server.template.unwrap_or(0))
        .with("encryptedPassword", &format!("enc:{}", server.uuid))
        .with("backupPlan", &())
        .with("uefi", &false)
        .with("cloudInit", &true)
        .with("bootOrder", &["hd", "cdrom"])
        .with_written("resources", &resources);
    match password {
        Some(password) => object.with("decryptedPassword", password).end(),
        None => object.end(),
    }
}

/// What the hypervisor says of a server: `false` where it says nothing.
pub fn remote(state: &State, server: &Server) -> Value {
    let reachable = state
        .books
        .hypervisors
        .get(&server.hypervisor)
        .is_some_and(|hypervisor| hypervisor.reachable);
    if !reachable || server.built.is_none() {
        return json!(false);
    }
    let kilobytes = server.memory * 1024;
    if !server.running {
        return json!({ "state": "shutoff", "cpu": 0, "memory": { "actual": kilobytes }, "disk": {} });
    }
    let total = server.storage * 1_000_000_000;
    json!({
        "state": "running",
        "cpu": 3.5,
        "memory": {
            "actual": kilobytes,
            "unused": kilobytes / 2,
            "available": kilobytes,
            "usable": kilobytes / 2,
            "rss": kilobytes / 2,
        },
        "disk": { "vda": { "rd.bytes": 123_456_789, "wr.bytes": 987_654_321 } },
        "agent": { "fsinfo": [{
            "name": "vda1", "mountpoint": "/", "type": "ext4", "used-bytes": total / 8, "total-bytes": total,
        }] },
    })
}
