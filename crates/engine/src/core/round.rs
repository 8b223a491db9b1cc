//! One round of readings on one platform: whose turn is next, and what a hypervisor that does not answer costs.
//!
//! A platform that has to ask a hypervisor for an answer waits for it as long as it likes, so a dead one costs a time-out
//! per machine on it. In a round the first of a hypervisor's machines is asked alone; once it has answered the others
//! follow, and if it has not they are passed over until the next round. Where a list does not tell on which hypervisor a
//! machine stands, a few time-outs in a row end the round.
//!
//! Pure: the engine's hands and the simulation take turns from the same value.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use domain::http::Request;
use domain::id::ServiceId;

use super::freshness::Due;

/// The next page of a list is asked for while this many readings are left of the pages before it, so that no hand waits
/// for a page.
const LEFT: usize = 32;

/// So many readings in a row without an answer end a round.
const MOST_SILENT: usize = 5;

/// What a hand does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Read this page of the platform's list, and give what is due of it to [`Round::page_read`].
    Page(Request),
    /// Make this reading, and say with [`Round::read`] how it went.
    Read(Due),
    /// Nothing before another hand is done.
    Wait,
    /// Nothing more.
    Done,
}

/// How a reading went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// The platform answered, whatever it said.
    Answered,
    /// It was asked and did not answer.
    Silent,
    /// Nothing was sent: it is asked too often, or fails too often.
    NotSent,
    /// Nobody was asked: there is nothing to be read at present.
    NotAsked,
}

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Readings that were answered.
    pub answered: usize,
    /// Readings without an answer.
    pub silent: usize,
    /// Readings that were not made because their hypervisor did not answer another one.
    pub spared: usize,
}

/// A round under way.
#[derive(Debug, Default)]
pub struct Round {
    pages: VecDeque<Request>,
    paging: bool,
    ready: VecDeque<Due>,
    /// On which hypervisor each service's machine stands, as far as it is told.
    hosts: BTreeMap<ServiceId, String>,
    /// What waits for the first answer of a hypervisor.
    behind: BTreeMap<String, Vec<Due>>,
    alive: BTreeSet<String>,
    /// Those of which nothing is asked.
    dead: BTreeSet<String>,
    /// Those among them that were asked in this round and did not answer.
    silent: BTreeSet<String>,
    under_way: usize,
    silent_in_a_row: usize,
    ended: bool,
    tally: Tally,
}

impl Round {
    /// A round that begins with the first page of a list, where there is one. Nothing is asked of `dead` hypervisors.
    pub fn new(first: Option<Request>, dead: BTreeSet<String>) -> Self {
        Self {
            pages: first.into_iter().collect(),
            dead,
            ..Self::default()
        }
    }

    /// Adds what is due, in its order, behind what is there.
    pub fn add(&mut self, due: Vec<Due>, hosts: BTreeMap<ServiceId, String>) {
        self.hosts.extend(hosts);
        self.ready.extend(due);
    }

    /// What the next free hand does.
    pub fn turn(&mut self) -> Turn {
        if !self.ended
            && !self.paging
            && self.ready.len() < LEFT
            && let Some(page) = self.pages.pop_front()
        {
            self.paging = true;
            return Turn::Page(page);
        }
        while let Some(due) = self.ready.pop_front().filter(|_| !self.ended) {
            if let Some(due) = self.admit(due) {
                self.under_way += 1;
                return Turn::Read(due);
            }
        }
        if self.under_way > 0 || self.paging {
            Turn::Wait
        } else {
            Turn::Done
        }
    }

    /// The reading, unless its hypervisor is dead or is being asked for the first time.
    fn admit(&mut self, due: Due) -> Option<Due> {
        let Some(host) = self.hosts.get(&due.service).filter(|_| due.subject.asks_host()) else {
            return Some(due);
        };
        if self.dead.contains(host) {
            self.tally.spared += 1;
            return None;
        }
        if self.alive.contains(host) {
            return Some(due);
        }
        if let Some(behind) = self.behind.get_mut(host) {
            behind.push(due);
            return None;
        }
        self.behind.insert(host.clone(), Vec::new());
        Some(due)
    }

    /// A page was read: what is due of it, and the requests that it calls for.
    pub fn page_read(&mut self, due: Vec<Due>, hosts: BTreeMap<ServiceId, String>, more: Vec<Request>) {
        self.paging = false;
        self.pages.extend(more);
        self.add(due, hosts);
    }

    /// Ends the round: what is under way comes to its end, and nothing else begins.
    pub fn end(&mut self) {
        self.paging = false;
        self.ended = true;
    }

    /// A reading is over.
    pub fn read(&mut self, due: &Due, went: Went) {
        self.under_way -= 1;
        self.silent_in_a_row = match went {
            Went::Silent => self.silent_in_a_row + 1,
            Went::Answered | Went::NotSent => 0,
            Went::NotAsked => self.silent_in_a_row,
        };
        match went {
            Went::Answered => self.tally.answered += 1,
            Went::Silent => self.tally.silent += 1,
            Went::NotSent => self.ended = true,
            Went::NotAsked => {}
        }
        let host = self.hosts.get(&due.service).filter(|_| due.subject.asks_host());
        if let Some(host) = host.cloned() {
            let behind = self.behind.remove(&host).unwrap_or_default();
            match went {
                Went::Answered => {
                    self.alive.insert(host);
                    self.put_before(behind);
                }
                // The next of them is the first then.
                Went::NotAsked => self.put_before(behind),
                Went::Silent => {
                    self.tally.spared += behind.len();
                    self.alive.remove(&host);
                    self.silent.insert(host.clone());
                    self.dead.insert(host);
                    // One dead hypervisor says nothing about the platform.
                    self.silent_in_a_row = 0;
                }
                Went::NotSent => {}
            }
        }
        self.ended |= self.silent_in_a_row >= MOST_SILENT;
    }

    fn put_before(&mut self, behind: Vec<Due>) {
        for due in behind.into_iter().rev() {
            self.ready.push_front(due);
        }
    }

    /// The hypervisors that were asked in this round and did not answer.
    pub const fn silent(&self) -> &BTreeSet<String> {
        &self.silent
    }

    /// Whether it was ended before everything was read.
    pub const fn was_ended(&self) -> bool {
        self.ended
    }

    /// What it came to so far.
    pub const fn tally(&self) -> Tally {
        self.tally
    }
}

#[cfg(test)]
mod tests;
