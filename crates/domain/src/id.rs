//! Ids: time-ordered UUIDs behind one type per thing, printed with a prefix (`svc_0199…`), and the installation's name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ports::{Clock, Random};
use crate::time::Moment;

/// A text that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not a {what}")]
pub struct NotA {
    /// The type that was wanted.
    pub what: &'static str,
    /// The text that was given, shortened to 80 characters.
    pub text: String,
}

/// A version 7 UUID from the injected clock and randomness.
fn uuid_v7(now: Moment, random: &dyn Random) -> Uuid {
    let mut bytes = [0_u8; 10];
    random.fill(&mut bytes);
    let millis = u64::try_from(now.as_micros().max(0) / 1000).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident $prefix:literal),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh id, ordered by time.
            pub fn new(clock: &dyn Clock, random: &dyn Random) -> Self {
                Self::at(clock.now(), random)
            }

            /// A fresh id of the moment `now`, for pure code that is handed the time.
            pub fn at(now: Moment, random: &dyn Random) -> Self {
                Self(uuid_v7(now, random))
            }

            /// The bare UUID.
            pub const fn uuid(self) -> Uuid { self.0 }

            /// From the bare UUID.
            pub const fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.as_simple())
            }
        }

        impl FromStr for $name {
            type Err = NotA;

            fn from_str(text: &str) -> Result<Self, NotA> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(|rest| Uuid::try_parse(rest).ok())
                    .map(Self)
                    .ok_or_else(|| NotA { what: stringify!($name), text: text.chars().take(80).collect() })
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// One account on a VPS platform.
    PlatformId "plt",
    /// What a client bought.
    ServiceId "svc",
    /// Service + generation ↔ resource.
    LinkId "lnk",
    /// One durable, intended change to one service.
    OperationId "op",
    /// One journalled attempt of one platform request; also the `x-request-id` sent.
    CallId "call",
    /// Something the billing system has to do or record.
    EffectId "eff",
    /// What only a person can settle.
    QuestionId "qst",
    /// One line of the audit.
    AuditId "aud",
    /// A secret at rest.
    SecretId "sec",
    /// One running worker process.
    WorkerId "wrk",
}

/// The name of one billing system connected to the engine: 1 to 32 of `a-z`, `0-9` and `-`, beginning with a letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct InstallationId(String);

impl InstallationId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InstallationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for InstallationId {
    type Err = NotA;

    fn from_str(text: &str) -> Result<Self, NotA> {
        let fits = (1..=32).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotA {
                what: "installation name (1 to 32 of a-z, 0-9 and -)",
                text: text.chars().take(80).collect(),
            })
        }
    }
}

impl<'de> Deserialize<'de> for InstallationId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::CountingRandom;

    #[test]
    fn ids_print_with_their_prefix_and_read_back() {
        let id = ServiceId::at(
            Moment::from_micros(1_700_000_000_000_000),
            &CountingRandom::new(1),
        );
        let text = id.to_string();
        assert!(text.starts_with("svc_"), "{text}");
        assert_eq!(text.parse::<ServiceId>(), Ok(id));
        assert!(text.parse::<OperationId>().is_err());
    }

    #[test]
    fn ids_are_ordered_by_time() {
        let random = CountingRandom::new(7);
        let early = CallId::at(Moment::from_micros(1_000_000), &random);
        let late = CallId::at(Moment::from_micros(2_000_000_000), &random);
        assert!(early < late);
        assert!(early.to_string() < late.to_string());
    }

    #[test]
    fn installation_names_are_narrow() {
        assert!("main-2".parse::<InstallationId>().is_ok());
        for bad in ["", "2main", "Main", "a b", "a:b", &"a".repeat(33)] {
            assert!(bad.parse::<InstallationId>().is_err(), "{bad}");
        }
    }
}
