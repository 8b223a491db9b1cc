//! Where a world's engines keep things: in memory, where the power may be lost, or at once in memory and in the real
//! store, whose every answer is compared with the other's.
//!
//! In memory a commit is pending until the next sync, and a loss of power takes it back. In the real store a commit is
//! durable when it returns, so that a loss of power there can only take what was decided and not committed: the
//! decision under way is dropped. Worlds that lose no unsynced commit have the same history on both.

mod twin;

use std::time::Duration;

use domain::case::Pace;
use domain::change::Refused;
use domain::id::{EffectId, OperationId, ServiceId, WorkerId};
use domain::record::Effect;
use domain::{Case, Commit, Moment, ServiceView};

use super::Kept;
use super::rules::Held;
use super::upgrade;
use crate::memory::MemoryStore;
pub use twin::Twin;

/// Where a world's engines keep things.
pub enum Vault {
    /// In memory.
    Memory(Box<MemoryStore>),
    /// In memory and in the real store.
    Twin(Box<Twin>),
}

impl Vault {
    /// What is kept, for the rules to look at.
    pub fn memory(&self) -> &MemoryStore {
        match self {
            Self::Memory(memory) => memory,
            Self::Twin(twin) => twin.memory(),
        }
    }

    /// Where that is.
    pub const fn kept(&self) -> Kept {
        match self {
            Self::Memory(_) => Kept::InMemory,
            Self::Twin(_) => Kept::OnSqlite,
        }
    }

    /// Applies a decision, or refuses it.
    pub fn commit(&mut self, commit: Commit) -> Result<Result<(), Refused>, Held> {
        match self {
            Self::Memory(memory) => Ok(memory.commit(commit)),
            Self::Twin(twin) => twin.commit(commit),
        }
    }

    /// An operation with everything around it.
    pub fn case(&mut self, id: OperationId) -> Result<Option<Case>, Held> {
        match self {
            Self::Memory(memory) => Ok(memory.case(id)),
            Self::Twin(twin) => twin.case(id),
        }
    }

    /// A service with everything around it.
    pub fn view(&mut self, billing_id: u64) -> Result<Option<ServiceView>, Held> {
        match self {
            Self::Memory(memory) => Ok(memory.view(billing_id)),
            Self::Twin(twin) => twin.view(billing_id),
        }
    }

    /// When a service's client last wished for something of a pace.
    pub fn last_wished(&mut self, pace: &Pace) -> Result<Option<Moment>, Held> {
        match self {
            Self::Memory(memory) => Ok(memory.last_wished(pace)),
            Self::Twin(twin) => twin.last_wished(pace),
        }
    }

    /// One effect.
    pub fn effect(&mut self, id: EffectId) -> Result<Option<Effect>, Held> {
        match self {
            Self::Memory(memory) => Ok(memory.tables.effects.get(&id).cloned()),
            Self::Twin(twin) => twin.effect(id),
        }
    }

    /// Leases due operations.
    pub fn claim(
        &mut self,
        worker: WorkerId,
        now: Moment,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<OperationId>, Held> {
        match self {
            Self::Memory(memory) => Ok(memory.claim(worker, now, lease, limit)),
            Self::Twin(twin) => twin.claim(worker, now, lease, limit),
        }
    }

    /// Prolongs a lease.
    pub fn renew_lease(
        &mut self,
        id: OperationId,
        worker: WorkerId,
        held: Moment,
        until: Moment,
    ) -> Result<bool, Held> {
        match self {
            Self::Memory(memory) => Ok(memory.renew_lease(id, worker, held, until)),
            Self::Twin(twin) => twin.renew_lease(id, worker, held, until),
        }
    }

    /// Ends every lease.
    pub fn release_all_leases(&mut self) -> Result<(), Held> {
        match self {
            Self::Memory(memory) => {
                memory.release_all_leases();
                Ok(())
            }
            Self::Twin(twin) => twin.release_all_leases(),
        }
    }

    /// Services whose watch is due.
    pub fn watch_due(&mut self, now: Moment, limit: usize) -> Result<Vec<ServiceId>, Held> {
        match self {
            Self::Memory(memory) => Ok(memory.watch_due(now, limit)),
            Self::Twin(twin) => twin.watch_due(now, limit),
        }
    }

    /// Effects that may be applied now.
    pub fn fetch_effects(
        &mut self,
        billing_id: Option<u64>,
        now: Moment,
        limit: usize,
    ) -> Result<Vec<Effect>, Held> {
        match self {
            Self::Memory(memory) => Ok(memory.fetch_effects(billing_id, now, limit)),
            Self::Twin(twin) => twin.fetch_effects(billing_id, now, limit),
        }
    }

    /// Forgets looks that ended before this moment.
    pub fn prune_refreshes(&mut self, before: Moment) -> Result<(), Held> {
        match self {
            Self::Memory(memory) => {
                memory.prune_refreshes(before);
                Ok(())
            }
            Self::Twin(twin) => twin.prune_refreshes(before),
        }
    }

    /// Everything committed so far is durable.
    pub fn sync(&mut self) {
        if let Self::Memory(memory) = self {
            memory.sync();
        }
    }

    /// What was not synced is forgotten; how many changes.
    pub fn forget(&mut self) -> usize {
        match self {
            Self::Memory(memory) => memory.forget(),
            Self::Twin(_) => 0,
        }
    }

    /// The next program opens what the one before kept.
    pub fn reopen(&mut self) -> Result<(), Held> {
        match self {
            Self::Memory(memory) => {
                let tables = upgrade::through_stored_form(&memory.tables)
                    .map_err(|error| Held::of("stored-forms-are-read", error.to_string()))?;
                memory.replace(tables);
                Ok(())
            }
            Self::Twin(twin) => twin.reopen(),
        }
    }

    /// A copy takes its place. Only in memory: a database is restored by other means.
    pub fn restore(&mut self, backup: MemoryStore) {
        if let Self::Memory(memory) = self {
            **memory = backup;
        }
    }
}
