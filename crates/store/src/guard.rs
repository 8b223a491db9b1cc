//! What must not happen twice, or not so soon: nonces of signed messages and rates of actions. Each is one statement,
//! so that two nodes asking at once get different answers.

use std::time::Duration;

use domain::Moment;
use domain::id::InstallationId;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryTrait};

use crate::Store;
use crate::entity::{nonce, rate};
use crate::error::StoreError;

impl Store {
    /// Remembers a nonce. Whether it is fresh: a message with a known one is a repetition.
    pub async fn remember_nonce(
        &self,
        installation: &InstallationId,
        nonce: &str,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let key = [nonce::Column::Installation, nonce::Column::Nonce];
        let insertion = nonce::Entity::insert(nonce::ActiveModel {
            installation: Set(installation.to_string()),
            nonce: Set(nonce.to_owned()),
            seen_at: Set(now.as_micros()),
        })
        .on_conflict(OnConflict::columns(key).do_nothing().to_owned());
        Ok(self.write_one(insertion.build(self.backend())).await? == 1)
    }

    /// Forgets nonces whose messages are too old to be accepted anyway; how many.
    pub async fn forget_nonces(&self, before: Moment) -> Result<u64, StoreError> {
        let _turn = self.turn().await;
        let deleted = nonce::Entity::delete_many()
            .filter(nonce::Column::SeenAt.lt(before.as_micros()))
            .exec(self.db())
            .await?;
        Ok(deleted.rows_affected)
    }

    /// Takes the right to do `key` once per `interval`. False when it was taken less than that ago.
    pub async fn take_rate(&self, key: &str, now: Moment, interval: Duration) -> Result<bool, StoreError> {
        let free_at = (now + interval).as_micros();
        let taking = rate::Entity::insert(rate::ActiveModel {
            name: Set(key.to_owned()),
            free_at: Set(free_at),
        })
        .on_conflict(
            OnConflict::column(rate::Column::Name)
                .update_column(rate::Column::FreeAt)
                .action_and_where(Expr::col((rate::Entity, rate::Column::FreeAt)).lte(now.as_micros()))
                .to_owned(),
        );
        Ok(self.write_one(taking.build(self.backend())).await? == 1)
    }

    /// Forgets rates that are free again; how many.
    pub async fn forget_rates(&self, now: Moment) -> Result<u64, StoreError> {
        let _turn = self.turn().await;
        let deleted = rate::Entity::delete_many()
            .filter(rate::Column::FreeAt.lte(now.as_micros()))
            .exec(self.db())
            .await?;
        Ok(deleted.rows_affected)
    }
}
