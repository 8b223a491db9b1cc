//! What is read of many services at once: they themselves, their links, and what freshness is decided from, when what
//! was observed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::Moment;
use domain::id::{InstallationId, PlatformId, ServiceId};
use domain::record::{FactRecord, Link, LinkRole, NameSeen, NameSubject, Service, ServiceStatus};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::page::capped;
use crate::Store;
use crate::entity::convert::{Place, number};
use crate::entity::{fact, link, service};
use crate::error::StoreError;

/// What was seen of the names of a service's addresses, and when.
pub type NamesSeen = BTreeMap<NameSubject, (NameSeen, Moment)>;

/// How many services one statement names.
const TOGETHER: usize = 500;

impl Store {
    /// Services by their ids, however many. What is not there, or cannot be read, is left out; the latter is noted.
    pub async fn services_of(
        &self,
        services: &BTreeSet<ServiceId>,
    ) -> Result<BTreeMap<ServiceId, Service>, StoreError> {
        let mut found = BTreeMap::new();
        for names in names(services).chunks(TOGETHER) {
            let rows = service::Entity::find()
                .filter(service::Column::Id.is_in(names.iter().map(String::as_str)))
                .all(self.db())
                .await?;
            let readable = self.readable(rows, service::Model::into_record)?;
            found.extend(readable.into_iter().map(|service| (service.id, service)));
        }
        Ok(found)
    }

    /// When each fact of these services was observed, by kind. Their values are not read.
    pub async fn fact_moments(
        &self,
        services: &BTreeSet<ServiceId>,
    ) -> Result<BTreeMap<ServiceId, BTreeMap<String, Moment>>, StoreError> {
        let mut moments: BTreeMap<ServiceId, BTreeMap<String, Moment>> = BTreeMap::new();
        for names in names(services).chunks(TOGETHER) {
            let rows: Vec<(String, String, i64)> = fact::Entity::find()
                .select_only()
                .columns([
                    fact::Column::Service,
                    fact::Column::Kind,
                    fact::Column::ObservedAt,
                ])
                .filter(fact::Column::Service.is_in(names.iter().map(String::as_str)))
                .into_tuple()
                .all(self.db())
                .await?;
            for (service, kind, at) in rows {
                let service = Place::new("fact of", &service).parse("service", &service)?;
                let kinds = moments.entry(service).or_default();
                kinds.insert(kind, Moment::from_micros(at));
            }
        }
        Ok(moments)
    }

    /// The facts of certain kinds of these services. What cannot be read is left out and noted.
    pub async fn facts_of(
        &self,
        services: &BTreeSet<ServiceId>,
        kinds: &[&str],
    ) -> Result<BTreeMap<ServiceId, Vec<FactRecord>>, StoreError> {
        let mut facts: BTreeMap<ServiceId, Vec<FactRecord>> = BTreeMap::new();
        for names in names(services).chunks(TOGETHER) {
            let rows = fact::Entity::find()
                .filter(fact::Column::Service.is_in(names.iter().map(String::as_str)))
                .filter(fact::Column::Kind.is_in(kinds.iter().copied()))
                .all(self.db())
                .await?;
            for fact in self.readable(rows, fact::Model::into_record)? {
                facts.entry(fact.service).or_default().push(fact);
            }
        }
        Ok(facts)
    }

    /// What was observed of the names of these services' addresses. What cannot be read is left out and noted.
    pub async fn names_of(
        &self,
        services: &BTreeSet<ServiceId>,
    ) -> Result<BTreeMap<ServiceId, NamesSeen>, StoreError> {
        let mut names: BTreeMap<ServiceId, NamesSeen> = BTreeMap::new();
        for services in self::names(services).chunks(TOGETHER) {
            let rows = fact::Entity::find()
                .filter(fact::Column::Service.is_in(services.iter().map(String::as_str)))
                .filter(fact::Column::Kind.starts_with(FactRecord::NAMES))
                .all(self.db())
                .await?;
            for fact in self.readable(rows, fact::Model::into_record)? {
                if let Some((subject, seen)) = fact.name() {
                    let of = names.entry(fact.service).or_default();
                    of.insert(subject, (seen, fact.observed_at));
                }
            }
        }
        Ok(names)
    }

    /// The open primary links of these services. What cannot be read is left out and noted.
    pub async fn links_of(
        &self,
        services: &BTreeSet<ServiceId>,
    ) -> Result<BTreeMap<ServiceId, Link>, StoreError> {
        let mut links = BTreeMap::new();
        for names in names(services).chunks(TOGETHER) {
            let rows = link::Entity::find()
                .filter(link::Column::Service.is_in(names.iter().map(String::as_str)))
                .filter(link::Column::Role.eq(LinkRole::Primary.as_str()))
                .filter(link::Column::ClosedAt.is_null())
                .all(self.db())
                .await?;
            let open = self.readable(rows, link::Model::into_record)?;
            links.extend(open.into_iter().map(|link| (link.service, link)));
        }
        Ok(links)
    }

    /// The open primary links to these resources of a platform, by the resource's id. What cannot be read is left out and
    /// noted.
    pub async fn links_to(
        &self,
        platform: PlatformId,
        upstream: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, Link>, StoreError> {
        let mut links = BTreeMap::new();
        let upstream: Vec<&str> = upstream.iter().map(String::as_str).collect();
        for ids in upstream.chunks(TOGETHER) {
            let rows = link::Entity::find()
                .filter(link::Column::Platform.eq(platform.to_string()))
                .filter(link::Column::UpstreamId.is_in(ids.iter().copied()))
                .filter(link::Column::Role.eq(LinkRole::Primary.as_str()))
                .filter(link::Column::ClosedAt.is_null())
                .all(self.db())
                .await?;
            let open = self.readable(rows, link::Model::into_record)?;
            links.extend(open.into_iter().map(|link| (link.identity.id.clone(), link)));
        }
        Ok(links)
    }

    /// The active services of a billing system on a platform, by their ids there, from the one after `after`; with whether
    /// there are more. What cannot be read is left out and noted.
    pub async fn active_services(
        &self,
        installation: &InstallationId,
        platform: PlatformId,
        after: u64,
        limit: u64,
    ) -> Result<(Vec<Service>, Option<u64>), StoreError> {
        let limit = Ord::max(capped(limit), 1);
        let mut rows = service::Entity::find()
            .filter(service::Column::Installation.eq(installation.as_str()))
            .filter(service::Column::Platform.eq(platform.to_string()))
            .filter(service::Column::Status.eq(ServiceStatus::Active.as_str()))
            .filter(service::Column::BillingId.gt(number("billing id", after)?))
            .order_by_asc(service::Column::BillingId)
            .limit(limit + 1)
            .all(self.db())
            .await?;
        let more = rows.len() as u64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        // The next page begins behind the last row, whether or not that one can be read.
        let last = rows.last().and_then(|row| u64::try_from(row.billing_id).ok());
        let services = self.readable(rows, service::Model::into_record)?;
        Ok((services, last.filter(|_| more)))
    }

    /// Some of the services in use of which nothing was recorded within `within`, as their billing systems name them.
    pub async fn unread_services(
        &self,
        now: Moment,
        within: Duration,
        limit: u64,
    ) -> Result<Vec<(InstallationId, u64)>, StoreError> {
        let read = Query::select()
            .expr(Expr::val(1))
            .from(fact::Entity)
            .and_where(
                Expr::col((fact::Entity, fact::Column::Service))
                    .equals((service::Entity, service::Column::Id)),
            )
            .and_where(fact::Column::Kind.is_in([FactRecord::MACHINE, FactRecord::LISTED]))
            .and_where(fact::Column::ObservedAt.gte((now - within).as_micros()))
            .to_owned();
        let rows = service::Entity::find()
            .filter(
                Expr::col((service::Entity, service::Column::Standing))
                    .is_in(["live", "suspended"].map(|word| Expr::cust(format!("'{word}'")))),
            )
            .filter(Expr::exists(read).not())
            .order_by_asc(service::Column::Id)
            .limit(capped(limit))
            .all(self.db())
            .await?;
        let services = self.readable(rows, service::Model::into_record)?;
        Ok(services
            .into_iter()
            .map(|service| (service.installation, service.billing_id))
            .collect())
    }
}

fn names(services: &BTreeSet<ServiceId>) -> Vec<String> {
    services.iter().map(ToString::to_string).collect()
}
