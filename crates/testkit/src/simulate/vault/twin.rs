//! The same world on the real store: everything is written to SQLite and to memory, decisions are made from what
//! SQLite reads, and whatever the two answer must be the same.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use domain::case::Pace;
use domain::change::Refused;
use domain::id::{EffectId, OperationId, ServiceId, WorkerId};
use domain::ports::CountingRandom;
use domain::record::{Effect, Product};
use domain::{Actor, Case, Commit, Moment, Secret, ServiceView};
use store::testing::{Fresh, fresh};
use store::{Room, Store, StoreError};
use tokio::runtime::Runtime;

use super::Held;
use crate::clock::StandingClock;
use crate::memory::MemoryStore;

/// Two stores that have to agree.
pub struct Twin {
    memory: MemoryStore,
    real: Option<Fresh>,
    runtime: Runtime,
}

fn disagree(what: &str, memory: &impl Debug, real: &impl Debug) -> Held {
    Held::of(
        "stores-agree",
        format!("{what}: in memory {memory:?}, in the database {real:?}"),
    )
}

fn same<T: PartialEq + Debug>(what: &str, memory: &T, real: T) -> Result<T, Held> {
    if *memory == real {
        Ok(real)
    } else {
        Err(disagree(what, memory, &real))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it ends here")]
fn broke(error: StoreError) -> Held {
    Held::of("stores-agree", format!("the database: {error:?}"))
}

impl Twin {
    /// A database in a temporary folder with what the memory has before anything happens.
    ///
    /// # Panics
    /// When no database can be made.
    pub fn new(mut memory: MemoryStore) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be made");
        let clock = Arc::new(StandingClock::default());
        let real = runtime.block_on(async {
            let real = fresh(clock, Arc::new(CountingRandom::new(7))).await;
            furnish(&real.store, &memory)
                .await
                .expect("a fresh database takes one installation and one platform");
            real
        });
        memory.sync();
        Self {
            memory,
            real: Some(real),
            runtime,
        }
    }

    /// The memory's side.
    pub const fn memory(&self) -> &MemoryStore {
        &self.memory
    }

    fn store(&self) -> Store {
        self.real.as_ref().expect("the database is open").store.clone()
    }

    pub(super) fn commit(&mut self, commit: Commit) -> Result<Result<(), Refused>, Held> {
        let remembered = self.memory.commit(commit.clone());
        self.memory.sync();
        let real = match self.runtime.block_on(self.store().commit(commit)) {
            Ok(_) => Ok(()),
            Err(StoreError::Refused(refused)) => Err(refused),
            Err(error) => return Err(broke(error)),
        };
        match (&remembered, &real) {
            // Whose key it is, each says in its own words.
            (Err(Refused::Taken(_)), Err(Refused::Taken(_))) => Ok(real),
            _ => same("a commit", &remembered, real),
        }
    }

    pub(super) fn case(&mut self, id: OperationId) -> Result<Option<Case>, Held> {
        let real = self.runtime.block_on(self.store().case(id)).map_err(broke)?;
        same("a case", &self.memory.case(id), real)
    }

    pub(super) fn view(&mut self, billing_id: u64) -> Result<Option<ServiceView>, Held> {
        let installation = self.memory.installation.id.clone();
        let store = self.store();
        let real = self
            .runtime
            .block_on(store.service_view(&installation, billing_id))
            .map_err(broke)?;
        same("a service", &self.memory.view(billing_id), real)
    }

    pub(super) fn last_wished(&mut self, pace: &Pace) -> Result<Option<Moment>, Held> {
        let store = self.store();
        let real = self.runtime.block_on(store.last_wished(pace)).map_err(broke)?;
        same("when it was last wished", &self.memory.last_wished(pace), real)
    }

    pub(super) fn effect(&mut self, id: EffectId) -> Result<Option<Effect>, Held> {
        let real = self.runtime.block_on(self.store().effect(id)).map_err(broke)?;
        same("an effect", &self.memory.tables.effects.get(&id).cloned(), real)
    }

    pub(super) fn claim(
        &mut self,
        worker: WorkerId,
        now: Moment,
        lease: Duration,
        limit: usize,
    ) -> Result<Vec<OperationId>, Held> {
        let remembered = self.memory.claim(worker, now, lease, limit);
        self.memory.sync();
        let claimed = self
            .runtime
            .block_on(self.store().claim(worker, now, lease, &Room::of(limit as u64)))
            .map_err(broke)?;
        let real = claimed.into_iter().map(|claimed| claimed.operation).collect();
        same("a claim", &remembered, real)
    }

    pub(super) fn renew_lease(
        &mut self,
        id: OperationId,
        worker: WorkerId,
        held: Moment,
        until: Moment,
    ) -> Result<bool, Held> {
        let remembered = self.memory.renew_lease(id, worker, held, until);
        self.memory.sync();
        let real = self
            .runtime
            .block_on(self.store().renew_lease(id, worker, held, until))
            .map_err(broke)?;
        same("a renewal", &remembered, real)
    }

    pub(super) fn release_all_leases(&mut self) -> Result<(), Held> {
        self.memory.release_all_leases();
        self.memory.sync();
        self.runtime
            .block_on(self.store().release_all_leases())
            .map_err(broke)?;
        Ok(())
    }

    pub(super) fn watch_due(&mut self, now: Moment, limit: usize) -> Result<Vec<ServiceId>, Held> {
        let remembered = self.memory.watch_due(now, limit);
        let real = self
            .runtime
            .block_on(self.store().watch_due(now, limit as u64))
            .map_err(broke)?;
        let mut real: Vec<ServiceId> = real.into_iter().map(|service| service.id).collect();
        // The database gives services of one moment in any order.
        let mut sorted = remembered.clone();
        sorted.sort_unstable();
        real.sort_unstable();
        same("what is watched", &sorted, real)?;
        Ok(remembered)
    }

    pub(super) fn fetch_effects(
        &mut self,
        billing_id: Option<u64>,
        now: Moment,
        limit: usize,
    ) -> Result<Vec<Effect>, Held> {
        let remembered = self.memory.fetch_effects(billing_id, now, limit);
        self.memory.sync();
        let installation = self.memory.installation.id.clone();
        let store = self.store();
        let fetch = store.fetch_effects(&installation, billing_id, now, limit as u64);
        let real = self.runtime.block_on(fetch).map_err(broke)?;
        same("fetched effects", &remembered, real)
    }

    pub(super) fn prune_refreshes(&mut self, before: Moment) -> Result<(), Held> {
        self.memory.prune_refreshes(before);
        self.memory.sync();
        self.runtime
            .block_on(self.store().prune_refreshes(before))
            .map_err(broke)?;
        Ok(())
    }

    pub(super) fn reopen(&mut self) -> Result<(), Held> {
        let Some(real) = self.real.take() else {
            return Ok(());
        };
        let clock = Arc::new(StandingClock::default());
        let reopened = self
            .runtime
            .block_on(real.reopen(clock, Arc::new(CountingRandom::new(8))));
        self.real = Some(reopened.map_err(broke)?);
        Ok(())
    }
}

/// One installation, one platform and the policies.
async fn furnish(store: &Store, memory: &MemoryStore) -> Result<(), StoreError> {
    let (actor, secret) = (Actor::host("simulation"), Secret::new("of-the-simulation"));
    store
        .add_installation(&memory.installation, &secret, &actor)
        .await?;
    store
        .propose_platform(&memory.platform, &secret, Some(&memory.attachment), &actor)
        .await?;
    for (product, policy) in &memory.policies {
        let product = Product {
            installation: memory.installation.id.clone(),
            product_id: *product,
            policy: policy.clone(),
        };
        store.set_product_policy(&product, &actor).await?;
    }
    Ok(())
}
