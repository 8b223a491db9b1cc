//! How the panel writes a server's interfaces.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::json;

use super::super::record::{Interface, Server};
use super::NOTHING;
use crate::written::{Object, Written};

/// The interface that users see.
pub fn for_user(server: &Server, gateway: Ipv4Addr) -> Written {
    let ipv4 = addresses(&server.ipv4, |index, address| of_address(index, address, gateway));
    let interface = first(server)
        .with_written("ipv4", &ipv4)
        .with("ipv6", &NOTHING)
        .end();
    let interfaces = Written::list([interface]);
    Object::default().with_written("interfaces", &interfaces).end()
}

/// All interfaces, in full.
pub fn full(server: &Server, gateway: Ipv4Addr) -> Written {
    let ipv4 = addresses(&server.ipv4, |index, address| {
        of_address_in_full(index, address, gateway).with("blockId", &1)
    });
    let ipv6 = server
        .ipv6
        .then(|| subnet(server.id, server.subnet(0), &server.hosts));
    let first = in_full(first(server), server, server.id, "public")
        .with_written("ipv4", &ipv4)
        .with_written("ipv6", &Written::list(ipv6))
        .end();
    let further = (1..).zip(&server.secondary);
    let further = further.map(|(number, interface)| secondary(server, number, interface, gateway));
    Object::default()
        .with_written("interfaces", &Written::list([first]))
        .with_written("secondaryInterfaces", &Written::list(further))
        .end()
}

fn first(server: &Server) -> Object {
    let speeds = (server.speed_in, server.speed_out);
    interface(1, "eth0", &mac(0xE7, server.id), speeds)
}

/// An interface beside the first. Its addresses do not name their block, as those of the first one do.
fn secondary(server: &Server, number: u16, further: &Interface, gateway: Ipv4Addr) -> Written {
    let id = server.id * 4 + u64::from(number);
    let name = format!("eth{number}");
    let object = interface(number.into(), &name, &mac(0xF0, id), (0, 0));
    let ipv4 = addresses(&further.ipv4, |index, address| {
        of_address_in_full(index, address, gateway)
    });
    let ipv6 = further.ipv6.then(|| subnet(id, server.subnet(number), &[]));
    in_full(object, server, id, "private")
        .with_written("ipv4", &ipv4)
        .with_written("ipv6", &Written::list(ipv6))
        .end()
}

fn mac(kind: u8, id: u64) -> String {
    let [.., a, b, c, d] = id.to_be_bytes();
    format!("00:{kind:02X}:{a:02X}:{b:02X}:{c:02X}:{d:02X}")
}

/// What is shown of an interface everywhere.
fn interface(order: u64, name: &str, mac: &str, (speed_in, speed_out): (u64, u64)) -> Object {
    Object::default()
        .with("order", &order)
        .with("enabled", &true)
        .with("name", name)
        .with("mac", mac)
        .with("inAverage", &speed_in)
        .with("inPeak", &0)
        .with("inBurst", &0)
        .with("outAverage", &speed_out)
        .with("outPeak", &0)
        .with("outBurst", &0)
        .with("isNat", &false)
}

/// With what is shown of it in a whole server only.
fn in_full(interface: Object, server: &Server, id: u64, kind: &str) -> Object {
    interface
        .with("id", &id)
        .with("type", kind)
        .with("networkProfile", &server.network_profile)
        .with("firewallEnabled", &false)
        .with("hypervisorNetwork", &server.hypervisor)
        .with("firewall", &NOTHING)
        .with("ipWhitelist", &NOTHING)
}

fn addresses(ipv4: &[Ipv4Addr], object: impl Fn(usize, Ipv4Addr) -> Object) -> Written {
    let one = |(index, address): (usize, &Ipv4Addr)| object(index, *address).end();
    Written::list(ipv4.iter().enumerate().map(one))
}

/// What is shown of an address everywhere.
fn of_address(index: usize, address: Ipv4Addr, gateway: Ipv4Addr) -> Object {
    Object::default()
        .with("order", &(index + 1))
        .with("enabled", &true)
        .with("address", &address)
        .with("gateway", &gateway)
        .with("netmask", "255.254.0.0")
        .with("resolver1", "192.0.2.53")
        .with("resolver2", "192.0.2.54")
}

/// What is shown of it in a whole server.
fn of_address_in_full(index: usize, address: Ipv4Addr, gateway: Ipv4Addr) -> Object {
    of_address(index, address, gateway)
        .with("id", &(u32::from(address) & 0x1_FFFF))
        .with("rdns", &())
        .with("mac", &())
}

/// A subnet of IPv6, with what is in use of it.
fn subnet(id: u64, first: Ipv6Addr, hosts: &[Ipv6Addr]) -> Written {
    Object::default()
        .with("id", &id)
        .with("block", &json!({ "id": 5, "name": "v6" }))
        .with("order", &1)
        .with("enabled", &true)
        .with("addresses", hosts)
        .with("addressesDetailed", &NOTHING)
        .with("subnet", &first)
        .with("cidr", &64)
        .with("exhausted", &false)
        .with("gateway", "2001:db8::1")
        .with("resolver1", "2001:db8::53")
        .with("resolver2", "2001:db8::54")
        .with("routeNet", &false)
        .end()
}
