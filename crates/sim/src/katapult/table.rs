//! Records by serial number and by the id that the API shows.

use std::collections::BTreeMap;

use domain::Moment;

use super::record::{Address, Build, Key, Machine, Organization, Policy, Task, Trash};
use crate::shelf::Shelf;

/// What stands in a table.
pub trait Record: Clone {
    /// Its serial number.
    fn serial(&self) -> u64;
    /// Its id.
    fn id(&self) -> &str;
    /// The organization whose it is, by serial number.
    fn organization(&self) -> u64;
}

macro_rules! records {
    ($($record:ident),+) => {$(
        impl Record for $record {
            fn serial(&self) -> u64 {
                self.serial
            }

            fn id(&self) -> &str {
                &self.id
            }

            fn organization(&self) -> u64 {
                self.organization
            }
        }
    )+};
}

records!(Address, Build, Key, Machine, Policy, Task, Trash);

impl Record for Organization {
    fn serial(&self) -> u64 {
        self.serial
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn organization(&self) -> u64 {
        self.serial
    }
}

/// From when readers see a change, and since when past states are kept.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    /// From when readers see it.
    pub visible: Moment,
    /// Since when past states are kept.
    pub keep: Moment,
}

/// Records of one kind.
#[derive(Debug)]
pub struct Table<T> {
    shelf: Shelf<T>,
    by_id: BTreeMap<String, u64>,
    ids: BTreeMap<u64, String>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            shelf: Shelf::default(),
            by_id: BTreeMap::new(),
            ids: BTreeMap::new(),
        }
    }
}

impl<T: Record> Table<T> {
    /// The newest state.
    pub fn get(&self, serial: u64) -> Option<&T> {
        self.shelf.get(serial)
    }

    /// The newest state of the record with this id.
    pub fn named(&self, id: &str) -> Option<&T> {
        self.get(*self.by_id.get(id)?)
    }

    /// The record with this id as a reader at `view` sees it.
    pub fn seen_named(&self, id: &str, view: Moment) -> Option<&T> {
        self.seen(*self.by_id.get(id)?, view)
    }

    /// The record as a reader at `view` sees it.
    pub fn seen(&self, serial: u64, view: Moment) -> Option<&T> {
        self.shelf.seen(serial, view)
    }

    /// All records that a reader at `view` sees, oldest first.
    pub fn all_seen(&self, view: Moment) -> impl Iterator<Item = &T> {
        self.shelf.all_seen(view).map(|(_, record)| record)
    }

    /// The newest state of all records, oldest first.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.shelf.all().map(|(_, record)| record)
    }

    /// From when readers see the oldest state that is kept.
    pub fn visible_from(&self, serial: u64) -> Option<Moment> {
        self.shelf.visible_from(serial)
    }

    /// Adds a record.
    pub fn insert(&mut self, record: T, written: Written) {
        let (serial, id) = (record.serial(), record.id().to_owned());
        self.by_id.insert(id.clone(), serial);
        self.ids.insert(serial, id);
        self.shelf.insert(serial, record, written.visible, written.keep);
    }

    /// Changes a record.
    pub fn update(&mut self, serial: u64, written: Written, change: impl FnOnce(&mut T)) {
        self.shelf.update(serial, written.visible, written.keep, change);
    }

    /// Removes a record and returns its last state.
    pub fn remove(&mut self, serial: u64, written: Written) -> Option<T> {
        self.shelf.remove(serial, written.visible, written.keep)
    }

    /// Removes the oldest records that are `done`, so that at most `most` are kept.
    pub fn trim(&mut self, most: usize, written: Written, done: impl Fn(&T) -> bool) {
        let surplus = self.ids.len().saturating_sub(most);
        let old: Vec<u64> = self
            .all()
            .filter(|record| done(record))
            .take(surplus)
            .map(Record::serial)
            .collect();
        for serial in old {
            self.remove(serial, written);
        }
    }

    /// Forgets removed records whose removal every reader has seen since `keep`, and returns their serial numbers.
    pub fn forget(&mut self, keep: Moment) -> Vec<u64> {
        let forgotten = self.shelf.forget(keep);
        for serial in &forgotten {
            let id = self.ids.remove(serial);
            // Another life may have taken over the id.
            if let Some(id) = id.filter(|id| self.by_id.get(id) == Some(serial)) {
                self.by_id.remove(&id);
            }
        }
        forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(serial: u64, id: &str) -> Key {
        Key {
            serial,
            id: id.to_owned(),
            organization: 1,
            name: String::new(),
            public: String::new(),
            fingerprint: String::new(),
        }
    }

    fn at(second: i64) -> Written {
        Written {
            visible: Moment::from_seconds(second),
            keep: Moment::from_seconds(second - 5),
        }
    }

    #[test]
    fn an_id_leads_to_its_last_life_whatever_is_forgotten() {
        let mut table = Table::default();
        table.insert(key(1, "a"), at(10));
        table.remove(1, at(20));
        table.insert(key(2, "a"), at(30));
        assert_eq!(table.named("a").map(|key| key.serial), Some(2));
        assert_eq!(table.forget(Moment::from_seconds(25)), [1]);
        assert_eq!(table.named("a").map(|key| key.serial), Some(2));
        table.remove(2, at(40));
        assert_eq!(
            table
                .seen_named("a", Moment::from_seconds(39))
                .map(|key| key.serial),
            Some(2)
        );
        assert_eq!(table.forget(Moment::from_seconds(40)), [2]);
        assert!(table.by_id.is_empty() && table.ids.is_empty());
    }

    #[test]
    fn the_oldest_that_are_done_make_room() {
        let mut table = Table::default();
        for serial in 1..=6 {
            table.insert(key(serial, &serial.to_string()), at(10));
        }
        table.trim(3, at(20), |key| key.serial != 2);
        let left: Vec<u64> = table.all().map(|key| key.serial).collect();
        assert_eq!(left, [2, 5, 6]);
    }
}
