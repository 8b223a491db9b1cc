//! Section 9 as this speaker reads it: effects, their guards, and what is reported of them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something to do or record.
#[derive(Debug, Clone, Deserialize)]
pub struct Effect {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Whose.
    pub module: String,
    /// Of which service.
    #[serde(default)]
    pub service: Option<u64>,
    /// By kind.
    #[serde(default)]
    pub body: Value,
    /// What must still be so.
    #[serde(default)]
    pub guard: Option<Guard>,
}

/// What must still be so.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The order's status is one of these.
    #[serde(default)]
    pub order_status: Option<Vec<String>>,
    /// The order's status is none of these.
    #[serde(default)]
    pub order_status_not: Option<Vec<String>>,
    /// The service's status is one of these.
    #[serde(default)]
    pub domainstatus: Option<Vec<String>>,
}

/// A page of effects.
#[derive(Debug, Deserialize)]
pub struct EffectsPage {
    /// The effects, in order.
    pub effects: Vec<Effect>,
    /// Whether there are more.
    pub more: bool,
}

/// What became of an effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ack {
    /// Its id.
    pub id: String,
    /// The outcome.
    pub outcome: crate::books::Outcome,
    /// Why; `""` when there is nothing to say.
    pub reason: String,
}
