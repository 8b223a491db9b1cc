//! How the panel writes a server.

use std::net::Ipv4Addr;
use std::time::Duration;

use domain::Moment;
use serde_json::{Value, json};

use super::record::{Server, Stage};
use super::route::Dates;
use super::state::State;

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

fn mac(id: u64) -> String {
    let [.., a, b, c, d] = id.to_be_bytes();
    format!("00:E7:{a:02X}:{b:02X}:{c:02X}:{d:02X}")
}

/// The item of the simple list.
pub fn simple(server: &Server, dates: Dates) -> Value {
    json!({
        "id": server.id,
        "uuid": server.uuid,
        "name": server.name,
        "commissioned": server.stage.commission(),
        "owner": server.owner,
        "hypervisorId": server.hypervisor,
        "suspended": server.suspended,
        "protected": false,
        "updated": dates.iso(server.updated),
        "created": dates.iso(server.created),
    })
}

/// The item of a user's list, which is meant for the user's eyes.
pub fn for_user(state: &State, server: &Server) -> Value {
    let group = state
        .books
        .hypervisors
        .get(&server.hypervisor)
        .map_or(0, |hypervisor| hypervisor.group);
    let addresses = addresses(server, state.books.gateway(group), false);
    json!({
        "id": server.id,
        "ownerId": server.owner,
        "hypervisorId": server.hypervisor,
        "name": server.name,
        "hostname": server.hostname,
        "commissionStatus": server.stage.commission(),
        "uuid": server.uuid,
        "state": server.stage.state(),
        "rebuild": false,
        "suspended": server.suspended,
        "protected": false,
        "buildFailed": server.stage == Stage::Failed,
        "backup_level": 0,
        "backup_plan": null,
        "os": { "screen": null },
        "server_info": { "show": false, "icon": null, "name": null, "label": null },
        "vnc": {
            "expose_details": true,
            "ip": hypervisor_ip(server.hypervisor),
            "hostname": null,
            "port": console_port(server.id),
            "enabled": u8::from(server.console),
        },
        "resources": {
            "memory": server.memory,
            "storage": server.storage,
            "traffic": server.traffic,
            "cpuCores": server.cores,
            "cpu_model": null,
        },
        "network": { "interfaces": [{
            "order": 1,
            "enabled": true,
            "name": "eth0",
            "mac": mac(server.id),
            "inAverage": server.speed_in, "inPeak": 0, "inBurst": 0,
            "outAverage": server.speed_out, "outPeak": 0, "outBurst": 0,
            "isNat": false,
            "ipv4": addresses,
            "ipv6": [],
        }] },
        "config": { "uefi": false, "bootOrder": ["hd", "cdrom"] },
        "media": { "isoMounted": false, "isoName": "" },
    })
}

fn addresses(server: &Server, gateway: Ipv4Addr, full: bool) -> Vec<Value> {
    let one = |(index, address): (usize, &Ipv4Addr)| {
        let mut value = json!({
            "order": index + 1,
            "enabled": true,
            "address": address,
            "gateway": gateway,
            "netmask": "255.254.0.0",
            "resolver1": "192.0.2.53",
            "resolver2": "192.0.2.54",
        });
        if let Value::Object(map) = &mut value
            && full
        {
            map.insert("id".to_owned(), json!(u32::from(*address) & 0x1_FFFF));
            map.insert("blockId".to_owned(), json!(1));
            map.insert("rdns".to_owned(), Value::Null);
            map.insert("mac".to_owned(), Value::Null);
        }
        value
    };
    server.ipv4.iter().enumerate().map(one).collect()
}

fn ipv6(server: &Server) -> Vec<Value> {
    if !server.ipv6 {
        return Vec::new();
    }
    let (high, low) = (server.id >> 16 & 0xFFFF, server.id & 0xFFFF);
    vec![json!({
        "id": server.id,
        "block": { "id": 5, "name": "v6" },
        "order": 1,
        "enabled": true,
        "addresses": [],
        "addressesDetailed": [],
        "subnet": format!("2001:db8:{high:x}:{low:x}::"),
        "cidr": 64,
        "exhausted": false,
        "gateway": "2001:db8::1",
        "resolver1": "2001:db8::53",
        "resolver2": "2001:db8::54",
        "routeNet": false,
    })]
}

fn interface(state: &State, server: &Server, group: u64) -> Value {
    json!({
        "id": server.id,
        "order": 1,
        "enabled": true,
        "name": "eth0",
        "type": "public",
        "mac": mac(server.id),
        "inAverage": server.speed_in, "inPeak": 0, "inBurst": 0,
        "outAverage": server.speed_out, "outPeak": 0, "outBurst": 0,
        "networkProfile": server.network_profile,
        "firewallEnabled": false,
        "hypervisorNetwork": server.hypervisor,
        "isNat": false,
        "firewall": [],
        "ipWhitelist": [],
        "ipv4": addresses(server, state.books.gateway(group), true),
        "ipv6": ipv6(server),
    })
}

fn disks(server: &Server, dates: Dates) -> Vec<Value> {
    let capacities = std::iter::once(server.storage).chain(server.additional.iter().copied());
    let disk = |(index, capacity): (usize, u64)| {
        let number = index as u64 + 1;
        json!({
            "_id": server.id * 4 + number,
            "id": number,
            "capacity": capacity,
            "drive": (["a", "b", "c"][index.min(2)]),
            "type": "qcow2",
            "profile": if index == 0 { server.storage_profile } else { 0 },
            "status": 3,
            "enabled": true,
            "primary": index == 0,
            "created": dates.iso(server.created),
            "updated": dates.iso(server.created),
            "name": format!("{}_{number}", server.uuid),
            "local": true,
            "locationType": "mountpoint",
            "path": "/home/vf-data/disk",
        })
    };
    capacities.enumerate().map(disk).collect()
}

fn hypervisor(state: &State, id: u64) -> (u64, Value) {
    let Some(hypervisor) = state.books.hypervisors.get(&id) else {
        return (0, Value::Null);
    };
    let name = state
        .books
        .groups
        .get(&hypervisor.group)
        .map_or("", |group| group.name.as_str());
    let value = json!({
        "id": id,
        "ip": hypervisor_ip(id),
        "hostname": null,
        "port": 8892,
        "maintenance": false,
        "groupId": hypervisor.group,
        "group": { "name": name, "icon": null },
        "timezone": "Europe/London",
        "name": hypervisor.name,
        "dataDir": "/home/vf-data",
        "resources": hypervisor.resources(),
    });
    (hypervisor.group, value)
}

fn owner(state: &State, id: u64, dates: Dates) -> Value {
    let Some(user) = state.users.get(id) else {
        return Value::Null;
    };
    json!({
        "id": user.id,
        "admin": false,
        "extRelationId": user.relation,
        "name": user.name,
        "email": user.email,
        "timezone": "Europe/London",
        "suspended": !user.enabled,
        "twoFactorAuth": false,
        "created": dates.iso(user.created),
        "updated": dates.iso(user.updated),
    })
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

fn keys(state: &State, server: &Server, dates: Dates) -> Vec<Value> {
    let keys = server.keys.iter().filter_map(|id| state.keys.get(*id));
    keys.map(|key| {
        json!({
            "id": key.id,
            "ownerId": key.user,
            "type": "OpenSSH",
            "name": key.name,
            "public": key.public,
            "enabled": true,
            "created": dates.iso(key.created),
        })
    })
    .collect()
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

/// The whole server. `remote` is what the hypervisor says; answers to create and build leave it out.
pub fn full(state: &State, server: &Server, dates: Dates, remote: Option<Value>) -> Value {
    let (group, hypervisor) = hypervisor(state, server.hypervisor);
    let mut value = json!({
        "id": server.id,
        "ownerId": server.owner,
        "hypervisorId": server.hypervisor,
        "arch": 1,
        "name": server.name,
        "selfService": 0,
        "selfServiceSettings": [],
        "hostname": server.hostname,
        "commissionStatus": server.stage.commission(),
        "uuid": server.uuid,
        "state": server.stage.state(),
        "migratable": true,
        "timezone": "_default",
        "migrateLevel": 0,
        "deleteLevel": u8::from(server.delete_at.is_some()),
        "configLevel": u8::from(server.job.is_some()),
        "backupLevel": 0,
        "destroyable": true,
        "rebuild": false,
        "suspended": server.suspended,
        "protected": false,
        "buildFailed": server.stage == Stage::Failed,
        "primaryNetworkDhcp4": false,
        "primaryNetworkDhcp6": false,
        "built": server.built.map(|at| dates.iso(at)),
        "created": dates.iso(server.created),
        "updated": dates.iso(server.updated),
        "traffic": traffic(state, server, dates),
        "cpu": { "cores": server.cores, "type": "inherit", "throttle": 0, "shares": 1024 },
        "qemuAgent": system(state, server),
        "media": { "isoMounted": false, "isoName": "" },
        "backupPlan": { "id": null, "name": null },
        "vnc": {
            "ip": hypervisor_ip(server.hypervisor), "port": console_port(server.id), "enabled": false,
        },
        "network": { "interfaces": [interface(state, server, group)], "secondaryInterfaces": [] },
        "storage": disks(server, dates),
        "hypervisorAssets": [],
        "hypervisor": hypervisor,
        "owner": owner(state, server.owner, dates),
        "sshKeys": keys(state, server, dates),
        "sharedUsers": [],
    });
    value["settings"] = settings(server);
    value["tasks"] = json!({
        "active": server.job.is_some(),
        "lastOn": server.built.map(|at| dates.plain(at)),
        "actions": { "pending": [] },
    });
    if let Some(remote) = remote {
        value["remoteState"] = remote;
    }
    value
}

fn settings(server: &Server) -> Value {
    json!({
        "osTemplateInstall": true,
        "osTemplateInstallId": server.template.unwrap_or(0),
        "encryptedPassword": format!("enc:{}", server.uuid),
        "backupPlan": null,
        "uefi": false,
        "cloudInit": true,
        "bootOrder": ["hd", "cdrom"],
        "resources": {
            "memory": server.memory,
            "storage": server.storage,
            "traffic": server.traffic,
            "cpuCores": server.cores,
        },
    })
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
