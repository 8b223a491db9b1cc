//! Recovery: what a store says of itself while it may be behind the world.

use domain::Actor;
use domain::record::Recovery;
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait, QuerySelect};
use serde_json::json;

use crate::entity::convert::{Place, document};
use crate::entity::meta::{ActiveModel, Column, Entity};
use crate::error::StoreError;
use crate::{Store, audit, meta};

/// The recovery under way, as a document.
const RECOVERY: &str = "recovery";
/// How many recoveries there have been.
pub(crate) const EPOCH: &str = "epoch";
/// In a backup only: when it was taken.
pub(crate) const TAKEN_AT: &str = "backup_taken_at";

impl Store {
    /// The recovery under way; `None` when the store is trusted.
    pub async fn recovery(&self) -> Result<Option<Recovery>, StoreError> {
        let text = self.meta(RECOVERY).await?;
        text.map(|text| Place::new("meta", RECOVERY).document("value", &text))
            .transpose()
    }

    /// How many recoveries there have been; 0 in a store that was never restored.
    pub async fn epoch(&self) -> Result<u64, StoreError> {
        self.number(EPOCH).await.map(Option::unwrap_or_default)
    }

    /// Begins a recovery, in a new epoch also when one is under way.
    pub async fn begin_recovery(&self, why: &str) -> Result<Recovery, StoreError> {
        self.begin_recovery_after(0, why).await
    }

    /// Begins a recovery whose epoch is later than both the store's own and `epoch`.
    pub(crate) async fn begin_recovery_after(&self, epoch: u64, why: &str) -> Result<Recovery, StoreError> {
        let write = self.write().await?;
        let outcome = self.begin_in(&write.tx, epoch, why).await;
        write.finish(outcome).await
    }

    async fn begin_in(
        &self,
        tx: &DatabaseTransaction,
        epoch: u64,
        why: &str,
    ) -> Result<Recovery, StoreError> {
        let recovery = Recovery {
            epoch: locked_epoch(tx).await?.max(epoch) + 1,
            began_at: self.now(),
            why: why.to_owned(),
        };
        meta::put(tx, EPOCH, &recovery.epoch.to_string()).await?;
        meta::put(tx, RECOVERY, &document("recovery", &recovery)?).await?;
        // From now on the store knows by itself that it was restored.
        Entity::delete_by_id(TAKEN_AT).exec(tx).await?;
        let detail = json!({ "epoch": recovery.epoch, "why": why });
        let line = self.line(
            None,
            &Actor::engine("recovery"),
            "recovery.began",
            &"store",
            detail,
        );
        audit::append(self, tx, &[line]).await?;
        Ok(recovery)
    }

    /// Ends the recovery: from now on the store is trusted. Whether there was one.
    pub async fn end_recovery(&self, actor: &Actor) -> Result<bool, StoreError> {
        let write = self.write().await?;
        let outcome = async {
            let epoch = locked_epoch(&write.tx).await?;
            let ended = Entity::delete_by_id(RECOVERY).exec(&write.tx).await?;
            if ended.rows_affected == 0 {
                return Ok(false);
            }
            let line = self.line(None, actor, "recovery.ended", &"store", json!({ "epoch": epoch }));
            audit::append(self, &write.tx, &[line]).await?;
            Ok(true)
        }
        .await;
        write.finish(outcome).await
    }
}

/// The epoch, with its row locked until the transaction ends.
async fn locked_epoch(tx: &DatabaseTransaction) -> Result<u64, StoreError> {
    Entity::insert(ActiveModel {
        name: Set(EPOCH.to_owned()),
        value: Set("0".to_owned()),
    })
    .on_conflict(OnConflict::column(Column::Name).do_nothing().to_owned())
    .exec_without_returning(tx)
    .await?;
    let row = Entity::find_by_id(EPOCH)
        .lock(LockType::NoKeyUpdate)
        .one(tx)
        .await?;
    let text = row.map_or_else(|| "0".to_owned(), |row| row.value);
    Place::new("meta", EPOCH).parse("value", &text)
}
