//! What the billing system's daily look at usage is answered with: from the store, at once.

use std::collections::BTreeSet;

use domain::id::{InstallationId, ServiceId};
use domain::observed::FactKind;
use domain::record::FactRecord;
use serde::Serialize;

use crate::core::{UsageColumns, usage_columns};
use crate::engine::Engine;
use crate::error::EngineError;

/// Services in one answer.
const TOGETHER: u64 = 500;

/// One service's columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsageRow {
    /// The service, as its billing system names it.
    pub service: u64,
    /// What is known of it.
    #[serde(flatten)]
    pub columns: UsageColumns,
}

/// A page of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsagePage {
    /// By ascending service.
    pub services: Vec<UsageRow>,
    /// After which service the next page begins; `None` on the last.
    pub next: Option<u64>,
}

impl Engine {
    /// The usage columns of the active services with a machine on the platform that stands behind a server record, from the
    /// one after `after`. What is not known of a service is left out, and so is a service of which nothing is known. No
    /// platform is asked. An error where no platform stands behind the record, or the store cannot be read.
    pub async fn usage(
        &self,
        installation: &InstallationId,
        server: u64,
        module: &str,
        after: u64,
    ) -> Result<UsagePage, EngineError> {
        let placement = self.placement(installation, Some(server), module).await?;
        let (platform, _) =
            placement.ok_or_else(|| EngineError::NotFound(format!("platform behind server {server}")))?;
        let store = self.store();
        let (services, next) = store
            .active_services(installation, platform.id, after, TOGETHER)
            .await?;
        let ids: BTreeSet<ServiceId> = services.iter().map(|service| service.id).collect();
        let links = store.links_of(&ids).await?;
        let kinds = [
            FactRecord::MACHINE,
            FactRecord::LISTED,
            FactKind::Live.as_str(),
            FactKind::Traffic.as_str(),
        ];
        let facts = store.facts_of(&ids, &kinds).await?;
        let row = |service: &domain::record::Service| {
            let link = links
                .get(&service.id)
                .filter(|link| link.generation == service.generation)?;
            let facts = facts.get(&service.id)?;
            let columns = usage_columns(&link.identity, link.opened_at, facts);
            (columns != UsageColumns::default()).then_some(UsageRow {
                service: service.billing_id,
                columns,
            })
        };
        Ok(UsagePage {
            services: services.iter().filter_map(row).collect(),
            next,
        })
    }
}
