//! What goes by age.

use domain::Moment;
use domain::record::EffectState;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryTrait};

use crate::Store;
use crate::entity::{archive, call, effect, operation, question};
use crate::error::StoreError;
use crate::query::capped;

/// The ends of effects that nobody comes back to: those that failed, or that nobody knows about, may be asked about.
const SETTLED: [EffectState; 2] = [EffectState::Applied, EffectState::Refused];

impl Store {
    /// Forgets effects that were applied or refused before a moment, and questions that were answered before it and
    /// belong neither to an operation that is still there nor to a machine; how many. Up to `limit` of each, and no more than [`crate::HARD_LIMIT`].
    pub async fn prune_settled(&self, before: Moment, limit: u64) -> Result<u64, StoreError> {
        let mut settled = old(
            effect::Entity,
            effect::Column::Id,
            effect::Column::FinishedAt,
            before,
            limit,
        );
        settled.and_where(effect::Column::State.is_in(SETTLED.map(EffectState::as_str)));
        let effects = effect::Entity::delete_many().filter(effect::Column::Id.in_subquery(settled));
        let alive = Query::select()
            .expr(Expr::val(1))
            .from(operation::Entity)
            .and_where(
                Expr::col((operation::Entity, operation::Column::Id))
                    .equals((question::Entity, question::Column::Operation)),
            )
            .to_owned();
        let mut answered = old(
            question::Entity,
            question::Column::Id,
            question::Column::AnsweredAt,
            before,
            limit,
        );
        answered.and_where(Expr::exists(alive).not());
        // What a person said about a machine holds for as long as the machine may be seen.
        answered.and_where(question::Column::Subject.is_null());
        let questions = question::Entity::delete_many().filter(question::Column::Id.in_subquery(answered));
        let forgotten = self.write_one(effects.build(self.backend())).await?;
        Ok(forgotten + self.write_one(questions.build(self.backend())).await?)
    }

    /// Drops archived operations that finished before a moment, and the calls that ended before it of finished
    /// operations that are not archived; how many. Up to `limit` of each, and no more than [`crate::HARD_LIMIT`].
    pub async fn prune_archive(&self, before: Moment, limit: u64) -> Result<u64, StoreError> {
        let archived = old(
            archive::Entity,
            archive::Column::Id,
            archive::Column::FinishedAt,
            before,
            limit,
        );
        let operations = archive::Entity::delete_many().filter(archive::Column::Id.in_subquery(archived));
        let finished = Query::select()
            .expr(Expr::val(1))
            .from(operation::Entity)
            .and_where(
                Expr::col((operation::Entity, operation::Column::Id))
                    .equals((call::Entity, call::Column::Operation)),
            )
            .and_where(Expr::col((operation::Entity, operation::Column::IsOpen)).not())
            .to_owned();
        let mut ended = old(
            call::Entity,
            call::Column::Id,
            call::Column::EndedAt,
            before,
            limit,
        );
        ended.and_where(Expr::exists(finished));
        let calls = call::Entity::delete_many().filter(call::Column::Id.in_subquery(ended));
        let dropped = self.write_one(operations.build(self.backend())).await?;
        Ok(dropped + self.write_one(calls.build(self.backend())).await?)
    }
}

/// The ids of what ended before a moment, the longest ago first.
fn old<E: EntityTrait>(
    table: E,
    id: E::Column,
    ended: E::Column,
    before: Moment,
    limit: u64,
) -> SelectStatement {
    Query::select()
        .column(id.as_column_ref())
        .from(table)
        .and_where(ended.lt(before.as_micros()))
        .order_by(ended.as_column_ref(), sea_orm::Order::Asc)
        .limit(capped(limit))
        .to_owned()
}
