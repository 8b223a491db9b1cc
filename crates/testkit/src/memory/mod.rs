//! A store in memory that refuses what the real one refuses, and forgets what was not synced: for simulation, where
//! thousands of commits a second are made and a crash may come between any two of them.
//!
//! * `commit` applies decisions: fences, versions, leases and rules of uniqueness as the real store has them.
//! * `tables` are the records with the indexes over them, and the log by which the newest changes are taken back.
//! * `read` loads what decisions are made from.
//!
//! Changes are pending until [`MemoryStore::sync`], as in a group commit: later decisions already stand on them, and
//! nobody outside may hear of them. [`MemoryStore::forget`] is the power going out: all that is pending is taken back,
//! newest first.

mod commit;
mod read;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::Moment;
use domain::id::{CallId, EffectId, OperationId, ServiceId, WorkerId};
use domain::record::{
    Attachment, Effect, Installation, Lease, Operation, OperationKind, Platform, ProductPolicy, Question,
};

pub use tables::Tables;
use tables::Undo;

/// Everything that is kept.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    /// The one billing system.
    pub installation: Installation,
    /// The one platform.
    pub platform: Platform,
    /// How the installation names it.
    pub attachment: Attachment,
    /// Policies by product; the default one where none is kept.
    pub policies: BTreeMap<u64, ProductPolicy>,
    /// The records.
    pub tables: Tables,
    undo: Vec<Undo>,
}

impl MemoryStore {
    /// An empty store for one installation and one platform.
    pub fn new(installation: Installation, platform: Platform, attachment: Attachment) -> Self {
        Self {
            installation,
            platform,
            attachment,
            policies: BTreeMap::new(),
            tables: Tables::default(),
            undo: Vec::new(),
        }
    }

    /// Whether something would be forgotten now.
    pub const fn is_pending(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Whether a call would survive a loss of power as it stands.
    pub fn is_durable(&self, call: CallId) -> bool {
        let pending = self.undo.iter();
        !pending
            .filter_map(|undo| match undo {
                Undo::Call(id, ..) => Some(*id),
                _ => None,
            })
            .any(|id| id == call)
    }

    /// Other records take the place of these, durable at once.
    pub fn replace(&mut self, tables: Tables) {
        self.undo.clear();
        self.tables = tables;
    }

    /// Makes everything durable that was committed so far.
    pub fn sync(&mut self) {
        self.undo.clear();
    }

    /// Forgets everything that was not synced; how many changes that were.
    pub fn forget(&mut self) -> usize {
        let forgotten = self.undo.len();
        self.take_back(0);
        forgotten
    }

    fn take_back(&mut self, mark: usize) {
        while self.undo.len() > mark {
            if let Some(undo) = self.undo.pop() {
                self.tables.take_back(undo);
            }
        }
    }

    fn put_operation(&mut self, id: OperationId, operation: Option<Operation>) {
        let undo = self.tables.set_operation(id, operation);
        self.undo.push(undo);
    }

    fn put_effect(&mut self, id: EffectId, effect: Option<Effect>) {
        let undo = self.tables.set_effect(id, effect);
        self.undo.push(undo);
    }

    /// Leases up to `limit` due operations to a worker: those that a person waits for first, then the longest due.
    pub fn claim(
        &mut self,
        worker: WorkerId,
        now: Moment,
        lease: Duration,
        limit: usize,
    ) -> Vec<OperationId> {
        let mut due: Vec<(bool, Option<Moment>, OperationId)> = self
            .tables
            .due
            .iter()
            .take_while(|(moment, _)| *moment <= now)
            .filter_map(|(_, id)| self.tables.operations.get(id))
            .map(|operation| (!operation.actor.is_person(), operation.due_at, operation.id))
            .collect();
        due.sort_unstable();
        due.truncate(limit);
        let until = now + lease;
        for (.., id) in &due {
            self.set_lease(*id, Some(Lease { worker, until }));
        }
        due.into_iter().map(|(.., id)| id).collect()
    }

    fn set_lease(&mut self, id: OperationId, lease: Option<Lease>) {
        if let Some(mut operation) = self.tables.operations.get(&id).cloned() {
            operation.lease = lease;
            self.put_operation(id, Some(operation));
        }
    }

    /// Prolongs a lease that `worker` still holds until `held`. Whether it did.
    pub fn renew_lease(&mut self, id: OperationId, worker: WorkerId, held: Moment, until: Moment) -> bool {
        let lease = self
            .tables
            .operations
            .get(&id)
            .and_then(|operation| operation.lease);
        let holds = lease == Some(Lease { worker, until: held });
        if holds {
            self.set_lease(id, Some(Lease { worker, until }));
        }
        holds
    }

    /// Gives back the lease that `worker` holds.
    pub fn release_lease(&mut self, id: OperationId, worker: WorkerId) {
        let lease = self
            .tables
            .operations
            .get(&id)
            .and_then(|operation| operation.lease);
        if lease.is_some_and(|lease| lease.worker == worker) {
            self.set_lease(id, None);
        }
    }

    /// Ends every lease, as the start of the only process does.
    pub fn release_all_leases(&mut self) {
        let leased: Vec<OperationId> = self
            .tables
            .all_open()
            .filter(|operation| operation.lease.is_some())
            .map(|operation| operation.id)
            .collect();
        for id in leased {
            self.set_lease(id, None);
        }
    }

    /// When the next operation is due or its lease runs out; `None` when nothing is.
    pub fn next_due(&self) -> Option<Moment> {
        self.tables.due.first().map(|(due, _)| *due)
    }

    /// Up to `limit` services whose watch is due, by moment.
    pub fn watch_due(&self, now: Moment, limit: usize) -> Vec<ServiceId> {
        let due = self.tables.watch.iter().take_while(|(due, _)| *due <= now);
        due.take(limit).map(|(_, id)| *id).collect()
    }

    /// When the next watch is due.
    pub fn next_watch(&self) -> Option<Moment> {
        self.tables.watch.first().map(|(due, _)| *due)
    }

    /// Open questions about a service, by id.
    pub fn open_questions(&self, service: ServiceId) -> Vec<&Question> {
        let ids: Option<&BTreeSet<_>> = self.tables.open_questions.get(&service);
        ids.into_iter()
            .flatten()
            .filter_map(|id| self.tables.questions.get(id))
            .collect()
    }

    /// Forgets refreshes that ended before this moment.
    pub fn prune_refreshes(&mut self, before: Moment) {
        let old: Vec<OperationId> = self
            .tables
            .operations
            .values()
            .filter(|operation| {
                operation.kind == OperationKind::Refresh
                    && operation.finished_at.is_some_and(|at| at < before)
            })
            .map(|operation| operation.id)
            .collect();
        for id in old {
            self.put_operation(id, None);
        }
    }

    /// The effects that may be applied now, oldest first: of each queue only the first that waits. Each counts as
    /// tried, and comes again after a growing while unless it is settled before.
    pub fn fetch_effects(&mut self, billing_id: Option<u64>, now: Moment, limit: usize) -> Vec<Effect> {
        const FIRST_REDELIVERY: Duration = Duration::from_secs(30);
        const LAST_REDELIVERY: Duration = Duration::from_secs(3600);
        let heads = self
            .tables
            .waiting
            .values()
            .filter_map(|queue| queue.first_key_value());
        let mut heads: Vec<(Moment, EffectId)> = heads
            .filter_map(|(_, id)| self.tables.effects.get(id))
            .filter(|effect| effect.due_at <= now)
            .filter(|effect| {
                billing_id.is_none_or(|wanted| effect.service.is_some_and(|(_, id)| id == wanted))
            })
            .map(|effect| (effect.created_at, effect.id))
            .collect();
        heads.sort_unstable();
        heads.truncate(limit);
        let mut fetched = Vec::with_capacity(heads.len());
        for (_, id) in heads {
            let Some(mut effect) = self.tables.effects.get(&id).cloned() else {
                continue;
            };
            let wait = FIRST_REDELIVERY.saturating_mul(1 << effect.tries.min(16));
            effect.due_at = now + wait.min(LAST_REDELIVERY);
            effect.tries += 1;
            fetched.push(effect.clone());
            self.put_effect(id, Some(effect));
        }
        fetched
    }
}
