//! What a step is handed.

use domain::Moment;
use domain::id::{InstallationId, OperationId};
use domain::record::{Link, Notes, OperationInput, OperationKind, PlatformProfile, Relation};

/// Whether a step reads or changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Read the platform.
    Look,
    /// Send the change.
    Act,
}

/// What identifies one attempt upstream: written into objects where the platform has room for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// The billing system.
    pub installation: InstallationId,
    /// The service's id there.
    pub service: u64,
    /// The service's life.
    pub generation: u32,
    /// The attempt, from 1; the number of the act about to be sent, or last sent.
    pub attempt: u32,
}

impl std::fmt::Display for Marker {
    /// `hostler:<installation>:<service>:<generation>:<attempt>`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "hostler:{}:{}:{}:{}",
            self.installation, self.service, self.generation, self.attempt
        )
    }
}

/// What the engine knows of other machines of the same client, so that a driver need not report them as candidates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Upstream ids linked to any service, here or in an old module's table.
    pub linked: std::collections::BTreeSet<String>,
    /// Whether the addresses that the operation releases are certainly still those of its service's machine.
    pub still_ours: bool,
    /// Whose names the operation leaves as they are, whatever it was to do with them: the machine has them again, or the
    /// machine that it was for has them no more.
    pub left_alone: std::collections::BTreeSet<domain::record::NameSubject>,
}

/// Everything a step may look at.
#[derive(Debug, Clone, Copy)]
pub struct StepContext<'a> {
    /// The operation, for names derived from it.
    pub operation: OperationId,
    /// What the operation intends.
    pub kind: OperationKind,
    /// The step's name.
    pub step: &'a str,
    /// Whether to look or to act.
    pub phase: Phase,
    /// What identifies the present attempt.
    pub marker: &'a Marker,
    /// The operation's input.
    pub input: &'a OperationInput,
    /// The owning client in the billing system.
    pub client_id: u64,
    /// How clients are named on this platform.
    pub relation: Relation,
    /// The driver's own facts so far.
    pub notes: &'a Notes,
    /// The service's open primary link.
    pub link: Option<&'a Link>,
    /// The platform's configuration.
    pub profile: &'a PlatformProfile,
    /// The platform's canonical endpoint (`https://host[:port]`): what a sign-on address must lie on.
    pub endpoint: &'a str,
    /// The operator's account upstream, as it was configured; empty where the platform has none, or it was not named.
    pub account: &'a str,
    /// Other machines.
    pub known: &'a Known,
    /// Whether what the answer to the act named has not been shown for so long that it is not what the act made: the
    /// answer was another request's. What the act made is then searched for as if the answer had been lost.
    pub misnamed: bool,
    /// When the step's last act was sent; `None` when none was.
    pub acted_at: Option<Moment>,
    /// The present moment, for comparing dates that the platform sent and for dated names. Never for waiting.
    pub now: Moment,
}
