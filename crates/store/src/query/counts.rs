//! The numbers that metrics and the operator's first screen show.

use domain::Moment;
use domain::record::{CallState, OperationKind, OperationState};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use crate::Store;
use crate::entity::{alarm, call, effect, is_word, operation, question};
use crate::error::StoreError;

/// How much there is of what should not pile up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Operations that are due and leased by nobody.
    pub operations_due: u64,
    /// Operations that are not final.
    pub operations_open: u64,
    /// When the oldest of them was committed.
    pub oldest_operation: Option<Moment>,
    /// Operations that wait for a person.
    pub operations_asking: u64,
    /// Calls whose answer is not known.
    pub unknown_calls: u64,
    /// Effects that the billing system has not settled.
    pub effects_waiting: u64,
    /// When the oldest of them was committed.
    pub oldest_effect: Option<Moment>,
    /// Questions without an answer.
    pub questions_open: u64,
    /// Alarms that stand.
    pub alarms: u64,
}

impl Store {
    /// Counts at a moment.
    pub async fn counts(&self, now: Moment) -> Result<Counts, StoreError> {
        let tx = self.read().await?;
        // What only waits to tidy up is nobody's open business: it would hide that an order is late.
        let tidying = [OperationKind::CloseAccounts, OperationKind::RemoveStray].map(OperationKind::as_str);
        let open = operation::Entity::find()
            .filter(Expr::col(operation::Column::IsOpen))
            .filter(operation::Column::Kind.is_not_in(tidying));
        let waiting =
            effect::Entity::find().filter(is_word(effect::Column::State.as_column_ref(), "waiting"));
        let oldest_operation: Option<Option<i64>> = open
            .clone()
            .select_only()
            .column_as(operation::Column::CreatedAt.min(), "oldest")
            .into_tuple()
            .one(&tx)
            .await?;
        let oldest_effect: Option<Option<i64>> = waiting
            .clone()
            .select_only()
            .column_as(effect::Column::CreatedAt.min(), "oldest")
            .into_tuple()
            .one(&tx)
            .await?;
        let counts = Counts {
            operations_due: open
                .clone()
                .filter(operation::Column::DueAt.lte(now.as_micros()))
                .filter(
                    Condition::any()
                        .add(operation::Column::LeaseUntil.is_null())
                        .add(operation::Column::LeaseUntil.lte(now.as_micros())),
                )
                .count(&tx)
                .await?,
            operations_open: open.clone().count(&tx).await?,
            oldest_operation: oldest_operation.flatten().map(Moment::from_micros),
            operations_asking: open
                .filter(operation::Column::State.eq(OperationState::Asking.as_str()))
                .count(&tx)
                .await?,
            unknown_calls: call::Entity::find()
                .filter(is_word(
                    call::Column::State.as_column_ref(),
                    CallState::Unknown.as_str(),
                ))
                .count(&tx)
                .await?,
            effects_waiting: waiting.count(&tx).await?,
            oldest_effect: oldest_effect.flatten().map(Moment::from_micros),
            questions_open: question::Entity::find()
                .filter(question::Column::AnsweredAt.is_null())
                .count(&tx)
                .await?,
            alarms: alarm::Entity::find().count(&tx).await?,
        };
        tx.commit().await?;
        Ok(counts)
    }
}
