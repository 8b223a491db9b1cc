//! Leases: which worker advances which operation.

use std::time::Duration;

use domain::Moment;
use domain::id::{OperationId, PlatformId, ServiceId, WorkerId};
use domain::record::Lease;
use sea_orm::sea_query::{Alias, Expr, LockBehavior, LockType, Order, Query, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, Condition, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait};

use crate::Store;
use crate::entity::convert::Place;
use crate::entity::operation::{Column, Entity, Model};
use crate::entity::platform;
use crate::error::StoreError;

/// What the claimed are ordered by.
const ORDERED: [Column; 3] = [Column::Person, Column::DueAt, Column::Id];

/// Platforms whose parts are one selection: `SQLite` unites 500 selections and no more.
const GROUP: usize = 200;

/// An operation that a worker may advance until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Which operation.
    pub operation: OperationId,
    /// Its service.
    pub service: ServiceId,
    /// Its platform, once the service has one.
    pub platform: Option<PlatformId>,
    /// The fence of everything that is committed for it.
    pub lease: Lease,
}

/// How much a worker may claim.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Room {
    /// Operations, at most.
    pub limit: u64,
    /// Platforms of which nothing is claimed.
    pub full: Vec<PlatformId>,
    /// Platforms of which only that is claimed which a person waits for.
    pub crowded: Vec<PlatformId>,
}

impl Room {
    /// For so many operations, of any platform.
    pub fn of(limit: u64) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// Whether anything may be claimed of a platform: of what a person waits for, or of the rest.
    fn takes(&self, platform: &str, person: bool) -> bool {
        let among = |these: &[PlatformId]| these.iter().any(|id| id.to_string() == platform);
        !among(&self.full) && (person || !among(&self.crowded))
    }

    /// The due operations of which the first are leased. They are chosen in parts, one for each platform and
    /// whether a person waits: a part begins where its first row lies in the index and ends with as many as there is room
    /// for, so that what is due of one platform is not read on the way to another's.
    fn choice(&self, platforms: &[String], now: Moment) -> SelectStatement {
        let part = |platform: Option<&str>, person| part(platform, person, now, self.limit);
        let mut choice = part(None, true);
        choice.union(UnionType::All, part(None, false));
        for group in platforms.chunks(GROUP) {
            let parts = group
                .iter()
                .flat_map(|platform| [(platform, true), (platform, false)])
                .filter(|(platform, person)| self.takes(platform, *person))
                .map(|(platform, person)| part(Some(platform), person));
            let group = parts.reduce(|mut group, part| group.union(UnionType::All, part).take());
            if let Some(group) = group {
                choice.union(UnionType::All, rows_of(group));
            }
        }
        choice
    }
}

/// The longest due of one platform, or of none.
fn part(platform: Option<&str>, person: bool, now: Moment, limit: u64) -> SelectStatement {
    let chosen = Query::select()
        .columns(ORDERED)
        .from(Entity)
        .cond_where(
            Condition::all()
                .add(Expr::col(Column::IsOpen))
                .add(platform.map_or_else(|| Column::Platform.is_null(), |id| Column::Platform.eq(id)))
                .add(Column::Person.eq(person))
                .add(Column::DueAt.lte(now.as_micros())),
        )
        .cond_where(
            Condition::any()
                .add(Column::LeaseUntil.is_null())
                .add(Column::LeaseUntil.lte(now.as_micros())),
        )
        .order_by(Column::DueAt, Order::Asc)
        .order_by(Column::Id, Order::Asc)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .take();
    rows_of(chosen)
}

/// The same rows as a selection that can be united with others: neither engine unites ordered or locking ones.
fn rows_of(rows: SelectStatement) -> SelectStatement {
    Query::select()
        .columns(ORDERED)
        .from_subquery(rows, Alias::new("part"))
        .take()
}

impl Store {
    /// Leases due operations to `worker`, as many as there is room for, in one statement: those that a person waits
    /// for first, then the longest due. Of each platform no more is read than there is room for. Operations under another worker's running lease, or being committed at this
    /// moment, are left alone.
    pub async fn claim(
        &self,
        worker: WorkerId,
        now: Moment,
        lease_for: Duration,
        room: &Room,
    ) -> Result<Vec<Claimed>, StoreError> {
        let until = now + lease_for;
        let platforms: Vec<String> = platform::Entity::find()
            .select_only()
            .column(platform::Column::Id)
            .into_tuple()
            .all(self.db())
            .await?;
        let due = Query::select()
            .column(Column::Id)
            .from_subquery(room.choice(&platforms, now), Alias::new("due"))
            .order_by(Column::Person, Order::Desc)
            .order_by(Column::DueAt, Order::Asc)
            .order_by(Column::Id, Order::Asc)
            .limit(room.limit)
            .take();
        let mut lease = Entity::update_many()
            .col_expr(Column::LeaseWorker, Expr::value(worker.to_string()))
            .col_expr(Column::LeaseUntil, Expr::value(until.as_micros()))
            .filter(Column::Id.in_subquery(due))
            .into_query();
        let answer = self
            .write_returning(self.backend().build(lease.returning_all()))
            .await?;
        let mut rows = answer
            .iter()
            .map(|row| Model::from_query_result(row, ""))
            .collect::<Result<Vec<_>, _>>()?;
        rows.sort_by(|a, b| (!a.person, a.due_at, &a.id).cmp(&(!b.person, b.due_at, &b.id)));
        rows.into_iter()
            .map(|row| {
                let place = Place::new("operation", &row.id);
                Ok(Claimed {
                    operation: place.parse("id", &row.id)?,
                    service: place.parse("service", &row.service)?,
                    platform: place.parse_some("platform", row.platform.as_ref())?,
                    lease: Lease { worker, until },
                })
            })
            .collect()
    }

    /// Prolongs a lease that is still held by `worker` until `held`. Whether it was; a lease that ran out and went to
    /// nobody else yet is still held.
    pub async fn renew_lease(
        &self,
        operation: OperationId,
        worker: WorkerId,
        held: Moment,
        until: Moment,
    ) -> Result<bool, StoreError> {
        let renewal = Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::value(until.as_micros()))
            .filter(Column::Id.eq(operation.to_string()))
            .filter(Column::LeaseWorker.eq(worker.to_string()))
            .filter(Column::LeaseUntil.eq(held.as_micros()));
        Ok(self.write_one(renewal.build(self.backend())).await? == 1)
    }

    /// Gives back the lease that `worker` holds. Whether it held one.
    pub async fn release_lease(&self, operation: OperationId, worker: WorkerId) -> Result<bool, StoreError> {
        self.release(
            Condition::all()
                .add(Column::Id.eq(operation.to_string()))
                .add(Column::LeaseWorker.eq(worker.to_string())),
        )
        .await
        .map(|released| released == 1)
    }

    /// Ends every lease: for the start of the only process on `SQLite`, whose predecessor cannot be alive.
    pub async fn release_all_leases(&self) -> Result<u64, StoreError> {
        self.release(Condition::all().add(Column::LeaseUntil.is_not_null()))
            .await
    }

    async fn release(&self, which: Condition) -> Result<u64, StoreError> {
        let release = Entity::update_many()
            .col_expr(Column::LeaseWorker, Expr::value(None::<String>))
            .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
            .filter(which);
        self.write_one(release.build(self.backend())).await
    }

    /// Makes an open operation due at `due_at` and nobody's, without reading its record: for one that cannot be read.
    pub async fn put_off(&self, operation: OperationId, due_at: Moment) -> Result<bool, StoreError> {
        let _turn = self.turn().await;
        let result = Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(due_at.as_micros()))
            .col_expr(Column::LeaseWorker, Expr::value(None::<String>))
            .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
            .filter(Column::Id.eq(operation.to_string()))
            .filter(Expr::col(Column::IsOpen))
            .exec(self.db())
            .await?;
        Ok(result.rows_affected == 1)
    }

    /// Makes an open operation due at `due_at` at the latest, without touching anything else of it: the nudge of a
    /// hint, which may come too often or for nothing.
    pub async fn hasten(&self, operation: OperationId, due_at: Moment) -> Result<bool, StoreError> {
        let hastened = Entity::update_many()
            .col_expr(Column::DueAt, Expr::value(due_at.as_micros()))
            .filter(Column::Id.eq(operation.to_string()))
            .filter(Expr::col(Column::IsOpen))
            .filter(Column::DueAt.gt(due_at.as_micros()));
        Ok(self.write_one(hastened.build(self.backend())).await? == 1)
    }
}
