//! From columns to words and back. Every failure names its row and column.

use std::fmt::Display;
use std::str::FromStr;

use domain::Moment;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;

/// The row being read, for messages.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    table: &'static str,
    id: &'a str,
}

impl<'a> Place<'a> {
    pub(crate) const fn new(table: &'static str, id: &'a str) -> Self {
        Self { table, id }
    }

    fn damaged(self, column: &str, why: impl Display) -> StoreError {
        StoreError::Damaged {
            what: format!("{} {} ({column})", self.table, self.id),
            why: why.to_string(),
        }
    }

    /// An id or a word.
    pub(crate) fn parse<T: FromStr<Err: Display>>(self, column: &str, text: &str) -> Result<T, StoreError> {
        text.parse().map_err(|error| self.damaged(column, error))
    }

    /// An id or a word that may be missing.
    pub(crate) fn parse_some<T: FromStr<Err: Display>>(
        self,
        column: &str,
        text: Option<&String>,
    ) -> Result<Option<T>, StoreError> {
        text.map(|text| self.parse(column, text)).transpose()
    }

    /// A document.
    pub(crate) fn document<T: DeserializeOwned>(self, column: &str, text: &str) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|error| self.damaged(column, error))
    }

    /// A count.
    pub(crate) fn number<T: TryFrom<i64>>(self, column: &str, number: i64) -> Result<T, StoreError> {
        T::try_from(number).map_err(|_| self.damaged(column, format!("{number} is out of range")))
    }
}

/// A document as text.
pub(crate) fn document(what: &'static str, value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Invalid {
        what,
        why: error.to_string(),
    })
}

/// A count as the engines store it.
pub(crate) fn number(what: &'static str, number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Invalid {
        what,
        why: format!("{number} is larger than {}", i64::MAX),
    })
}

/// Free text as PostgreSQL accepts it: without the character U+0000, which a platform may send.
pub(crate) fn plain(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

/// Free text that may be missing.
pub(crate) fn plain_some(text: Option<&String>) -> Option<String> {
    text.map(|text| plain(text))
}

/// An id or a word as text.
pub(crate) fn text_some<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// A moment that may be missing, as stored.
pub(crate) fn micros(moment: Option<Moment>) -> Option<i64> {
    moment.map(Moment::as_micros)
}

/// A moment that may be missing, as read.
pub(crate) fn moment(micros: Option<i64>) -> Option<Moment> {
    micros.map(Moment::from_micros)
}
