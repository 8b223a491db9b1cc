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
