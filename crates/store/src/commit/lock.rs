//! The rows that a commit stands on, locked in one order so that commits cannot wait for each other in a ring.

use std::collections::{BTreeMap, BTreeSet};

use domain::change::Refused;
use domain::id::{InstallationId, OperationId, PlatformId, ServiceId};
use domain::record::Lease;
use domain::{Change, Commit, Fence};
use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entity::convert::Place;
use crate::entity::{installation, operation, service};
use crate::error::StoreError;

/// A service that the commit touches.
struct Touched {
    version: i64,
    platform: Option<PlatformId>,
    /// Written by this commit: its row already has the new version.
    written: bool,
    /// To be raised at the end.
    raised: bool,
}

/// What the commit has locked, as it stood before.
pub(super) struct Locked {
    services: BTreeMap<ServiceId, Touched>,
    fenced: Option<ServiceId>,
    lease: Option<(OperationId, Lease)>,
}

impl Locked {
    /// Locks everything the commit stands on and checks the fence.
    pub(super) async fn take(tx: &DatabaseTransaction, commit: &Commit) -> Result<Self, StoreError> {
        lock_installations(tx, commit).await?;
        let services = lock_services(tx, commit).await?;
        let Fence { lease, service } = commit.fence;
        let lease = match lease {
            Some((operation, worker, until)) => {
                let lease = Lease { worker, until };
                check_lease(tx, operation, lease).await?;
                Some((operation, lease))
            }
            None => None,
        };
        if let Some((id, version)) = service
            && services.get(&id).is_none_or(|touched| touched.version != version)
        {
            return Err(Refused::ServiceChanged(id).into());
        }
        Ok(Self {
            services,
            fenced: service.map(|(id, _)| id),
            lease,
        })
    }

    fn touched(&mut self, id: ServiceId) -> Result<&mut Touched, StoreError> {
        self.services
            .get_mut(&id)
            .ok_or_else(|| StoreError::missing("service", &id))
    }

    /// Notes a service that this commit inserts.
    pub(super) fn inserted(&mut self, id: ServiceId, version: i64, platform: Option<PlatformId>) {
        self.services.insert(
            id,
            Touched {
                version,
                platform,
                written: true,
                raised: false,
            },
        );
    }

    /// The version that a put service gets, and whether its platform changes with it.
    pub(super) fn put(
        &mut self,
        id: ServiceId,
        version: i64,
        platform: Option<PlatformId>,
    ) -> Result<(i64, bool), StoreError> {
        let fenced = self.fenced == Some(id);
        let touched = self.touched(id)?;
        if !touched.written {
            if !fenced && touched.version != version {
                return Err(Refused::ServiceChanged(id).into());
            }
            touched.version += 1;
            touched.written = true;
            touched.raised = false;
        }
        let moved = touched.platform != platform;
        touched.platform = platform;
        Ok((touched.version, moved))
    }

    /// Notes that a record of the service is written, and gives its platform.
    pub(super) fn raises(&mut self, id: ServiceId) -> Result<Option<PlatformId>, StoreError> {
        let touched = self.touched(id)?;
        touched.raised = !touched.written;
        Ok(touched.platform)
    }

    /// The lease that the commit is fenced by, where it is one on `operation`.
    pub(super) fn own_lease(&self, operation: OperationId) -> Option<Lease> {
        self.lease
            .filter(|(leased, _)| *leased == operation)
            .map(|(_, lease)| lease)
    }

    /// Raises what is still to be raised, and tells all new versions.
    pub(super) async fn raise(
        self,
        tx: &DatabaseTransaction,
    ) -> Result<BTreeMap<ServiceId, i64>, StoreError> {
        let rest: Vec<String> = self
            .services
            .iter()
            .filter(|(_, touched)| touched.raised)
            .map(|(id, _)| id.to_string())
            .collect();
        if !rest.is_empty() {
            service::Entity::update_many()
                .col_expr(
                    service::Column::Version,
                    Expr::col(service::Column::Version).add(1),
                )
                .filter(service::Column::Id.is_in(rest))
                .exec(tx)
                .await?;
        }
        Ok(self
            .services
            .into_iter()
            .filter(|(_, touched)| touched.raised || touched.written)
            .map(|(id, touched)| (id, touched.version + i64::from(touched.raised)))
            .collect())
    }
}

/// Effects without a service are numbered per installation.
async fn lock_installations(tx: &DatabaseTransaction, commit: &Commit) -> Result<(), StoreError> {
    let ids: BTreeSet<&InstallationId> = commit
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::InsertEffect(effect) if effect.service.is_none() => Some(&effect.installation),
            _ => None,
        })
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    installation::Entity::find()
        .select_only()
        .column(installation::Column::Id)
        .filter(installation::Column::Id.is_in(ids.into_iter().map(ToString::to_string)))
        .order_by_asc(installation::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .into_tuple::<String>()
        .all(tx)
        .await?;
    Ok(())
}

async fn lock_services(
    tx: &DatabaseTransaction,
    commit: &Commit,
) -> Result<BTreeMap<ServiceId, Touched>, StoreError> {
    let ids: BTreeSet<ServiceId> = commit
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::PutService(service) => Some(service.id),
            Change::InsertOperation(operation) | Change::PutOperation(operation) => Some(operation.service),
            Change::PutLink(link) => Some(link.service),
            Change::InsertEffect(effect) => effect.service.map(|(service, _)| service),
            _ => None,
        })
        .chain(commit.fence.service.map(|(service, _)| service))
        .collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = service::Entity::find()
        .select_only()
        .columns([
            service::Column::Id,
            service::Column::Version,
            service::Column::Platform,
        ])
        .filter(service::Column::Id.is_in(ids.iter().map(ToString::to_string)))
        .order_by_asc(service::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .into_tuple::<(String, i64, Option<String>)>()
        .all(tx)
        .await?;
    rows.into_iter()
        .map(|(id, version, platform)| {
            let place = Place::new("service", &id);
            let touched = Touched {
                version,
                platform: place.parse_some("platform", platform.as_ref())?,
                written: false,
                raised: false,
            };
            Ok((place.parse("id", &id)?, touched))
        })
        .collect()
}

async fn check_lease(tx: &DatabaseTransaction, id: OperationId, lease: Lease) -> Result<(), StoreError> {
    let row = operation::Entity::find_by_id(id.to_string())
        .select_only()
        .columns([operation::Column::LeaseWorker, operation::Column::LeaseUntil])
        .lock(LockType::NoKeyUpdate)
        .into_tuple::<(Option<String>, Option<i64>)>()
        .one(tx)
        .await?;
    let held = (Some(lease.worker.to_string()), Some(lease.until.as_micros()));
    if row == Some(held) {
        Ok(())
    } else {
        Err(Refused::LeaseLost(id).into())
    }
}
