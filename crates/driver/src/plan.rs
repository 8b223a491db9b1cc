//! What an operation consists of on a platform.

use domain::http::RetryClass;
use domain::id::InstallationId;
use domain::record::{
    Link, Milestone, OperationInput, OperationKind, PlatformProfile, Relation, StepPhase, StepRecord,
};

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    /// What the operation intends.
    pub kind: OperationKind,
    /// Its input.
    pub input: &'a OperationInput,
    /// The billing system.
    pub installation: &'a InstallationId,
    /// The owning client there.
    pub client_id: u64,
    /// How clients are named on this platform.
    pub relation: Relation,
    /// The service's open primary link.
    pub link: Option<&'a Link>,
    /// The platform's configuration.
    pub profile: &'a PlatformProfile,
    /// The power state to restore, for unsuspend.
    pub power_before_suspend: Option<domain::machine::Power>,
    /// Whether a create is to be asked for without effect first.
    pub dry_run: bool,
}

/// One named step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepSpec {
    /// The stored name. Renaming one needs a new operation version.
    pub name: &'static str,
    /// One phrase for people: "preparing the account".
    pub label: &'static str,
    /// What repeating its act means. `Read` for a step that only looks.
    pub class: RetryClass,
    /// Whether the machine's identity must have been compared with the link in this operation before the act.
    pub harms: bool,
    /// Whether a lost act may be sent again once absence is proven, because attempts are distinguishable upstream.
    pub resendable: bool,
    /// Whether its act is sent once even where the first look shows the goal: for switches that are flipped to and fro,
    /// whose look may be older than the change before it.
    pub insists: bool,
    /// The milestone that a create reaches with it.
    pub milestone: Option<Milestone>,
}

impl StepSpec {
    /// A step that only looks.
    pub const fn look(name: &'static str, label: &'static str) -> Self {
        Self {
            name,
            label,
            class: RetryClass::Read,
            harms: false,
            resendable: false,
            insists: false,
            milestone: None,
        }
    }

    /// A step that acts.
    pub const fn act(name: &'static str, label: &'static str, class: RetryClass) -> Self {
        Self {
            name,
            label,
            class,
            harms: false,
            resendable: false,
            insists: false,
            milestone: None,
        }
    }

    /// Needs the identity compared first.
    #[must_use]
    pub const fn harming(mut self) -> Self {
        self.harms = true;
        self
    }

    /// May be resent as a new attempt once absence is proven.
    #[must_use]
    pub const fn resendable(mut self) -> Self {
        self.resendable = true;
        self
    }

    /// Its act is sent once even where the first look shows the goal.
    #[must_use]
    pub const fn insistent(mut self) -> Self {
        self.insists = true;
        self
    }

    /// Reaches a milestone.
    #[must_use]
    pub const fn reaching(mut self, milestone: Milestone) -> Self {
        self.milestone = Some(milestone);
        self
    }
}

impl StepSpec {
    /// The step's record, not begun.
    pub fn record(&self) -> StepRecord {
        StepRecord {
            name: self.name.to_owned(),
            label: self.label.to_owned(),
            class: self.class,
            harms: self.harms,
            resendable: self.resendable,
            insists: self.insists,
            milestone: self.milestone,
            phase: StepPhase::Waiting,
            attempt: 0,
            turned_away: 0,
            looks: 0,
            failures: 0,
            acted_at: None,
            act_outcome: None,
            missing_since: None,
            absent_since: None,
            candidate: None,
            begun_at: None,
            done_at: None,
            hint: String::new(),
            hindrance: None,
            refusal: None,
            told_late: false,
        }
    }
}

/// The steps of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// In order.
    pub steps: Vec<StepSpec>,
    /// A key that only one open operation of the platform may hold, until the link is committed.
    pub exclusive: Option<String>,
}

impl Plan {
    /// Steps without an exclusive key.
    pub const fn of(steps: Vec<StepSpec>) -> Self {
        Self {
            steps,
            exclusive: None,
        }
    }
}
