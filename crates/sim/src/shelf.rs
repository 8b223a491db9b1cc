//! Records that remember their recent past, so that reads can lag behind writes.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use domain::{Moment, Random};

use crate::chance::Lag;

/// One state of a record; `None` once it is removed.
#[derive(Debug)]
struct Version<T> {
    /// From when reads see it.
    visible: Moment,
    value: Option<T>,
}

/// Records by id. Writers see the newest state, readers the one that was visible at their moment.
#[derive(Debug)]
pub struct Shelf<T> {
    records: BTreeMap<u64, VecDeque<Version<T>>>,
    removed: VecDeque<(Moment, u64)>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self {
            records: BTreeMap::new(),
            removed: VecDeque::new(),
        }
    }
}

impl<T: Clone> Shelf<T> {
    /// The newest state.
    pub fn get(&self, id: u64) -> Option<&T> {
        self.records.get(&id)?.back()?.value.as_ref()
    }

    /// From when readers see the oldest state that is kept.
    pub fn visible_from(&self, id: u64) -> Option<Moment> {
        Some(self.records.get(&id)?.front()?.visible)
    }

    /// The state that a reader saw at `view`.
    pub fn seen(&self, id: u64, view: Moment) -> Option<&T> {
        seen(self.records.get(&id)?, view)
    }

    /// All records that a reader saw at `view`, by id.
    pub fn all_seen(&self, view: Moment) -> impl Iterator<Item = (u64, &T)> {
        self.records
            .iter()
            .filter_map(move |(id, versions)| Some((*id, seen(versions, view)?)))
    }

    /// The newest state of all records, by id.
    pub fn all(&self) -> impl Iterator<Item = (u64, &T)> {
        self.records
            .iter()
            .filter_map(|(id, versions)| Some((*id, versions.back()?.value.as_ref()?)))
    }

    /// Adds a record, or one more life under a used id.
    pub fn insert(&mut self, id: u64, value: T, visible: Moment, keep: Moment) {
        self.push(id, Some(value), visible, keep);
    }

    /// Changes a record; whether it is there.
    pub fn update(&mut self, id: u64, visible: Moment, keep: Moment, change: impl FnOnce(&mut T)) -> bool {
        let Some(mut value) = self.get(id).cloned() else {
            return false;
        };
        change(&mut value);
        self.push(id, Some(value), visible, keep);
        true
    }

    /// Shows every reader from `now` on what has been written until now.
    pub fn reveal(&mut self, id: u64, now: Moment) {
        for version in self.records.entry(id).or_default() {
            version.visible = version.visible.min(now);
        }
    }

    /// Removes a record and returns its last state.
    pub fn remove(&mut self, id: u64, visible: Moment, keep: Moment) -> Option<T> {
        let value = self.get(id).cloned()?;
        self.push(id, None, visible, keep);
        self.removed.push_back((visible, id));
        Some(value)
    }

    /// Forgets removed records whose removal every reader has seen since `keep`, and returns their ids.
    pub fn forget(&mut self, keep: Moment) -> Vec<u64> {
        let mut forgotten = Vec::new();
        while let Some((visible, id)) = self.removed.front().copied() {
            if visible > keep {
                break;
            }
            self.removed.pop_front();
            if self.get(id).is_none() {
                self.records.remove(&id);
                forgotten.push(id);
            }
        }
        forgotten
    }

    /// Versions become visible in the order in which they were written.
    fn push(&mut self, id: u64, value: Option<T>, visible: Moment, keep: Moment) {
        let versions = self.records.entry(id).or_default();
        let visible = versions.back().map_or(visible, |last| last.visible.max(visible));
        versions.push_back(Version { visible, value });
        while versions.get(1).is_some_and(|second| second.visible <= keep) {
            versions.pop_front();
        }
    }
}

fn seen<T>(versions: &VecDeque<Version<T>>, view: Moment) -> Option<&T> {
    versions
        .iter()
        .rev()
        .find(|version| version.visible <= view)?
        .value
        .as_ref()
}

/// How late readers see what is written, and how far back they may look.
#[derive(Debug, Clone, Copy)]
pub struct Sight {
    /// How long changes stay unseen.
    pub lag: Option<Lag>,
    /// How long past states are kept at least.
    pub history: Duration,
}

impl Sight {
    /// From when readers see what is written at `now`.
    pub fn visible(self, now: Moment, random: &dyn Random) -> Moment {
        self.lag.map_or(now, |lag| now + lag.draw(random))
    }

    /// Since when past states are kept, where stale reads may look back by `look_back`.
    pub fn keep(self, now: Moment, look_back: Duration) -> Moment {
        let longest_lag = self.lag.map_or(Duration::ZERO, Lag::longest);
        now - self.history.max(look_back).max(longest_lag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Moment {
        Moment::from_seconds(second)
    }

    #[test]
    fn readers_see_the_state_of_their_moment() {
        let mut shelf = Shelf::default();
        shelf.insert(1, "a", at(10), at(0));
        shelf.update(1, at(20), at(0), |value| *value = "b");
        shelf.remove(1, at(30), at(0));
        assert_eq!(shelf.get(1), None);
        for (second, expected) in [(9, None), (10, Some("a")), (25, Some("b")), (30, None)] {
            assert_eq!(shelf.seen(1, at(second)).copied(), expected, "at {second}");
        }
    }

    #[test]
    fn a_later_write_is_never_seen_before_an_earlier_one() {
        let mut shelf = Shelf::default();
        shelf.insert(1, "a", at(50), at(0));
        shelf.update(1, at(20), at(0), |value| *value = "b");
        assert_eq!(shelf.seen(1, at(40)), None);
        assert_eq!(shelf.seen(1, at(50)).copied(), Some("b"));
    }

    #[test]
    fn what_is_revealed_is_seen_at_once_and_the_past_stays() {
        let mut shelf = Shelf::default();
        shelf.insert(1, "a", at(10), at(0));
        shelf.remove(1, at(50), at(0));
        shelf.insert(1, "b", at(60), at(0));
        shelf.reveal(1, at(40));
        assert_eq!(shelf.seen(1, at(39)).copied(), Some("a"));
        assert_eq!(shelf.seen(1, at(40)).copied(), Some("b"));
    }

    #[test]
    fn the_past_is_forgotten_beyond_the_horizon() {
        let mut shelf = Shelf::default();
        for second in 0..100 {
            shelf.insert(1, second, at(second), at(second - 5));
        }
        assert!(shelf.records[&1].len() <= 7);
        shelf.remove(1, at(100), at(95));
        assert!(shelf.forget(at(99)).is_empty());
        assert_eq!(shelf.records.len(), 1);
        assert_eq!(shelf.forget(at(100)), [1]);
        assert!(shelf.records.is_empty());
    }
}
