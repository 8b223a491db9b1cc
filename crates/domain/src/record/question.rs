//! Questions, facts, alarms, audit lines and installations.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::actor::Actor;
use crate::fact::Fact;
use crate::id::{AuditId, InstallationId, OperationId, QuestionId, SecretId, ServiceId};
use crate::machine::Machine;
use crate::text::text_enum;
use crate::time::Moment;

text_enum! {
    /// What a question is about.
    QuestionKind {
        /// A lost create that could not be settled.
        UnsettledCreate = "unsettled_create",
        /// A lost disruptive change that could not be settled.
        UnsettledChange = "unsettled_change",
        /// More than one candidate for one attempt.
        Ambiguous = "ambiguous",
        /// The machine is not the one that was linked.
        IdentityMismatch = "identity_mismatch",
        /// An operation passed its deadline.
        Overdue = "overdue",
        /// A suspended machine was switched on too often.
        SuspensionBroken = "suspension_broken",
        /// More terminations and reinstallations than the budget allows.
        DestructiveBudget = "destructive_budget",
        /// A stored document of a version we do not know.
        UnknownVersion = "unknown_version",
        /// An effect that could not be applied.
        EffectFailed = "effect_failed",
        /// A proposed change of ownership or link.
        OwnershipProposal = "ownership_proposal",
        /// The machine is gone upstream.
        Vanished = "vanished",
        /// A build that failed upstream.
        BuildFailed = "build_failed",
        /// A machine on the platform that no service claims.
        Orphan = "orphan",
        /// A machine that is not as its service says.
        Drifted = "drifted",
        /// An operation that cannot be advanced: its record is damaged, or deciding it fails again and again.
        Stuck = "stuck",
    }
}

impl QuestionKind {
    /// Whether an open one holds the changes of its service.
    pub const fn holds(self) -> bool {
        !matches!(
            self,
            Self::OwnershipProposal | Self::EffectFailed | Self::Orphan | Self::Drifted
        )
    }
}

/// What only a person can settle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Our id.
    pub id: QuestionId,
    /// The service concerned, where there is one.
    pub service: Option<ServiceId>,
    /// The operation that waits for the answer, where there is one.
    pub operation: Option<OperationId>,
    /// What it is about.
    pub kind: QuestionKind,
    /// The thing that it is about where that is neither service nor operation (`platform machine`): asked once each.
    pub subject: Option<String>,
    /// What happened and what is asked, in plain sentences.
    pub text: String,
    /// The possible answers, each a word and what it does. An answer names one of the words.
    pub choices: Vec<(String, String)>,
    /// Whether only the command line on the engine's host may answer.
    pub host_only: bool,
    /// When it was asked.
    pub opened_at: Moment,
    /// When it was answered.
    pub answered_at: Option<Moment>,
    /// The chosen word; `settled` when the engine found the answer itself.
    pub answer: Option<String>,
    /// Who answered.
    pub answered_by: Option<Actor>,
}

/// An observed value with its age.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactRecord {
    /// Whose.
    pub service: ServiceId,
    /// What (`machine`).
    pub kind: String,
    /// The value. A versioned document where known.
    pub value: Fact<Value>,
    /// When it was observed.
    pub observed_at: Moment,
}

impl FactRecord {
    /// The machine that was read, where it was there and this program can read its document.
    pub fn machine(&self) -> Option<Machine> {
        Machine::deserialize(self.value.known()?).ok()
    }
}

/// A promise broken; raised once, cleared by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Which promise (`operation_overdue`, `duty:hold-suspension`).
    pub name: String,
    /// One sentence.
    pub text: String,
    /// Since when.
    pub raised_at: Moment,
}

/// One line of the audit; the store chains them by hash, one chain per installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Our id.
    pub id: AuditId,
    /// In whose chain it stands; in the engine's own when `None`.
    pub installation: Option<InstallationId>,
    /// When.
    pub at: Moment,
    /// Who.
    pub actor: Actor,
    /// What was done (`operation.accepted`, `platform.approved`, `secret.revealed`).
    pub action: String,
    /// To what (an id as text).
    pub subject: String,
    /// More, without secrets.
    pub detail: Value,
}

/// What is configured about an installation. A versioned document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstallationSettings {
    /// The document's version.
    pub version: u32,
    /// Where a signed empty POST makes the billing system fetch effects.
    pub nudge_url: Option<String>,
    /// Roles of administrators that may see and use operator pages.
    pub operator_roles: Vec<String>,
    /// Terminations and reinstalls per hour over the bridge; max(20, 2 % of services) when `None`.
    pub destructive_budget: Option<u32>,
    /// Whether each platform request of its services becomes a line of the billing system's module log, for as long as
    /// somebody looks for a fault there.
    pub module_log: bool,
    /// What its clients read as the name of the platform's panel; without it no name of one is shown to them.
    pub panel_name: Option<String>,
}

impl Default for InstallationSettings {
    fn default() -> Self {
        Self {
            version: 1,
            nudge_url: None,
            operator_roles: vec!["Full Administrator".to_owned()],
            destructive_budget: None,
            module_log: false,
            panel_name: None,
        }
    }
}

/// One billing system connected to the engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    /// Its name.
    pub id: InstallationId,
    /// The bridge key, at rest.
    pub key: SecretId,
    /// A key that is still accepted during rotation.
    pub previous_key: Option<SecretId>,
    /// Until when proposals over the bridge are approved at once.
    pub enrol_until: Option<Moment>,
    /// Its configuration.
    pub settings: InstallationSettings,
    /// When it was added.
    pub created_at: Moment,
}
