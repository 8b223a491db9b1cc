//! A store that may be behind the world.

use serde::{Deserialize, Serialize};

use crate::time::Moment;

/// A recovery under way: the store was restored, or failed over, and may not know what was done after it was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Counts the recoveries of this store, from 1.
    pub epoch: u64,
    /// When it was noticed.
    pub began_at: Moment,
    /// What was noticed, in a sentence for a person.
    pub why: String,
}
