use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;

const NETWORK: &str = "113.0.203.in-addr.arpa";

fn zones(names: &[&str]) -> Vec<Zone> {
    names
        .iter()
        .filter_map(|name| name.parse().ok().and_then(Zone::of))
        .collect()
}

/// The record's name and its zone's.
fn found(address: &str, names: &[&str]) -> Option<(String, String)> {
    let place = place(address.parse().expect("an address"), &zones(names))?;
    Some((place.record.into(), place.zone.into()))
}

fn record(address: &str, names: &[&str]) -> Option<String> {
    found(address, names).map(|(record, _)| record)
}

fn zone(address: &str, names: &[&str]) -> Option<String> {
    found(address, names).map(|(_, zone)| zone)
}

fn of(label: &str) -> String {
    format!("{label}.{NETWORK}")
}

#[test]
fn vf_245_mx_057_a_part_of_a_network_goes_before_the_network() {
    let part = of("64/64");
    for names in [[NETWORK, &part], [&part, NETWORK]] {
        assert_eq!(
            record("203.0.113.100", &names).as_deref(),
            Some("100.64/64.113.0.203.in-addr.arpa.")
        );
        assert_eq!(
            found("203.0.113.5", &names),
            Some((
                "5.113.0.203.in-addr.arpa.".to_owned(),
                "113.0.203.in-addr.arpa.".to_owned()
            ))
        );
    }
    // Even before a zone that is made for the one address.
    assert_eq!(
        record("203.0.113.100", &[&of("100"), &of("64/26")]).as_deref(),
        Some("100.64/26.113.0.203.in-addr.arpa.")
    );
}

/// The original took the last one of the list.
#[test]
fn vf_245_of_several_parts_the_narrowest_one_wins_in_any_order() {
    let (wide, narrow) = (of("0/25"), of("0/26"));
    for names in [[&wide, &narrow], [&narrow, &wide]] {
        let names = names.map(String::as_str);
        assert_eq!(
            zone("203.0.113.5", &names).as_deref(),
            Some("0/26.113.0.203.in-addr.arpa.")
        );
    }
    let (prefix, size) = (of("0/26"), of("0/64"));
    for names in [[&prefix, &size], [&size, &prefix]] {
        let names = names.map(String::as_str);
        assert_eq!(
            zone("203.0.113.5", &names).as_deref(),
            Some("0/26.113.0.203.in-addr.arpa.")
        );
    }
}

#[test]
fn vf_245_of_plain_zones_the_longest_one_wins_and_ends_at_a_dot() {
    for names in [
        ["0.203.in-addr.arpa", NETWORK, "in-addr.arpa"],
        ["in-addr.arpa", NETWORK, "0.203.in-addr.arpa"],
        [NETWORK, "203.in-addr.arpa", "arpa"],
    ] {
        assert_eq!(
            zone("203.0.113.5", &names).as_deref(),
            Some("113.0.203.in-addr.arpa."),
            "{names:?}"
        );
    }
    assert_eq!(zone("203.0.113.5", &["13.0.203.in-addr.arpa"]), None);
    assert_eq!(
        zone("203.0.113.5", &["5.113.0.203.in-addr.arpa"]).as_deref(),
        Some("5.113.0.203.in-addr.arpa.")
    );
    assert_eq!(zone("203.0.113.5", &["example.com", "."]), None);
    assert_eq!(zone("203.0.113.5", &[]), None);
}

/// In the original a part of `10.in-addr.arpa` was a part of all of its 65,536 networks.
#[test]
fn vf_245_a_part_of_something_else_than_256_addresses_is_nobodys_place() {
    for address in ["10.0.0.5", "10.1.2.5", "10.113.0.203", "203.0.113.1"] {
        for part in [
            "0/26.10.in-addr.arpa",
            "0/26.1.113.0.203.in-addr.arpa",
            "0/26.013.0.203.in-addr.arpa",
        ] {
            assert_eq!(found(address, &[part]), None, "{address} {part}");
        }
    }
    assert_eq!(
        zone("10.1.2.5", &["0/26.10.in-addr.arpa", "10.in-addr.arpa"]).as_deref(),
        Some("10.in-addr.arpa.")
    );
    // An IPv6 address lies in none either, whatever its digits are.
    assert_eq!(found("::ffff:203.0.113.5", &[&of("0/26"), NETWORK]), None);
}

#[test]
fn vf_245_zones_are_the_same_in_capitals_and_ipv6_has_plain_ones() {
    assert_eq!(
        record("203.0.113.70", &["64/26.113.0.203.IN-ADDR.ARPA."]).as_deref(),
        Some("70.64/26.113.0.203.in-addr.arpa.")
    );
    let names = [
        "8.B.D.0.1.0.0.2.IP6.ARPA",
        "1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
        "ip6.arpa",
    ];
    assert_eq!(
        zone("2001:db8:1::5", &names).as_deref(),
        Some("1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.")
    );
    assert_eq!(
        zone("2001:db8:2::5", &names).as_deref(),
        Some("8.b.d.0.1.0.0.2.ip6.arpa.")
    );
}

/// A zone by what it is for, of which the text is made: the oracle never reads a name.
#[derive(Debug, Clone)]
enum Made {
    Network(Vec<u8>),
    Part {
        network: Vec<u8>,
        first: u32,
        block: u32,
    },
}

impl Made {
    fn text(&self) -> String {
        let name = |octets: &[u8]| {
            let labels = octets.iter().rev().map(|octet| format!("{octet}."));
            labels.collect::<Vec<_>>().concat() + "in-addr.arpa."
        };
        match self {
            Self::Network(octets) => name(octets),
            Self::Part {
                network,
                first,
                block,
            } => format!("{first}/{block}.{}", name(network)),
        }
    }

    /// How many addresses of a network of 256 the part has, where it is one and has this one.
    fn width(&self, address: [u8; 4]) -> Option<usize> {
        let Self::Part {
            network,
            first,
            block,
        } = self
        else {
            return None;
        };
        let sizes: Vec<u32> = match block {
            24..=32 => vec![256, 128, 64, 32, 16, 8, 4, 2, 1],
            33..=256 => vec![*block; 9],
            _ => return None,
        };
        let size = sizes[usize::try_from(block.saturating_sub(24).min(8)).unwrap()];
        let blocks = (0..256 / size).map(|number| number * size..(number + 1) * size);
        let own = blocks.into_iter().find(|own| own.start == *first)?;
        let has = address[..3] == network[..] && own.contains(&u32::from(address[3]));
        has.then_some(own.count())
    }
}

fn oracle(address: [u8; 4], made: &[Made]) -> Option<(String, String)> {
    let dotted = Ipv4Addr::from(address);
    let mut parts: Vec<(usize, String)> = made
        .iter()
        .filter_map(|one| Some((one.width(address)?, one.text())))
        .collect();
    parts.sort();
    if let Some((_, zone)) = parts.first() {
        return Some((format!("{}.{zone}", dotted.octets()[3]), zone.clone()));
    }
    for length in (0..=4).rev() {
        for one in made {
            if let Made::Network(octets) = one
                && octets.len() == length
                && address.starts_with(octets)
            {
                return Some((Made::Network(address.to_vec()).text(), one.text()));
            }
        }
    }
    None
}

fn octets() -> impl Strategy<Value = u8> {
    prop_oneof![Just(0), Just(1), Just(10), Just(203)]
}

/// Mostly the one network, so that its parts overlap and addresses lie in several of them.
fn networks() -> impl Strategy<Value = [u8; 3]> {
    prop_oneof![
        4 => Just([10, 1, 0]),
        1 => [octets(), octets(), octets()],
    ]
}

fn made() -> impl Strategy<Value = Made> {
    let plain = prop_oneof![
        prop::collection::vec(octets(), 0..5),
        (networks(), 0_usize..4).prop_map(|(network, length)| network[..length].to_vec()),
    ];
    let whole = prop_oneof![
        6 => networks().prop_map(Vec::from),
        1 => prop::collection::vec(octets(), 1..5),
    ];
    let first = prop_oneof![2 => Just(0_u32), 2 => Just(64), 1 => 0_u32..260];
    let block = prop_oneof![4 => 20_u32..35, 1 => Just(64), 1 => Just(128), 1 => 33_u32..260];
    let part = (whole, first, block).prop_map(|(network, first, block)| Made::Part {
        network,
        first,
        block,
    });
    prop_oneof![plain.prop_map(Made::Network), part]
}

/// Mostly addresses near the beginnings of parts.
fn addresses() -> impl Strategy<Value = [u8; 4]> {
    let last = prop_oneof![2 => 0_u8..4, 2 => 64_u8..68, 1 => any::<u8>()];
    (networks(), last).prop_map(|([a, b, c], d)| [a, b, c, d])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_address_lies_where_counting_addresses_finds_it(
        made in prop::collection::vec((made(), any::<bool>()), 0..12).prop_shuffle(),
        address in addresses(),
    ) {
        let names: Vec<String> = made
            .iter()
            .map(|(one, capitals)| if *capitals { one.text().to_uppercase() } else { one.text() })
            .collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let made: Vec<Made> = made.iter().map(|(one, _)| one.clone()).collect();
        prop_assert_eq!(found(&Ipv4Addr::from(address).to_string(), &names), oracle(address, &made));
    }

    #[test]
    fn the_order_of_zones_does_not_matter(
        orders in prop::collection::vec(made(), 0..12).prop_flat_map(|made| (Just(made.clone()), Just(made).prop_shuffle())),
        address in addresses(),
    ) {
        let address = IpAddr::from(address);
        let place_in = |made: &[Made]| {
            let names: Vec<String> = made.iter().map(Made::text).collect();
            place(address, &zones(&names.iter().map(String::as_str).collect::<Vec<_>>()))
        };
        prop_assert_eq!(place_in(&orders.0), place_in(&orders.1));
    }
}
