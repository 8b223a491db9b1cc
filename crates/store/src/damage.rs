//! Rows that cannot be read. A list goes on without them, so that one ill row stops nobody; what was left out is noted
//! here, so that it is not forgotten.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::Moment;

use crate::Store;
use crate::error::StoreError;

/// More rows than this are not told apart: then it is the database that is ill.
const NOTED_AT_MOST: usize = 1_000;

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The row and column.
    pub what: String,
    /// Why.
    pub why: String,
    /// When it was met last.
    pub seen_at: Moment,
}

/// What has been met since the store was opened, by row and column.
#[derive(Debug, Default)]
pub(crate) struct Noted(Mutex<BTreeMap<String, Damage>>);

impl Noted {
    fn rows(&self) -> MutexGuard<'_, BTreeMap<String, Damage>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// The rows that were met and could not be read since a moment.
    pub fn damage_since(&self, since: Moment) -> Vec<Damage> {
        let rows = self.inner.damage.rows();
        let met = rows.values().filter(|damage| damage.seen_at >= since);
        met.cloned().collect()
    }

    /// Forgets the rows that were not met since a moment: they were repaired, or are gone.
    pub fn forget_damage_before(&self, since: Moment) {
        self.inner
            .damage
            .rows()
            .retain(|_, damage| damage.seen_at >= since);
    }

    /// Whether an error is about a row that cannot be read; such a row is noted, and logged when it is met first.
    pub fn note_damage(&self, error: &StoreError) -> bool {
        let StoreError::Damaged { what, why } = error else {
            return false;
        };
        let mut rows = self.inner.damage.rows();
        if !rows.contains_key(what) {
            tracing::error!(row = %what, %why, "a stored row cannot be read");
        }
        if rows.len() < NOTED_AT_MOST || rows.contains_key(what) {
            let damage = Damage {
                what: what.clone(),
                why: why.clone(),
                seen_at: self.now(),
            };
            rows.insert(what.clone(), damage);
        }
        true
    }

    /// The records of those rows that can be read; the others are noted.
    pub(crate) fn readable<R, T>(
        &self,
        rows: Vec<R>,
        read: impl Fn(R) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            match read(row) {
                Ok(record) => records.push(record),
                Err(error) if self.note_damage(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(records)
    }
}
