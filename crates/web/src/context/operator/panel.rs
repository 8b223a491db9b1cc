//! The settings of a module, on the tab of its products in the billing system.

use domain::Moment;
use domain::record::PlatformState;
use engine::ModuleSettings;
use serde::Serialize;

use crate::context::{Context, When, sample};

/// The settings as they are. Never a key: only whether there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ModulePanel {
    /// The platform behind them; empty while no key was typed.
    pub platform: String,
    /// Whether it may be used: the end of a message's key.
    pub state: &'static str,
    /// The operator's organization: as it was typed last, or as it was found.
    pub organization: String,
    /// Whether something that was typed waits for approval.
    pub waits: bool,
    /// When the catalogue was read last.
    pub as_of: Option<When>,
    /// Why the last reading failed.
    pub trouble: String,
}

impl ModulePanel {
    /// From what is known.
    pub fn new(settings: &ModuleSettings, now: Moment) -> Self {
        let Some(platform) = &settings.platform else {
            return Self::default();
        };
        let typed = settings.change.account.as_ref();
        Self {
            platform: platform.id.to_string(),
            state: platform.state.as_str(),
            organization: typed.unwrap_or(&platform.account).clone(),
            waits: !settings.change.is_empty() || platform.state == PlatformState::Proposed,
            as_of: settings.catalogue.observed_at.map(|at| When::new(now, at)),
            trouble: settings.catalogue.trouble.clone().unwrap_or_default(),
        }
    }
}

impl Context for ModulePanel {
    const TEMPLATE: &'static str = "admin/module_settings.html";

    fn samples(now: Moment) -> Vec<Self> {
        let set = Self {
            platform: sample::TEXT.to_owned(),
            state: PlatformState::Approved.as_str(),
            organization: sample::TEXT.to_owned(),
            waits: false,
            as_of: Some(When::new(now, now)),
            trouble: String::new(),
        };
        let waiting = Self {
            state: PlatformState::Proposed.as_str(),
            waits: true,
            as_of: None,
            trouble: sample::TEXT.to_owned(),
            ..set.clone()
        };
        let disabled = Self {
            state: PlatformState::Disabled.as_str(),
            ..set.clone()
        };
        vec![Self::default(), set, waiting, disabled]
    }
}
