//! What must hold: one function per rule, each with its sentence. Some are asked after every commit, some whenever a
//! request leaves, an effect is carried out or a machine changed, some at the end of a world.

pub mod calls;
pub mod effects;
mod end;
pub mod links;
pub mod machines;
pub mod operations;
mod unknowns;

use std::collections::BTreeMap;

use domain::id::{OperationId, ServiceId};
use domain::record::{Call, Operation, OperationKind};
use domain::{Change, Commit, Moment};
use sim::fault::Fault;

use super::faults;
use super::stage::Stage;
use super::statistics::Statistics;
use crate::memory::MemoryStore;
pub use end::{at_the_end, only_watches};
use unknowns::Unknown;

/// A rule that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The rule's name.
    pub rule: &'static str,
    /// What was found instead.
    pub what: String,
}

impl Held {
    /// A rule that did not hold.
    pub fn of(rule: &'static str, what: impl Into<String>) -> Self {
        Self {
            rule,
            what: what.into(),
        }
    }
}

/// What the rules remember of what they saw.
#[derive(Debug, Default)]
pub struct Checker {
    /// Outcomes that are unknown at present, by operation.
    unknowns: BTreeMap<OperationId, Vec<Unknown>>,
    /// What struck an operation's last request.
    struck: BTreeMap<OperationId, &'static str>,
    /// When the removal of a service's late machines was last hindered.
    hindered: BTreeMap<ServiceId, Moment>,
    /// When the engines were last not all at work.
    away: Option<Moment>,
    /// The last effect carried out, by service.
    last_effect: BTreeMap<u64, i64>,
}

/// The services whose links a commit writes.
pub struct Touched(Vec<ServiceId>);

impl Checker {
    /// What the rules have to look at when this is applied.
    #[expect(clippy::unused_self, reason = "it is asked together with what it remembers")]
    pub fn touched_by(&self, commit: &Commit) -> Touched {
        let services = commit.changes.iter().filter_map(|change| match change {
            Change::PutLink(link) => Some(link.service),
            _ => None,
        });
        Touched(services.collect())
    }

    /// A commit was applied.
    #[expect(clippy::unused_self, reason = "as above")]
    pub fn committed(&self, store: &MemoryStore, stage: &Stage, touched: &Touched) -> Result<(), Held> {
        for service in &touched.0 {
            links::one_each(store, *service)?;
            links::none_of_strangers(store, stage, *service)?;
        }
        Ok(())
    }

    /// A request leaves.
    pub fn sent(&mut self, operation: &Operation, call: &Call, stage: &mut Stage) {
        self.struck.remove(&operation.id);
        if call.request.name == "create_server" {
            let made = (operation.id, operation.service, operation.generation);
            stage.creates.insert(call.id, made);
        }
    }

    /// A fault struck a request.
    pub fn faulted(&mut self, operation: &Operation, fault: &Fault, now: Moment) {
        self.struck.insert(operation.id, faults::name(fault));
        if operation.kind == OperationKind::RemoveStray {
            self.hindered.insert(operation.service, now);
        }
    }

    /// The engines are, or were until now, not all at work.
    pub const fn hindered(&mut self, now: Moment) {
        self.away = Some(now);
    }

    /// Since when nothing has hindered the removal of a service's late machines.
    fn free_since(&self, service: ServiceId) -> Option<Moment> {
        self.hindered.get(&service).copied().max(self.away)
    }

    /// A transition was committed.
    pub fn observed(
        &mut self,
        now: Moment,
        (before, after): (&Operation, &Operation),
        statistics: &mut Statistics,
    ) {
        let struck = self.struck.get(&after.id).copied();
        let open = self.unknowns.entry(after.id).or_default();
        unknowns::began(open, now, before, after, struck, statistics);
        unknowns::settled(open, now, after, statistics);
        if open.is_empty() {
            self.unknowns.remove(&after.id);
        }
    }

    /// A person answered a question of an operation.
    pub fn asked(&mut self, operation: OperationId) {
        for unknown in self.unknowns.get_mut(&operation).into_iter().flatten() {
            unknown.asked = true;
        }
    }

    /// The store was restored: what was remembered of it is of no use.
    pub fn restored(&mut self) {
        self.unknowns.clear();
        self.struck.clear();
        self.last_effect.clear();
    }

    /// Counts what is unknown at the end.
    pub fn count_open(&self, statistics: &mut Statistics) {
        for unknown in self.unknowns.values().flatten() {
            statistics.unknowns.entry(unknown.kind).or_default().open += 1;
        }
    }
}
