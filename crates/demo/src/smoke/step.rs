//! The steps of a smoke run, in order.

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Connect,
    Panel,
    Order,
    Ready,
    ChangePackage,
    PowerCycle,
    Suspend,
    PowerRefused,
    Unsuspend,
    Terminate,
}

impl Step {
    /// In order.
    pub const ALL: [Self; 10] = [
        Self::Connect,
        Self::Panel,
        Self::Order,
        Self::Ready,
        Self::ChangePackage,
        Self::PowerCycle,
        Self::Suspend,
        Self::PowerRefused,
        Self::Unsuspend,
        Self::Terminate,
    ];

    /// The name in the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Panel => "panel",
            Self::Order => "order",
            Self::Ready => "ready",
            Self::ChangePackage => "change package",
            Self::PowerCycle => "power cycle",
            Self::Suspend => "suspend",
            Self::PowerRefused => "power refused",
            Self::Unsuspend => "unsuspend",
            Self::Terminate => "terminate",
        }
    }
}
