//! A simulated world: its parts, its agenda, and how it runs to its end.
//!
//! * `work`: engines claim operations and drive them, transition by transition, as the runner does.
//! * `trouble`: what strikes the engines, between any two transitions.
//! * `deeds`: what the billing system and its clients ask for, and what they are answered.
//! * `cron`: the billing system applies effects. `person` answers questions and makes machines by hand.

mod cron;
mod deeds;
mod person;
mod trouble;
mod work;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::change::Refused;
use domain::http::Outcome;
use domain::id::{OperationId, PlatformId, SecretId};
use domain::ports::CountingRandom;
use domain::record::{
    Attachment, Call, Effect, Installation, InstallationSettings, Lease, OperationKind, OperationState,
    Platform, PlatformKind, PlatformState, ProductPolicy, QuestionKind, Relation,
};
use domain::{Commit, Moment, Random};
use driver::Driver;
use engine::core::{Input, Next, World as Surroundings};

use super::agenda::Agenda;
use super::billing::{Account, Billing, Deed, Run, life};
use super::faults;
use super::history::History;
use super::rules::{Checker, Held};
use super::scenario::Scenario;
use super::stage::{Stage, profile};
use super::statistics::Statistics;
use super::vault::Vault;
use super::{Failure, Finished};
use crate::memory::MemoryStore;
pub use trouble::Blow;
use work::{Decided, Worker};

/// The lease of a claim, as the runner's default.
pub const LEASE: Duration = Duration::from_secs(120);

/// The engines watch for late effects this long apart, and then need a moment.
const LATE_WATCH: Duration = Duration::from_secs(480);

/// Longer than this after the trouble nothing may last.
const PATIENCE: Duration = Duration::from_secs(30 * 3600);

/// What the agenda holds.
#[derive(Debug)]
pub enum Event {
    /// Somebody does something.
    Deed(u64, Deed),
    /// The billing system is made to call a function again.
    Rerun(u64, Deed),
    /// What was committed is durable.
    Sync,
    /// An engine looks for due work; unless it was planned anew for another moment.
    Claim(Moment),
    /// An engine goes on with an operation.
    Turn(Turn),
    /// The billing system hears what became of a command, or gives up waiting for it.
    Heard(Heard),
    /// Suspended machines are looked after.
    Watch,
    /// A cron run of the billing system begins, or goes on.
    Cron(Option<Run>),
    /// A cron run applies what it fetched.
    Apply(Run, Vec<Effect>),
    /// A cron run acknowledges what it did.
    Acknowledge(Run),
    /// Something strikes.
    Blow(Blow),
    /// An engine is there again.
    Start(usize),
    /// An engine that was frozen goes on.
    Thaw(usize, u32),
    /// A client makes a machine by hand.
    ByHand(u64),
    /// A person looks at open questions.
    Person,
    /// The platform behaves from now on.
    Calm,
    /// Time to see whether everything is quiet.
    Look,
}

/// An engine's turn at an operation.
#[derive(Debug)]
pub struct Turn {
    /// Which engine.
    pub slot: usize,
    /// Its life: turns of an earlier one are gone with it.
    pub life: u32,
    /// The operation.
    pub operation: OperationId,
    /// The lease under which it is driven.
    pub held: Lease,
    /// What comes next.
    pub stage: StageOf,
}

/// Where an engine stands with an operation.
#[derive(Debug)]
pub enum StageOf {
    /// The next transition is decided.
    Decide(Input),
    /// What was decided is committed.
    Commit(Box<Decided>),
    /// A decision is durable, and this follows.
    Follow(Next),
    /// A request leaves, whatever happened since its lease was looked at, which was last.
    Leave(Box<Call>, Moment, Moment),
    /// An answer, or what stands for one, arrives.
    Arrive(Box<Call>, Outcome),
}

/// What a caller is told.
#[derive(Debug)]
pub struct Heard {
    /// The engine that answers.
    pub slot: usize,
    /// Its life.
    pub life: u32,
    /// The service.
    pub billing_id: u64,
    /// What was asked for.
    pub deed: Deed,
    /// Whether an effect had it called again.
    pub again: bool,
    /// What was decided.
    pub said: Said,
}

/// What was decided on a command.
#[derive(Debug)]
pub enum Said {
    /// This operation answers it.
    Operation(OperationId),
    /// This operation was given its time; how far it came is told now.
    Waited(OperationId),
    /// The function will be called again when this operation has come far enough.
    Promised(OperationId),
    /// The same, without any wait: the promise began with the operation.
    PromisedAtOnce(OperationId),
    /// It is fulfilled already.
    Fulfilled,
    /// No.
    Refused(engine::core::Refusal),
}

/// A simulated world.
pub struct World {
    pub(super) scenario: Scenario,
    pub(super) random: CountingRandom,
    pub(super) start: Moment,
    pub(super) now: Moment,
    agenda: Agenda<Event>,
    pub(super) vault: Vault,
    pub(super) stage: Stage,
    pub(super) billing: Billing,
    driver: Arc<dyn Driver>,
    workers: Vec<Worker>,
    /// What goes on when the pending commits are durable.
    awaiting: Vec<Event>,
    sync_planned: bool,
    claim_at: Option<Moment>,
    /// After a claim in vain nothing is claimed before the next poll.
    poll_from: Moment,
    watch_at: Option<Moment>,
    backup: Option<Box<MemoryStore>>,
    /// Answers that are on their way.
    unanswered: u64,
    pub(super) checker: Checker,
    pub(super) statistics: Statistics,
    history: History,
    calm: bool,
    /// When something that takes effect late was last still to come.
    pub(super) last_late: Moment,
    done: bool,
}

impl World {
    /// The world of a scenario, before anything happens. `kept` says whether its history is kept to be read.
    pub fn new(scenario: Scenario, vault: impl FnOnce(MemoryStore) -> Vault, kept: bool) -> Self {
        let random = CountingRandom::new(scenario.seed.wrapping_mul(0x9E37_79B9).wrapping_add(1));
        let start = Moment::from_seconds(1_795_158_000);
        let stage = Stage::new(&scenario, &random, start);
        let workers = scenario
            .skews
            .iter()
            .map(|skew| Worker::new(start, &random, *skew))
            .collect();
        let vault = vault(store(&scenario, start, &random));
        let mut world = Self {
            driver: super::broken::driver(scenario.broken),
            random,
            start,
            now: start,
            agenda: Agenda::default(),
            vault,
            stage,
            billing: Billing::default(),
            workers,
            awaiting: Vec::new(),
            sync_planned: false,
            claim_at: None,
            poll_from: start,
            watch_at: None,
            backup: None,
            unanswered: 0,
            checker: Checker::default(),
            statistics: Statistics::default(),
            history: History::new(start, kept),
            calm: false,
            last_late: start,
            done: false,
            scenario,
        };
        world.statistics.count("worlds");
        faults::set(&world.stage.panel, &world.random, &world.scenario);
        world.fill_agenda();
        world
    }

    fn fill_agenda(&mut self) {
        for billing_id in 1..=self.scenario.services {
            // Every third service shares its client with the one before.
            let client_id = if billing_id.is_multiple_of(3) {
                billing_id - 1
            } else {
                billing_id
            } + 500;
            self.billing
                .accounts
                .insert(billing_id, Account::new(billing_id, client_id));
            let deeds = life(&self.random, &self.scenario, self.start);
            if let Some((ordered, _)) = deeds.first().filter(|_| self.random.below(5) == 0) {
                // While an order is under way, its client makes a machine of another kind by hand.
                let at = *ordered + Duration::from_millis(self.random.below(120_000));
                self.plan(at, Event::ByHand(client_id));
            }
            for (at, deed) in deeds {
                self.plan(at, Event::Deed(billing_id, deed));
            }
        }
        self.plan_blows();
        let crons = Duration::from_secs(45 + self.random.below(60));
        self.plan(self.start + crons, Event::Cron(None));
        self.plan(self.start + self.scenario.trouble, Event::Calm);
        self.plan(self.start + Duration::from_secs(300), Event::Person);
        self.plan(self.start + Duration::from_secs(60), Event::Look);
    }

    /// A moment while things go wrong.
    fn within_trouble(&self) -> Moment {
        let whole = u64::try_from(self.scenario.trouble.as_millis()).unwrap_or(u64::MAX);
        self.start + Duration::from_millis(self.random.below(whole))
    }

    fn plan(&mut self, at: Moment, event: Event) {
        self.agenda.plan(at.max(self.now), event);
    }

    fn after(&mut self, millis: u64, event: Event) {
        self.plan(self.now + Duration::from_millis(millis), event);
    }

    fn tell(&mut self, line: fmt::Arguments<'_>) {
        self.history.tell(self.now, line);
    }

    /// Something is told or done once everything committed so far is durable.
    fn after_sync(&mut self, event: Event) {
        self.awaiting.push(event);
        if !self.sync_planned {
            self.sync_planned = true;
            // Commits of a few milliseconds share one sync.
            let millis = 1 + self.random.below(8);
            self.after(millis, Event::Sync);
        }
    }

    fn sync(&mut self) {
        self.sync_planned = false;
        self.vault.sync();
        for event in std::mem::take(&mut self.awaiting) {
            self.plan(self.now, event);
        }
    }

    /// What a decision may know, by an engine's own clock.
    fn surroundings(&self, slot: usize) -> Surroundings<'_> {
        Surroundings {
            now: self
                .workers
                .get(slot)
                .map_or(self.now, |worker| worker.clock(self.now)),
            random: &self.random,
            driver: Some(self.driver.as_ref()),
            recovering: None,
            naming: None,
        }
    }

    /// Commits a decision and lets the rules look at what it changed.
    fn commit(&mut self, mut commit: Commit) -> Result<Result<(), Refused>, Held> {
        if self.scenario.broken == Some(super::broken::Broken::NoFencing) {
            commit.fence = domain::Fence::default();
            super::broken::follow_the_store(&mut commit, self.vault.memory());
        }
        let touched = self.checker.touched_by(&commit);
        let applied = self.vault.commit(commit)?;
        if applied.is_ok() {
            self.checker
                .committed(self.vault.memory(), &self.stage, &touched)?;
        }
        Ok(applied)
    }

    /// Runs to the end, or to the first rule that does not hold.
    pub fn run(mut self) -> Result<Finished, Box<Failure>> {
        while let Some((at, event)) = self.agenda.next() {
            self.now = self.now.max(at);
            if let Err(held) = self.happen(event).and_then(|()| self.look_at_machines()) {
                return Err(Box::new(self.fail(held)));
            }
            if self.done {
                break;
            }
            self.plan_next();
        }
        if let Err(held) = super::rules::at_the_end(&self) {
            return Err(Box::new(self.fail(held)));
        }
        self.count_up();
        Ok(Finished {
            seed: self.scenario.seed,
            hash: self.history.hash(),
            statistics: self.statistics,
            history: self.history.into_lines(),
        })
    }

    fn count_up(&mut self) {
        let creates = self
            .billing
            .accounts
            .values()
            .map(|account| account.creates)
            .sum();
        self.statistics.add("creates", creates);
        for operation in self.vault.memory().tables.operations.values() {
            let (kind, succeeded) = (operation.kind, operation.state == OperationState::Succeeded);
            match kind {
                OperationKind::Create if succeeded => self.statistics.count("creates that became ready"),
                OperationKind::Create if operation.state == OperationState::Failed => {
                    self.statistics.count("creates refused");
                }
                _ => {}
            }
            if kind != OperationKind::Refresh {
                self.statistics.count("operations");
            }
        }
        let questions = self.vault.memory().tables.questions.len() as u64;
        self.statistics.add("questions", questions);
        self.checker.count_open(&mut self.statistics);
    }

    fn fail(self, held: Held) -> Failure {
        Failure {
            seed: self.scenario.seed,
            store: self.vault.kept(),
            at: self.now.since(self.start),
            rule: held.rule,
            what: held.what,
            statistics: self.statistics,
            history: self.history.into_lines(),
        }
    }

    fn happen(&mut self, event: Event) -> Result<(), Held> {
        match event {
            Event::Deed(billing_id, deed) => self.deed(billing_id, deed),
            Event::Rerun(billing_id, deed) => {
                self.unanswered -= 1;
                self.call(billing_id, deed, true)
            }
            Event::Sync => {
                self.sync();
                Ok(())
            }
            Event::Claim(at) if self.claim_at == Some(at) => self.claim(),
            Event::Claim(_) => Ok(()),
            Event::Turn(turn) => self.turn(turn),
            Event::Heard(heard) => self.heard(heard),
            Event::Watch => self.watch_suspended(),
            Event::Cron(run) => self.cron(run),
            Event::Apply(run, fetched) => self.apply(run, fetched),
            Event::Acknowledge(run) => self.acknowledge(run),
            Event::Blow(blow) => self.strike(blow),
            Event::Start(slot) => self.start_worker(slot),
            Event::Thaw(slot, life) => {
                self.thaw(slot, life);
                Ok(())
            }
            Event::ByHand(client) => {
                self.make_by_hand(client);
                Ok(())
            }
            Event::Person => self.person(),
            Event::Calm => {
                self.calm = true;
                self.stage.panel.clear_faults();
                self.stage.panel.set_outage(None);
                self.tell(format_args!("the platform behaves from now on"));
                Ok(())
            }
            Event::Look => self.look(),
        }
    }

    /// What the agenda needs so that due work is done: one claim, one watch.
    fn plan_next(&mut self) {
        if let Some(due) = self.vault.memory().next_due() {
            let due = due.max(self.now).max(self.poll_from);
            if self.claim_at.is_none_or(|at| due < at) && self.is_anybody_up() {
                self.claim_at = Some(due);
                self.plan(due, Event::Claim(due));
            }
        }
        if let Some(due) = self.vault.memory().next_watch() {
            // The duty runs every five seconds.
            let due = due.max(self.now) + Duration::from_secs(self.random.below(5));
            if self.watch_at.is_none() {
                self.watch_at = Some(due);
                self.plan(due, Event::Watch);
            }
        }
    }

    fn look_at_machines(&mut self) -> Result<(), Held> {
        if !std::mem::take(&mut self.stage.stirred) {
            return Ok(());
        }
        super::rules::machines::look(self)
    }

    /// Ends the world once nothing more is to be expected.
    fn look(&mut self) -> Result<(), Held> {
        self.stage.stirred = true;
        self.look_at_machines()?;
        if !self.workers.iter().any(Worker::is_active) {
            self.checker.hindered(self.now);
        }
        super::rules::machines::late_ones_are_gone(self)?;
        if self.stage.panel.effects_to_come() > 0 {
            self.last_late = self.now;
        }
        if self.calm && self.is_quiet() {
            self.done = true;
            return Ok(());
        }
        if self.now > self.start + self.scenario.trouble + PATIENCE {
            return super::rules::at_the_end(self)
                .and_then(|()| Err(Held::of("nothing-stuck", "the world does not come to rest")));
        }
        self.after(60_000, Event::Look);
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        let tables = &self.vault.memory().tables;
        let busy = tables.all_open().any(|operation| {
            (operation.kind.changes() && !super::rules::only_watches(tables, operation))
                || operation.lease.is_some()
                || (self.scenario.long && operation.kind != OperationKind::Refresh)
        });
        let undecided = tables
            .open_questions()
            .any(|question| question.kind == QuestionKind::EffectFailed);
        let billed = !undecided
            && !tables.has_waiting_effects()
            && self.billing.accounts.values().all(Account::is_settled);
        !busy
            && billed
            && self.unanswered == 0
            && self.now >= self.last_late + LATE_WATCH
            && self.stage.unwanted.is_empty()
    }
}

fn store(scenario: &Scenario, start: Moment, random: &dyn Random) -> MemoryStore {
    let installation = Installation {
        id: "sim".parse().expect("a valid installation name"),
        key: SecretId::at(start, random),
        previous_key: None,
        enrol_until: None,
        settings: InstallationSettings::default(),
        created_at: start,
    };
    let platform = Platform {
        id: PlatformId::at(start, random),
        kind: PlatformKind::VirtFusion,
        name: "panel".to_owned(),
        endpoint: "https://cp.example.test".to_owned(),
        account: String::new(),
        state: PlatformState::Approved,
        credential: SecretId::at(start, random),
        profile: profile(scenario),
        created_at: start,
        updated_at: start,
    };
    let attachment = Attachment {
        installation: installation.id.clone(),
        server_id: 1,
        platform: platform.id,
        relation: Relation::Integer,
    };
    let mut store = MemoryStore::new(installation, platform, attachment);
    let policy = ProductPolicy {
        activation: Some(scenario.activation),
        undo_minutes: scenario.undo_minutes,
        dry_run: scenario.dry_run,
        ..ProductPolicy::default()
    };
    store.policies.insert(1, policy);
    store
}
