//! What is to happen, in order of time; at the same moment in the order in which it was planned.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use domain::Moment;

/// A queue of events.
#[derive(Debug)]
pub struct Agenda<E> {
    entries: BinaryHeap<Reverse<Entry<E>>>,
    serial: u64,
}

#[derive(Debug)]
struct Entry<E> {
    at: Moment,
    serial: u64,
    event: E,
}

impl<E> Entry<E> {
    const fn key(&self) -> (Moment, u64) {
        (self.at, self.serial)
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl<E> Default for Agenda<E> {
    fn default() -> Self {
        Self {
            entries: BinaryHeap::new(),
            serial: 0,
        }
    }
}

impl<E> Agenda<E> {
    /// Plans an event.
    pub fn plan(&mut self, at: Moment, event: E) {
        self.serial += 1;
        self.entries.push(Reverse(Entry {
            at,
            serial: self.serial,
            event,
        }));
    }

    /// Takes the next event.
    pub fn next(&mut self) -> Option<(Moment, E)> {
        self.entries.pop().map(|Reverse(entry)| (entry.at, entry.event))
    }
}
