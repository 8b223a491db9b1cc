//! An operation at one moment, owned.

use domain::Moment;
use domain::id::{InstallationId, LinkId, OperationId, PlatformId, ServiceId};
use domain::machine::{Identity, Power};
use domain::ports::CountingRandom;
use domain::record::{Link, LinkRole, Notes, OperationInput, OperationKind, PlatformProfile, Relation};
use driver::{Known, Marker, Phase, PlanInput, StepContext};

/// Everything that a driver may be asked with: an owned [`StepContext`], and what its plan is made from.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The operation.
    pub operation: OperationId,
    /// What it intends.
    pub kind: OperationKind,
    /// The step.
    pub step: String,
    /// Whether it looks or acts.
    pub phase: Phase,
    /// The attempt's marker.
    pub marker: Marker,
    /// The operation's input.
    pub input: OperationInput,
    /// The client in the billing system.
    pub client_id: u64,
    /// How clients are named.
    pub relation: Relation,
    /// The driver's notes so far.
    pub notes: Notes,
    /// The service's link.
    pub link: Option<Link>,
    /// The platform's configuration.
    pub profile: PlatformProfile,
    /// The platform's endpoint.
    pub endpoint: String,
    /// The operator's account.
    pub account: String,
    /// Other machines.
    pub known: Known,
    /// When the step's last act was sent.
    pub acted_at: Option<Moment>,
    /// The present moment.
    pub now: Moment,
    /// The power state to restore, for unsuspend.
    pub power_before_suspend: Option<Power>,
    /// Whether a create is asked for without effect first.
    pub dry_run: bool,
}

impl Scene {
    /// An operation of service 17 of client 77 in the installation `main`, at `now`, about no machine yet.
    pub fn new(kind: OperationKind, input: OperationInput, now: Moment) -> Self {
        let installation: InstallationId = "main".parse().expect("a name of four letters");
        Self {
            operation: OperationId::at(now, &CountingRandom::new(17)),
            kind,
            step: String::new(),
            phase: Phase::Look,
            marker: Marker {
                installation,
                service: 17,
                generation: 1,
                attempt: 1,
            },
            input,
            client_id: 77,
            relation: Relation::Integer,
            notes: Notes::new(),
            link: None,
            profile: PlatformProfile::default(),
            endpoint: "https://cp.example.com".to_owned(),
            account: String::new(),
            known: Known::default(),
            acted_at: None,
            now,
            power_before_suspend: None,
            dry_run: false,
        }
    }

    /// About a linked machine.
    #[must_use]
    pub fn linked(mut self, identity: Identity) -> Self {
        self.open_link(identity);
        self
    }

    /// Replaces the link.
    pub fn open_link(&mut self, identity: Identity) {
        let random = CountingRandom::new(1);
        self.link = Some(Link {
            id: LinkId::at(self.now, &random),
            service: ServiceId::at(self.now, &random),
            generation: self.marker.generation,
            platform: PlatformId::at(self.now, &random),
            role: LinkRole::Primary,
            resource: "instance".to_owned(),
            identity,
            opened_at: self.now,
            closed_at: None,
            close_reason: None,
        });
    }

    /// What the driver is asked with.
    pub fn context(&self) -> StepContext<'_> {
        StepContext {
            operation: self.operation,
            kind: self.kind,
            step: &self.step,
            phase: self.phase,
            marker: &self.marker,
            input: &self.input,
            client_id: self.client_id,
            relation: self.relation,
            notes: &self.notes,
            link: self.link.as_ref(),
            profile: &self.profile,
            endpoint: &self.endpoint,
            account: &self.account,
            known: &self.known,
            misnamed: false,
            acted_at: self.acted_at,
            now: self.now,
        }
    }

    /// What the plan is made from.
    pub fn plan_input(&self) -> PlanInput<'_> {
        PlanInput {
            kind: self.kind,
            input: &self.input,
            installation: &self.marker.installation,
            client_id: self.client_id,
            relation: self.relation,
            link: self.link.as_ref(),
            profile: &self.profile,
            power_before_suspend: self.power_before_suspend,
            dry_run: self.dry_run,
        }
    }
}
