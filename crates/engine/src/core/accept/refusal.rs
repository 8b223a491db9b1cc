//! A no, for programs and for people.

use std::time::Duration;

use domain::whole_seconds;

/// Why a command is refused. The sentence may be shown to whoever asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct Refusal {
    /// For programs.
    pub code: RefusalCode,
    /// For people.
    pub sentence: String,
    /// After which time the same would be taken, where nothing but that stands in its way.
    pub again_in: Option<Duration>,
}

impl Refusal {
    /// A no that time does not change.
    pub fn new(code: RefusalCode, sentence: impl Into<String>) -> Self {
        Self {
            code,
            sentence: sentence.into(),
            again_in: None,
        }
    }

    pub(super) fn too_soon(again_in: Duration) -> Self {
        let seconds = whole_seconds(again_in);
        Self {
            again_in: Some(again_in),
            ..Self::new(
                RefusalCode::TooSoon,
                format!("That was done a moment ago. It can be done again in {seconds} s."),
            )
        }
    }

    /// The same time as people are told it, in seconds: when they are over it is taken.
    pub fn again_in_seconds(&self) -> Option<u64> {
        self.again_in.map(whole_seconds)
    }
}

/// The kinds of refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalCode {
    /// The service belongs to another client.
    NotOwner,
    /// The service's standing does not allow it.
    WrongStanding,
    /// There is no machine.
    NotProvisioned,
    /// There is a machine already.
    AlreadyProvisioned,
    /// An old module's table names a machine that is not adopted.
    Unadopted,
    /// No platform stands behind the server record.
    NoPlatform,
    /// The platform is not approved.
    PlatformNotApproved,
    /// A question about the service is open.
    Held,
    /// Too soon after the last time.
    TooSoon,
    /// What is called again has been overtaken by a later wish.
    Overtaken,
    /// The billing system does not call the service active.
    NotActive,
    /// What was clicked was clicked before, or on no page of ours.
    Replayed,
    /// Something else is under way that it cannot come behind.
    Busy,
    /// The operator does not let clients do it.
    Withheld,
    /// The platform cannot do it.
    Unsupported,
    /// What was given with it cannot be used.
    Invalid,
}

impl RefusalCode {
    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotOwner => "not_owner",
            Self::WrongStanding => "wrong_standing",
            Self::NotProvisioned => "not_provisioned",
            Self::AlreadyProvisioned => "already_provisioned",
            Self::Unadopted => "unadopted",
            Self::NoPlatform => "no_platform",
            Self::PlatformNotApproved => "platform_not_approved",
            Self::Held => "held",
            Self::TooSoon => "too_soon",
            Self::Overtaken => "overtaken",
            Self::NotActive => "not_active",
            Self::Replayed => "replayed",
            Self::Busy => "busy",
            Self::Withheld => "withheld",
            Self::Unsupported => "unsupported",
            Self::Invalid => "invalid",
        }
    }
}
