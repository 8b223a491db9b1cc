//! How an operation is driven: decisions and their commits, requests, deaths.

use std::time::Duration;

use domain::change::Refused;
use domain::http::{FailureKind, Outcome};
use domain::id::{OperationId, WorkerId};
use domain::record::{Call, Operation, OperationState, StepPhase};
use engine::core::{Input, Next, advance, link_refused};

use super::super::trouble::Death;
use super::super::{Broken, faults, rules};
use super::{Bench, LEASE, Sent};

/// A lease shorter than this is renewed before a call, as the runner does.
const LEAST_LEASE: Duration = Duration::from_secs(60);

impl Bench {
    /// Drives an operation until it rests, sends, or the engine dies.
    pub(super) fn drive(&mut self, id: OperationId, mut input: Input) -> Result<(), Broken> {
        for _ in 0..200 {
            self.renew(id);
            let Some(case) = self.store.case(id) else {
                return Ok(());
            };
            let step = advance(&case, input, self.world());
            if self.dies(Death::BeforeCommit(self.trouble.this_commit())) {
                return Ok(());
            }
            let next = match self.commit(step.commit) {
                Ok(()) => step.next,
                Err(Refused::Taken(sentence)) => {
                    let step = link_refused(&case, &sentence, self.world());
                    self.commit(step.commit).map_err(|refused| refused.to_string())?;
                    step.next
                }
                Err(Refused::LeaseLost(_)) => return Ok(()),
                Err(refused) => return Err(format!("{id}: {refused}")),
            };
            let number = self.trouble.this_commit();
            self.trouble.committed(self.now);
            self.observe(&case.operation);
            rules::always(self)?;
            self.apply_effects();
            if self.dies(Death::AfterCommit(number)) {
                return Ok(());
            }
            let sends = matches!(next, Next::Send(_));
            if self.halts_before(id, sends) {
                return Ok(());
            }
            match next {
                Next::Rest => return Ok(()),
                Next::Again => input = Input::Due,
                Next::Send(call) => {
                    self.send(id, call);
                    return Ok(());
                }
            }
        }
        Err(format!("{id} goes round in circles"))
    }

    /// Lets an operation be as it is after so many commits, for good. What its last commit was to send leaves or not.
    pub fn halt(&mut self, id: OperationId, commits: usize, sends: bool) {
        self.halts.insert(id, (commits, sends));
    }

    /// Whether an operation is halted by the commit that was just made; one whose request leaves is so behind it.
    fn halts_before(&mut self, id: OperationId, sends: bool) -> bool {
        let Some((left, leaves)) = self.halts.get_mut(&id) else {
            return false;
        };
        *left = left.saturating_sub(1);
        if *left > 0 {
            return false;
        }
        self.frozen.insert(id);
        !(sends && *leaves)
    }

    fn renew(&mut self, id: OperationId) {
        let lease = self
            .store
            .tables
            .operations
            .get(&id)
            .and_then(|operation| operation.lease);
        if let Some(lease) = lease.filter(|lease| lease.until < self.now + LEAST_LEASE) {
            self.store
                .renew_lease(id, self.worker, lease.until, self.now + LEASE);
        }
    }

    /// Tells what a commit did to an operation, and sets back the step that is to be done again.
    fn observe(&mut self, before: &Operation) {
        let after = self.operation(before.id).clone();
        if after.state != before.state || after.reason != before.reason {
            self.tell(|| format!("{}: {} ({})", after.kind, after.reason, after.state));
        }
        let is_done = |operation: &Operation, name: &str| {
            operation
                .step(name)
                .is_some_and(|step| step.phase == StepPhase::Done)
        };
        let done: Vec<String> = after
            .steps
            .iter()
            .filter(|step| is_done(&after, &step.name) && !is_done(before, &step.name))
            .map(|step| step.name.clone())
            .collect();
        for name in done {
            if let Some(act) = self.trouble.again(&name) {
                let phase = if act { StepPhase::Act } else { StepPhase::Look };
                self.set_back(before.id, phase, |step| step == name);
            }
        }
        let ends = after.steps.iter().all(|step| step.phase == StepPhase::Done);
        if ends
            && !after.steps.is_empty()
            && after.state == OperationState::Running
            && self.trouble.all_again()
        {
            self.set_back(before.id, StepPhase::Look, |_| true);
        }
    }

    fn set_back(&mut self, id: OperationId, phase: StepPhase, which: impl Fn(&str) -> bool) {
        self.tell(|| format!("set back, to {phase} again"));
        let operation = self
            .store
            .tables
            .operations
            .get_mut(&id)
            .expect("the operation exists");
        for step in operation.steps.iter_mut().filter(|step| which(&step.name)) {
            step.phase = phase;
        }
    }

    fn send(&mut self, operation: OperationId, call: Box<Call>) {
        self.check_identity(operation, &call);
        let number = self.trouble.requests();
        let fault = self.trouble.strike(&call.request, self.now);
        if let Some(fault) = &fault {
            self.site.strike(fault.clone());
        }
        let (outcome, latency) = self.site.exchange(self.now, &call.request);
        self.site.calm();
        if let Err(rule) = rules::one_machine_in_reach(self) {
            self.broken = Some(rule);
        }
        self.tell(|| {
            let struck = fault.map_or_else(String::new, |fault| format!(" [{}]", faults::words(&fault)));
            let (request, summary) = (&call.request, outcome.summary());
            format!("  {} {}: {summary}{struck}", request.name, request.path)
        });
        self.sent.push(Sent {
            at: self.now,
            operation,
            step: call.step.clone(),
            name: call.request.name.clone(),
            class: call.request.class,
            what: format!(
                "{} {} {:?}",
                call.request.method, call.request.path, call.request.body
            ),
            void: is_void(&outcome),
        });
        if self.dies(Death::AfterSend(number)) {
            return;
        }
        self.serial += 1;
        let key = (self.now + latency, self.serial);
        self.answers.insert(key, (operation, call, outcome));
    }

    /// Before an act that harms, the machine was read and compared within the last minute.
    fn check_identity(&mut self, id: OperationId, call: &Call) {
        let operation = self.operation(id);
        let harms = operation.step(&call.step).is_some_and(|step| step.harms) && call.request.changes();
        let fresh = operation
            .identified_at
            .is_some_and(|at| self.now <= at + Duration::from_secs(60));
        if harms && !fresh {
            self.broken = Some(format!("{} left without a fresh comparison", call.request.name));
        }
    }

    fn dies(&mut self, here: Death) -> bool {
        let dies = self.trouble.dies(here);
        if dies {
            self.restart();
        }
        dies
    }

    /// The engine dies and starts again: on one node the start ends every lease.
    pub fn restart(&mut self) {
        self.tell(|| "the engine dies and starts again".to_owned());
        self.worker = WorkerId::at(self.now, &self.random);
        self.store.release_all_leases();
        self.answers.clear();
    }
}

/// Whether an answer shows that the request had no effect.
fn is_void(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Failed(failure) => failure.kind == FailureKind::NotSent,
        Outcome::Answered(response) => (400..500).contains(&response.status),
    }
}
