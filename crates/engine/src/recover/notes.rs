//! What a recovery has learnt and keeps: its own notes, and the billing side's copies of the links.

use std::collections::BTreeMap;

use domain::change::Refused;
use domain::id::InstallationId;
use domain::{Change, Commit, Fence, Moment};
use serde::{Deserialize, Serialize};
use store::StoreError;

use crate::adoption::AdoptionRow;
use crate::engine::Engine;
use crate::error::EngineError;

/// Where the recovery's own notes are kept.
const NOTES: &str = "recovery_notes";

/// What the recovery has learnt and what a person has decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Notes {
    pub(super) epoch: u64,
    /// The last moment of which the store tells anything.
    pub(super) as_of: Option<Moment>,
    /// When each billing system's copies arrived.
    pub(super) copies: BTreeMap<String, Moment>,
    /// Machines that a person said are none of our business, and services that have none (`service 12`).
    pub(super) dismissed: Vec<String>,
}

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
                Some(view) if view.service.mapped_id == row.told.mapped_id => {}
                Some(view) => {
                    let mut service = view.service;
                    let fence = Fence::service(service.id, service.version);
                    service.mapped_id = row.told.mapped_id;
                    service.updated_at = self.now();
                    let changes = vec![Change::PutService(service)];
                    match self.store().commit(Commit { fence, changes }).await {
                        // Changed meanwhile: the next snapshot tells it again.
                        Ok(_) | Err(StoreError::Refused(_)) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                None if row.told.mapped_id.is_some() => self.note_forgotten(installation, row).await?,
                None => {}
            }
        }
        let mut notes = self.notes().await?;
        notes.copies.insert(installation.to_string(), self.now());
        self.keep_notes(&notes).await
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

    pub(super) async fn notes(&self) -> Result<Notes, EngineError> {
        let text = self.store().meta(NOTES).await?;
        // Notes that cannot be read are begun anew: everything is asked once more.
        Ok(text
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default())
    }

    pub(super) async fn keep_notes(&self, notes: &Notes) -> Result<(), EngineError> {
        let text = serde_json::to_string(notes).map_err(|error| EngineError::Invalid(error.to_string()))?;
        Ok(self.store().set_meta(NOTES, &text).await?)
    }
}

pub(super) fn service_note(billing_id: u64) -> String {
    format!("service {billing_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_ids_make_notes_apart_from_machine_ids() {
        let id = domain::id::ServiceId::at(Moment::EPOCH, &domain::ports::CountingRandom::new(1));
        assert_ne!(service_note(12), "12");
        assert_ne!(service_note(12), id.to_string());
    }
}
