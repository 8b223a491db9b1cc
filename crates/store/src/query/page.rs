//! Pages: newest first, continued from a cursor.

use std::fmt;

use sea_orm::{ColumnTrait, Condition};

use crate::Store;
use crate::error::StoreError;

/// The most items that any list gives at once, whatever was asked for.
pub const HARD_LIMIT: u64 = 500;

/// A limit that ends at [`HARD_LIMIT`].
pub(crate) fn capped(limit: u64) -> u64 {
    Ord::min(limit, HARD_LIMIT)
}

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// The `next` of the page before; the first page when `None`.
    pub after: Option<String>,
    /// How many items at most; capped at [`HARD_LIMIT`].
    pub limit: u64,
}

impl PageRequest {
    /// The first page.
    pub const fn first(limit: u64) -> Self {
        Self { after: None, limit }
    }

    /// The page after `cursor`.
    pub const fn after(cursor: String, limit: u64) -> Self {
        Self {
            after: Some(cursor),
            limit,
        }
    }

    /// How many rows to ask for: one more than the page holds, which tells whether there is another page.
    pub(crate) fn rows(&self) -> u64 {
        capped(self.limit).max(1) + 1
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::first(50)
    }
}

/// Where a list that is ordered by a number, and by the id among equal ones, goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    number: i64,
    id: String,
}

impl Cursor {
    pub(crate) const fn new(number: i64, id: String) -> Self {
        Self { number, id }
    }

    /// As [`Display`] wrote it.
    ///
    /// [`Display`]: std::fmt::Display
    pub(crate) fn parse(text: &str) -> Result<Self, StoreError> {
        text.split_once('.')
            .and_then(|(number, id)| Some(Self::new(number.parse().ok()?, id.to_owned())))
            .ok_or_else(|| StoreError::Invalid {
                what: "cursor",
                why: format!("\"{text}\" is not one of this list"),
            })
    }

    /// What comes before it. The first term alone lets an index be used.
    pub(crate) fn before<C: ColumnTrait>(&self, number: C, id: C) -> Condition {
        let equal = Condition::all()
            .add(number.eq(self.number))
            .add(id.lt(self.id.as_str()));
        Condition::all()
            .add(number.lte(self.number))
            .add(Condition::any().add(number.lt(self.number)).add(equal))
    }

    /// What comes behind it.
    pub(crate) fn behind<C: ColumnTrait>(&self, number: C, id: C) -> Condition {
        let equal = Condition::all()
            .add(number.eq(self.number))
            .add(id.gt(self.id.as_str()));
        Condition::all()
            .add(number.gte(self.number))
            .add(Condition::any().add(number.gt(self.number)).add(equal))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.number, self.id)
    }
}

/// Some items of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
    /// How many rows of this page are left out because they cannot be read; [`Store::damage_since`] names them.
    pub damaged: usize,
}

impl Store {
    /// A page of the rows asked for.
    pub(crate) fn page<R, T>(
        &self,
        mut rows: Vec<R>,
        request: &PageRequest,
        cursor: impl Fn(&R) -> String,
        read: impl Fn(R) -> Result<T, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let size = usize::try_from(request.rows() - 1).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| more).map(cursor);
        let asked = rows.len();
        let items = self.readable(rows, read)?;
        let damaged = asked - items.len();
        Ok(Page { items, next, damaged })
    }
}
