//! Pages: newest first, continued from a cursor.

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
    pub(super) fn rows(&self) -> u64 {
        capped(self.limit).max(1) + 1
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::first(50)
    }
}

/// Some items of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// From the rows asked for.
    pub(super) fn from_rows<R, E>(
        mut rows: Vec<R>,
        request: &PageRequest,
        cursor: impl Fn(&R) -> String,
        read: impl Fn(R) -> Result<T, E>,
    ) -> Result<Self, E> {
        let size = usize::try_from(request.rows() - 1).unwrap_or(usize::MAX);
        let more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| more).map(cursor);
        Ok(Self {
            items: rows.into_iter().map(read).collect::<Result<_, _>>()?,
            next,
        })
    }
}
