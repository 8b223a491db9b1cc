//! [`Prefix`]: the IPv6 addresses that a customer has as a whole, and their names.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::{Ipv6Net, PrefixLenError};

use crate::pointer::{address_of, pointer_name};
use crate::{DnsName, Zone};

/// All IPv6 addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prefix(Ipv6Net);

impl Prefix {
    /// The addresses whose first `length` bits are those of `address`, which need not be the first of them. A length of
    /// more than 128 is an error.
    pub fn new(address: Ipv6Addr, length: u8) -> Result<Self, PrefixLenError> {
        Ipv6Net::new(address, length).map(|net| Self(net.trunc()))
    }

    /// Whether an address is one of them. An IPv4 address never is.
    pub fn contains(self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(_) => false,
            IpAddr::V6(address) => self.0.contains(&address),
        }
    }

    /// Of a zone's record names those that belong to addresses inside, with the addresses. They are what is left to remove
    /// when the prefix leaves a customer, since nobody else knows which of its addresses were given names.
    pub fn names<'a>(
        self,
        names: impl IntoIterator<Item = &'a DnsName>,
    ) -> impl Iterator<Item = (IpAddr, &'a DnsName)> {
        names.into_iter().filter_map(move |name| {
            let address = address_of(name)?;
            self.contains(address).then_some((address, name))
        })
    }

    /// The zones that names of addresses inside can lie in: the nearest one around the prefix, and all that are for a part
    /// of it. Where the length is no multiple of four, also those for its nearest neighbours, since a label is four bits.
    pub fn zones(self, zones: &[Zone]) -> impl Iterator<Item = &DnsName> {
        let own = self.own_name();
        let names = || zones.iter().map(Zone::name);
        let around = names()
            .filter(|name| own.is_at_or_below(name))
            .max_by_key(|name| name.as_str().len());
        let parts = names().filter(move |name| name.is_at_or_below(&own) && **name != own);
        around.into_iter().chain(parts)
    }

    /// The name that all names of addresses inside end with.
    fn own_name(self) -> DnsName {
        let first = pointer_name(self.0.network().into());
        let missing = usize::from((128 - self.0.prefix_len()).div_ceil(4));
        let labels = first.labels().skip(missing);
        DnsName::put_together(labels.flat_map(|label| [label, "."]).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn prefix(text: &str) -> Prefix {
        let (address, length) = text.split_once('/').expect("a prefix");
        Prefix::new(
            address.parse().expect("an address"),
            length.parse().expect("a length"),
        )
        .expect("short enough")
    }

    #[test]
    fn vf_243_an_address_is_inside_where_the_leading_bits_are_the_same() {
        for (address, within, inside) in [
            ("2001:db8:1::5", "2001:db8::/32", true),
            ("2001:db8:8000::", "2001:db8::/33", false),
            ("2001:db8::3", "2001:db8::2/127", true),
            ("2001:db8::4", "2001:db8::2/127", false),
            ("::1", "::/0", true),
            ("ffff::", "::/0", true),
            ("2001:db8::1", "2001:db8::1/128", true),
            ("2001:db8::2", "2001:db8::1/128", false),
            // What is given need not be the first address.
            ("2001:db8:0:1::5", "2001:db8:0:1::99/64", true),
            ("203.0.113.5", "::/0", false),
        ] {
            let address = address.parse().expect("an address");
            assert_eq!(prefix(within).contains(address), inside, "{address} in {within}");
        }
        assert!(Prefix::new(Ipv6Addr::UNSPECIFIED, 129).is_err());
        assert_eq!(prefix("2001:db8::99/64"), prefix("2001:db8::/64"));
    }

    #[test]
    fn names_of_addresses_inside_are_picked_out_of_a_zones_names() {
        let inside: IpAddr = "2001:db8:0:1::5".parse().expect("an address");
        let names: Vec<DnsName> = [
            pointer_name(inside),
            pointer_name("2001:db8:0:2::5".parse().expect("an address")),
            pointer_name("203.0.113.5".parse().expect("an address")),
            "1.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
                .parse()
                .expect("a name"),
            "*.1.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
                .parse()
                .expect("a name"),
        ]
        .into();
        let found: Vec<_> = prefix("2001:db8:0:1::/64").names(&names).collect();
        assert_eq!(found, [(inside, &names[0])]);
    }

    #[test]
    fn names_inside_a_prefix_lie_in_the_nearest_zone_around_it_and_in_zones_for_its_parts() {
        let zones: Vec<Zone> = [
            "ip6.arpa",
            "8.b.d.0.1.0.0.2.ip6.arpa",
            "0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
            "1.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
            "2.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
            "f.1.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
            "113.0.203.in-addr.arpa",
        ]
        .iter()
        .filter_map(|name| name.parse().ok().and_then(Zone::of))
        .collect();
        let labels = |text: &str| -> Vec<usize> {
            prefix(text)
                .zones(&zones)
                .map(|name| name.labels().count())
                .collect()
        };
        assert_eq!(labels("2001:db8:0:1::/64"), [18, 19]);
        assert_eq!(labels("2001:db8:0:3::/64"), [14]);
        assert_eq!(labels("2001:db8::/48"), [14, 18, 18, 19]);
        assert_eq!(labels("2001:db8::/47"), [10, 14, 18, 18, 19]);
        assert_eq!(labels("2001:db9::/48"), [2]);
        assert_eq!(labels("2001:db8:0:1::5/128"), [18]);
    }

    proptest! {
        #[test]
        fn leading_bits_decide(one in any::<Ipv6Addr>(), other in any::<Ipv6Addr>(), same in 0_u32..=128, length in 0_u8..=128) {
            // An address that has at least its first bits from the other.
            let kept = u128::MAX.checked_shl(128 - same).unwrap_or(0);
            let near = Ipv6Addr::from_bits((one.to_bits() & kept) | (other.to_bits() & !kept));
            let within = Prefix::new(one, length).expect("short enough");
            let agree = (one.to_bits() ^ near.to_bits()).leading_zeros() >= u32::from(length);
            prop_assert_eq!(within.contains(near.into()), agree);
            let name = pointer_name(near.into());
            prop_assert_eq!(within.names([&name]).count(), usize::from(agree));
            prop_assert!(!agree || name.is_at_or_below(&within.own_name()));
        }
    }
}
