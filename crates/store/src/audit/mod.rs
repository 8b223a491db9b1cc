//! The audit: who did what, chained by hash, one chain per installation and one of the engine itself.
//!
//! A line is written in the transaction of what it tells, without a place in its chain, so that commits never wait for
//! one another here. Within a second [`Store::seal_audit`] gives it that place: a number and a hash that covers the
//! hash before it. From then on the line cannot be changed, removed, moved or joined by another without
//! [`Store::verify_audit`] naming it. The end of each chain is kept apart, so that cutting it off shows as well.
//!
//! Hashes are keyed by what is derived from the key file: who can write to the database alone cannot make a chain that
//! holds. What such a writer does to a line in the second before it is sealed does not show.

mod seal;
mod verify;

use std::sync::atomic::{AtomicI64, Ordering};

use domain::Moment;
use domain::record::AuditLine;
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, QuerySelect};
use sha2::{Digest, Sha256};

use crate::entity::{audit, whole};
use crate::error::StoreError;
use crate::{Key, Store};

pub(crate) use self::verify::verify;
pub use self::verify::{AuditProof, BrokenLine, ChainProof};

/// What seals the lines of one store.
pub(crate) struct Seals {
    key: [u8; 32],
    /// The order of the last line that was written.
    entry: AtomicI64,
}

impl Seals {
    pub(crate) fn new(key: &Key, last_entry: i64) -> Self {
        Self {
            key: key.derived("hostler audit"),
            entry: AtomicI64::new(last_entry),
        }
    }

    /// The order of the next line: of the time, as long as the clock does not go back, and always after the last one.
    fn next_entry(&self, now: Moment) -> i64 {
        let next = |last: i64| last.saturating_add(1).max(now.as_micros());
        let last = self
            .entry
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(next(last)));
        next(last.unwrap_or_else(|last| last))
    }

    /// The hash of a row at a place behind `before`. Each field goes in with its length, so that no two rows have the
    /// same bytes.
    fn hash(&self, before: &str, sequence: i64, sealed_at: i64, row: &audit::Model) -> String {
        let mut hash = Sha256::new();
        hash.update(self.key);
        let numbers = [sequence, sealed_at, row.entry, row.at].map(|number| number.to_string());
        let texts = [
            before,
            &row.chain,
            &row.id,
            &row.actor,
            &row.action,
            &row.subject,
            &row.detail,
        ];
        for field in numbers.iter().map(String::as_str).chain(texts) {
            hash.update(field.len().to_be_bytes());
            hash.update(field.as_bytes());
        }
        hex::encode(hash.finalize())
    }
}

/// The order of the last line in the database.
pub(crate) async fn last_entry(db: &impl ConnectionTrait) -> Result<i64, StoreError> {
    use sea_orm::ColumnTrait;
    let last: Option<Option<i64>> = audit::Entity::find()
        .select_only()
        .column_as(audit::Column::Entry.max(), "last")
        .into_tuple()
        .one(db)
        .await?;
    Ok(last.flatten().unwrap_or(0))
}

/// Writes lines, in the transaction of what they tell.
pub(crate) async fn append(
    store: &Store,
    tx: &DatabaseTransaction,
    lines: &[AuditLine],
) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let now = store.now();
    let rows = lines
        .iter()
        .map(|line| audit::Model::from_record(line, store.inner.seals.next_entry(now)))
        .collect::<Result<Vec<_>, _>>()?;
    audit::Entity::insert_many(rows.into_iter().map(whole::<_, audit::ActiveModel>))
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

impl Store {
    /// Writes one line outside any other change.
    pub async fn audit(&self, line: AuditLine) -> Result<(), StoreError> {
        let commit = domain::Commit {
            fence: domain::Fence::default(),
            changes: vec![domain::Change::Audit(line)],
        };
        self.commit(commit).await.map(|_| ())
    }
}
