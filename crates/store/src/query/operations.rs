//! Operations and their calls.

use domain::ActorKind;
use domain::Moment;
use domain::id::{InstallationId, OperationId, PlatformId, ServiceId};
use domain::record::{Call, CallState, LinkRole, Operation, OperationKind, OperationState};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::page::{Page, PageRequest, capped};
use crate::Store;
use crate::entity::operation::{Column, Entity, Model};
use crate::entity::{call, is_word, link, secret, service};
use crate::error::StoreError;

const PRUNED_AT_ONCE: u64 = 500;

/// Nobody waits to be shown more new passwords of one service.
const UNTOLD: u64 = 10;

/// Which operations. What is `None` or empty does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperationFilter {
    /// In one of these states.
    pub states: Vec<OperationState>,
    /// Not final (or final).
    pub open: Option<bool>,
    /// Of this service.
    pub service: Option<ServiceId>,
    /// On this platform.
    pub platform: Option<PlatformId>,
    /// Of this kind.
    pub kind: Option<OperationKind>,
}

impl Store {
    /// Operations, newest first.
    pub async fn operations(
        &self,
        filter: &OperationFilter,
        page: &PageRequest,
    ) -> Result<Page<Operation>, StoreError> {
        let mut query = Entity::find().order_by_desc(Column::Id);
        if !filter.states.is_empty() {
            query = query.filter(Column::State.is_in(filter.states.iter().map(|state| state.as_str())));
        }
        if let Some(open) = filter.open {
            let is_open = Expr::col(Column::IsOpen);
            query = query.filter(if open { is_open } else { is_open.not() });
        }
        if let Some(service) = filter.service {
            query = query.filter(Column::Service.eq(service.to_string()));
        }
        if let Some(platform) = filter.platform {
            query = query.filter(Column::Platform.eq(platform.to_string()));
        }
        if let Some(kind) = filter.kind {
            query = query.filter(Column::Kind.eq(kind.as_str()));
        }
        if let Some(after) = &page.after {
            query = query.filter(Column::Id.lt(after.as_str()));
        }
        let rows = query.limit(page.rows()).all(self.db()).await?;
        self.page(rows, page, |row| row.id.clone(), Model::into_record)
    }

    /// One operation.
    pub async fn operation(&self, id: OperationId) -> Result<Option<Operation>, StoreError> {
        let row = Entity::find_by_id(id.to_string()).one(self.db()).await?;
        row.map(Model::into_record).transpose()
    }

    /// Open operations past their deadline that are not questions yet, the longest first.
    pub async fn operations_overdue(&self, now: Moment, limit: u64) -> Result<Vec<Operation>, StoreError> {
        let rows = Entity::find()
            .filter(Expr::col(Column::IsOpen))
            .filter(Column::State.ne(OperationState::Asking.as_str()))
            .filter(Column::Deadline.lte(now.as_micros()))
            .order_by_asc(Column::Deadline)
            .limit(capped(limit))
            .all(self.db())
            .await?;
        self.readable(rows, Model::into_record)
    }

    /// How many terminations and reinstallations of delivered machines an installation's messages and pages have caused
    /// since a moment; what the engine and its host asked for does not count.
    pub async fn destructive_since(
        &self,
        installation: &InstallationId,
        since: Moment,
    ) -> Result<u64, StoreError> {
        // Looked up for each operation: an installation has many more services than operations of an hour.
        let of_installation = Query::select()
            .expr(Expr::val(1))
            .from(service::Entity)
            .and_where(Expr::col((service::Entity, service::Column::Id)).equals((Entity, Column::Service)))
            .and_where(service::Column::Installation.eq(installation.as_str()))
            .to_owned();
        let delivered = Query::select()
            .expr(Expr::val(1))
            .from(link::Entity)
            .and_where(Expr::col((link::Entity, link::Column::Service)).equals((Entity, Column::Service)))
            .and_where(
                Expr::col((link::Entity, link::Column::Generation)).equals((Entity, Column::Generation)),
            )
            .and_where(link::Column::Role.eq(LinkRole::Primary.as_str()))
            .to_owned();
        let destructive = OperationKind::ALL.iter().filter(|kind| kind.is_destructive());
        Ok(Entity::find()
            .filter(Column::Kind.is_in(destructive.map(|kind| kind.as_str())))
            .filter(Column::CreatedAt.gte(since.as_micros()))
            .filter(Column::ActorKind.is_not_in([ActorKind::Host.as_str(), ActorKind::Engine.as_str()]))
            .filter(Expr::exists(of_installation))
            .filter(Expr::exists(delivered))
            .count(self.db())
            .await?)
    }

    /// Operations of a service that have brought a new password which was shown to nobody and is not forgotten yet, newest
    /// first: however long they took, and whatever was asked for since.
    pub async fn untold(&self, service: ServiceId, now: Moment) -> Result<Vec<Operation>, StoreError> {
        let kept = Query::select()
            .expr(Expr::val(1))
            .from(secret::Entity)
            .and_where(Expr::col((secret::Entity, secret::Column::Id)).equals((Entity, Column::Secret)))
            .and_where(secret::Column::Ciphertext.ne(""))
            .and_where(secret::Column::RevealedAt.is_null())
            .cond_where(
                Condition::any()
                    .add(secret::Column::ExpiresAt.is_null())
                    .add(secret::Column::ExpiresAt.gt(now.as_micros())),
            )
            .to_owned();
        let bringing = OperationKind::ALL.iter().filter(|kind| kind.brings_password());
        let rows = Entity::find()
            .filter(Column::Service.eq(service.to_string()))
            .filter(Column::Kind.is_in(bringing.map(|kind| kind.as_str())))
            .filter(Column::State.eq(OperationState::Succeeded.as_str()))
            .filter(Expr::exists(kept))
            .order_by_desc(Column::Sequence)
            .limit(UNTOLD)
            .all(self.db())
            .await?;
        self.readable(rows, Model::into_record)
    }

    /// Calls that were found "sending", oldest first: after a start, those of operations that nobody else leases are
    /// unknown.
    pub async fn calls_sending(&self, limit: u64) -> Result<Vec<Call>, StoreError> {
        let rows = call::Entity::find()
            .filter(is_word(
                call::Column::State.as_column_ref(),
                CallState::Sending.as_str(),
            ))
            .order_by_asc(call::Column::Id)
            .limit(capped(limit))
            .all(self.db())
            .await?;
        self.readable(rows, call::Model::into_record)
    }

    /// Calls of an operation, newest first.
    pub async fn calls(&self, operation: OperationId, page: &PageRequest) -> Result<Page<Call>, StoreError> {
        let mut query = call::Entity::find()
            .filter(call::Column::Operation.eq(operation.to_string()))
            .order_by_desc(call::Column::Id);
        if let Some(after) = &page.after {
            query = query.filter(call::Column::Id.lt(after.as_str()));
        }
        let rows = query.limit(page.rows()).all(self.db()).await?;
        self.page(rows, page, |row| row.id.clone(), call::Model::into_record)
    }

    /// Deletes reads that were finished before a moment, with their calls; how many. No other operation is ever
    /// deleted.
    pub async fn prune_refreshes(&self, before: Moment) -> Result<u64, StoreError> {
        let mut total = 0;
        loop {
            let deleted = self.prune_some(before).await?;
            total += deleted;
            if deleted < PRUNED_AT_ONCE {
                return Ok(total);
            }
        }
    }

    /// In portions, so that a long backlog does not keep others from writing.
    async fn prune_some(&self, before: Moment) -> Result<u64, StoreError> {
        let old = Query::select()
            .column(Column::Id)
            .from(Entity)
            .and_where(Column::Kind.eq(OperationKind::Refresh.as_str()))
            .and_where(Column::FinishedAt.lt(before.as_micros()))
            .and_where(Expr::col(Column::IsOpen).not())
            .limit(PRUNED_AT_ONCE)
            .to_owned();
        let _turn = self.turn().await;
        let deleted = Entity::delete_many()
            .filter(Column::Id.in_subquery(old))
            .exec(self.db())
            .await?;
        Ok(deleted.rows_affected)
    }
}
