//! The billing side's copies of the links: what each billing system says its services had, while the store may have
//! forgotten it.

use domain::change::Refused;
use domain::id::InstallationId;
use domain::record::Service;
use domain::{Change, Commit, Fence};
use store::StoreError;

use crate::adoption::AdoptionRow;
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
            match self.view(installation, row.billing_id).await? {
                Some(view) => self.note_copy(view.service, row).await?,
                None if row.told.mapped_id.is_some() => self.note_forgotten(installation, row).await?,
                None => {}
            }
        }
        let mut notes = self.notes().await?;
        notes.copies.insert(installation.to_string(), self.now());
        self.keep_notes(&notes).await
    }

    /// What the copy says of a service that is known. Its platform may be known only now.
    async fn note_copy(&self, mut service: Service, row: AdoptionRow) -> Result<(), EngineError> {
        let placed = match service.platform {
            Some(_) => None,
            None => {
                self.store()
                    .placement(&service.installation, row.server_id)
                    .await?
            }
        };
        if service.mapped_id == row.told.mapped_id && placed.is_none() {
            return Ok(());
        }
        let fence = Fence::service(service.id, service.version);
        service.platform = service.platform.or(placed.map(|(platform, _)| platform.id));
        service.mapped_id = row.told.mapped_id;
        service.updated_at = self.now();
        let changes = vec![Change::PutService(service)];
        match self.store().commit(Commit { fence, changes }).await {
            // Changed meanwhile: the next snapshot tells it again.
            Ok(_) | Err(StoreError::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn note_forgotten(
        &self,
        installation: &InstallationId,
        row: AdoptionRow,
    ) -> Result<(), EngineError> {
        let placed = self.store().placement(installation, row.server_id).await?;
        let service = self.unadopted(installation, row, placed.map(|(platform, _)| platform.id));
        let commit = Commit {
            fence: Fence::default(),
            changes: vec![Change::InsertService(service)],
        };
        match self.store().commit(commit).await {
            Ok(_) | Err(StoreError::Refused(Refused::Taken(_))) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
