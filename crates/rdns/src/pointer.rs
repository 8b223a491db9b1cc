//! The names under which addresses are found in reverse, and the way back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::DnsName;

/// Below it lie the names of IPv4 addresses.
pub(crate) const V4_ROOT: &str = ".in-addr.arpa.";

/// Below it lie the names of IPv6 addresses.
const V6_ROOT: &str = ".ip6.arpa.";

/// A text that is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "An address is written as 203.0.113.5 or 2001:db8::1: without blanks, leading zeros, prefix length or interface"
)]
pub struct NotAnAddress;

/// Reads one address and nothing else: no leading zeros in IPv4, no interface, no prefix length, no blanks around it.
pub fn parse_address(text: &str) -> Result<IpAddr, NotAnAddress> {
    text.parse().map_err(|_| NotAnAddress)
}

/// The name of an address: `5.113.0.203.in-addr.arpa.`, or 32 hexadecimal digits under `ip6.arpa.`. An IPv4 address that
/// is written as an IPv6 one (`::ffff:192.0.2.1`) is an IPv6 address.
pub fn pointer_name(address: IpAddr) -> DnsName {
    let text = match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}{V4_ROOT}")
        }
        IpAddr::V6(address) => {
            let digits = format!("{:032x}", address.to_bits());
            let reversed: Vec<String> = digits.chars().rev().map(String::from).collect();
            format!("{}{V6_ROOT}", reversed.join("."))
        }
    };
    DnsName::put_together(text)
}

/// The address whose name this is; `None` for every other name.
pub fn address_of(name: &DnsName) -> Option<IpAddr> {
    let below = |root| {
        let rest = name.as_str().strip_suffix(root)?;
        Some(rest.split('.').rev().collect::<Vec<_>>())
    };
    let address = match (below(V4_ROOT), below(V6_ROOT)) {
        (Some(octets), _) => octets.join(".").parse::<Ipv4Addr>().ok()?.into(),
        (None, Some(digits)) => {
            let number = u128::from_str_radix(&digits.concat(), 16).ok()?;
            Ipv6Addr::from_bits(number).into()
        }
        (None, None) => return None,
    };
    // The reading is generous with how digits are cut into labels; only the one right name counts.
    (pointer_name(address) == *name).then_some(address)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> DnsName {
        text.parse().expect("a name")
    }

    #[test]
    fn vf_240_an_address_has_one_pointer_name() {
        for (address, expected) in [
            ("203.0.113.5", "5.113.0.203.in-addr.arpa."),
            ("0.0.0.0", "0.0.0.0.in-addr.arpa."),
            (
                "2001:db8::1",
                "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
            ),
            (
                "2001:0DB8:0::0:1",
                "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
            ),
            (
                "::ffff:1.2.3.4",
                "4.0.3.0.2.0.1.0.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.",
            ),
        ] {
            let address = parse_address(address).expect("an address");
            assert_eq!(pointer_name(address).as_str(), expected);
            assert_eq!(address_of(&name(expected)), Some(address));
            assert_eq!(address_of(&name(&expected.to_uppercase())), Some(address));
        }
    }

    #[test]
    fn vf_240_what_is_not_exactly_one_address_is_none() {
        for text in [
            "",
            "01.2.3.4",
            "1.2.3.04",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.256",
            "0x1.2.3.4",
            "fe80::1%eth0",
            "fe80::1%1",
            "1.2.3.4/32",
            "2001:db8::/64",
            " 1.2.3.4",
            "1.2.3.4\n",
            "[::1]",
            "::1::",
            "::ffff:01.2.3.4",
            "example.com",
        ] {
            assert_eq!(parse_address(text), Err(NotAnAddress), "{text:?}");
        }
    }

    #[test]
    fn a_name_that_is_only_like_that_of_an_address_is_none() {
        let nibbles = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2";
        for text in [
            "in-addr.arpa".to_owned(),
            ".".to_owned(),
            "113.0.203.in-addr.arpa".to_owned(),
            "05.113.0.203.in-addr.arpa".to_owned(),
            "5.113.0.256.in-addr.arpa".to_owned(),
            "1.5.113.0.203.in-addr.arpa".to_owned(),
            "100.64/64.113.0.203.in-addr.arpa".to_owned(),
            "5.113.0.203.example".to_owned(),
            format!("{nibbles}.1.ip6.arpa"),
            format!("{}.ip6.arpa", nibbles.replacen("1.0", "10", 1)),
            format!("{}.ip6.arpa", nibbles.replacen('1', "+", 1)),
            format!("{}.ip6.arpa", nibbles.replacen('1', "g", 1)),
            "8.b.d.0.1.0.0.2.ip6.arpa".to_owned(),
        ] {
            assert_eq!(address_of(&name(&text)), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_address_is_found_again_by_its_name(address in any::<IpAddr>()) {
            let found = pointer_name(address);
            prop_assert_eq!(address_of(&found), Some(address));
            prop_assert_eq!(found.as_str().parse::<DnsName>(), Ok(found.clone()));
        }

        #[test]
        fn an_address_is_read_only_as_it_is_usually_written(text in "[0-9a-f.:%/ ]{0,40}|.{0,40}") {
            if let Ok(address) = parse_address(&text) {
                prop_assert_eq!(parse_address(&address.to_string()), Ok(address));
                prop_assert!(!text.contains(['%', '/', ' ']));
            }
        }

        #[test]
        fn a_name_with_an_address_is_that_addresss_name(text in "([0-9a-f]{1,3}\\.){3,33}(in-addr|ip6)\\.arpa") {
            if let Ok(name) = text.parse::<DnsName>()
                && let Some(address) = address_of(&name)
            {
                prop_assert_eq!(pointer_name(address), name);
            }
        }
    }
}
