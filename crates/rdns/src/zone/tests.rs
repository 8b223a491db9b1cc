use proptest::prelude::*;

use super::*;

const NETWORK: &str = "113.0.203.in-addr.arpa";

fn zone(text: &str) -> Option<Zone> {
    text.parse().ok().and_then(Zone::of)
}

/// The parts of a classless zone; `None` where it is none.
fn range(text: &str) -> Option<(String, u8, u8)> {
    match zone(text)?.kind {
        Kind::Plain => None,
        Kind::Classless { parent, first, last } => Some((parent.into(), first, last)),
    }
}

#[test]
fn vf_244_what_follows_the_slash_is_a_prefix_length_or_a_number_of_addresses() {
    for (label, first, last) in [
        ("64/26", 64, 127),
        ("64/64", 64, 127),
        ("0/24", 0, 255),
        ("0/256", 0, 255),
        // The prefix reading, although 32 addresses from 32 on could be meant.
        ("32/32", 32, 32),
        ("5/32", 5, 5),
        // No power of two.
        ("0/33", 0, 32),
        ("66/33", 66, 98),
        ("064/026", 64, 127),
        ("255/32", 255, 255),
    ] {
        let expected = Some((format!("{NETWORK}."), first, last));
        assert_eq!(range(&format!("{label}.{NETWORK}.")), expected, "{label}");
        assert_eq!(
            range(&format!("{label}.{NETWORK}")),
            expected,
            "{label} without a final dot"
        );
    }
}

#[test]
fn vf_244_the_network_of_a_part_need_not_have_three_octets_to_be_read() {
    assert_eq!(
        range("0/26.10.in-addr.arpa"),
        Some(("10.in-addr.arpa.".to_owned(), 0, 63))
    );
    assert_eq!(
        range("0/26.1.113.0.203.in-addr.arpa"),
        Some(("1.113.0.203.in-addr.arpa.".to_owned(), 0, 63))
    );
}

#[test]
fn vf_244_a_slash_that_means_no_part_of_a_network_makes_no_zone() {
    for label in [
        "3/26",
        "200/64",
        "128/256",
        "0/23",
        "0/16",
        "16/16",
        "0/0",
        "0/257",
        "256/26",
        "-64/26",
        "64/26/1",
        "/26",
        "64/",
        "/",
        "+64/26",
        "64/+26",
        "0/99999999999999999999",
        "4294967295/32",
        "a.64/26",
    ] {
        assert_eq!(zone(&format!("{label}.{NETWORK}")), None, "{label}");
    }
    assert_eq!(zone("0/26.in-addr.arpa"), None, "of no network");
    assert_eq!(zone("0/26"), None, "of nothing");
    assert_eq!(zone("0/26.8.b.d.0.1.0.0.2.ip6.arpa"), None, "of IPv6");
    assert_eq!(zone("0/26.113.0.203.in-addr.arpa.example.com"), None, "elsewhere");
}

/// The original took capitals for another zone and refused them. To the DNS they are the same.
#[test]
fn vf_244_a_zone_in_capitals_is_the_same_zone() {
    assert_eq!(
        zone("64/26.113.0.203.IN-ADDR.ARPA"),
        zone("64/26.113.0.203.in-addr.arpa.")
    );
    assert!(zone("64/26.113.0.203.IN-ADDR.ARPA").is_some());
}

#[test]
fn vf_244_without_a_slash_a_zone_is_plain() {
    for text in ["0-63.113.0.203.in-addr.arpa", NETWORK, "example.com", "."] {
        assert_eq!(
            zone(text).map(|zone| zone.kind().clone()),
            Some(Kind::Plain),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn every_part_lies_in_its_network_and_no_name_is_too_much(
        label in "[0-9]{0,4}/[0-9]{0,4}|[0-9/+-]{0,12}|.{0,20}", network in "([0-9]{1,3}\\.){0,4}(in-addr|ip6)\\.arpa\\.?",
    ) {
        if let Some((parent, first, last)) = range(&format!("{label}.{network}")) {
            prop_assert!(first <= last);
            prop_assert_eq!(parent, format!("{}.", network.trim_end_matches('.')));
        }
    }
}
