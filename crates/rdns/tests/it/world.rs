//! A name server with something in every corner, and the words of the tests.

use std::net::IpAddr;

use domain::http::Outcome;
use rdns::powerdns::{Change, Server, ServerError, answer};
use rdns::{DnsName, Hostname, Place, Pointers, pointer_name};
use testkit::dns::{Kind, NameServer, RecordSet};

/// The names of a network of 256 addresses.
pub const ZONE: &str = "113.0.203.in-addr.arpa.";

/// The names of a part of it.
pub const PART: &str = "64/26.113.0.203.in-addr.arpa.";

/// The names of an IPv6 network.
pub const ZONE_6: &str = "8.b.d.0.1.0.0.2.ip6.arpa.";

/// Where the hosts are.
pub const FORWARD: &str = "example.test.";

pub fn name(text: &str) -> DnsName {
    text.parse().expect("a name")
}

pub fn host(text: &str) -> Hostname {
    text.parse().expect("a hostname")
}

pub fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// The server by the id that nearly all have.
pub fn api() -> Server {
    Server::new("localhost")
}

/// The place of the address with this last octet in [`ZONE`].
pub fn place(octet: u8) -> Place {
    Place {
        zone: name(ZONE),
        record: name(&format!("{octet}.{ZONE}")),
    }
}

pub fn replace(record: &str, target: &str, ttl: u32) -> Change {
    Change::Replace {
        record: name(record),
        target: host(target),
        ttl,
    }
}

pub fn delete(record: &str) -> Change {
    Change::Delete { record: name(record) }
}

/// Makes changes.
pub async fn change(server: &NameServer, zone: &str, changes: &[Change]) -> Result<(), ServerError> {
    answer::changed(&server.send(&api().change(&name(zone), changes)).await)
}

/// The pointers at one name, by an answer with as much of the zone as there may be.
pub fn pointers(outcome: &Outcome, place: &Place) -> Pointers {
    let content = answer::whole(outcome, &place.zone);
    content.map_or_else(
        |why| Pointers::Unknown(why.to_string()),
        |content| content.at(&place.record),
    )
}

/// Reads one name, and nothing else.
pub async fn read(server: &NameServer, place: &Place) -> Pointers {
    pointers(&server.send(&api().read_pointers(place)).await, place)
}

/// Reads one name in the whole zone.
pub async fn read_in_whole(server: &NameServer, place: &Place) -> Pointers {
    pointers(&server.send(&api().read_whole(&place.zone)).await, place)
}

/// What is held at a name: `host`, `host (disabled)`.
pub fn held(pointers: &Pointers) -> Vec<String> {
    let Pointers::Held(set) = pointers else {
        panic!("nothing is held: {pointers:?}");
    };
    let mut held: Vec<String> = set
        .targets()
        .iter()
        .map(|target| {
            let mark = if target.disabled { " (disabled)" } else { "" };
            format!("{}{mark}", target.host)
        })
        .collect();
    held.sort();
    held
}

/// The text of an answer that came.
pub fn body(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Answered(response) => &response.body,
        Outcome::Failed(_) => panic!("no answer: {outcome:?}"),
    }
}

/// The words of a refusal.
pub fn refused<T: std::fmt::Debug>(result: Result<T, ServerError>) -> String {
    match result {
        Err(ServerError::Refused(why)) => why,
        other => panic!("no refusal: {other:?}"),
    }
}

/// The words of an error that proves nothing.
pub fn unclear<T: std::fmt::Debug>(result: Result<T, ServerError>) -> String {
    match result {
        Err(ServerError::Unclear(why)) => why,
        other => panic!("not unclear: {other:?}"),
    }
}

/// A server with the four zones, in which there is what customers and operators put there.
pub async fn furnished() -> NameServer {
    let server = NameServer::start("ns1").await;
    let zone = [
        RecordSet::pointers(&format!("5.{ZONE}"), &["five.example.test."]),
        RecordSet::pointers(&format!("6.{ZONE}"), &["a.example.test.", "b.example.test."])
            .and_disabled(&["old.example.test."]),
        RecordSet::pointers(&format!("7.{ZONE}"), &[]).and_disabled(&["off.example.test."]),
        RecordSet::new(&format!("8.{ZONE}"), "TXT", &["\"no pointer\""]),
        RecordSet::new(&format!("9.{ZONE}"), "CNAME", &["elsewhere.example.test."]),
        RecordSet::new(&format!("70.{ZONE}"), "CNAME", &[&format!("70.{PART}")]),
        RecordSet::new(PART, "NS", &["ns.test."]),
    ];
    server.create_zone(ZONE, Kind::Native, &zone).await;
    let part = [RecordSet::pointers(
        &format!("66.{PART}"),
        &["part.example.test."],
    )];
    server.create_zone(PART, Kind::Native, &part).await;
    let six = pointer_name(address("2001:db8::5"));
    let zone_6 = [RecordSet::pointers(six.as_str(), &["six.example.test."])];
    server.create_zone(ZONE_6, Kind::Native, &zone_6).await;
    let forward = [
        RecordSet::new("five.example.test.", "A", &["203.0.113.5"]),
        RecordSet::new("six.example.test.", "AAAA", &["2001:db8::5"]),
        RecordSet::new(FORWARD, "MX", &["10 mail.example.test."]),
        RecordSet::new(FORWARD, "TXT", &["\"v=spf1 -all\""]),
    ];
    server.create_zone(FORWARD, Kind::Native, &forward).await;
    server
}
