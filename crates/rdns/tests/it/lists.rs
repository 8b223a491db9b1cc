//! The list of zones.

use rdns::powerdns::answer;
use serde_json::Value;
use testkit::dns::{Kind, NameServer};

use crate::world::{PART, ZONE, api, body, name, refused, unclear};

/// Names with signs that mean something in paths. Only the database takes most of them, and some operators write there.
const STRANGE: [&str; 5] = [
    "a_b-c.test",
    "*.test",
    "a=b.test",
    "a+b%2F.test",
    "a?b#c&d:e@f.test",
];

#[tokio::test]
async fn vf_249_every_zone_that_is_listed_is_found_by_its_name() {
    let server = NameServer::start("ns1").await;
    for zone in [ZONE, PART] {
        server.create_zone(zone, Kind::Native, &[]).await;
    }
    for zone in STRANGE {
        server.execute(&format!(
            "INSERT INTO domains (name, type) VALUES ('{zone}', 'NATIVE')"
        ));
    }
    let listed = answer::zones(&server.send(&api().list_zones()).await).expect("a list");
    assert_eq!(listed.len(), 2 + STRANGE.len());
    for zone in &listed {
        let outcome = server.send(&api().read_whole(&zone.name)).await;
        let content = answer::whole(&outcome, &zone.name).map(|content| content.names().count());
        assert_eq!(content, Ok(0), "{}", zone.name);
    }
}

#[tokio::test]
async fn vf_249_the_id_of_a_part_of_a_network_is_the_servers_own() {
    let server = NameServer::start("ns1").await;
    for zone in [ZONE, PART] {
        server.create_zone(zone, Kind::Native, &[]).await;
    }
    let outcome = server.send(&api().list_zones()).await;
    let listed: Vec<Value> = serde_json::from_str(body(&outcome)).expect("JSON");
    let id = |zone: &str| {
        let found = listed.iter().find(|entry| entry["name"] == zone);
        found.expect("it is listed")["id"].as_str().expect("a text")
    };
    assert_eq!(id(PART), "64=2F26.113.0.203.in-addr.arpa.");
    for zone in [ZONE, PART] {
        let path = api().read_whole(&name(zone)).path;
        assert!(path.ends_with(&format!("/zones/{}", id(zone))), "{path}");
    }
}

#[tokio::test]
async fn zones_are_listed_with_their_kinds() {
    let server = NameServer::start("ns1").await;
    let nobody = "127.0.0.1:1".parse().expect("an address");
    for (zone, kind) in [
        ("native.test.", Kind::Native),
        ("primary.test.", Kind::Primary),
        ("secondary.test.", Kind::Secondary { primary: nobody }),
    ] {
        server.create_zone(zone, kind, &[]).await;
    }
    let listed = answer::zones(&server.send(&api().list_zones()).await).expect("a list");
    let mut kinds: Vec<_> = listed
        .iter()
        .map(|zone| (zone.name.as_str(), zone.kind.as_deref()))
        .collect();
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            ("native.test.", Some("Native")),
            ("primary.test.", Some("Master")),
            ("secondary.test.", Some("Slave")),
        ]
    );
}

#[tokio::test]
async fn vf_253_a_list_that_failed_is_an_error_and_the_next_one_is_whole() {
    let mut server = NameServer::start("ns1").await;
    let list = api().list_zones();
    assert_eq!(answer::zones(&server.send(&list).await), Ok(Vec::new()));
    server.create_zone(ZONE, Kind::Native, &[]).await;
    refused(answer::zones(
        &server.client().with_key("wrong").send(&list).await,
    ));
    server.stop();
    unclear(answer::zones(&server.send(&list).await));
    server.start_again().await;
    let listed = answer::zones(&server.send(&list).await).expect("a list");
    assert_eq!(listed.len(), 1);
}
