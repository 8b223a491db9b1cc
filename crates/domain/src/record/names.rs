//! What is to become of the names of addresses (reverse DNS), and what was seen of them.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::id::{NotA, PlatformId, ServiceId};
use crate::text::text_enum;
use crate::time::Moment;

use super::FactRecord;

text_enum! {
    /// Why names are looked at.
    NamePurpose {
        /// The machine has the address, or its hostname, only now.
        Create = "create",
        /// The machine has another hostname.
        Rename = "rename",
        /// It is their turn.
        Reconcile = "reconcile",
        /// An operator wants the machine's hostname there, whatever is there.
        Reset = "reset",
        /// Somebody edits one.
        Edit = "edit",
        /// The machine is about to be deleted, and still has the address.
        Release = "release",
        /// The machine has lost the address, which may be somebody else's by now.
        Lost = "lost",
    }
}

impl NamePurpose {
    /// Whether names are taken away by it.
    pub const fn removes(self) -> bool {
        matches!(self, Self::Release | Self::Lost)
    }
}

/// What has a name: an address, or all addresses of a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum NameSubject {
    /// All addresses of a prefix that have names: which ones, only their zones know.
    Prefix(Ipv6Addr, u8),
    /// One address.
    Address(IpAddr),
}

impl NameSubject {
    /// The address, where it is one.
    pub const fn address(self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(address),
            Self::Prefix(..) => None,
        }
    }
}

impl fmt::Display for NameSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Prefix(first, length) => write!(f, "{first}/{length}"),
        }
    }
}

impl FromStr for NameSubject {
    type Err = NotA;

    fn from_str(text: &str) -> Result<Self, NotA> {
        let not_a = || NotA {
            what: "NameSubject",
            text: text.chars().take(80).collect(),
        };
        match text.split_once('/') {
            None => text.parse().map(Self::Address).map_err(|_| not_a()),
            Some((first, length)) => {
                let first = first.parse().map_err(|_| not_a())?;
                let length = length.parse().ok().filter(|length| (1..=127).contains(length));
                length.map(|length| Self::Prefix(first, length)).ok_or_else(not_a)
            }
        }
    }
}

impl TryFrom<String> for NameSubject {
    type Error = NotA;

    fn try_from(text: String) -> Result<Self, NotA> {
        text.parse()
    }
}

impl From<NameSubject> for String {
    fn from(subject: NameSubject) -> Self {
        subject.to_string()
    }
}

/// What one name is to become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameWish {
    /// Of what.
    pub subject: NameSubject,
    /// Whose machine has it, or had it.
    pub service: ServiceId,
    /// What it is to be called; `None` where nothing, or where there is no hostname to be called by.
    pub host: Option<String>,
    /// The hosts that were seen there while it was the machine's. Only these go once it is not.
    #[serde(default)]
    pub seen: Vec<String>,
    /// Since when the host is known to lead back to the address; `None` where it has yet to be looked up.
    #[serde(default)]
    pub confirmed_at: Option<Moment>,
}

impl NameWish {
    /// For a name of which nothing else is known yet.
    pub fn new(subject: NameSubject, service: ServiceId, host: Option<String>) -> Self {
        Self {
            subject,
            service,
            host,
            seen: Vec::new(),
            confirmed_at: None,
        }
    }
}

/// Where names lie.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NamePlace {
    /// The name server, a platform.
    pub server: PlatformId,
    /// The zone's name there.
    pub zone: String,
}

/// The input of a reverse-DNS operation: names of one zone, or names of which it is yet to be found out where they lie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameWork {
    /// Why.
    pub purpose: NamePurpose,
    /// For a rename: what the machine was called before, where that could be pointed to.
    #[serde(default)]
    pub former: Option<String>,
    /// Which, and what they are to become.
    pub wishes: Vec<NameWish>,
    /// Where; `None` while that is not known.
    #[serde(default)]
    pub place: Option<NamePlace>,
}

text_enum! {
    /// How a name stands, for whoever's it is.
    NameState {
        /// It leads to a host that leads back.
        Confirmed = "confirmed",
        /// It leads to a host of which that is not so.
        Unconfirmed = "unconfirmed",
        /// It leads to a host of which nobody could say.
        Unchecked = "unchecked",
        /// There is none, and the machine's hostname leads to the address.
        Missing = "missing",
        /// There is none, and the machine's hostname does not lead to the address.
        NoForward = "no_forward",
        /// No name server has a zone for it.
        NoZone = "no_zone",
    }
}

/// What was seen of a name. A versioned document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameSeen {
    /// How it stands.
    pub state: NameState,
    /// The hosts it leads to; none where there is none.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// How long resolvers keep it, in seconds.
    #[serde(default)]
    pub ttl: Option<u32>,
    /// Where it lies.
    #[serde(default)]
    pub place: Option<NamePlace>,
    /// Why it is not confirmed, in one sentence.
    #[serde(default)]
    pub why: Option<String>,
}

impl FactRecord {
    /// How the kinds of facts about names begin.
    pub const NAMES: &str = "name:";

    /// The kind of the fact about a name.
    pub fn name_kind(subject: NameSubject) -> String {
        format!("{}{subject}", Self::NAMES)
    }

    /// The fact about a name: what was seen of it, or that there is nothing to be known any more.
    pub fn of_name(service: ServiceId, subject: NameSubject, seen: Option<&NameSeen>, at: Moment) -> Self {
        let known = |seen| serde_json::to_value(seen).map_or(Fact::Unknown, Fact::Known);
        Self {
            service,
            kind: Self::name_kind(subject),
            value: seen.map_or(Fact::Absent, known),
            observed_at: at,
        }
    }

    /// What the fact says of which name, where it is about one and this program can read it.
    pub fn name(&self) -> Option<(NameSubject, NameSeen)> {
        let subject = self.kind.strip_prefix(Self::NAMES)?.parse().ok()?;
        let seen = NameSeen::deserialize(self.value.known()?).ok()?;
        Some((subject, seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_an_address_or_a_prefix_and_reads_as_it_is_written() {
        for text in ["203.0.113.5", "2001:db8::1", "2001:db8::/64", "::/1", "::/127"] {
            let subject: NameSubject = text.parse().expect("a subject");
            assert_eq!(subject.to_string(), text);
            assert_eq!(subject.address().is_none(), text.contains('/'));
        }
        for text in [
            "",
            "203.0.113.0/24",
            "2001:db8::/0",
            "2001:db8::/128",
            "2001:db8::/x",
            "web",
        ] {
            assert!(text.parse::<NameSubject>().is_err(), "{text}");
        }
    }
}
