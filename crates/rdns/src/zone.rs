//! [`Zone`]: what a zone of a name server is to reverse DNS, by its name alone.

use crate::DnsName;
use crate::pointer::V4_ROOT;

/// Which names a zone is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// All names at and below its own.
    Plain,
    /// A part of an IPv4 network of 256 addresses (RFC 2317).
    Classless {
        /// The network that it is a part of: `113.0.203.in-addr.arpa.`.
        parent: DnsName,
        /// The last octet of its first address.
        first: u8,
        /// The last octet of its last address, which belongs to it.
        last: u8,
    },
}

/// A zone that names of addresses may lie in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: DnsName,
    kind: Kind,
}

impl Zone {
    /// The zone of that name. `None` for a name with a slash that cannot be read as a part of a network: such a zone is
    /// for something else than we know of, and nothing is put into it.
    pub fn of(name: DnsName) -> Option<Self> {
        let kind = if name.as_str().contains('/') {
            classless(&name)?
        } else {
            Kind::Plain
        };
        Some(Self { name, kind })
    }

    /// Its name.
    pub const fn name(&self) -> &DnsName {
        &self.name
    }

    /// Which names it is for.
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }
}

/// Reads `64/26.113.0.203.in-addr.arpa.`. What follows the slash is a prefix length up to 32, otherwise a number of
/// addresses, which need not be a power of two.
fn classless(name: &DnsName) -> Option<Kind> {
    let (label, parent) = name.as_str().split_once('.')?;
    // Something stands between the slash and the root, but it need not be a network of 256 addresses; one that is not
    // has no address that lies in this zone.
    parent.strip_suffix(V4_ROOT)?;
    let (first, block) = label.split_once('/')?;
    let first = decimal(first)?;
    let size = match decimal(block)? {
        prefix @ 24..=32 => 1 << (32 - prefix),
        0..24 => return None,
        size => size,
    };
    let last = first.checked_add(size - 1)?;
    (first % size == 0).then_some(())?;
    Some(Kind::Classless {
        parent: DnsName::put_together(parent.to_owned()),
        first: u8::try_from(first).ok()?,
        last: u8::try_from(last).ok()?,
    })
}

/// Digits and nothing else, also with leading zeros.
fn decimal(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests;
