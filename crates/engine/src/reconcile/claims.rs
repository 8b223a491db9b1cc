//! What the store says of a platform's services, to be held against the platform's list.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{PlatformId, ServiceId};
use domain::machine::Identity;
use domain::record::{Operation, OperationKind, OperationState, Platform, Service};
use store::{OperationFilter, PageRequest, ServiceFilter};

use crate::core::Claim;
use crate::engine::Engine;
use crate::error::EngineError;

/// The claims on a platform's machines.
pub(super) struct Claims {
    /// Those that can be read.
    pub known: Vec<Claim>,
    /// How many services and links cannot be read: a machine that nobody claims may be one of theirs.
    pub unread: usize,
}

impl Engine {
    /// What the store says of every service on a platform.
    pub(crate) async fn claims(&self, platform: PlatformId) -> Result<Vec<Claim>, EngineError> {
        let found = self.store().platform(platform).await?;
        let platform = found.ok_or_else(|| EngineError::NotFound(format!("platform {platform}")))?;
        Ok(self.read_claims(&platform).await?.known)
    }

    /// The same, with how much of it cannot be read.
    pub(super) async fn read_claims(&self, platform: &Platform) -> Result<Claims, EngineError> {
        let (links, mut unread) = self.links_of(platform.id).await?;
        let mut open = self.open_changes(platform.id).await?;
        let mut accounts = self.accounts_of_before(platform).await?;
        let filter = ServiceFilter {
            platform: Some(platform.id),
            ..ServiceFilter::default()
        };
        let mut known = Vec::new();
        let mut page = PageRequest::first(500);
        loop {
            let found = self.store().services(&filter, &page).await?;
            unread += found.damaged;
            known.extend(found.items.into_iter().map(|service| {
                let changes = open.remove(&service.id).unwrap_or_default();
                let mut accounts = accounts.remove(&service.id).unwrap_or_default();
                accounts.extend(
                    changes
                        .iter()
                        .flat_map(|change| self.accounts_in(platform, change)),
                );
                claim(service, &links, &changes, accounts)
            }));
            match found.next {
                Some(cursor) => page = PageRequest::after(cursor, 500),
                None => return Ok(Claims { known, unread }),
            }
        }
    }

    /// The accounts of services whose links were closed, and of creates that ended without one: what appears there late
    /// is theirs.
    async fn accounts_of_before(
        &self,
        platform: &Platform,
    ) -> Result<BTreeMap<ServiceId, BTreeSet<String>>, EngineError> {
        let mut accounts: BTreeMap<ServiceId, BTreeSet<String>> = BTreeMap::new();
        let mut page = PageRequest::first(500);
        loop {
            let found = self.store().closed_links(platform.id, &page).await?;
            for link in found.items {
                accounts
                    .entry(link.service)
                    .or_default()
                    .insert(link.identity.owner);
            }
            match found.next {
                Some(cursor) => page = PageRequest::after(cursor, 500),
                None => break,
            }
        }
        let filter = OperationFilter {
            states: vec![OperationState::Failed, OperationState::Superseded],
            kind: Some(OperationKind::Create),
            platform: Some(platform.id),
            ..OperationFilter::default()
        };
        let mut page = PageRequest::first(500);
        loop {
            let found = self.store().operations(&filter, &page).await?;
            for create in found.items {
                let of_it = self.accounts_in(platform, &create);
                accounts.entry(create.service).or_default().extend(of_it);
            }
            match found.next {
                Some(cursor) => page = PageRequest::after(cursor, 500),
                None => return Ok(accounts),
            }
        }
    }

    fn accounts_in(&self, platform: &Platform, operation: &Operation) -> Vec<String> {
        let driver = self.drivers().of(platform.kind);
        let creating = operation.kind == OperationKind::Create;
        driver
            .filter(|_| creating)
            .map_or_else(Vec::new, |driver| driver.accounts(&operation.notes))
    }

    async fn links_of(
        &self,
        platform: PlatformId,
    ) -> Result<(BTreeMap<ServiceId, Identity>, usize), EngineError> {
        let (mut links, mut unread) = (BTreeMap::new(), 0);
        let mut page = PageRequest::first(500);
        loop {
            let found = self.store().open_links(platform, &page).await?;
            unread += found.damaged;
            links.extend(found.items.into_iter().map(|link| (link.service, link.identity)));
            match found.next {
                Some(cursor) => page = PageRequest::after(cursor, 500),
                None => return Ok((links, unread)),
            }
        }
    }

    /// The open changes of every service on a platform.
    async fn open_changes(
        &self,
        platform: PlatformId,
    ) -> Result<BTreeMap<ServiceId, Vec<Operation>>, EngineError> {
        let filter = OperationFilter {
            open: Some(true),
            platform: Some(platform),
            ..OperationFilter::default()
        };
        let mut open: BTreeMap<ServiceId, Vec<Operation>> = BTreeMap::new();
        let mut page = PageRequest::first(500);
        loop {
            let found = self.store().operations(&filter, &page).await?;
            // An open operation that cannot be read is a question of its own.
            for operation in found
                .items
                .into_iter()
                .filter(|operation| operation.kind.changes())
            {
                open.entry(operation.service).or_default().push(operation);
            }
            match found.next {
                Some(cursor) => page = PageRequest::after(cursor, 500),
                None => return Ok(open),
            }
        }
    }
}

fn claim(
    service: Service,
    links: &BTreeMap<ServiceId, Identity>,
    changes: &[Operation],
    accounts: BTreeSet<String>,
) -> Claim {
    let link = links.get(&service.id).cloned();
    Claim {
        service: service.id,
        installation: service.installation,
        billing_id: service.billing_id,
        standing: service.standing,
        status: service.status,
        hostname: service.hostname,
        creating: link.is_none()
            && changes
                .iter()
                .any(|operation| operation.kind == OperationKind::Create),
        copy: service.mapped_id,
        link,
        accounts,
        busy: !changes.is_empty(),
    }
}
