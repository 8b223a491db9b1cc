//! Giving lines their place in their chain.

use domain::Moment;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Seals;
use crate::Store;
use crate::entity::{audit, audit_head, whole};
use crate::error::StoreError;

/// Lines sealed in one transaction: few enough that writers hardly notice it.
const AT_ONCE: u64 = 200;

impl Store {
    /// Gives every line that has none its place in its chain; how many. In portions of one short transaction each; two
    /// nodes may do it at once, since a chain's end is locked while it grows. `now` is written down as the time.
    pub async fn seal_audit(&self, now: Moment) -> Result<u64, StoreError> {
        let chains: Vec<String> = audit::Entity::find()
            .select_only()
            .column(audit::Column::Chain)
            .distinct()
            .filter(audit::Column::Sequence.is_null())
            .into_tuple()
            .all(self.db())
            .await?;
        let mut total = 0;
        for chain in chains {
            loop {
                let write = self.write().await?;
                let outcome = seal_some(&write.tx, &self.inner.seals, &chain, now).await;
                let sealed = write.finish(outcome).await?;
                total += sealed;
                if sealed < AT_ONCE {
                    break;
                }
            }
        }
        Ok(total)
    }
}

async fn seal_some(
    tx: &DatabaseTransaction,
    seals: &Seals,
    chain: &str,
    now: Moment,
) -> Result<u64, StoreError> {
    let mut head = lock_head(tx, chain).await?;
    // Read after the lock: what another node sealed meanwhile is not found any more.
    let rows = audit::Entity::find()
        .filter(audit::Column::Chain.eq(chain))
        .filter(audit::Column::Sequence.is_null())
        .order_by_asc(audit::Column::Entry)
        .order_by_asc(audit::Column::Id)
        .limit(AT_ONCE)
        .all(tx)
        .await?;
    let sealed = rows.len() as u64;
    if sealed == 0 {
        return Ok(0);
    }
    let mut whole_rows = Vec::with_capacity(rows.len());
    for mut row in rows {
        head.sequence += 1;
        head.hash = seals.hash(&head.hash, head.sequence, now.as_micros(), &row);
        row.sequence = Some(head.sequence);
        row.sealed_at = Some(now.as_micros());
        row.hash = Some(head.hash.clone());
        whole_rows.push(whole::<_, audit::ActiveModel>(row));
    }
    // Every row is there; this is an update of many rows by one statement.
    let places = [
        audit::Column::Sequence,
        audit::Column::SealedAt,
        audit::Column::Hash,
    ];
    audit::Entity::insert_many(whole_rows)
        .on_conflict(
            OnConflict::column(audit::Column::Id)
                .update_columns(places)
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    audit_head::Entity::update(whole::<_, audit_head::ActiveModel>(head))
        .exec_without_returning(tx)
        .await?;
    Ok(sealed)
}

/// The end of a chain, locked until the transaction ends.
async fn lock_head(tx: &DatabaseTransaction, chain: &str) -> Result<audit_head::Model, StoreError> {
    let first = audit_head::ActiveModel {
        chain: Set(chain.to_owned()),
        sequence: Set(0),
        hash: Set(String::new()),
    };
    audit_head::Entity::insert(first)
        .on_conflict(
            OnConflict::column(audit_head::Column::Chain)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    audit_head::Entity::find_by_id(chain.to_owned())
        .lock(LockType::NoKeyUpdate)
        .one(tx)
        .await?
        .ok_or_else(|| StoreError::missing("audit chain", &chain))
}
