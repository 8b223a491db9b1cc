//! The agenda of a simulated world.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use domain::http::Outcome;
use domain::id::{OperationId, PlatformId, SecretId, WorkerId};
use domain::ports::CountingRandom;
use domain::record::{
    Attachment, Call, CreateProtocol, EffectBody, EffectState, Installation, InstallationSettings, Operation,
    OperationKind, OperationState, Platform, PlatformKind, PlatformProfile, PlatformState, ProductPolicy,
    Question, QuestionKind, Relation, ServiceStatus,
};
use domain::{Actor, Moment, Random, Secret};
use driver::Driver;
use engine::core::{
    AckOutcome, Decision, Input, Next, accept, acknowledge, advance, answer, link_refused, watch,
};
use sim::fault::{Fault, FaultRule, RetryAfter};
use sim::virtfusion::{Lag, Panel, PanelConfig, Scope, Token};

use super::billing::{Account, Deed, command, life};
use super::rules;
use super::{Failure, Scenario, Summary};
use crate::memory::MemoryStore;

/// The lease of a claim, as the runner's default.
const LEASE: Duration = Duration::from_secs(120);

/// Faults strike for this long; afterwards the platform behaves.
const TROUBLE: Duration = Duration::from_secs(2 * 3600);

/// The run ends here.
const END: Duration = Duration::from_secs(8 * 3600);

/// What the agenda holds.
#[derive(Debug)]
enum Event {
    Deed(u64, Deed),
    Work,
    Answer(WorkerId, OperationId, Box<Call>, Outcome),
    Crash,
    Person,
    Watch,
    Calm,
}

/// A simulated world.
pub struct World {
    pub(super) scenario: Scenario,
    random: CountingRandom,
    start: Moment,
    now: Moment,
    pub(super) store: MemoryStore,
    pub(super) panel: Panel,
    driver: Arc<dyn Driver>,
    token: Secret,
    worker: WorkerId,
    agenda: BinaryHeap<Reverse<(Moment, u64)>>,
    events: BTreeMap<u64, Event>,
    serial: u64,
    pub(super) accounts: BTreeMap<u64, Account>,
    pub(super) mails: BTreeMap<(u64, u32), u64>,
    summary: Summary,
    history: Vec<String>,
}

impl World {
    /// The world of a scenario, before anything happens.
    pub fn new(scenario: Scenario) -> Self {
        let random = CountingRandom::new(scenario.seed.wrapping_mul(0x9E37_79B9) + 1);
        let start = Moment::from_seconds(1_795_158_000);
        let panel = Panel::new(PanelConfig {
            seed: scenario.seed,
            tokens: vec![Token::new("sim-token", Scope::Full)],
            lag: Some(Lag {
                median: Duration::from_secs(2),
                p99: Duration::from_secs(60),
            }),
            ..PanelConfig::default()
        });
        let worker = WorkerId::at(start, &random);
        let mut world = Self {
            store: store(scenario, start, &random),
            scenario,
            start,
            now: start,
            panel,
            driver: Arc::new(driver_virtfusion::VirtFusion),
            token: Secret::new("sim-token"),
            worker,
            agenda: BinaryHeap::new(),
            events: BTreeMap::new(),
            serial: 0,
            accounts: BTreeMap::new(),
            mails: BTreeMap::new(),
            summary: Summary {
                seeds: 1,
                ..Summary::default()
            },
            history: Vec::new(),
            random,
        };
        world.set_faults();
        world.fill_agenda();
        world
    }

    fn set_faults(&self) {
        let faults = [
            Fault::TimeoutBefore,
            Fault::TimeoutAfter,
            Fault::ResetBefore,
            Fault::ResetAfter,
            Fault::TruncatedBody,
            Fault::ErrorBefore {
                status: 500,
                html: true,
            },
            Fault::ErrorAfter {
                status: 502,
                html: false,
            },
            Fault::HtmlAnswer,
            Fault::FalseNotFound,
            Fault::Locked { seconds: 20 },
            Fault::RateLimited {
                retry_after: RetryAfter::Seconds(7),
            },
            Fault::Refused,
            Fault::StaleRead { seconds: 20 },
            Fault::Slow { seconds: 12 },
        ];
        for (index, fault) in faults.into_iter().enumerate() {
            let probability = [0.0, 0.01, 0.03, 0.08][usize::try_from(self.random.below(4)).unwrap_or(0)];
            let seed = self.random.below(u64::MAX) ^ index as u64;
            self.panel
                .add_fault(FaultRule::anywhere(fault).with_probability(probability, seed));
        }
        for endpoint in ["create_server", "build_server", "create_user", "change_owner"] {
            let seconds = 60 + self.random.below(1_740);
            let seed = self.random.below(u64::MAX);
            let rule = FaultRule::at(endpoint, Fault::EffectLater { seconds }).with_probability(0.04, seed);
            self.panel.add_fault(rule);
        }
    }

    fn fill_agenda(&mut self) {
        for billing_id in 1..=self.scenario.services {
            // Every third service shares its client with the one before.
            let client_id = if billing_id.is_multiple_of(3) {
                billing_id - 1
            } else {
                billing_id
            } + 500;
            let account = Account {
                billing_id,
                client_id,
                status: ServiceStatus::Pending,
                creates: 0,
                ended: false,
            };
            self.accounts.insert(billing_id, account);
            for (at, deed) in life(&self.random, self.start) {
                self.plan(at, Event::Deed(billing_id, deed));
            }
        }
        for _ in 0..self.random.below(12) {
            let at = self.start + Duration::from_millis(self.random.below(7_200_000));
            self.plan(at, Event::Crash);
        }
        self.plan(self.start + TROUBLE, Event::Calm);
        for round in 1..END.as_secs() / 600 {
            self.plan(self.start + Duration::from_secs(round * 600), Event::Person);
        }
        for round in 1..END.as_secs() / 5 {
            self.plan(self.start + Duration::from_secs(round * 5), Event::Watch);
        }
    }

    fn plan(&mut self, at: Moment, event: Event) {
        self.serial += 1;
        self.events.insert(self.serial, event);
        self.agenda.push(Reverse((at, self.serial)));
    }

    fn tell(&mut self, line: &str) {
        let at = self.now.since(self.start).as_millis();
        self.history
            .push(format!("{:>9}.{:03} s  {line}", at / 1000, at % 1000));
    }

    /// Runs to the end, or to the first rule that does not hold.
    pub fn run(mut self) -> Result<Summary, Box<Failure>> {
        let mut worked_until = self.start;
        while let Some(Reverse((at, serial))) = self.agenda.pop() {
            if at > self.start + END {
                break;
            }
            self.now = self.now.max(at);
            let Some(event) = self.events.remove(&serial) else {
                continue;
            };
            // Nothing that the rules look at changes in an event that sends and commits nothing.
            let idle = matches!(event, Event::Watch | Event::Person)
                || matches!(&event, Event::Answer(worker, ..) if *worker != self.worker);
            let happened = self.happen(event);
            let held = happened.and_then(|()| {
                if idle {
                    Ok(())
                } else {
                    rules::always(&self, self.now)
                }
            });
            if let Err(rule) = held {
                return Err(Box::new(self.fail(rule)));
            }
            if let Some(due) = self.store.next_due() {
                let due = due.max(self.now);
                if due < worked_until || worked_until <= self.now {
                    worked_until = due;
                    self.plan(due, Event::Work);
                }
            }
        }
        rules::at_the_end(&self, self.now).map_err(|rule| Box::new(self.fail(rule)))?;
        self.summary.creates = self.accounts.values().map(|account| account.creates).sum();
        let ended = self
            .store
            .operations
            .values()
            .filter(|operation| operation.state.is_final());
        self.summary.operations = ended.clone().count() as u64;
        self.summary.ready = ended
            .clone()
            .filter(|o| o.kind == OperationKind::Create && o.state == OperationState::Succeeded)
            .count() as u64;
        self.summary.strays_removed = ended
            .filter(|o| o.kind == OperationKind::RemoveStray && o.state == OperationState::Succeeded)
            .count() as u64;
        self.summary.questions = self.store.questions.len() as u64;
        Ok(self.summary)
    }

    fn fail(&self, rule: String) -> Failure {
        Failure {
            seed: self.scenario.seed,
            rule,
            history: self.history.clone(),
        }
    }

    fn happen(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Deed(billing_id, deed) => self.deed(billing_id, deed),
            Event::Work => self.work(),
            Event::Answer(worker, operation, call, outcome) if worker == self.worker => {
                self.drive(operation, Input::Ended(call, outcome))
            }
            // The process that waited for it is gone.
            Event::Answer(..) => Ok(()),
            Event::Crash => {
                self.crash();
                Ok(())
            }
            Event::Person => self.person(),
            Event::Watch => self.watch_suspended(),
            Event::Calm => {
                self.panel.clear_faults();
                self.tell("the platform behaves from now on");
                Ok(())
            }
        }
    }

    fn world(&self) -> engine::core::World<'_> {
        engine::core::World {
            now: self.now,
            random: &self.random,
            driver: Some(self.driver.as_ref()),
            recovering: None,
        }
    }

    fn deed(&mut self, billing_id: u64, deed: Deed) -> Result<(), String> {
        if deed == Deed::BootByHand {
            self.boot_by_hand(billing_id);
            return Ok(());
        }
        let Some(account) = self.accounts.get(&billing_id).cloned() else {
            return Ok(());
        };
        if account.ended && deed == Deed::Create {
            return Ok(());
        }
        let Some(command) = command(&self.store, &account, deed) else {
            return Ok(());
        };
        let view = self.store.view(billing_id);
        let decision = accept(view.as_ref(), &command, self.world());
        let said = match decision {
            Decision::Accepted { commit, operation } => {
                self.store
                    .commit(*commit)
                    .map_err(|refused| format!("a command's commit was refused: {refused}"))?;
                if deed == Deed::Create {
                    self.accounts
                        .entry(billing_id)
                        .and_modify(|account| account.creates += 1);
                }
                format!("accepted as {operation}")
            }
            Decision::Joined(operation) => format!("joined {operation}"),
            Decision::Fulfilled => "fulfilled already".to_owned(),
            Decision::Refused(refusal) => format!("refused: {refusal}"),
        };
        let accepted = !said.starts_with("refused");
        if deed == (Deed::Press(domain::machine::PowerAction::Boot)) && accepted {
            let standing = view.map(|view| view.service.standing);
            if standing == Some(domain::record::Standing::Suspended) {
                return Err(format!(
                    "a suspended service {billing_id} could be booted by its client"
                ));
            }
        }
        self.tell(&format!("service {billing_id}: {deed:?} {said}"));
        self.billed(billing_id, deed, accepted);
        Ok(())
    }

    /// The billing system's own bookkeeping after a command that was taken.
    fn billed(&mut self, billing_id: u64, deed: Deed, accepted: bool) {
        let Some(account) = self.accounts.get_mut(&billing_id).filter(|_| accepted) else {
            return;
        };
        match deed {
            Deed::Suspend => account.status = ServiceStatus::Suspended,
            Deed::Unsuspend => account.status = ServiceStatus::Active,
            Deed::Terminate => {
                account.status = ServiceStatus::Terminated;
                account.ended = true;
            }
            Deed::Create | Deed::Press(_) | Deed::BootByHand => {}
        }
    }

    fn boot_by_hand(&mut self, billing_id: u64) {
        let Some(link) = self.store.view(billing_id).and_then(|view| view.link) else {
            return;
        };
        let Ok(id) = link.identity.id.parse() else { return };
        if self.panel.hand(self.now).boot(id).is_ok() {
            self.tell(&format!(
                "somebody boots machine {id} of service {billing_id} in the panel"
            ));
        }
    }

    fn work(&mut self) -> Result<(), String> {
        for operation in self.store.claim(self.worker, self.now, LEASE) {
            self.drive(operation, Input::Due)?;
        }
        Ok(())
    }

    /// Drives an operation until it rests or sends.
    fn drive(&mut self, id: OperationId, mut input: Input) -> Result<(), String> {
        for _ in 0..200 {
            let Some(case) = self.store.case(id) else {
                return Ok(());
            };
            let step = advance(&case, input.clone(), self.world());
            let next = match self.store.commit(step.commit) {
                Ok(()) => step.next,
                Err(domain::change::Refused::Taken(sentence)) => {
                    let step = link_refused(&case, &sentence, self.world());
                    self.store
                        .commit(step.commit)
                        .map_err(|refused| refused.to_string())?;
                    step.next
                }
                Err(domain::change::Refused::LeaseLost(_)) => return Ok(()),
                Err(refused) => return Err(format!("{id}: {refused}")),
            };
            self.observe(&case.operation);
            self.apply_effects();
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

    fn observe(&mut self, before: &Operation) {
        let Some(after) = self.store.operations.get(&before.id).cloned() else {
            return;
        };
        if after.state != before.state || after.reason != before.reason {
            self.tell(&format!(
                "{} {}: {} ({})",
                after.id, after.kind, after.reason, after.state
            ));
        }
    }

    /// A request leaves. One time in fifty the process dies right before it does, with its intent committed.
    fn send(&mut self, operation: OperationId, call: Box<Call>) {
        if self.now < self.start + TROUBLE && call.request.changes() && self.random.below(50) == 0 {
            self.tell(&format!("crash before {} leaves", call.request.name));
            self.crash();
            return;
        }
        self.summary.calls += 1;
        let (outcome, latency) = self.panel.exchange(self.now, &call.request, &self.token);
        if !matches!(&outcome, Outcome::Answered(response) if response.status < 500) {
            self.summary.unknown += 1;
        }
        self.tell(&format!(
            "{} {} {}: {}",
            operation,
            call.request.name,
            call.request.path,
            outcome.summary()
        ));
        self.plan(
            self.now + latency,
            Event::Answer(self.worker, operation, call, outcome),
        );
    }

    fn crash(&mut self) {
        self.summary.crashes += 1;
        let old = std::mem::replace(&mut self.worker, WorkerId::at(self.now, &self.random));
        // One node: the next start frees what the dead process held.
        self.store.release(old);
        self.tell("the engine crashes and starts again");
    }

    fn apply_effects(&mut self) {
        for effect in self.store.waiting_effects() {
            match &effect.body {
                EffectBody::SendMail { .. } => {
                    let billing_id = effect.service.map_or(0, |(_, id)| id);
                    let generation = effect
                        .operation
                        .and_then(|id| self.store.operations.get(&id))
                        .map_or(0, |operation| operation.generation);
                    *self.mails.entry((billing_id, generation)).or_default() += 1;
                    self.tell(&format!("service {billing_id}: the welcome mail goes out"));
                    self.active(billing_id);
                }
                EffectBody::SetHosting {
                    dedicatedip: Some(ip),
                    ..
                } if !ip.is_empty() => {
                    if let Some((_, billing_id)) = effect.service {
                        self.active(billing_id);
                    }
                }
                _ => {}
            }
            let Some(commit) = acknowledge(&effect, AckOutcome::Applied, None, self.world()) else {
                continue;
            };
            if self.store.commit(commit).is_err() {
                debug_assert_ne!(
                    effect.state,
                    EffectState::Waiting,
                    "an unfenced commit is never refused"
                );
            }
        }
    }

    fn active(&mut self, billing_id: u64) {
        if let Some(account) = self.accounts.get_mut(&billing_id)
            && account.status == ServiceStatus::Pending
        {
            account.status = ServiceStatus::Active;
        }
    }

    fn watch_suspended(&mut self) -> Result<(), String> {
        let due: Vec<u64> = self
            .store
            .services
            .values()
            .filter(|service| service.watch_due.is_some_and(|due| due <= self.now))
            .map(|service| service.billing_id)
            .collect();
        for billing_id in due {
            let Some(view) = self.store.view(billing_id) else {
                continue;
            };
            let commit = watch(&view, self.world());
            self.store.commit(commit).map_err(|refused| refused.to_string())?;
        }
        Ok(())
    }

    /// A person answers what has been open for long enough to be sure of the platform's state.
    fn person(&mut self) -> Result<(), String> {
        let sure = Duration::from_secs(35 * 60);
        let open: Vec<Question> = self
            .store
            .questions
            .values()
            .filter(|question| question.answer.is_none() && self.now >= question.opened_at + sure)
            .cloned()
            .collect();
        for question in open {
            let word = match question.kind {
                QuestionKind::UnsettledCreate | QuestionKind::UnsettledChange | QuestionKind::BuildFailed => {
                    "send-again"
                }
                QuestionKind::Overdue => "go-on",
                QuestionKind::SuspensionBroken => "hold",
                // False 404s and stale reads may agree twice, now and then.
                QuestionKind::Vanished | QuestionKind::IdentityMismatch => "look-again",
                _ => return Err(format!("nobody should have to be asked: {}", question.text)),
            };
            let case = question.operation.and_then(|id| self.store.case(id));
            let actor = Actor::host("person");
            let commit = answer(&question, case.as_ref(), word, &actor, self.world())
                .map_err(|error| format!("an answer was not taken: {error}"))?;
            self.store.commit(commit).map_err(|refused| refused.to_string())?;
            self.tell(&format!("a person answers {word}: {}", question.text));
        }
        Ok(())
    }
}

fn store(scenario: Scenario, start: Moment, random: &dyn Random) -> MemoryStore {
    let id = "sim".parse().expect("a valid installation name");
    let installation = Installation {
        id,
        key: SecretId::at(start, random),
        previous_key: None,
        enrol_until: None,
        settings: InstallationSettings::default(),
        created_at: start,
    };
    let staging = scenario.protocol == CreateProtocol::Staging;
    let platform = Platform {
        id: PlatformId::at(start, random),
        kind: PlatformKind::VirtFusion,
        name: "panel".to_owned(),
        endpoint: "https://cp.example.test".to_owned(),
        account: String::new(),
        state: PlatformState::Approved,
        credential: SecretId::at(start, random),
        profile: PlatformProfile {
            create_protocol: scenario.protocol,
            staging_domain: staging.then(|| "staging.example.test".to_owned()),
            ..PlatformProfile::default()
        },
        created_at: start,
        updated_at: start,
    };
    let attachment = Attachment {
        installation: installation.id.clone(),
        server_id: 1,
        platform: platform.id,
        relation: Relation::Integer,
    };
    MemoryStore::new(installation, platform, attachment, ProductPolicy::default())
}
