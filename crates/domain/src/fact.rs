//! The tri-state of every observation.

use serde::{Deserialize, Serialize};

/// What is known of one thing: its value, that it is not there, or nothing. `Unknown` never becomes zero, absent or
/// success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "state", content = "value", rename_all = "snake_case")]
pub enum Fact<T> {
    /// Observed, with this value.
    Known(T),
    /// Observed not to be there.
    Absent,
    /// Not observed, or the observation failed.
    #[default]
    Unknown,
}

impl<T> Fact<T> {
    /// The value, where there is one.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unknown => None,
        }
    }

    /// Known from `Some`, unknown from `None`: for optional fields of answers, whose absence proves nothing.
    pub fn from_option(value: Option<T>) -> Self {
        value.map_or(Self::Unknown, Self::Known)
    }

    /// Applies a function to a known value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Self::Known(value) => Fact::Known(f(value)),
            Self::Absent => Fact::Absent,
            Self::Unknown => Fact::Unknown,
        }
    }

    /// Whether this is `Absent`.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether this is `Unknown`.
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}
