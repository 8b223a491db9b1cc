//! Applying decisions: all of one commit, or none of it.

mod apply;
mod lock;

use std::collections::BTreeMap;

use domain::Commit;
use domain::id::ServiceId;
use sea_orm::DatabaseTransaction;

use self::apply::apply;
use self::lock::Locked;
use crate::error::StoreError;
use crate::{Store, audit};

/// How often a commit that lost against another one is run before the caller hears of it.
const TRIES: u32 = 5;

/// What a commit did besides what it said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Committed {
    /// The new versions of the services that it raised: those whose record, operations or links it wrote.
    pub versions: BTreeMap<ServiceId, i64>,
}

impl Store {
    /// Applies a decision whole, or refuses it whole.
    ///
    /// * The fence is checked with its rows locked. A lease is compared by worker and end.
    /// * A service's version is raised once per commit that writes the service, one of its operations or one of its
    ///   links, so that a decision made from an older picture is refused as [`ServiceChanged`]. `PutService` without a
    ///   service fence is fenced by the version in the record itself.
    /// * An inserted service begins with version 1.
    /// * A lease is only changed by its holder, that is by a commit fenced with it: `PutOperation` gives it back where
    ///   the record has none, and may prolong it. Anybody else's `PutOperation` leaves the lease as it is.
    /// * `PutCall`, `PutLink`, `PutQuestion` and `PutFact` insert or replace; the other puts need their record.
    ///
    /// [`ServiceChanged`]: domain::change::Refused::ServiceChanged
    pub async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        if !self.is_shared() {
            let store = self.clone();
            return self
                .together(move |tx| Box::pin(async move { store.apply_all(tx, &commit).await }))
                .await;
        }
        let mut tries = 1;
        loop {
            let write = self.write().await?;
            let outcome = self.apply_all(&write.tx, &commit).await;
            match write.finish(outcome).await {
                Err(StoreError::Conflict) if tries < TRIES => tries += 1,
                result => return result,
            }
        }
    }

    async fn apply_all(&self, tx: &DatabaseTransaction, commit: &Commit) -> Result<Committed, StoreError> {
        let mut locked = Locked::take(tx, commit).await?;
        let mut lines = Vec::new();
        for change in &commit.changes {
            lines.extend(apply(self, tx, &mut locked, change).await?);
        }
        let versions = locked.raise(tx).await?;
        audit::append(self, tx, &lines).await?;
        Ok(Committed { versions })
    }
}
