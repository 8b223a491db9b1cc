//! The engine in process: one service, one worker, one platform, a virtual clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::change::Refused;
use domain::http::{Outcome, RetryClass};
use domain::id::{OperationId, WorkerId};
use domain::ports::CountingRandom;
use domain::record::{Call, Effect, EffectBody, Operation, OperationKind, Question};
use domain::{Actor, Commit, Moment};
use engine::core::{AckOutcome, Input, World, acknowledge, answer, watch};
use sim::fault::Fault;

use super::Broken;
use super::scene::{Scene, Variant};
use super::site::{Made, Site, Subject, Whose};
use super::trouble::{Disturbance, Trouble};
use crate::memory::MemoryStore;

mod drive;
mod ground;
mod person;

pub use super::site::CLIENT;
pub use ground::{another_system, suspension};
pub use person::word;

/// The lease of a claim, as the runner's default.
const LEASE: Duration = Duration::from_secs(120);

/// A trial that has not settled by then is stuck: longer than every deadline, and than the day after which the accounts
/// of a create are removed.
const LIMIT: Duration = Duration::from_secs(60 * 3_600);

/// A trial with more events than this goes round in circles.
const MOST_EVENTS: usize = 50_000;

/// How long a settled trial is watched for what a platform still does: longer than any fault delays an effect.
const AFTERWARDS: Duration = Duration::from_secs(40 * 60);

/// A request that left.
#[derive(Debug, Clone)]
pub struct Sent {
    /// When.
    pub at: Moment,
    /// Its operation.
    pub operation: OperationId,
    /// Its step.
    pub step: String,
    /// The driver's name for it.
    pub name: String,
    /// What repeating it means.
    pub class: RetryClass,
    /// Method, path and body: two sends that are alike are one act done twice.
    pub what: String,
    /// Whether it certainly had no effect: not sent, or refused.
    pub void: bool,
}

/// One service under the engine's own decisions.
pub struct Bench {
    /// What is under trial.
    pub subject: &'static dyn Subject,
    /// The platform and the product.
    pub variant: Variant,
    /// The simulated platform.
    pub site: Box<dyn Site>,
    /// Everything that is kept.
    pub store: MemoryStore,
    /// The present moment.
    pub now: Moment,
    /// When the operation under trial began.
    pub began: Moment,
    /// Every request that left since then.
    pub sent: Vec<Sent>,
    /// Welcome mails by generation.
    pub mails: BTreeMap<u32, u64>,
    /// Answers of the person, with what was asked.
    pub answered: Vec<(Moment, OperationId, &'static str)>,
    /// What happened, in order; kept only where somebody wants it.
    pub history: Option<Vec<String>>,
    /// The strangers' machines, as they were.
    pub strangers: Vec<Made>,
    /// Every commit that was applied, in order; kept only where somebody wants it.
    pub journal: Option<Vec<Commit>>,
    /// Operations that nobody drives any more.
    pub frozen: BTreeSet<OperationId>,
    /// What the service is called in the billing system.
    pub billing_id: u64,
    /// The service's client.
    pub client: u64,
    /// Whether a person answers questions.
    pub is_staffed: bool,
    /// Whether the billing system applies what it is told.
    pub applies: bool,
    halts: BTreeMap<OperationId, (usize, bool)>,
    trouble: Trouble,
    random: CountingRandom,
    worker: WorkerId,
    answers: BTreeMap<(Moment, u64), (OperationId, Box<Call>, Outcome)>,
    serial: u64,
    broken: Option<Broken>,
}

/// What the agenda holds.
enum Event {
    Answer((Moment, u64)),
    Work,
    Watch(u64),
    Person(Box<Question>),
}

impl Bench {
    /// A service that was never heard of, on a platform that behaves.
    pub fn new(subject: &'static dyn Subject, scene: &Scene) -> Self {
        Self::of(subject, scene.variant)
    }

    /// The same without a scene.
    pub fn of(subject: &'static dyn Subject, variant: Variant) -> Self {
        let random = CountingRandom::new(0x5EED);
        let now = Moment::from_seconds(1_795_158_000);
        let site = subject.site(variant);
        let strangers = ground::strangers(site.as_ref(), now);
        Self {
            store: ground::store(subject, variant, now, &random),
            worker: WorkerId::at(now, &random),
            subject,
            variant,
            site,
            now,
            began: now,
            sent: Vec::new(),
            mails: BTreeMap::new(),
            answered: Vec::new(),
            history: None,
            strangers,
            journal: None,
            frozen: BTreeSet::new(),
            billing_id: 1,
            client: CLIENT,
            is_staffed: true,
            applies: true,
            halts: BTreeMap::new(),
            trouble: Trouble::none(),
            random,
            answers: BTreeMap::new(),
            serial: 0,
            broken: None,
        }
    }

    /// From now on it is disturbed, and counts.
    pub fn arm(&mut self, disturbance: Disturbance) {
        self.tell(|| "the trial begins".to_owned());
        self.began = self.now;
        self.sent.clear();
        self.trouble.arm(disturbance);
    }

    /// A fault that the scene itself needs: it strikes the next request of that name.
    pub fn give(&mut self, name: &'static str, fault: Fault) {
        self.trouble.give(name, fault);
    }

    /// The disturbance, with what it has counted.
    pub const fn trouble(&self) -> &Trouble {
        &self.trouble
    }

    /// What a decision may know beside its case.
    pub fn world(&self) -> World<'_> {
        World {
            now: self.now,
            random: &self.random,
            driver: Some(self.subject.driver()),
            recovering: None,
            naming: None,
        }
    }

    /// Adds a line to the history, where somebody wants one.
    pub fn tell(&mut self, line: impl FnOnce() -> String) {
        if let Some(history) = &mut self.history {
            let at = self.now.since(self.began).as_millis();
            history.push(format!("{:>8}.{:03} s  {}", at / 1000, at % 1000, line()));
        }
    }

    /// Runs until `reached`, within a day of virtual time.
    pub fn run_until(&mut self, what: &str, reached: impl Fn(&Self) -> bool) -> Result<(), Broken> {
        let limit = self.now + Duration::from_secs(86_400);
        while !reached(self) {
            if self.now >= limit || !self.happen()? {
                return Err(format!("{what} was not reached"));
            }
        }
        Ok(())
    }

    /// Runs until an operation has ended.
    pub fn finish(&mut self, operation: OperationId) -> Result<(), Broken> {
        self.run_until("the operation's end", |bench| {
            bench.operation(operation).state.is_final()
        })
    }

    /// Runs until everything is settled, and on until the platform has done whatever it may still do.
    pub fn run_to_the_end(&mut self, operation: OperationId) -> Result<(), Broken> {
        let limit = self.now + LIMIT;
        let mut quiet_since = None;
        for _ in 0..MOST_EVENTS {
            if self.is_quiet(operation) {
                let since = *quiet_since.get_or_insert(self.now);
                if self.now >= since + AFTERWARDS {
                    return Ok(());
                }
            } else {
                quiet_since = None;
            }
            if self.now >= limit {
                return Err(format!(
                    "nothing has settled: {}",
                    self.operation(operation).reason
                ));
            }
            if !self.happen()? {
                let Some(since) = quiet_since else {
                    return Err("something is open and nothing is due".to_owned());
                };
                self.now = self.now.max(since + AFTERWARDS);
            }
        }
        Err(format!(
            "{MOST_EVENTS} events settle nothing: {}",
            self.operation(operation).reason
        ))
    }

    /// Whether nothing is open but the looks at a suspended machine.
    fn is_quiet(&self, operation: OperationId) -> bool {
        let matters = |id: OperationId| id == operation || self.operation(id).kind != OperationKind::Refresh;
        let mut open = self
            .store
            .tables
            .operations
            .values()
            .filter(|other| !other.state.is_final());
        let mut heard = self.answers.values();
        !open.any(|other| matters(other.id))
            && !heard.any(|(id, ..)| matters(*id))
            && self.open_questions().next().is_none()
    }

    /// An operation, which exists.
    pub fn operation(&self, id: OperationId) -> &Operation {
        self.store
            .tables
            .operations
            .get(&id)
            .expect("the operation exists")
    }

    /// Questions that nobody has answered, oldest first.
    pub fn open_questions(&self) -> impl Iterator<Item = &Question> {
        self.store
            .tables
            .questions
            .values()
            .filter(|question| question.answer.is_none())
    }

    /// The newest operation of a kind that has not ended.
    pub fn open(&self, kind: OperationKind) -> Option<OperationId> {
        let open = self.store.tables.operations.values();
        open.filter(|operation| operation.kind == kind && !operation.state.is_final())
            .map(|operation| operation.id)
            .next_back()
    }

    /// Lets the next thing happen. Whether there was one.
    fn happen(&mut self) -> Result<bool, Broken> {
        let Some((at, event)) = self.next() else {
            return Ok(false);
        };
        self.now = self.now.max(at);
        match event {
            Event::Answer(key) => {
                if let Some((operation, call, outcome)) = self.answers.remove(&key)
                    && !self.frozen.contains(&operation)
                {
                    self.drive(operation, Input::Ended(call, outcome))?;
                }
            }
            Event::Work => {
                for operation in self.store.claim(self.worker, self.now, LEASE, usize::MAX) {
                    if !self.frozen.contains(&operation) {
                        self.drive(operation, Input::Due)?;
                    }
                }
            }
            Event::Watch(billing_id) => {
                if let Some(view) = self.store.view(billing_id) {
                    let commit = watch(&view, self.world());
                    self.commit(commit).map_err(|refused| refused.to_string())?;
                }
            }
            Event::Person(question) => self.person(&question)?,
        }
        match self.broken.take() {
            Some(broken) => Err(broken),
            None => Ok(true),
        }
    }

    fn next(&self) -> Option<(Moment, Event)> {
        let answer = self.answers.keys().next().map(|key| (key.0, Event::Answer(*key)));
        let work = self.store.next_due().map(|due| (due, Event::Work));
        let watch = self
            .store
            .tables
            .services
            .values()
            .filter_map(|service| Some((service.watch_due?, Event::Watch(service.billing_id))))
            .min_by_key(|(due, _)| *due);
        let person = self
            .open_questions()
            .filter(|_| self.is_staffed)
            .filter(|question| question.operation.is_none_or(|id| !self.frozen.contains(&id)))
            .map(|question| (question.opened_at + person::PATIENCE, question))
            .min_by_key(|(due, _)| *due)
            .map(|(due, question)| (due, Event::Person(Box::new(question.clone()))));
        [answer, work, watch, person]
            .into_iter()
            .flatten()
            .min_by_key(|(due, _)| *due)
    }

    /// Applies a commit, and lets the billing system do what it brings.
    pub fn commit(&mut self, commit: Commit) -> Result<(), Refused> {
        let kept = self.journal.is_some().then(|| commit.clone());
        self.store.commit(commit)?;
        self.store.sync();
        if let (Some(journal), Some(commit)) = (&mut self.journal, kept) {
            journal.push(commit);
        }
        Ok(())
    }

    fn apply_effects(&mut self) {
        if !self.applies {
            return;
        }
        loop {
            // Of each service the oldest comes first, and the next when that one is settled.
            let fetched = self.store.fetch_effects(None, self.now, usize::MAX);
            if fetched.is_empty() {
                return;
            }
            for effect in fetched {
                self.apply(&effect);
            }
        }
    }

    fn apply(&mut self, effect: &Effect) {
        if let EffectBody::SendMail { .. } = &effect.body {
            let of = effect
                .operation
                .and_then(|id| self.store.tables.operations.get(&id));
            let generation = of.map_or(0, |operation| operation.generation);
            *self.mails.entry(generation).or_default() += 1;
        }
        if let Some(commit) = acknowledge(effect, AckOutcome::Applied, None, self.world())
            && let Err(refused) = self.commit(commit)
        {
            self.broken = Some(format!("an acknowledgement was refused: {refused}"));
        }
    }

    fn person(&mut self, question: &Question) -> Result<(), Broken> {
        let earlier = question.operation.map_or(0, |id| {
            self.answered.iter().filter(|(_, other, _)| *other == id).count()
        });
        let word = person::word(question, earlier)?;
        let case = match question.operation {
            Some(id) => self.store.case(id),
            None => person::newest(self, question).and_then(|id| self.store.case(id)),
        };
        let actor = Actor::host("person");
        let commit = answer(question, case.as_ref(), word.0.as_str(), &actor, self.world())
            .map_err(|error| format!("an answer was not taken: {error}"))?;
        self.commit(commit).map_err(|refused| refused.to_string())?;
        self.tell(|| format!("a person answers {}: {}", word.0, question.text));
        if let Some(id) = question.operation {
            self.answered.push((self.now, id, word.1));
        }
        Ok(())
    }

    /// The machines that belong to the trial, wherever they lie.
    pub fn machines(&self) -> Vec<Made> {
        let all = self.site.machines(self.now).into_iter();
        all.filter(|made| made.whose != Whose::Stranger).collect()
    }
}
