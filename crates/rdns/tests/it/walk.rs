//! The walk from a hostname to an address, with a real resolver that carries the lookups.

use std::net::{IpAddr, SocketAddr};

use rdns::{Confirmation, Lookup, Step, Walk};
use testkit::dns::{Answer, Kind, NameServer, RecordSet, Resolver, ask};

use crate::world::{FORWARD, PART, ZONE, address, change, furnished, host, replace};

/// Carries lookups to a resolver until the walk is at its end.
async fn confirm(resolver: SocketAddr, name: &str, to: IpAddr) -> Confirmation {
    let mut walk = Walk::begin(&host(name), to);
    loop {
        let question = walk.question();
        let answer = ask(resolver, question.name.as_str(), &question.record.to_string()).await;
        match walk.answer(lookup(&answer)) {
            Step::Done(confirmation) => return confirmation,
            Step::Ask(next) => walk = next,
        }
    }
}

fn lookup(answer: &Answer) -> Lookup {
    match (answer.code, answer.records.is_empty()) {
        (3, _) | (0, true) => Lookup::Nothing,
        (0, false) => Lookup::Found {
            aliases: answer
                .values("CNAME")
                .iter()
                .map(|alias| alias.parse().expect("a name"))
                .collect(),
            addresses: ["A", "AAAA"]
                .iter()
                .flat_map(|kind| answer.values(kind))
                .map(|address| address.parse().expect("an address"))
                .collect(),
        },
        (code, _) => Lookup::Failed(format!("the resolver's code is {code}")),
    }
}

/// Hosts and aliases, and aliases of aliases.
async fn server_with_hosts() -> NameServer {
    let server = NameServer::start("ns1").await;
    let mut records = vec![
        RecordSet::new("host.example.test.", "A", &["203.0.113.5", "203.0.113.6"]),
        RecordSet::new("host.example.test.", "AAAA", &["2001:db8::5"]),
        RecordSet::new("away.example.test.", "CNAME", &["host.other.test."]),
        RecordSet::new("dangling.example.test.", "CNAME", &["nothing.example.test."]),
        RecordSet::new("loop.example.test.", "CNAME", &["pool.example.test."]),
        RecordSet::new("pool.example.test.", "CNAME", &["loop.example.test."]),
        RecordSet::new("alias0.example.test.", "CNAME", &["host.example.test."]),
    ];
    for number in 1..6 {
        let to = format!("alias{}.example.test.", number - 1);
        records.push(RecordSet::new(
            &format!("alias{number}.example.test."),
            "CNAME",
            &[&to],
        ));
    }
    let records: Vec<RecordSet> = records.into_iter().map(|set| set.with_ttl(0)).collect();
    server.create_zone(FORWARD, Kind::Native, &records).await;
    let other = [RecordSet::new("host.other.test.", "A", &["203.0.113.7"]).with_ttl(0)];
    server.create_zone("other.test.", Kind::Native, &other).await;
    server
}

#[tokio::test]
async fn vf_246_a_hostname_is_confirmed_directly_and_through_aliases() {
    let server = server_with_hosts().await;
    let zones = [(FORWARD, server.dns()), ("other.test.", server.dns())];
    let resolver = Resolver::start(&zones).await;
    for (name, to) in [
        ("host.example.test", "203.0.113.5"),
        ("HOST.example.test.", "203.0.113.6"),
        ("host.example.test", "2001:0db8:0::0:5"),
        ("alias0.example.test", "203.0.113.5"),
        ("alias4.example.test", "2001:db8::5"),
        ("away.example.test", "203.0.113.7"),
    ] {
        let found = confirm(resolver.dns(), name, address(to)).await;
        assert_eq!(found, Confirmation::Confirmed, "{name}");
    }
}

#[tokio::test]
async fn vf_246_a_hostname_that_leads_elsewhere_is_missing_and_one_that_nobody_can_look_up_is_unknown() {
    let mut server = server_with_hosts().await;
    let resolver = Resolver::start(&[(FORWARD, server.dns())]).await;
    for name in [
        "nothing.example.test",
        "alias5.example.test",
        "dangling.example.test",
    ] {
        let found = confirm(resolver.dns(), name, address("203.0.113.5")).await;
        assert!(matches!(found, Confirmation::Missing(_)), "{name}: {found:?}");
    }
    let found = confirm(resolver.dns(), "host.example.test", address("203.0.113.7")).await;
    assert!(matches!(found, Confirmation::Missing(_)), "{found:?}");
    // PowerDNS follows a loop itself, and fails.
    let found = confirm(resolver.dns(), "loop.example.test", address("203.0.113.5")).await;
    assert!(matches!(found, Confirmation::Unknown(_)), "{found:?}");
    let found = confirm(resolver.dns(), "host.other.test", address("203.0.113.7")).await;
    assert!(matches!(found, Confirmation::Unknown(_)), "{found:?}");
    server.stop();
    let found = confirm(resolver.dns(), "host.example.test", address("203.0.113.5")).await;
    assert!(matches!(found, Confirmation::Unknown(_)), "{found:?}");
}

#[tokio::test]
async fn vf_247_vf_249_the_world_finds_what_was_written_in_a_part_of_a_network() {
    let server = furnished().await;
    let resolver = Resolver::start(&[(ZONE, server.dns())]).await;
    let own = format!("70.{ZONE}");
    let nothing = ask(resolver.dns(), &own, "PTR").await;
    assert_eq!((nothing.code, nothing.values("PTR")), (3, vec![]));
    let one = replace(&format!("70.{PART}"), "seventy.example.test", 60);
    assert_eq!(change(&server, PART, &[one]).await, Ok(()));
    let found = ask(resolver.dns(), &own, "PTR").await;
    assert_eq!(found.values("PTR"), ["seventy.example.test."]);
    let other = replace(&format!("70.{PART}"), "other.example.test", 60);
    assert_eq!(change(&server, PART, &[other]).await, Ok(()));
    let kept = ask(resolver.dns(), &own, "PTR").await;
    assert_eq!(kept.values("PTR"), ["seventy.example.test."]);
    resolver.forget();
    let found = ask(resolver.dns(), &own, "PTR").await;
    assert_eq!(found.values("PTR"), ["other.example.test."]);
}
