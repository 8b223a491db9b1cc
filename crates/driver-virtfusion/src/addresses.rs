//! A server's addresses in our words: single ones as they are, IPv6 subnets with their length.
//!
//! The primary interfaces come before the secondary ones, and subnets before what is in use of them. The first address
//! stands for the machine in the billing system: whatever else the panel shows comes after it.

use std::net::Ipv6Addr;

use crate::wire::{HostAddress, Interface, Ipv6, Server};

/// Addresses in their order, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Those of IPv4.
    pub ipv4: Vec<String>,
    /// Subnets and single addresses of IPv6.
    pub ipv6: Vec<String>,
}

/// All that a server has.
pub fn all(server: &Server) -> Addresses {
    let mut all = primary(server);
    if let Some(network) = &server.network {
        all.add(&network.secondary_interfaces);
    }
    all
}

/// What is on a server's primary interfaces. An order's addresses are there, and nowhere else.
pub fn primary(server: &Server) -> Addresses {
    let mut primary = Addresses::default();
    if let Some(network) = &server.network {
        primary.add(&network.interfaces);
    }
    primary
}

impl Addresses {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ipv4.is_empty() && self.ipv6.is_empty()
    }

    fn add(&mut self, interfaces: &[Interface]) {
        let ipv4 = interfaces.iter().flat_map(|interface| &interface.ipv4);
        add_new(&mut self.ipv4, ipv4.filter_map(|ipv4| ipv4.address.clone()));
        let ipv6 = || interfaces.iter().flat_map(|interface| &interface.ipv6);
        add_new(&mut self.ipv6, ipv6().filter_map(subnet));
        add_new(
            &mut self.ipv6,
            ipv6().flat_map(|ipv6| &ipv6.addresses).filter_map(host),
        );
    }
}

fn add_new(list: &mut Vec<String>, more: impl Iterator<Item = String>) {
    for text in more {
        if !text.is_empty() && !list.contains(&text) {
            list.push(text);
        }
    }
}

/// A subnet with its length; a single address where that is all of it, or no length is sent. With a length that there
/// cannot be, it says nothing of what the machine has.
fn subnet(ipv6: &Ipv6) -> Option<String> {
    let first = ipv6.subnet.as_deref().filter(|first| !first.is_empty())?;
    let sent = ipv6.cidr.as_deref().map(str::trim).unwrap_or_default();
    if sent.is_empty() {
        return Some(first.to_owned());
    }
    match sent.strip_suffix(".0").unwrap_or(sent).parse::<u8>().ok()? {
        128 => Some(first.to_owned()),
        length @ 1..=127 => Some(format!("{first}/{length}")),
        _ => None,
    }
}

/// An address in use. A length beside it is that of the network it lies in, which may be wider than what is the
/// machine's.
fn host(address: &HostAddress) -> Option<String> {
    let text = address.0.as_deref()?;
    let (address, _) = text.split_once('/').unwrap_or((text, ""));
    let address: Ipv6Addr = address.trim().parse().ok()?;
    Some(address.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn server(network: &Value) -> Server {
        serde_json::from_value(json!({ "id": 70, "network": network })).expect("a server")
    }

    /// The IPv6 of a server whose one interface shows these subnets.
    fn ipv6(subnets: &Value) -> Vec<String> {
        all(&server(&json!({ "interfaces": [{ "ipv6": subnets }] }))).ipv6
    }

    /// An IPv4 address of the document's example, with what is read of it and a part of what is not.
    fn ipv4_example(id: u64, order: u64, address: &str) -> Value {
        json!({
            "id": id, "order": order, "enabled": true, "address": address, "gateway": "192.168.4.1",
            "netmask": "255.255.254.0", "rdns": null, "mac": null,
        })
    }

    /// A subnet of the document's example.
    fn ipv6_example(id: u64, subnet: &str) -> Value {
        json!({
            "id": id, "block": { "id": 5, "name": "V6 For BHV 1,3" }, "order": 1, "enabled": true, "addresses": [],
            "addressesDetailed": [], "subnet": subnet, "cidr": 80, "exhausted": false,
            "gateway": "2001:db8:abcd:12::1", "routeNet": false,
        })
    }

    /// The interfaces of the document's example.
    fn example() -> Value {
        json!({
            "interfaces": [{
                "id": 69, "order": 1, "enabled": true, "name": "ens3", "type": "public", "isNat": false,
                "ipv4": [ipv4_example(33, 1, "192.168.4.32"), ipv4_example(36, 2, "192.168.4.35")],
                "ipv6": [
                    ipv6_example(502, "2001:db8:abcd:12:2::"), ipv6_example(505, "2001:db8:abcd:12:5::"),
                    ipv6_example(506, "2001:db8:abcd:12:6::"), ipv6_example(507, "2001:db8:abcd:12:7::"),
                    ipv6_example(508, "2001:db8:abcd:12:8::"), ipv6_example(509, "2001:db8:abcd:12:9::"),
                ],
            }],
            "secondaryInterfaces": [{
                "id": 4, "order": 1, "enabled": true, "name": "eth1", "type": "private", "isNat": false,
                "ipv4": [ipv4_example(34, 1, "192.168.4.33"), ipv4_example(35, 2, "192.168.4.34")],
                "ipv6": [ipv6_example(503, "2001:db8:abcd:12:3::"), ipv6_example(504, "2001:db8:abcd:12:4::")],
            }],
        })
    }

    #[test]
    fn vf_242_the_addresses_of_secondary_interfaces_follow_those_of_the_primary_one() {
        let server = server(&example());
        let all = all(&server);
        assert_eq!(
            all.ipv4,
            ["192.168.4.32", "192.168.4.35", "192.168.4.33", "192.168.4.34"]
        );
        let subnets = [2, 5, 6, 7, 8, 9, 3, 4].map(|part| format!("2001:db8:abcd:12:{part}::/80"));
        assert_eq!(all.ipv6, subnets);
        let primary = primary(&server);
        assert_eq!((&*primary.ipv4, &*primary.ipv6), (&all.ipv4[..2], &subnets[..6]));
    }

    #[test]
    fn vf_242_host_addresses_follow_the_subnets_of_their_kind_of_interface() {
        let mut network = example();
        network["interfaces"][0]["ipv6"][0]["addresses"] =
            json!(["2001:db8:abcd:12:2::1", "2001:db8:abcd:12:2::2"]);
        network["secondaryInterfaces"][0]["ipv6"][1]["addresses"] =
            json!([{ "id": 1, "address": "2001:db8:abcd:12:4::1" }]);
        let shown = all(&server(&network)).ipv6;
        let subnet = |part: u64| format!("2001:db8:abcd:12:{part}::/80");
        let primary = [2, 5, 6, 7, 8, 9].map(subnet).into_iter();
        let hosts = ["2001:db8:abcd:12:2::1", "2001:db8:abcd:12:2::2"].map(ToOwned::to_owned);
        let secondary = [3, 4].map(subnet).into_iter();
        let last = "2001:db8:abcd:12:4::1".to_owned();
        let expected = primary.chain(hosts).chain(secondary).chain([last]);
        assert_eq!(shown, expected.collect::<Vec<_>>());
    }

    #[test]
    fn vf_242_what_is_in_use_of_a_subnet_is_read_in_every_shape_and_what_is_no_address_is_left_out() {
        let shown = |addresses: &Value| {
            ipv6(&json!([{ "subnet": "2001:db8:1::", "cidr": 64, "addresses": addresses }]))[1..].to_vec()
        };
        let read = [
            json!(["2001:db8:1::5"]),
            json!([{ "address": "2001:db8:1::5", "enabled": true }]),
            json!({ "3": "2001:DB8:1:0::5" }),
            json!(["2001:db8:1::5/48", { "address": "2001:db8:1::5" }]),
        ];
        for addresses in read {
            assert_eq!(shown(&addresses), ["2001:db8:1::5"], "{addresses}");
        }
        let nothing = [
            json!(null),
            json!([]),
            json!(["", "web", "192.0.2.1", "fe80::1%eth0", null, 7, false, [], {}]),
            json!([{ "address": null }, { "address": ["2001:db8:1::5"] }, { "ip": "2001:db8:1::5" }]),
        ];
        for addresses in nothing {
            assert_eq!(shown(&addresses), [""; 0], "{addresses}");
        }
    }

    #[test]
    fn vf_242_an_address_that_is_shown_twice_is_read_once_where_it_is_shown_first() {
        let one = json!({
            "ipv4": [{ "address": "203.0.113.5" }, { "address": "203.0.113.6" }, { "address": "203.0.113.5" }],
            "ipv6": [
                { "subnet": "2001:db8::7", "cidr": 128, "addresses": ["2001:db8::7", "2001:db8::8"] },
                { "subnet": "2001:db8:1::", "cidr": 64, "addresses": ["2001:db8::8"] },
            ],
        });
        let all = all(&server(&json!({
            "interfaces": [one.clone()], "secondaryInterfaces": [one, { "ipv4": [{ "address": "203.0.113.7" }] }],
        })));
        assert_eq!(all.ipv4, ["203.0.113.5", "203.0.113.6", "203.0.113.7"]);
        assert_eq!(all.ipv6, ["2001:db8::7", "2001:db8:1::/64", "2001:db8::8"]);
    }

    #[test]
    fn vf_242_a_server_without_secondary_interfaces_has_what_is_on_its_primary_one() {
        let mut network = example();
        for none in [json!(null), json!([]), json!({})] {
            network["secondaryInterfaces"] = none;
            let server = server(&network);
            assert_eq!(all(&server), primary(&server));
            assert!(!all(&server).is_empty());
        }
        assert!(all(&server(&json!({}))).is_empty());
        assert!(all(&server(&json!(null))).is_empty());
    }

    #[test]
    fn vf_241_a_subnet_of_one_address_is_that_address_and_one_of_no_possible_length_is_left_out() {
        let of = |length: &Value| ipv6(&json!([{ "subnet": "2001:db8:1::", "cidr": length }]));
        for (length, shown) in [
            (json!(64), "2001:db8:1::/64"),
            (json!("64"), "2001:db8:1::/64"),
            (json!(64.0), "2001:db8:1::/64"),
            (json!(1), "2001:db8:1::/1"),
            (json!(127), "2001:db8:1::/127"),
            (json!(128), "2001:db8:1::"),
            (json!("128"), "2001:db8:1::"),
            (json!(null), "2001:db8:1::"),
            (json!(""), "2001:db8:1::"),
        ] {
            assert_eq!(of(&length), [shown], "{length}");
        }
        for length in [
            json!(0),
            json!(129),
            json!(1_000),
            json!(-1),
            json!(64.5),
            json!("x"),
            json!(false),
        ] {
            assert_eq!(of(&length), [""; 0], "{length}");
        }
    }
}
