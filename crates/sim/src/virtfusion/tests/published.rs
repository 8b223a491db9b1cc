//! One life that touches every endpoint, held against the hand-written contract, and, where the environment variable
//! `HOSTLER_SPECS` names a folder with `virtfusion-openapi.yaml`, against the platform's published document.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::*;
use crate::virtfusion::{endpoints, route};

/// Where the panel is known to differ from the document, and why. A line that no longer differs fails the test.
const DIFFERENCES: &[(&str, &str)] = &[
    (
        "query page",
        "paged answers link to it, the parameters do not list it",
    ),
    (
        "query hypervisorId[]",
        "only the description of hypervisorId names it",
    ),
    (
        "set_vnc request",
        "one client sends {vnc: bool}; the document knows {action} only",
    ),
    (
        "modify_traffic request",
        "the document says string and shows a number",
    ),
    ("get_server /data/remoteState", "the document shows false only"),
    (
        "list_servers /qemuAgent/os/pretty-name",
        "as get_server, in the full list",
    ),
    (
        "get_server /data/qemuAgent/os/pretty-name",
        "read by clients, shown nowhere",
    ),
    (
        "build_server /data/qemuAgent/os/pretty-name",
        "read by clients, shown nowhere",
    ),
];

/// Touches every endpoint of version 7 with success.
fn life() -> Desk {
    let mut desk = Desk::new();
    catalogue(&desk);
    let (user, other) = (desk.user(7), desk.user(8));
    let key = people(&desk, user);
    let id = machine(&mut desk, user, key);
    changes(&mut desk, id);
    desk.call(Method::Put, &format!("/servers/{id}/owner/{other}"), None);
    desk.bare(&format!("/servers/{id}/suspend"));
    desk.wait(5);
    desk.bare(&format!("/servers/{id}/unsuspend"));
    desk.wait(5);
    desk.delete(&format!("/servers/{id}?delay=0"));
    desk.delete(&format!("/ssh_keys/{key}"));
    desk.delete("/users/7/byExtRelation");
    desk
}

fn catalogue(desk: &Desk) {
    desk.get("/connect");
    desk.get("/compute/hypervisors/groups?results=1");
    desk.get("/compute/hypervisors/groups/1");
    desk.get("/compute/hypervisors/groups/1/resources?results=20&page=2");
    desk.get("/packages");
    desk.get("/packages/1");
    desk.get("/media/templates/fromServerPackageSpec/1");
}

/// A user and a key; its id.
fn people(desk: &Desk, user: u64) -> u64 {
    desk.get("/users/7/byExtRelation");
    desk.put(
        "/users/7/byExtRelation",
        &json!({"name": "Jane D.", "enabled": true}),
    );
    desk.bare("/users/7/byExtRelation/resetPassword");
    desk.bare("/users/7/authenticationTokens");
    let key =
        json!({"userId": user, "name": "k", "publicKey": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA jane"});
    let key = desk.post("/ssh_keys", &key).1["data"]["id"].as_u64().unwrap();
    desk.get(&format!("/ssh_keys/{key}"));
    desk.get(&format!("/ssh_keys/user/{user}"));
    desk.get("/selfService/hourlyStats/byUserExtRelationId/7?range=m");
    desk.get("/selfService/usage/byUserExtRelationId/7?period[]=2026-11-01");
    desk.get("/selfService/report/byUserExtRelationId/7?period=0");
    key
}

/// A machine, forty days old, and all that can be read of it.
fn machine(desk: &mut Desk, user: u64, key: u64) -> u64 {
    desk.post("/servers?dryRun=true", &Desk::order(user));
    let id = desk.created(user);
    let build = json!({
        "operatingSystemId": 49, "name": "web-01", "hostname": "web-01.example.net", "sshKeys": [key],
        "vnc": false, "ipv6": true, "email": true, "swap": 512,
    });
    desk.post(&format!("/servers/{id}/build"), &build);
    let hand = desk.panel.hand(desk.now);
    hand.add_interface(id, 2, true).unwrap();
    hand.add_host_address(id).unwrap();
    desk.wait(86_400 * 40);
    desk.get(&format!("/servers/{id}?remoteState=true"));
    desk.get("/servers");
    desk.get("/servers?type=full&hypervisorId[]=1");
    desk.get(&format!("/servers/user/{user}"));
    desk.get(&format!("/servers/{id}/templates"));
    desk.get(&format!("/servers/{id}/traffic"));
    desk.get(&format!("/servers/{id}/vnc"));
    desk.post(&format!("/servers/{id}/vnc"), &json!({"action": "enable"}));
    desk.post(&format!("/servers/{id}/vnc"), &json!({"vnc": false}));
    desk.get(&format!("/backups/server/{id}"));
    desk.bare(&format!("/users/7/serverAuthenticationTokens/{id}"));
    id
}

/// Power, package and sizes.
fn changes(desk: &mut Desk, id: u64) {
    desk.post(
        &format!("/servers/{id}/resetPassword"),
        &json!({"user": "root", "sendMail": false}),
    );
    desk.wait(5);
    for action in ["restart", "shutdown", "boot", "poweroff"] {
        let queue = desk.bare(&format!("/servers/{id}/power/{action}")).1["data"]["queueId"]
            .as_u64()
            .unwrap();
        desk.wait(5);
        desk.get(&format!("/queue/{queue}"));
    }
    desk.call(Method::Put, &format!("/servers/{id}/package/2"), None);
    desk.put(
        &format!("/servers/{id}/package/3"),
        &json!({"memory": true, "primaryDiskSize": false}),
    );
    desk.put(&format!("/servers/{id}/modify/name"), &json!({"name": "db-01"}));
    desk.put(&format!("/servers/{id}/modify/memory"), &json!({"memory": 1024}));
    desk.put(&format!("/servers/{id}/modify/cpuCores"), &json!({"cores": 4}));
    desk.put(
        &format!("/servers/{id}/modify/traffic"),
        &json!({"traffic": 1000}),
    );
}

#[test]
fn a_life_through_every_endpoint_keeps_to_the_contract_and_the_published_document() {
    let tape = life().tape();
    let succeeded: BTreeSet<&str> = tape
        .iter()
        .filter(|(_, answer)| answer.status < 300)
        .map(|(incoming, _)| route::name(incoming, Profile::V7))
        .collect();
    assert_eq!(
        succeeded.len(),
        tape_names().len(),
        "missing: {:?}",
        tape_names().difference(&succeeded)
    );
    assert!(tape.iter().all(|(_, answer)| answer.status < 300));
    let Some(folder) = std::env::var_os("HOSTLER_SPECS") else {
        return;
    };
    let text = std::fs::read_to_string(PathBuf::from(folder).join("virtfusion-openapi.yaml")).unwrap();
    let document: Value = serde_saphyr::from_str(&text).unwrap();
    let mut found: BTreeSet<String> = BTreeSet::new();
    for (incoming, answer) in &tape {
        found.extend(differences(&document, incoming, answer));
    }
    let expected: BTreeSet<String> = DIFFERENCES.iter().map(|(what, _)| (*what).to_owned()).collect();
    assert_eq!(found, expected);
}

fn tape_names() -> BTreeSet<&'static str> {
    endpoints(Profile::V7)
        .into_iter()
        .map(|(_, _, name)| name)
        .chain(["dry_run"])
        .collect()
}

/// The path of the document that a request is for.
fn documented<'a>(document: &'a Value, incoming: &Incoming) -> Option<&'a Value> {
    let path = incoming.path.strip_prefix(super::super::API_BASE)?;
    let fits = |pattern: &str| {
        let (wanted, got): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
        wanted.len() == got.len()
            && wanted
                .iter()
                .zip(&got)
                .all(|(wanted, got)| wanted.starts_with('{') || wanted == got)
    };
    let method = incoming.method.as_str().to_lowercase();
    let literal = |pattern: &str| pattern.matches('{').count();
    let candidates = document["paths"]
        .as_object()?
        .iter()
        .filter(|(pattern, _)| fits(pattern));
    candidates
        .min_by_key(|(pattern, _)| literal(pattern))
        .and_then(|(_, operations)| operations.get(method))
}

fn differences(document: &Value, incoming: &Incoming, answer: &Answer) -> Vec<String> {
    let name = route::name(incoming, Profile::V7);
    let Some(operation) = documented(document, incoming) else {
        return vec![format!("{name}: not documented")];
    };
    let mut found = Vec::new();
    let parameters: Vec<&str> = operation["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["name"].as_str())
        .collect();
    for (key, _) in &incoming.query {
        if !parameters.contains(&key.as_str()) {
            found.push(format!("query {key}"));
        }
    }
    if !incoming.body.is_empty() {
        let mut schema = operation["requestBody"]["content"]["application/json"]["schema"].clone();
        schema["additionalProperties"] = json!(false);
        let body: Value = serde_json::from_slice(&incoming.body).unwrap();
        if !jsonschema::validator_for(&schema).unwrap().is_valid(&body) {
            found.push(format!("{name} request"));
        }
    }
    let Some(response) = operation["responses"].get(answer.status.to_string()) else {
        // The success of a dry run is documented nowhere.
        return if name == "dry_run" {
            found
        } else {
            [found, vec![format!("{name} {}", answer.status)]].concat()
        };
    };
    let mut example = &response["content"]["application/json"]["example"];
    let mut ours = answer.value().unwrap_or_default();
    if incoming.query_value("type") == Some("full") {
        // The document shows the simple form only; the full one is held against a read.
        let read = &document["paths"]["/servers/{serverId}"]["get"]["responses"]["200"];
        example = &read["content"]["application/json"]["example"]["data"];
        ours = ours["data"][0].take();
        assert!(ours["settings"].is_object(), "a full list has full items");
    }
    compare(name, "", &ours, example, &mut found);
    found
}

/// Every field of ours is in the example, with the same type. A null or an empty list on either side says nothing.
fn compare(name: &str, at: &str, ours: &Value, example: &Value, found: &mut Vec<String>) {
    let empty = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    if empty(ours) || empty(example) {
        return;
    }
    match (ours, example) {
        (Value::Object(ours), Value::Object(example)) => {
            for (key, value) in ours {
                let place = format!("{at}/{key}");
                match example.get(key) {
                    Some(example) => compare(name, &place, value, example, found),
                    None => found.push(format!("{name} {place}")),
                }
            }
        }
        (Value::Array(ours), Value::Array(examples)) => {
            for value in ours {
                let attempts = examples.iter().map(|example| {
                    let mut differences = Vec::new();
                    compare(name, &format!("{at}[]"), value, example, &mut differences);
                    differences
                });
                found.extend(attempts.min_by_key(Vec::len).unwrap_or_default());
            }
        }
        (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_)) => {}
        _ => found.push(format!("{name} {at}")),
    }
}
