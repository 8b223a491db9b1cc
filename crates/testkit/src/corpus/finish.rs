//! The present engine finishes what another version has stored.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::change::Refused;
use domain::id::{OperationId, WorkerId};
use domain::ports::CountingRandom;
use domain::record::{Operation, OperationKind, Platform, Question};
use domain::{Actor, Clock, Secret};
use engine::core::{AckOutcome, Input, Next, World, acknowledge, advance, answer, link_refused};
use engine::{Drivers, Engine, EngineConfig, Parts};
use outbound::{Outbound, OutboundConfig};
use sim::virtfusion::{Panel, PanelConfig};
use store::{Key, OperationFilter, PageRequest, QuestionFilter, Room, Store, StoreConfig, StoreError};

use super::{BOOKS, DATABASE, KEY};
use crate::clock::StandingClock;
use crate::trial::bench::word;

/// How long everything may take: longer than every deadline, with a person's answers in between.
const LIMIT: Duration = Duration::from_secs(72 * 3_600);

/// How long the person waits.
const PATIENCE: Duration = Duration::from_secs(35 * 60);

/// A database of the corpus at work.
pub struct Replay {
    /// The database.
    pub store: Store,
    /// The platform as it was.
    pub panel: Panel,
    clock: Arc<StandingClock>,
    random: Arc<CountingRandom>,
    worker: WorkerId,
    token: Secret,
    answers: std::collections::BTreeMap<OperationId, usize>,
}

impl Replay {
    /// Opens the database in `folder`, which is a copy: it is written to.
    pub async fn open(folder: &Path) -> Self {
        let books = std::fs::read_to_string(folder.join(BOOKS)).expect("the books can be read");
        let books: serde_json::Value = serde_json::from_str(&books).expect("the books are JSON");
        let panel = Panel::restored(PanelConfig::default(), &books).expect("the books make a panel");
        let now = serde_json::from_value(books["now"].clone()).expect("the books have a moment");
        let digits = std::fs::read_to_string(folder.join(KEY)).expect("the key can be read");
        let key = Key::from_hex(&digits).expect("the key is one");
        let clock = Arc::new(StandingClock::at(now));
        let random = Arc::new(CountingRandom::new(7));
        let config = StoreConfig::new(format!("sqlite:{}", folder.join(DATABASE).display()), key);
        let store = Store::open(config, clock.clone(), random.clone())
            .await
            .expect("the database opens");
        store.release_all_leases().await.expect("leases end");
        let worker = WorkerId::at(now, random.as_ref());
        let platforms = store.platforms().await.expect("platforms can be read");
        let token = credential(&store, &platforms[0]).await;
        Self {
            store,
            panel,
            clock,
            random,
            worker,
            token,
            answers: std::collections::BTreeMap::new(),
        }
    }

    /// Lets everything be finished, questions answered by a person who takes half an hour. What is left when it takes
    /// too long.
    pub async fn finish(&mut self) -> Result<(), Vec<Operation>> {
        let end = self.clock.now() + LIMIT;
        loop {
            let room = Room::of(100);
            let claimed = self
                .store
                .claim(self.worker, self.clock.now(), Duration::from_secs(120), &room);
            for one in claimed.await.expect("due operations are leased") {
                self.drive(one.operation).await;
            }
            self.apply_effects().await;
            let open = self.unfinished().await;
            let questions = self.questions().await;
            if open.is_empty() && questions.is_empty() {
                return Ok(());
            }
            let asked = questions.first().map(|question| question.opened_at + PATIENCE);
            let due = open
                .iter()
                .filter_map(|operation| operation.due_at)
                .chain(asked)
                .min();
            let Some(due) = due.filter(|due| *due <= end) else {
                return Err(open);
            };
            self.clock
                .set(due.max(self.clock.now() + Duration::from_millis(20)));
            self.person(&questions).await;
        }
    }

    /// Operations that have not ended.
    pub async fn unfinished(&self) -> Vec<Operation> {
        let filter = OperationFilter {
            open: Some(true),
            ..OperationFilter::default()
        };
        let page = self.store.operations(&filter, &PageRequest::first(500)).await;
        let open = page.expect("operations can be read").items;
        open.into_iter()
            .filter(|operation| operation.kind != OperationKind::Refresh)
            .collect()
    }

    /// Questions that nobody has answered, oldest first.
    pub async fn questions(&self) -> Vec<Question> {
        let filter = QuestionFilter {
            open: Some(true),
            ..QuestionFilter::default()
        };
        let page = self.store.questions(&filter, &PageRequest::first(500)).await;
        let mut open = page.expect("questions can be read").items;
        open.sort_by_key(|question| question.opened_at);
        open
    }

    /// An engine over the database, to be asked. It does not run, so that nothing is sent.
    pub fn engine(&self) -> Engine {
        let (clock, random) = (self.clock.clone(), self.random.clone());
        let outbound = Outbound::new(OutboundConfig::default(), clock.clone(), random.clone());
        Engine::new(Parts {
            store: self.store.clone(),
            outbound: Arc::new(outbound),
            drivers: Drivers::new(vec![Arc::new(driver_virtfusion::VirtFusion)]),
            clock,
            random,
            config: EngineConfig::default(),
        })
    }

    fn world(&self) -> World<'_> {
        World {
            now: self.clock.now(),
            random: self.random.as_ref(),
            driver: Some(&driver_virtfusion::VirtFusion),
            recovering: None,
            naming: None,
        }
    }

    async fn drive(&self, id: OperationId) {
        let mut input = Input::Due;
        for _ in 0..200 {
            let case = self.store.case(id).await.expect("the operation can be read");
            let case = case.expect("the operation exists");
            let step = advance(&case, input, self.world());
            let next = match self.store.commit(step.commit).await {
                Ok(_) => step.next,
                Err(StoreError::Refused(Refused::Taken(sentence))) => {
                    let step = link_refused(&case, &sentence, self.world());
                    self.store.commit(step.commit).await.expect("it waits instead");
                    step.next
                }
                Err(error) => panic!("{id}: {error}"),
            };
            input = match next {
                Next::Rest => return,
                Next::Again => Input::Due,
                Next::Send(call) => {
                    let (outcome, latency) =
                        self.panel.exchange(self.clock.now(), &call.request, &self.token);
                    self.clock.advance(latency);
                    Input::Ended(call, outcome)
                }
            };
        }
        panic!("{id} goes round in circles");
    }

    async fn apply_effects(&self) {
        let installations = self
            .store
            .installations()
            .await
            .expect("installations can be read");
        for installation in installations {
            loop {
                let effects = self
                    .store
                    .fetch_effects(&installation.id, None, self.clock.now(), 100)
                    .await;
                let effects = effects.expect("effects can be read");
                if effects.is_empty() {
                    break;
                }
                for effect in effects {
                    if let Some(commit) = acknowledge(&effect, AckOutcome::Applied, None, self.world()) {
                        self.store
                            .commit(commit)
                            .await
                            .expect("the acknowledgement is taken");
                    }
                }
            }
        }
    }

    async fn person(&mut self, questions: &[Question]) {
        for question in questions {
            if question.opened_at + PATIENCE > self.clock.now() {
                continue;
            }
            let operation = match question.operation {
                Some(id) => Some(id),
                None => self.newest(question).await,
            };
            let case = match operation {
                Some(id) => self.store.case(id).await.expect("the operation can be read"),
                None => None,
            };
            let earlier = question
                .operation
                .map_or(0, |id| self.answers.get(&id).copied().unwrap_or(0));
            let (word, _) = word(question, earlier).expect("the question has an answer");
            if let Some(id) = question.operation {
                *self.answers.entry(id).or_default() += 1;
            }
            let commit = answer(
                question,
                case.as_ref(),
                &word,
                &Actor::host("person"),
                self.world(),
            );
            self.store
                .commit(commit.expect("the answer is one"))
                .await
                .expect("the answer is taken");
        }
    }

    async fn newest(&self, question: &Question) -> Option<OperationId> {
        let filter = OperationFilter {
            service: Some(question.service?),
            ..OperationFilter::default()
        };
        let page = self.store.operations(&filter, &PageRequest::first(500)).await;
        let of_service = page.expect("operations can be read").items;
        let newest = of_service.into_iter().max_by_key(|operation| operation.sequence);
        newest.map(|operation| operation.id)
    }
}

async fn credential(store: &Store, platform: &Platform) -> Secret {
    let credential = store.platform_credential(platform).await;
    credential
        .expect("the key fits")
        .expect("the platform has a credential")
}
