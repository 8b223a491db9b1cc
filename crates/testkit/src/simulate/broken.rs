//! Protocols broken on purpose, as tests of the tester: each must be caught by a rule. They are made around driver,
//! store and transitions; the product has no switch for them.

use std::sync::Arc;

use domain::http::{Outcome, Request, RetryClass};
use domain::machine::{Identity, Machine};
use domain::record::{CreateProtocol, Notes, OperationKind, PlatformKind};
use domain::{Change, Commit};
use driver::{Answered, Driver, Findings, Phase, Plan, PlanInput, Prepared, Standing, StepContext, Verdict};
use driver_virtfusion::VirtFusion;

use super::scenario::{Blows, Scenario};
use crate::memory::MemoryStore;

/// A protocol broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// A request leaves before its intent is durable.
    SendBeforeCommit,
    /// A create whose answer was lost is sent again, as if repeating it changed nothing.
    ResendOnTimeout,
    /// One 404 is enough to believe that a machine is gone.
    OneNotFound,
    /// A machine that is new in the owner's list is adopted without being compared with the order.
    AdoptUnseen,
    /// The applier does not remember what it carried out.
    ApplyTwice,
    /// Several engines commit without a fence.
    NoFencing,
    /// An engine does not look at its lease before a call.
    LeaseUnchecked,
    /// A restored copy of the store is worked on without recovery.
    RestoreUnrecovered,
}

impl Broken {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::SendBeforeCommit,
        Self::ResendOnTimeout,
        Self::OneNotFound,
        Self::AdoptUnseen,
        Self::ApplyTwice,
        Self::NoFencing,
        Self::LeaseUnchecked,
        Self::RestoreUnrecovered,
    ];

    /// The world of a seed in which this shows: small, and with what the protocol is there for.
    pub fn scenario(self, seed: u64) -> Scenario {
        let plain = Scenario::of(seed);
        let services = plain.services.min(24);
        let mut scenario = Scenario {
            services,
            broken: Some(self),
            ..plain
        };
        match self {
            Self::ResendOnTimeout | Self::AdoptUnseen => scenario.protocol = CreateProtocol::List,
            Self::NoFencing | Self::LeaseUnchecked => {
                scenario.workers = 2;
                scenario.skews = vec![0, 0];
                scenario.one_blow_in = 100;
            }
            // The copy takes the store's place, and nothing else strikes the engines.
            Self::RestoreUnrecovered => {
                scenario.blows = Blows::default();
                scenario.one_blow_in = 0;
            }
            Self::SendBeforeCommit | Self::OneNotFound | Self::ApplyTwice => {}
        }
        scenario
    }
}

/// The driver of a world.
pub fn driver(broken: Option<Broken>) -> Arc<dyn Driver> {
    match broken {
        Some(broken @ (Broken::ResendOnTimeout | Broken::OneNotFound | Broken::AdoptUnseen)) => {
            Arc::new(Misled(broken))
        }
        _ => Arc::new(VirtFusion),
    }
}

/// Lets a commit through whatever happened since it was decided.
pub fn follow_the_store(commit: &mut Commit, store: &MemoryStore) {
    for change in &mut commit.changes {
        if let Change::PutService(service) = change
            && let Some(stored) = store.tables.services.get(&service.id)
        {
            service.version = stored.version;
        }
    }
}

/// The driver with one protocol broken.
struct Misled(Broken);

impl Misled {
    /// One 404 ends a termination.
    fn believes_one_404(context: &StepContext<'_>, request: &Request, verdict: &Verdict) -> bool {
        context.kind == OperationKind::Terminate
            && context.step == "delete"
            && request.name == "read_server"
            && matches!(verdict, Verdict::Next(..))
    }

    /// Whatever is new in the list is a candidate.
    fn unseen_candidate(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Option<Verdict> {
        if context.step != "machine" || request.name != "read_candidate" {
            return None;
        }
        let context = StepContext {
            step: "read",
            phase: Phase::Look,
            ..*context
        };
        let mut read = request.clone();
        "read_server".clone_into(&mut read.name);
        let Verdict::Done(findings) = VirtFusion.interpret(&context, &read, outcome) else {
            return None;
        };
        let machine = findings.machine.known().cloned()?;
        Some(Verdict::Done(Box::new(Findings::of(Standing::Candidates(vec![
            machine,
        ])))))
    }
}

impl Driver for Misled {
    fn kind(&self) -> PlatformKind {
        VirtFusion.kind()
    }

    fn api_base(&self) -> &'static str {
        VirtFusion.api_base()
    }

    fn requests(&self) -> &'static [(&'static str, RetryClass)] {
        VirtFusion.requests()
    }

    fn plan(&self, input: &PlanInput<'_>) -> Result<Plan, Answered> {
        let mut plan = VirtFusion.plan(input)?;
        if self.0 == Broken::ResendOnTimeout {
            for step in plan
                .steps
                .iter_mut()
                .filter(|step| step.class == RetryClass::Creating)
            {
                step.class = RetryClass::Convergent;
            }
        }
        Ok(plan)
    }

    fn prepare(&self, context: &StepContext<'_>) -> Prepared {
        VirtFusion.prepare(context)
    }

    fn interpret(&self, context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Verdict {
        let verdict = VirtFusion.interpret(context, request, outcome);
        match self.0 {
            Broken::OneNotFound if Self::believes_one_404(context, request, &verdict) => {
                // Without a machine that is said to be absent, the engine does not look a second time either.
                Verdict::Done(Box::new(Findings::of(Standing::Reached)))
            }
            Broken::AdoptUnseen => Self::unseen_candidate(context, request, outcome).unwrap_or(verdict),
            _ => verdict,
        }
    }

    fn may_have_made(&self, context: &StepContext<'_>, machine: &Machine) -> Option<bool> {
        VirtFusion.may_have_made(context, machine)
    }

    fn accounts(&self, notes: &Notes) -> Vec<String> {
        VirtFusion.accounts(notes)
    }

    fn left_behind(&self, notes: &Notes) -> Option<Identity> {
        VirtFusion.left_behind(notes)
    }

    fn secrets(&self, request: &Request) -> &'static [&'static str] {
        VirtFusion.secrets(request)
    }

    fn probes(&self, account: &str) -> Vec<Request> {
        VirtFusion.probes(account)
    }

    fn interpret_probe(&self, request: &Request, outcome: &Outcome) -> Result<(), String> {
        VirtFusion.interpret_probe(request, outcome)
    }
}
