//! The module functions that change a service.

use std::time::Duration;

use crate::books::Status;

/// A module function that a service's page offers or an effect names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Make it.
    Create,
    /// Hold it.
    Suspend,
    /// Let it go again.
    Unsuspend,
    /// End it.
    Terminate,
    /// Make it what the product says now.
    ChangePackage,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Create,
        Self::Suspend,
        Self::Unsuspend,
        Self::Terminate,
        Self::ChangePackage,
    ];

    /// The name in calls.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "CreateAccount",
            Self::Suspend => "SuspendAccount",
            Self::Unsuspend => "UnsuspendAccount",
            Self::Terminate => "TerminateAccount",
            Self::ChangePackage => "ChangePackage",
        }
    }

    /// The word in events and `rerun` effects.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Suspend => "suspend",
            Self::Unsuspend => "unsuspend",
            Self::Terminate => "terminate",
            Self::ChangePackage => "change_package",
        }
    }

    /// The function of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.word() == word)
    }

    /// How long its answer is waited for.
    pub const fn budget(self) -> Duration {
        match self {
            Self::Create | Self::ChangePackage => Duration::from_secs(23),
            _ => Duration::from_secs(6),
        }
    }

    /// What the service becomes when the answer is `success`.
    pub const fn leads_to(self) -> Option<Status> {
        match self {
            Self::Create | Self::Unsuspend => Some(Status::Active),
            Self::Suspend => Some(Status::Suspended),
            Self::Terminate => Some(Status::Terminated),
            Self::ChangePackage => None,
        }
    }
}
