use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const ADDRESS: &str = "203.0.113.5";

fn name(text: &str) -> DnsName {
    text.parse().expect("a name")
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn found(aliases: &[&str], addresses: &[&str]) -> Lookup {
    Lookup::Found {
        aliases: aliases.iter().map(|text| name(text)).collect(),
        addresses: addresses.iter().map(|text| address(text)).collect(),
    }
}

/// Walks through a world that answers one name at a time, and counts the questions.
fn walk(host: &str, to: &str, world: &[(&str, Lookup)]) -> (Confirmation, usize) {
    let world: BTreeMap<DnsName, &Lookup> = world.iter().map(|(text, lookup)| (name(text), lookup)).collect();
    let mut walk = Walk::begin(&host.parse().expect("a hostname"), address(to));
    for asked in 1.. {
        let answer = world.get(&walk.question().name).copied();
        match walk.answer(answer.cloned().unwrap_or(Lookup::Nothing)) {
            Step::Done(confirmation) => return (confirmation, asked),
            Step::Ask(next) => walk = next,
        }
        assert!(asked < 100, "it never ends");
    }
    unreachable!("a walk ends")
}

fn missing(text: &str) -> Confirmation {
    Confirmation::Missing(text.to_owned())
}

fn unknown(text: &str) -> Confirmation {
    Confirmation::Unknown(text.to_owned())
}

#[test]
fn vf_246_a_host_with_the_address_among_its_own_is_confirmed_by_one_lookup() {
    let world = [("web.example.com", found(&[], &["192.0.2.1", ADDRESS]))];
    assert_eq!(
        walk("Web.example.com.", ADDRESS, &world),
        (Confirmation::Confirmed, 1)
    );
    let question = Walk::begin(&"web.example.com".parse().expect("a hostname"), address(ADDRESS)).question();
    assert_eq!(
        (question.name.as_str(), question.record),
        ("web.example.com.", AddressRecord::A)
    );
}

#[test]
fn vf_246_a_host_without_the_address_is_missing_by_one_lookup() {
    assert_eq!(
        walk("web.example.com", ADDRESS, &[]),
        (missing("web.example.com has no A record"), 1)
    );
    let elsewhere = [("web.example.com", found(&[], &["192.0.2.1"]))];
    assert_eq!(
        walk("web.example.com", ADDRESS, &elsewhere),
        (
            missing("web.example.com leads to 192.0.2.1 and not to 203.0.113.5"),
            1
        )
    );
    let nothing = [("web.example.com", found(&[], &[]))];
    assert_eq!(
        walk("web.example.com", "2001:db8::1", &nothing),
        (missing("web.example.com has no AAAA record"), 1)
    );
    let many = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"];
    let (confirmation, _) = walk("a.b", ADDRESS, &[("a.b", found(&[], &many))]);
    assert_eq!(
        confirmation,
        missing("a.b leads to 192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4 and not to 203.0.113.5")
    );
}

/// A chain of `length` aliases, then the address.
fn chain(length: usize) -> Vec<(String, Lookup)> {
    let hop = |number: usize| format!("h{number}.example.com");
    let mut world: Vec<_> = (0..length)
        .map(|number| (hop(number), found(&[&hop(number + 1)], &[])))
        .collect();
    world.push((hop(length), found(&[], &[ADDRESS])));
    world
}

#[test]
fn vf_246_five_aliases_are_followed_by_six_lookups_and_no_sixth_alias() {
    for (length, confirmed) in [(1, true), (5, true), (6, false), (9, false)] {
        let world = chain(length);
        let world: Vec<(&str, Lookup)> = world
            .iter()
            .map(|(text, lookup)| (text.as_str(), lookup.clone()))
            .collect();
        let (confirmation, asked) = walk("h0.example.com", ADDRESS, &world);
        assert_eq!(confirmation == Confirmation::Confirmed, confirmed, "{length}");
        assert_eq!(asked, (length + 1).min(6), "{length}");
    }
}

#[test]
fn vf_246_a_loop_is_missing_after_six_lookups() {
    let world = [
        ("a.example.com", found(&["b.example.com"], &[])),
        ("b.example.com", found(&["a.example.com"], &[])),
    ];
    assert_eq!(
        walk("a.example.com", ADDRESS, &world),
        (missing("a.example.com leads through more than 5 aliases"), 6)
    );
}

#[test]
fn vf_246_ipv6_is_compared_by_value() {
    for spelling in ["2001:db8::1", "2001:0DB8:0:0:0:0:0:1", "2001:db8:0::0:1"] {
        let world = [("web.example.com", found(&[], &[spelling]))];
        assert_eq!(
            walk("web.example.com", "2001:db8::1", &world),
            (Confirmation::Confirmed, 1)
        );
    }
    // An IPv4 address in an IPv6 one is not the IPv4 address.
    let mapped = [("web.example.com", found(&[], &["::ffff:203.0.113.5"]))];
    assert_ne!(
        walk("web.example.com", ADDRESS, &mapped).0,
        Confirmation::Confirmed
    );
}

#[test]
fn vf_246_an_answer_with_the_whole_chain_needs_no_further_question() {
    let aliases = ["b.example.com", "c.example.com"];
    let world = [("a.example.com", found(&aliases, &[ADDRESS]))];
    assert_eq!(
        walk("a.example.com", ADDRESS, &world),
        (Confirmation::Confirmed, 1)
    );
    // One that ends with an alias is followed from there, and all its aliases count.
    let world = [
        ("a.example.com", found(&aliases, &[])),
        ("c.example.com", found(&["d.example.com"], &[ADDRESS])),
    ];
    assert_eq!(
        walk("a.example.com", ADDRESS, &world),
        (Confirmation::Confirmed, 2)
    );
    let world = [("a.example.com", found(&["b.example.com"; 6], &[ADDRESS]))];
    assert_eq!(
        walk("a.example.com", ADDRESS, &world),
        (missing("a.example.com leads through more than 5 aliases"), 1)
    );
}

/// The original took a resolver that failed for a host without the address.
#[test]
fn vf_246_a_resolver_that_failed_says_nothing() {
    let failed = Lookup::Failed("timed out".to_owned());
    let world = [("web.example.com", failed.clone())];
    assert_eq!(
        walk("web.example.com", ADDRESS, &world),
        (unknown("web.example.com could not be looked up: timed out"), 1)
    );
    let world = [
        ("web.example.com", found(&["b.example.com"], &[])),
        ("b.example.com", failed),
    ];
    assert_eq!(
        walk("web.example.com", ADDRESS, &world),
        (unknown("b.example.com could not be looked up: timed out"), 2)
    );
}

#[test]
fn vf_246_without_a_hostname_or_an_address_there_is_no_walk_and_no_lookup() {
    for text in ["", " ", ".", "..."] {
        assert!(text.parse::<Hostname>().is_err(), "{text:?}");
    }
    assert!(crate::parse_address("203.0.113").is_err());
}

#[test]
fn resolvers_confirm_together_where_one_does_and_none_contradicts() {
    let (yes, no, silent) = (
        Confirmation::Confirmed,
        missing("no A record"),
        unknown("timed out"),
    );
    for (said, expected) in [
        (vec![yes.clone()], yes.clone()),
        (vec![yes.clone(), silent.clone()], yes.clone()),
        (vec![silent.clone(), yes.clone(), yes.clone()], yes.clone()),
        (
            vec![yes.clone(), no.clone()],
            missing("not yet everywhere: no A record"),
        ),
        (
            vec![silent.clone(), no.clone(), yes],
            missing("not yet everywhere: no A record"),
        ),
        (vec![silent.clone(), no.clone()], no.clone()),
        (vec![no.clone(), no.clone()], no),
        (vec![silent.clone(), silent.clone()], silent),
        (vec![], unknown("no resolver was asked")),
    ] {
        assert_eq!(together(&said), expected, "{said:?}");
    }
}

fn names() -> impl Strategy<Value = DnsName> {
    (0_u8..8).prop_map(|number| name(&format!("h{number}.example.com")))
}

fn lookups() -> impl Strategy<Value = Lookup> {
    let addresses = prop_oneof![Just(address(ADDRESS)), Just(address("192.0.2.1"))];
    let found = (
        prop::collection::vec(names(), 0..4),
        prop::collection::vec(addresses, 0..2),
    );
    prop_oneof![
        8 => found.prop_map(|(aliases, addresses)| Lookup::Found { aliases, addresses }),
        1 => Just(Lookup::Nothing),
        1 => Just(Lookup::Failed("timed out".to_owned())),
    ]
}

proptest! {
    #[test]
    fn every_walk_ends_within_six_lookups_and_is_confirmed_only_by_the_address(
        lookups in prop::collection::vec(lookups(), 6),
    ) {
        let mut walk = Walk::begin(&"h0.example.com".parse().expect("a hostname"), address(ADDRESS));
        let mut end = None;
        for lookup in lookups {
            let has = matches!(&lookup, Lookup::Found { addresses, .. } if addresses.contains(&address(ADDRESS)));
            match walk.answer(lookup.clone()) {
                Step::Ask(next) => walk = next,
                Step::Done(confirmation) => {
                    prop_assert!(has || confirmation != Confirmation::Confirmed);
                    let failed = matches!(lookup, Lookup::Failed(_));
                    prop_assert_eq!(matches!(confirmation, Confirmation::Unknown(_)), failed);
                    end = Some(confirmation);
                    break;
                }
            }
        }
        prop_assert!(end.is_some());
    }
}
