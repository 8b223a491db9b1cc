//! The kinds of events, a closed list.

use serde::Deserialize;
use serde_json::Value;

use crate::problem::{Code, Problem};

/// The kinds, a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    OrderPaid,
    OrderAccepted,
    OrderCancelled,
    OrderFraud,
    OrderDeleted,
    ModuleDone,
    ServiceEdited,
    ServiceDeleted,
    ProductEdited,
    CancellationRequested,
    UpgradeValidate,
    UpgradeDone,
    CheckoutValidate,
    CheckoutDone,
    CartPage,
    MailPreSend,
    UserLogout,
    Cron,
    Daily,
    SettingsSaved,
    Snapshot,
    Adoption,
    ModuleSettings,
    Packages,
}

impl Kind {
    pub fn read(word: &str) -> Result<Self, Problem> {
        serde_json::from_value(Value::String(word.to_owned()))
            .map_err(|_| Problem::new(Code::UnknownKind, "No event of this kind."))
    }

    /// Whether taking it twice would do something twice, or undo something newer.
    pub const fn counts_once(self) -> bool {
        !matches!(
            self,
            Self::UpgradeValidate
                | Self::CheckoutValidate
                | Self::CartPage
                | Self::MailPreSend
                | Self::UserLogout
                | Self::Cron
                | Self::Daily
                | Self::SettingsSaved
                | Self::Snapshot
                | Self::Adoption
                | Self::ModuleSettings
                | Self::Packages
        )
    }

    /// Whether there is time for effects that have nothing to do with it: nobody's page or checkout waits.
    pub const fn is_leisurely(self) -> bool {
        matches!(
            self,
            Self::ProductEdited
                | Self::Cron
                | Self::Daily
                | Self::Snapshot
                | Self::Adoption
                | Self::ModuleSettings
                | Self::Packages
        )
    }
}
