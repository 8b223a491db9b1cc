//! Services and links.

use std::collections::BTreeMap;

use domain::Moment;
use domain::id::{InstallationId, PlatformId, ServiceId};
use domain::record::{FIRST_OWN_ID, Link, LinkRole, Service, ServiceStatus, Standing};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::page::{Page, PageRequest, capped};
use crate::Store;
use crate::entity::convert::number;
use crate::entity::link;
use crate::entity::service::{Column, Entity, Model};
use crate::error::StoreError;

/// Which services. What is `None` does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceFilter {
    /// Of this billing system.
    pub installation: Option<InstallationId>,
    /// Of this client there.
    pub client_id: Option<u64>,
    /// On this platform.
    pub platform: Option<PlatformId>,
    /// In this standing.
    pub standing: Option<Standing>,
    /// With an old module's mapping (or without).
    pub mapped: Option<bool>,
}

impl Store {
    /// Services, newest first.
    pub async fn services(
        &self,
        filter: &ServiceFilter,
        page: &PageRequest,
    ) -> Result<Page<Service>, StoreError> {
        let shown = number("billing id", FIRST_OWN_ID)?;
        let mut query = Entity::find()
            .filter(Column::BillingId.lte(shown))
            .order_by_desc(Column::Id);
        if let Some(installation) = &filter.installation {
            query = query.filter(Column::Installation.eq(installation.as_str()));
        }
        if let Some(client_id) = filter.client_id {
            query = query.filter(Column::ClientId.eq(number("client id", client_id)?));
        }
        if let Some(platform) = filter.platform {
            query = query.filter(Column::Platform.eq(platform.to_string()));
        }
        if let Some(standing) = filter.standing {
            query = query.filter(Column::Standing.eq(standing.as_str()));
        }
        if let Some(mapped) = filter.mapped {
            query = query.filter(if mapped {
                Column::MappedId.is_not_null()
            } else {
                Column::MappedId.is_null()
            });
        }
        if let Some(after) = &page.after {
            query = query.filter(Column::Id.lt(after.as_str()));
        }
        let rows = query.limit(page.rows()).all(self.db()).await?;
        self.page(rows, page, |row| row.id.clone(), Model::into_record)
    }

    /// One service.
    pub async fn service(&self, id: ServiceId) -> Result<Option<Service>, StoreError> {
        let row = Entity::find_by_id(id.to_string()).one(self.db()).await?;
        row.map(Model::into_record).transpose()
    }

    /// How many services an installation has.
    pub async fn count_services(&self, installation: &InstallationId) -> Result<u64, StoreError> {
        Ok(Entity::find()
            .filter(Column::Installation.eq(installation.as_str()))
            .count(self.db())
            .await?)
    }

    /// The greatest id that an installation's services have there; 0 without any.
    pub async fn last_billing_id(&self, installation: &InstallationId) -> Result<u64, StoreError> {
        let last: Option<i64> = Entity::find()
            .select_only()
            .column(Column::BillingId)
            .filter(Column::Installation.eq(installation.as_str()))
            .order_by_desc(Column::BillingId)
            .into_tuple()
            .one(self.db())
            .await?;
        Ok(last.and_then(|last| u64::try_from(last).ok()).unwrap_or_default())
    }

    /// How many services of each product an installation has with a greater id there than `after`, and how many of them are
    /// in use: not ended, and neither cancelled nor marked as fraud.
    pub async fn count_by_product(
        &self,
        installation: &InstallationId,
        after: u64,
    ) -> Result<BTreeMap<u64, (u64, u64)>, StoreError> {
        let rows: Vec<(i64, String, i64)> = Entity::find()
            .select_only()
            .column(Column::ProductId)
            .column(Column::Status)
            .column_as(Column::Id.count(), "services")
            .filter(Column::Installation.eq(installation.as_str()))
            .filter(Column::BillingId.gt(number("billing id", after)?))
            .group_by(Column::ProductId)
            .group_by(Column::Status)
            .into_tuple()
            .all(self.db())
            .await?;
        let mut counts: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for (product, status, services) in rows {
            let ended = [
                ServiceStatus::Terminated,
                ServiceStatus::Cancelled,
                ServiceStatus::Fraud,
            ];
            let in_use = ended.iter().all(|ended| ended.as_str() != status);
            let services = u64::try_from(services).unwrap_or_default();
            let count = counts
                .entry(u64::try_from(product).unwrap_or_default())
                .or_default();
            count.0 += services;
            count.1 += if in_use { services } else { 0 };
        }
        Ok(counts)
    }

    /// The services whose primary links on a platform were opened or closed at `since` or later, each with the last of these
    /// moments; the newest first.
    pub async fn relinked(
        &self,
        platform: PlatformId,
        since: Moment,
        limit: u64,
    ) -> Result<Vec<(ServiceId, Moment)>, StoreError> {
        let since = since.as_micros();
        let rows = link::Entity::find()
            .filter(link::Column::Platform.eq(platform.to_string()))
            .filter(link::Column::Role.eq(LinkRole::Primary.as_str()))
            .filter(
                Condition::any()
                    .add(link::Column::OpenedAt.gte(since))
                    .add(link::Column::ClosedAt.gte(since)),
            )
            .order_by_desc(link::Column::Id)
            .limit(capped(limit))
            .all(self.db())
            .await?;
        let links: Vec<Link> = self.readable(rows, link::Model::into_record)?;
        let moment = |link: Link| (link.service, link.closed_at.unwrap_or(link.opened_at));
        Ok(links.into_iter().map(moment).collect())
    }

    /// Services whose watch is due, the longest due first.
    pub async fn watch_due(&self, now: Moment, limit: u64) -> Result<Vec<Service>, StoreError> {
        let rows = Entity::find()
            .filter(Column::WatchDue.lte(now.as_micros()))
            .order_by_asc(Column::WatchDue)
            .limit(capped(limit))
            .all(self.db())
            .await?;
        self.readable(rows, Model::into_record)
    }

    /// Puts the watch over a service off, whatever its other records say.
    pub async fn put_off_watch(&self, id: ServiceId, until: Moment) -> Result<(), StoreError> {
        let _turn = self.turn().await;
        Entity::update_many()
            .col_expr(Column::WatchDue, Expr::value(until.as_micros()))
            .filter(Column::Id.eq(id.to_string()))
            .exec(self.db())
            .await?;
        Ok(())
    }

    /// All links of a service, oldest first.
    pub async fn links(&self, service: ServiceId) -> Result<Vec<Link>, StoreError> {
        let rows = link::Entity::find()
            .filter(link::Column::Service.eq(service.to_string()))
            .order_by_asc(link::Column::OpenedAt)
            .order_by_asc(link::Column::Id)
            .all(self.db())
            .await?;
        rows.into_iter().map(link::Model::into_record).collect()
    }

    /// The open primary link to a resource, whosever it is.
    pub async fn link_of_resource(
        &self,
        platform: PlatformId,
        resource: &str,
        upstream_id: &str,
    ) -> Result<Option<Link>, StoreError> {
        let row = link::Entity::find()
            .filter(link::Column::Platform.eq(platform.to_string()))
            .filter(link::Column::Resource.eq(resource))
            .filter(link::Column::UpstreamId.eq(upstream_id))
            .filter(link::Column::ClosedAt.is_null())
            .filter(link::Column::Role.eq(LinkRole::Primary.as_str()))
            .one(self.db())
            .await?;
        row.map(link::Model::into_record).transpose()
    }

    /// The open primary links on a platform, oldest first.
    pub async fn open_links(
        &self,
        platform: PlatformId,
        page: &PageRequest,
    ) -> Result<Page<Link>, StoreError> {
        self.primary_links(platform, link::Column::ClosedAt.is_null(), page)
            .await
    }

    /// The closed primary links on a platform, oldest first.
    pub async fn closed_links(
        &self,
        platform: PlatformId,
        page: &PageRequest,
    ) -> Result<Page<Link>, StoreError> {
        self.primary_links(platform, link::Column::ClosedAt.is_not_null(), page)
            .await
    }

    async fn primary_links(
        &self,
        platform: PlatformId,
        which: Expr,
        page: &PageRequest,
    ) -> Result<Page<Link>, StoreError> {
        let mut query = link::Entity::find()
            .filter(link::Column::Platform.eq(platform.to_string()))
            .filter(which)
            .filter(link::Column::Role.eq(LinkRole::Primary.as_str()))
            .order_by_asc(link::Column::Id);
        if let Some(after) = &page.after {
            query = query.filter(link::Column::Id.gt(after.as_str()));
        }
        let rows = query.limit(page.rows()).all(self.db()).await?;
        self.page(rows, page, |row| row.id.clone(), link::Model::into_record)
    }
}
