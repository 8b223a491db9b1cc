//! The audit: lines chained by hash, appended in the transaction of what they tell.
//!
//! Each line's hash covers the hash before it, so that a line cannot be changed, removed or slipped in without every
//! later hash being wrong. The head (count and last hash) is kept apart, so that cutting off the end shows as well.

use domain::record::AuditLine;
use sea_orm::sea_query::LockType;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use sha2::{Digest, Sha256};

use crate::Store;
use crate::entity::{audit, meta, replacing, whole};
use crate::error::StoreError;

const HEAD: &str = "audit_head";
const PAGE: u64 = 500;

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditProof {
    /// How many lines hang together from the first one on.
    pub lines: u64,
    /// What is wrong after them, in one sentence; `None` when nothing is.
    pub broken: Option<String>,
}

/// Appends lines to the chain.
pub(crate) async fn append(tx: &DatabaseTransaction, lines: &[AuditLine]) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let (mut sequence, mut hash) = lock_head(tx).await?;
    for line in lines {
        let mut row = audit::Model::from_record(line)?;
        sequence += 1;
        row.sequence = sequence;
        row.hash = chain(&hash, &row);
        hash.clone_from(&row.hash);
        audit::Entity::insert(whole::<_, audit::ActiveModel>(row))
            .exec_without_returning(tx)
            .await?;
    }
    meta::Entity::insert(meta::ActiveModel {
        name: Set(HEAD.to_owned()),
        value: Set(format!("{sequence} {hash}")),
    })
    .on_conflict(replacing::<meta::Entity>([meta::Column::Name]))
    .exec_without_returning(tx)
    .await?;
    Ok(())
}

/// The place and hash of the last line, with the row locked until the transaction ends.
async fn lock_head(tx: &DatabaseTransaction) -> Result<(i64, String), StoreError> {
    // A first line has nothing to lock; two first lines at once meet at the line's primary key and one runs again.
    let row = meta::Entity::find_by_id(HEAD.to_owned())
        .lock(LockType::NoKeyUpdate)
        .one(tx)
        .await?;
    row.map_or_else(|| Ok((0, String::new())), |row| read_head(&row.value))
}

fn read_head(value: &str) -> Result<(i64, String), StoreError> {
    value
        .split_once(' ')
        .and_then(|(sequence, hash)| Some((sequence.parse().ok()?, hash.to_owned())))
        .ok_or_else(|| StoreError::Damaged {
            what: "the audit's head".to_owned(),
            why: format!("\"{value}\" is not a number and a hash"),
        })
}

/// The hash of a row behind `before`. Each field goes in with its length, so that no two rows have the same bytes.
fn chain(before: &str, row: &audit::Model) -> String {
    let mut hash = Sha256::new();
    let (sequence, at) = (row.sequence.to_string(), row.at.to_string());
    for field in [
        before,
        &sequence,
        &row.id,
        &at,
        &row.actor,
        &row.action,
        &row.subject,
        &row.detail,
    ] {
        hash.update(field.len().to_be_bytes());
        hash.update(field.as_bytes());
    }
    hex::encode(hash.finalize())
}

impl Store {
    /// Follows the chain from its first line to its head.
    pub async fn verify_audit(&self) -> Result<AuditProof, StoreError> {
        let tx = self.read().await?;
        let head = meta::Entity::find_by_id(HEAD.to_owned()).one(&tx).await?;
        let (expected, last) = head.map_or_else(|| Ok((0, String::new())), |row| read_head(&row.value))?;
        let (mut sequence, mut hash) = (0_i64, String::new());
        loop {
            let rows = audit::Entity::find()
                .filter(audit::Column::Sequence.gt(sequence))
                .order_by_asc(audit::Column::Sequence)
                .limit(PAGE)
                .all(&tx)
                .await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                if row.sequence != sequence + 1 || row.hash != chain(&hash, &row) {
                    return Ok(broken(
                        sequence,
                        format!("line {} does not follow from the line before", row.sequence),
                    ));
                }
                sequence = row.sequence;
                hash = row.hash;
            }
        }
        if (sequence, &hash) == (expected, &last) {
            Ok(AuditProof {
                lines: sequence.unsigned_abs(),
                broken: None,
            })
        } else {
            Ok(broken(
                sequence,
                format!("the audit ends at line {sequence}, and its head says {expected}"),
            ))
        }
    }

    /// Appends one line outside any other change.
    pub async fn audit(&self, line: AuditLine) -> Result<(), StoreError> {
        let commit = domain::Commit {
            fence: domain::Fence::default(),
            changes: vec![domain::Change::Audit(line)],
        };
        self.commit(commit).await.map(|_| ())
    }
}

fn broken(lines: i64, why: String) -> AuditProof {
    AuditProof {
        lines: lines.unsigned_abs(),
        broken: Some(why),
    }
}
