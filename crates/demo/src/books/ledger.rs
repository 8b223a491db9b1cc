//! Which effects were begun and how they ended: what keeps each of them single.

use std::collections::BTreeMap;

use domain::Moment;
use serde::Serialize;

/// How an effect ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Done.
    Applied,
    /// The guard or a rule says no.
    Refused,
    /// It may be tried again.
    Failed,
    /// Begun, and nobody knows how it ended.
    Unknown,
}

impl Outcome {
    /// The word of the protocol.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// One effect.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Of which service.
    pub service: Option<u64>,
    /// When it was first begun.
    pub at: Moment,
    /// How it ended; `None` while it is a claim.
    pub outcome: Option<Outcome>,
    /// Why; `""` when there is nothing to say.
    pub reason: String,
    /// How often it was handed to this shop.
    pub seen: u32,
}

/// What an earlier encounter left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Never seen, or it failed and may be tried again.
    Fresh,
    /// Begun without an outcome.
    Begun,
    /// Over.
    Ended(Outcome, String),
}

/// All effects by id, and the order of their arrival.
#[derive(Debug, Default)]
pub struct Ledger {
    records: BTreeMap<String, Record>,
    order: Vec<String>,
}

impl Ledger {
    /// What an earlier encounter with this effect left; counts this one.
    pub fn meet(&mut self, id: &str) -> Claim {
        let Some(record) = self.records.get_mut(id) else {
            return Claim::Fresh;
        };
        record.seen += 1;
        match record.outcome {
            None => Claim::Begun,
            Some(Outcome::Failed) => Claim::Fresh,
            Some(outcome) => Claim::Ended(outcome, record.reason.clone()),
        }
    }

    /// Commits that an effect is begun.
    pub fn claim(&mut self, id: &str, kind: &str, service: Option<u64>, now: Moment) {
        if let Some(record) = self.records.get_mut(id) {
            record.outcome = None;
            return;
        }
        self.order.push(id.to_owned());
        let record = Record {
            id: id.to_owned(),
            kind: kind.to_owned(),
            service,
            at: now,
            outcome: None,
            reason: String::new(),
            seen: 1,
        };
        self.records.insert(id.to_owned(), record);
    }

    /// Commits how a claimed effect ended.
    pub fn end(&mut self, id: &str, outcome: Outcome, reason: &str) {
        if let Some(record) = self.records.get_mut(id) {
            record.outcome = Some(outcome);
            reason.clone_into(&mut record.reason);
        }
    }

    /// All effects, oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.order.iter().filter_map(|id| self.records.get(id))
    }
}
