//! What people type and name servers list: the first line is an address, a name or a hostname, the others are zones.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rdns::{DnsName, Hostname, Zone, address_of, parse_address, place, pointer_name};

fuzz_target!(|text: &str| {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let zones: Vec<Zone> = lines.filter_map(|line| Zone::of(line.parse().ok()?)).collect();

    if let Ok(host) = first.parse::<Hostname>() {
        assert_eq!(host.as_str().parse::<Hostname>().as_ref(), Ok(&host));
        assert_eq!(host.name().bare(), host.as_str());
    }
    if let Ok(name) = first.parse::<DnsName>() {
        assert_eq!(name.as_str().parse::<DnsName>().as_ref(), Ok(&name));
        if let Some(address) = address_of(&name) {
            assert_eq!(pointer_name(address), name);
        }
    }
    let Ok(address) = parse_address(first) else {
        return;
    };
    assert_eq!(address_of(&pointer_name(address)), Some(address));
    let placed = place(address, &zones);
    let reversed: Vec<Zone> = zones.iter().rev().cloned().collect();
    assert_eq!(placed, place(address, &reversed), "the order of a list says nothing");
    if let Some(placed) = placed {
        assert!(zones.iter().any(|zone| *zone.name() == placed.zone));
        assert!(placed.record.is_at_or_below(&placed.zone));
    }
});
