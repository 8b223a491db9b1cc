//! The numbers that metrics and the operator's first screen show.

use std::time::Duration;

use domain::Moment;
use domain::id::OperationId;
use domain::record::{CallState, FactRecord, OperationKind, OperationState};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

use crate::Store;
use crate::entity::convert::Place;
use crate::entity::{alarm, audit, call, effect, fact, is_word, operation, question, service};
use crate::error::StoreError;

/// A machine that was not read for longer than this is not known.
const UNREAD: Duration = Duration::from_hours(24);

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
    /// Open operations past their deadline that no open question holds: nobody looks after them.
    pub operations_overdue: u64,
    /// The one of them that is late for the longest.
    pub oldest_overdue: Option<OperationId>,
    /// Services in use whose machine was not read or seen in a list for 24 hours, or never.
    pub services_unread: u64,
    /// When the oldest audit line was written that has no place in its chain yet.
    pub oldest_unsealed: Option<Moment>,
}

impl Store {
    /// Counts at a moment.
    pub async fn counts(&self, now: Moment) -> Result<Counts, StoreError> {
        let tx = self.read().await?;
        // What only waits beside machines is nobody's open business: it would hide that an order is late.
        let beside = OperationKind::ALL.iter().filter(|kind| kind.is_beside());
        let beside = beside.map(|kind| kind.as_str());
        let open = operation::Entity::find()
            .filter(Expr::col(operation::Column::IsOpen))
            .filter(operation::Column::Kind.is_not_in(beside));
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
            operations_overdue: overdue(now).count(&tx).await?,
            oldest_overdue: oldest_overdue(&tx, now).await?,
            services_unread: services_unread(&tx, now).await?,
            oldest_unsealed: oldest_unsealed(&tx).await?,
        };
        tx.commit().await?;
        Ok(counts)
    }
}

/// Open operations past their deadline that no open question holds.
fn overdue(now: Moment) -> Select<operation::Entity> {
    let held = Query::select()
        .expr(Expr::val(1))
        .from(question::Entity)
        .and_where(
            Expr::col((question::Entity, question::Column::Operation))
                .equals((operation::Entity, operation::Column::Id)),
        )
        .and_where(question::Column::AnsweredAt.is_null())
        .to_owned();
    operation::Entity::find()
        .filter(Expr::col(operation::Column::IsOpen))
        .filter(operation::Column::Deadline.lte(now.as_micros()))
        .filter(Expr::exists(held).not())
}

async fn oldest_overdue(tx: &DatabaseTransaction, now: Moment) -> Result<Option<OperationId>, StoreError> {
    let id: Option<String> = overdue(now)
        .select_only()
        .column(operation::Column::Id)
        .order_by_asc(operation::Column::Deadline)
        .limit(1)
        .into_tuple()
        .one(tx)
        .await?;
    id.map(|id| Place::new("operation", &id).parse("id", &id))
        .transpose()
}

/// Both halves are found in indexes alone: readings by their age, and services in use by whether they have one.
async fn services_unread(tx: &DatabaseTransaction, now: Moment) -> Result<u64, StoreError> {
    let in_use = || {
        Expr::col((service::Entity, service::Column::Standing))
            .is_in(["live", "suspended"].map(|word| Expr::cust(format!("'{word}'"))))
    };
    let its_service = Query::select()
        .expr(Expr::val(1))
        .from(service::Entity)
        .and_where(
            Expr::col((service::Entity, service::Column::Id)).equals((fact::Entity, fact::Column::Service)),
        )
        .and_where(in_use())
        .to_owned();
    let since = (now - UNREAD).as_micros();
    let listed = Alias::new("listed");
    let seen = |of: Expr| {
        Query::select()
            .expr(Expr::val(1))
            .from_as(fact::Entity, listed.clone())
            .and_where(Expr::col((listed.clone(), fact::Column::Service)).eq(of))
            .and_where(Expr::col((listed.clone(), fact::Column::Kind)).eq(FactRecord::LISTED))
            .and_where(Expr::col((listed.clone(), fact::Column::ObservedAt)).gte(since))
            .to_owned()
    };
    let old = fact::Entity::find()
        .filter(fact::Column::Kind.eq(FactRecord::MACHINE))
        .filter(fact::Column::ObservedAt.lt(since))
        .filter(Expr::exists(its_service))
        .filter(Expr::exists(seen(Expr::col((fact::Entity, fact::Column::Service)))).not());
    let reading = Query::select()
        .expr(Expr::val(1))
        .from(fact::Entity)
        .and_where(
            Expr::col((fact::Entity, fact::Column::Service)).equals((service::Entity, service::Column::Id)),
        )
        .and_where(fact::Column::Kind.eq(FactRecord::MACHINE))
        .to_owned();
    let never = service::Entity::find()
        .filter(in_use())
        .filter(Expr::exists(reading).not())
        .filter(Expr::exists(seen(Expr::col((service::Entity, service::Column::Id)))).not());
    Ok(old.count(tx).await? + never.count(tx).await?)
}

async fn oldest_unsealed(tx: &DatabaseTransaction) -> Result<Option<Moment>, StoreError> {
    let oldest: Option<Option<i64>> = audit::Entity::find()
        .select_only()
        .column_as(audit::Column::At.min(), "oldest")
        .filter(audit::Column::Sequence.is_null())
        .into_tuple()
        .one(tx)
        .await?;
    Ok(oldest.flatten().map(Moment::from_micros))
}
