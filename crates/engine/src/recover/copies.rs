//! The billing side's copies of the links: what each billing system says its services had, while the store may have
//! forgotten it.

use domain::change::Refused;
use domain::id::{InstallationId, PlatformId};
use domain::record::{Service, ServiceStatus};
use domain::{Change, Commit, Fence};
use store::StoreError;

use super::ATTEMPTS;
use crate::adoption::AdoptionRow;
use crate::core::service_name;
use crate::engine::Engine;
use crate::error::EngineError;

impl Engine {
    /// Whether a billing system is to send its services now.
    pub async fn wants_copies(&self, installation: &InstallationId) -> Result<bool, EngineError> {
        Ok(self.recovering().is_some() && !self.notes().await?.copies.contains_key(installation.as_str()))
    }

    /// Takes over a billing system's copies of the links, during a recovery: services that the store forgot are known
    /// again, and each says which machine it had.
    pub async fn note_copies(
        &self,
        installation: &InstallationId,
        rows: Vec<AdoptionRow>,
    ) -> Result<(), EngineError> {
        for row in rows {
            self.note_copy(installation, row).await?;
        }
        let mut notes = self.notes().await?;
        notes.copies.insert(installation.to_string(), self.now());
        self.keep_notes(&notes).await
    }

    async fn note_copy(&self, installation: &InstallationId, row: AdoptionRow) -> Result<(), EngineError> {
        // What changes meanwhile is read again. One that never stands still makes the whole run fail, and it is sent
        // once more: a copy that was passed over would be missed by nobody.
        for _ in 0..ATTEMPTS {
            let commit = match self.view(installation, row.billing_id).await? {
                Some(view) => self.copied(view.service, &row).await?,
                None => self.forgotten(installation, &row).await?,
            };
            let Some(commit) = commit else {
                return Ok(());
            };
            match self.store().commit(commit).await {
                Ok(_) => return Ok(()),
                Err(StoreError::Refused(Refused::ServiceChanged(_) | Refused::Taken(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(EngineError::Invalid(format!(
            "service {} changes too fast; send all services again",
            service_name(installation, row.billing_id)
        )))
    }

    /// What the billing system says of a service that the store knows: its own word, and which machine it had. Its
    /// platform may be known only now.
    async fn copied(&self, mut service: Service, row: &AdoptionRow) -> Result<Option<Commit>, EngineError> {
        let fence = Fence::service(service.id, service.version);
        let before = service.clone();
        service.mapped_id.clone_from(&row.told.mapped_id);
        service.status = row.told.status;
        if service.platform.is_none() {
            service.platform = self.platform_behind(&service.installation, row).await?;
        }
        if service == before {
            return Ok(None);
        }
        service.updated_at = self.now();
        let changes = vec![Change::PutService(service)];
        Ok(Some(Commit { fence, changes }))
    }

    /// A service that the store has forgotten is known again where it may have a machine.
    async fn forgotten(
        &self,
        installation: &InstallationId,
        row: &AdoptionRow,
    ) -> Result<Option<Commit>, EngineError> {
        let may_have_one = matches!(
            row.told.status,
            ServiceStatus::Pending | ServiceStatus::Active | ServiceStatus::Suspended
        );
        if !may_have_one && row.told.mapped_id.is_none() {
            return Ok(None);
        }
        let platform = self.platform_behind(installation, row).await?;
        let service = self.unadopted(installation, row.clone(), platform);
        Ok(Some(Commit {
            fence: Fence::default(),
            changes: vec![Change::InsertService(service)],
        }))
    }

    async fn platform_behind(
        &self,
        installation: &InstallationId,
        row: &AdoptionRow,
    ) -> Result<Option<PlatformId>, EngineError> {
        let placed = self
            .placement(installation, Some(row.server_id), &row.told.module)
            .await?;
        Ok(placed.map(|(platform, _)| platform.id))
    }
}
