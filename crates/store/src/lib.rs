//! SQLite and PostgreSQL: migrations, queries, encrypted columns, audit. The only crate that names SeaORM.
//!
//! The store keeps the records of [`domain::record`] and hands them out as plain values; rows are never seen outside.
//! It guards one invariant: **a decision is applied whole or not at all, and only if what it was based on still
//! holds.** The pieces:
//!
//! * [`Store::commit`] applies a [`domain::Commit`] whole; on `SQLite` those that wait at once share a transaction.
//!   Fences are checked inside it, with the rows locked; rules of uniqueness are indexes, so that no race gets around
//!   them.
//! * [`Store::claim`] hands due operations to workers, one worker each, by one statement. A claim is a lease with an
//!   end; the lease is the fence of everything the worker commits.
//! * [`Store::case`] and [`Store::service_view`] load what a decision needs, from one snapshot.
//! * Secrets ([`Store::put_secret`], [`Store::redeem`]) are encrypted under a key from outside the database, bound to
//!   their row and purpose; a redeemed secret is wiped in the transaction that hands it out.
//! * The audit is chained by hash, one chain per installation: a line is written in the transaction of what it tells,
//!   and gets its place in the chain within a second ([`Store::seal_audit`], [`Store::verify_audit`]).
//! * A list goes on without a row that cannot be read, and [`Store::damage_since`] names it.
//! * Finished operations of long ago go into an archive ([`Store::archive`]), so that what is worked with stays as small
//!   as what is in use.
//! * [`Store::backup`] copies a `SQLite` database while the engine writes, [`restore_backup`] puts a copy back; a database
//!   that was restored is in recovery ([`Store::recovery`]) and, where nobody said so, is recognised by its tide mark
//!   ([`Store::check_tide`]).
//!
//! One code path serves both engines. Ids are text, moments are microseconds, documents are JSON in text columns and
//! never queried inside; what is queried is a column of its own. SQLite has one writer at a time and one process (a
//! file lock); PostgreSQL has row locks, taken in one order: installations, services by id, the leased operation.
//!
//! Rejected: `jsonb` (it refuses `\u0000`, which a platform may send, and reorders documents), hand-written SQL per
//! engine (two paths, of which one would be tested less), entities as public types (they would drag the database into
//! every room), and native enums and timestamps (each engine compares them differently).

mod archive;
mod audit;
mod backup;
mod case;
mod claim;
mod commit;
mod config;
mod connection;
mod damage;
mod durable;
mod effects;
mod entity;
mod error;
mod guard;
mod key;
mod meta;
mod migration;
mod query;
mod recovery;
mod secrets;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;
mod tide;
mod together;

use std::sync::{Arc, PoisonError};

use domain::id::InstallationId;
use domain::{Actor, Clock, Moment, Random};
use sea_orm::{
    AccessMode, DatabaseBackend, DatabaseConnection, DatabaseTransaction, IsolationLevel, TransactionOptions,
    TransactionTrait,
};
use tokio::sync::{Mutex, MutexGuard};

pub use archive::{Archived, Swept};
pub use audit::{AuditProof, BrokenLine, ChainProof};
pub use backup::{BackupReport, Restored, restore_backup, verify_backup};
pub use claim::{Claimed, Room};
pub use commit::Committed;
pub use config::{BRIDGE_KEY, PLATFORM_CREDENTIAL, Proposal, Replacement};
pub use connection::StoreConfig;
pub use damage::Damage;
pub use error::StoreError;
pub use key::Key;
pub use query::{
    AuditFilter, Counts, EffectFilter, HARD_LIMIT, NamesSeen, OperationFilter, Page, PageRequest,
    QuestionFilter, ServiceFilter,
};
pub use tide::Tide;

/// The database of one engine. Cheap to clone; every clone is the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    db: DatabaseConnection,
    /// Whose turn it is to write, on `SQLite`: waiting here is fair and cheap, waiting in the database is polling.
    turn: Option<Arc<Mutex<()>>>,
    /// What is written at the next turn.
    gathered: together::Gathered,
    cipher: secrets::Cipher,
    /// Rows that could not be read.
    damage: damage::Noted,
    seals: audit::Seals,
    key_id: String,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// Held on `SQLite` until the store is closed.
    lock: std::sync::Mutex<Option<connection::FileLock>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// A write transaction. Ends with [`Write::finish`].
struct Write<'a> {
    tx: DatabaseTransaction,
    _turn: Option<MutexGuard<'a, ()>>,
}

impl Write<'_> {
    /// Commits what went well and rolls back what did not.
    async fn finish<T>(self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        match outcome {
            Ok(value) => {
                self.tx.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // A failing rollback ends with the connection, which rolls back as well.
                if let Err(rollback) = self.tx.rollback().await {
                    tracing::warn!(%rollback, "a transaction could not be rolled back");
                }
                Err(error)
            }
        }
    }
}

impl Store {
    /// Closes all connections and lets another process have the database. No clone can be used afterwards.
    pub async fn close(&self) -> Result<(), StoreError> {
        // What is left is sealed at the next start.
        if let Err(error) = self.seal_audit(self.now()).await {
            tracing::warn!(%error, "the audit could not be sealed before closing");
        }
        self.inner.db.clone().close().await?;
        drop(
            self.inner
                .lock
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        Ok(())
    }

    /// Whether the database answers and takes what is written. A `SQLite` file answers from memory however full its disk
    /// is; only a write shows it.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.inner.db.ping().await?;
        if self.is_shared() {
            return Ok(());
        }
        self.set_meta("last_probe", &self.now().as_micros().to_string())
            .await
    }

    /// Whether this is the engine for several nodes (PostgreSQL).
    pub fn is_shared(&self) -> bool {
        self.backend() == DatabaseBackend::Postgres
    }

    fn now(&self) -> Moment {
        self.inner.clock.now()
    }

    fn db(&self) -> &DatabaseConnection {
        &self.inner.db
    }

    fn backend(&self) -> DatabaseBackend {
        self.db().get_database_backend()
    }

    /// Waits for the right to write with a single statement.
    async fn turn(&self) -> Option<MutexGuard<'_, ()>> {
        match &self.inner.turn {
            Some(turn) => Some(turn.lock().await),
            None => None,
        }
    }

    async fn write(&self) -> Result<Write<'_>, StoreError> {
        let turn = self.turn().await;
        let tx = self.db().begin_with_options(connection::write_options()).await?;
        Ok(Write { tx, _turn: turn })
    }

    /// A transaction that sees one snapshot.
    async fn read(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = if self.is_shared() {
            TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                sqlite_transaction_mode: None,
            }
        } else {
            TransactionOptions::default()
        };
        Ok(self.db().begin_with_options(options).await?)
    }

    /// An audit line of this moment.
    fn line(
        &self,
        installation: Option<&InstallationId>,
        actor: &Actor,
        action: &str,
        subject: &impl ToString,
        detail: serde_json::Value,
    ) -> domain::record::AuditLine {
        domain::record::AuditLine {
            id: domain::id::AuditId::new(&*self.inner.clock, &*self.inner.random),
            installation: installation.cloned(),
            at: self.now(),
            actor: actor.clone(),
            action: action.to_owned(),
            subject: subject.to_string(),
            detail,
        }
    }
}
