//! The outbox: what the billing system has to do, in order per service, at least once.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Moment;
use domain::id::{EffectId, InstallationId};
use domain::record::Effect;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, LockBehavior, LockType, Query, SelectStatement};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use crate::Store;
use crate::entity::convert::number;
use crate::entity::effect::{Column, Entity, Model};
use crate::entity::is_word;
use crate::error::StoreError;
use crate::query::capped;

const FIRST_REDELIVERY: Duration = Duration::from_secs(30);
const LAST_REDELIVERY: Duration = Duration::from_hours(1);

impl Store {
    /// Fetches the effects that the billing system may apply now, oldest first: of each queue (a service's, or the
    /// installation's for effects without one) only the first that is still waiting, so that order holds whatever
    /// becomes of it. Each counts as tried, and is served again after a growing while unless it is settled before.
    ///
    /// With `service` (a billing id) only that service's. Where there is none, as with most calls, nobody who writes is
    /// waited for.
    pub async fn fetch_effects(
        &self,
        installation: &InstallationId,
        service: Option<u64>,
        now: Moment,
        limit: u64,
    ) -> Result<Vec<Effect>, StoreError> {
        let service = service.map(|id| number("billing id", id)).transpose()?;
        let first = fetchable(installation, service, now)
            .select_only()
            .column(Column::Id);
        if first.into_tuple::<String>().one(self.db()).await?.is_none() {
            return Ok(Vec::new());
        }
        let installation = installation.clone();
        let serving = self
            .together(move |tx| Box::pin(async move { serve(tx, &installation, service, now, limit).await }));
        let rows = serving.await?;
        Ok(rows.into_iter().filter_map(readable).collect())
    }

    /// The effects that could be fetched since before a moment and were not, per billing system: how many, and since when
    /// the oldest. What waits behind another one of its queue does not count.
    pub async fn unfetched_effects(
        &self,
        before: Moment,
    ) -> Result<BTreeMap<String, (u64, Moment)>, StoreError> {
        let rows = Entity::find()
            .select_only()
            .column(Column::Installation)
            .column_as(Column::Id.count(), "number")
            .column_as(Column::DueAt.min(), "oldest")
            .filter(is_word(Column::State.as_column_ref(), "waiting"))
            .filter(Column::DueAt.lt(before.as_micros()))
            .filter(Expr::exists(earlier_in_queue()).not())
            .group_by(Column::Installation)
            .into_tuple::<(String, i64, i64)>()
            .all(self.db())
            .await?;
        let unfetched = rows.into_iter().map(|(installation, number, oldest)| {
            let number = u64::try_from(number).unwrap_or_default();
            (installation, (number, Moment::from_micros(oldest)))
        });
        Ok(unfetched.collect())
    }

    /// One effect.
    pub async fn effect(&self, id: EffectId) -> Result<Option<Effect>, StoreError> {
        let row = Entity::find_by_id(id.to_string()).one(self.db()).await?;
        row.map(Model::into_record).transpose()
    }
}

/// An effect that can be read. One of a kind that this program does not know holds its own queue, and no other.
fn readable(row: Model) -> Option<Effect> {
    row.into_record()
        .inspect_err(|error| tracing::error!(%error, "an effect cannot be read and holds its queue"))
        .ok()
}

/// What a billing system may apply now.
fn fetchable(installation: &InstallationId, service: Option<i64>, now: Moment) -> Select<Entity> {
    let query = Entity::find()
        .filter(Column::Installation.eq(installation.as_str()))
        .filter(is_word(Column::State.as_column_ref(), "waiting"))
        .filter(Column::DueAt.lte(now.as_micros()))
        .filter(Expr::exists(earlier_in_queue()).not());
    match service {
        Some(billing_id) => query.filter(Column::BillingId.eq(billing_id)),
        None => query,
    }
}

async fn serve(
    tx: &DatabaseTransaction,
    installation: &InstallationId,
    service: Option<i64>,
    now: Moment,
    limit: u64,
) -> Result<Vec<Model>, StoreError> {
    let mut rows = fetchable(installation, service, now)
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .limit(capped(limit))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(tx)
        .await?;
    for row in &mut rows {
        row.due_at = (now + redelivery(row.tries)).as_micros();
        row.tries += 1;
        Entity::update_many()
            .col_expr(Column::Tries, Expr::value(row.tries))
            .col_expr(Column::DueAt, Expr::value(row.due_at))
            .filter(Column::Id.eq(row.id.as_str()))
            .exec(tx)
            .await?;
    }
    Ok(rows)
}

/// A waiting effect before the one at hand.
fn earlier_in_queue() -> SelectStatement {
    let earlier = Alias::new("earlier");
    Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, earlier.clone())
        .and_where(Expr::col((earlier.clone(), Column::Queue)).equals((Entity, Column::Queue)))
        .and_where(Expr::col((earlier.clone(), Column::Sequence)).lt(Expr::col((Entity, Column::Sequence))))
        .and_where(is_word((earlier, Column::State), "waiting"))
        .to_owned()
}

/// How long after the `tries`-th delivery an effect without an outcome is served again.
fn redelivery(tries: i64) -> Duration {
    let doublings = u32::try_from(tries.clamp(0, 16)).unwrap_or(16);
    FIRST_REDELIVERY
        .saturating_mul(1 << doublings)
        .min(LAST_REDELIVERY)
}
