//! What a recovery has learnt and what a person has decided, kept in the store until the next one.

use std::collections::BTreeMap;

use domain::Moment;
use domain::id::{InstallationId, PlatformId};
use domain::record::Recovery;
use serde::{Deserialize, Serialize};

use crate::core::service_name;
use crate::engine::Engine;
use crate::error::EngineError;

/// Where they are kept.
const NOTES: &str = "recovery_notes";

/// The notes of one recovery.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Notes {
    /// Which recovery they are of.
    pub epoch: u64,
    /// The last moment of which the store tells anything.
    pub as_of: Option<Moment>,
    /// When each billing system's copies arrived.
    pub copies: BTreeMap<String, Moment>,
    /// What a person said: that a machine is none of our business ([`machine_note`]), that a service has none
    /// ([`service_note`]), or which one it has ([`link_note`]).
    pub decided: Vec<String>,
}

impl Notes {
    /// Whether a person has said so.
    pub fn decided(&self, note: &str) -> bool {
        self.decided.iter().any(|decided| decided == note)
    }
}

/// How it is noted that this machine is a service's, whatever the billing side's copy says.
pub(super) fn link_note(installation: &InstallationId, billing_id: u64, machine: &str) -> String {
    format!(
        "service {} has machine {machine}",
        service_name(installation, billing_id)
    )
}

/// How a dismissed service is noted.
pub(super) fn service_note(installation: &InstallationId, billing_id: u64) -> String {
    format!("service {}", service_name(installation, billing_id))
}

/// How a dismissed machine is noted. Two panels may number theirs alike.
pub(super) fn machine_note(platform: PlatformId, machine: &str) -> String {
    format!("machine {platform}/{machine}")
}

impl Engine {
    /// The notes as they are kept.
    pub(super) async fn notes(&self) -> Result<Notes, EngineError> {
        let text = self.store().meta(NOTES).await?;
        // Notes that cannot be read are begun anew: everything is asked once more.
        Ok(text
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default())
    }

    /// The notes of the recovery under way; empty ones where none is.
    pub(super) async fn notes_of(&self, recovery: Option<&Recovery>) -> Result<Notes, EngineError> {
        let notes = self.notes().await?;
        let theirs = recovery.is_some_and(|recovery| recovery.epoch == notes.epoch);
        Ok(if theirs { notes } else { Notes::default() })
    }

    pub(super) async fn keep_notes(&self, notes: &Notes) -> Result<(), EngineError> {
        let text = serde_json::to_string(notes).map_err(|error| EngineError::Invalid(error.to_string()))?;
        Ok(self.store().set_meta(NOTES, &text).await?)
    }
}

#[cfg(test)]
mod tests {
    use domain::ports::CountingRandom;

    use super::*;

    #[test]
    fn what_is_dismissed_is_one_service_and_one_machine_and_not_their_namesakes() {
        let (main, other): (InstallationId, InstallationId) =
            ("main".parse().expect("a name"), "other".parse().expect("a name"));
        let panel = |seed| PlatformId::at(Moment::EPOCH, &CountingRandom::new(seed));
        let notes = Notes {
            decided: vec![service_note(&main, 12), machine_note(panel(1), "12")],
            ..Notes::default()
        };
        assert!(notes.decided(&service_note(&main, 12)));
        assert!(notes.decided(&machine_note(panel(1), "12")));
        assert!(!notes.decided(&service_note(&other, 12)));
        assert!(!notes.decided(&machine_note(panel(2), "12")));
    }
}
