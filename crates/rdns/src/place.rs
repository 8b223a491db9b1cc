//! [`place`]: which zone an address's record lies in, and under which name.

use std::net::IpAddr;

use crate::pointer::{address_of, pointer_name};
use crate::zone::Kind;
use crate::{DnsName, Zone};

/// Where an address's record lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The zone's name.
    pub zone: DnsName,
    /// The record's name in it.
    pub record: DnsName,
}

/// The place of an address's record among a name server's zones, in whatever order they are listed; `None` where none of
/// them is for it.
///
/// A part of a network goes before every plain zone, because whoever made it has delegated those addresses to it. Of
/// several parts the narrowest is the most particular one; of plain zones it is the one with the longest name.
pub fn place(address: IpAddr, zones: &[Zone]) -> Option<Place> {
    let name = pointer_name(address);
    part(address, zones).or_else(|| {
        let around = zones
            .iter()
            .filter(|zone| *zone.kind() == Kind::Plain && name.is_at_or_below(zone.name()));
        let nearest = around.max_by_key(|zone| zone.name().as_str().len())?;
        Some(Place {
            zone: nearest.name().clone(),
            record: name,
        })
    })
}

fn part(address: IpAddr, zones: &[Zone]) -> Option<Place> {
    let IpAddr::V4(v4) = address else {
        return None;
    };
    let [.., octet] = v4.octets();
    let widths = zones.iter().filter_map(|zone| match zone.kind() {
        Kind::Classless { parent, first, last } if (*first..=*last).contains(&octet) => {
            let whole = DnsName::put_together(format!("{octet}.{parent}"));
            (address_of(&whole) == Some(address)).then(|| (last - first, zone.name()))
        }
        _ => None,
    });
    // Two zones of one width are told apart by their names, so that their order in the list does not matter.
    let (_, zone) = widths.min()?;
    Some(Place {
        zone: zone.clone(),
        record: DnsName::put_together(format!("{octet}.{zone}")),
    })
}

#[cfg(test)]
mod tests;
