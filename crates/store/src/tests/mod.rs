//! The store's promises, on whichever engine `HOSTLER_TEST_DATABASE` names.

mod archive;
mod audit;
mod backup;
mod case;
mod claim;
mod commit;
mod config;
mod damage;
mod effects;
mod freshness;
mod guard;
mod model;
mod open;
mod plan;
mod query;
mod recovery;
mod secrets;
mod stock;
mod together;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::change::Refused;
use domain::http::{Method, Request, RetryClass};
use domain::id::{AuditId, CallId, EffectId, LinkId, OperationId, QuestionId, ServiceId, WorkerId};
use domain::machine::Identity;
use domain::ports::CountingRandom;
use domain::record::{
    AuditLine, Call, CallState, Effect, EffectBody, EffectState, FORMAT_VERSION, Installation, Link,
    LinkRole, Notes, Operation, OperationInput, OperationKind, OperationState, Platform, Question,
    QuestionKind, Service, ServiceStatus, Standing,
};
use domain::{Actor, Change, Clock, Commit, Fence, Moment};

use crate::testing::{self, Fresh};
use crate::{Committed, Store, StoreError};

/// A clock that stands until it is moved.
pub(crate) struct StandingClock(AtomicI64);

impl Clock for StandingClock {
    fn now(&self) -> Moment {
        Moment::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// A fresh store with one installation and one platform.
pub(crate) struct Bench {
    pub(crate) fresh: Fresh,
    clock: Arc<StandingClock>,
    random: Arc<CountingRandom>,
    installation: Installation,
    platform: Platform,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(StandingClock(AtomicI64::new(1_795_158_000_000_000)));
        let random = Arc::new(CountingRandom::new(11));
        let fresh = testing::fresh(clock.clone(), random.clone()).await;
        Self::over(fresh, clock, random).await
    }

    /// On `SQLite`, whatever the variable says: for what only `SQLite` has.
    pub(crate) async fn on_sqlite() -> Self {
        let clock = Arc::new(StandingClock(AtomicI64::new(1_795_158_000_000_000)));
        let random = Arc::new(CountingRandom::new(11));
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let config = testing::sqlite_config(&directory);
        let store = Store::open(config.clone(), clock.clone(), random.clone())
            .await
            .expect("a fresh database opens");
        let fresh = Fresh {
            store,
            config,
            directory,
        };
        Self::over(fresh, clock, random).await
    }

    async fn over(fresh: Fresh, clock: Arc<StandingClock>, random: Arc<CountingRandom>) -> Self {
        let installation = testing::seed_installation(&fresh.store, "main").await;
        let platform = testing::seed_platform(&fresh.store, "https://panel.test").await;
        Self {
            fresh,
            clock,
            random,
            installation,
            platform,
        }
    }

    pub(crate) async fn reopen(self) -> Self {
        let fresh = self
            .fresh
            .reopen(self.clock.clone(), self.random.clone())
            .await
            .expect("what was just open opens again");
        Self { fresh, ..self }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.fresh.store
    }

    fn now(&self) -> Moment {
        self.clock.now()
    }

    fn pass(&self, time: Duration) {
        let micros = i64::try_from(time.as_micros()).expect("tests wait for less than that");
        self.clock.0.fetch_add(micros, Ordering::SeqCst);
    }

    fn worker(&self) -> WorkerId {
        WorkerId::at(self.now(), &*self.random)
    }

    fn service(&self, billing_id: u64) -> Service {
        Service {
            id: ServiceId::at(self.now(), &*self.random),
            installation: self.installation.id.clone(),
            billing_id,
            client_id: 7,
            product_id: 3,
            module: "VirtFusionDirect".to_owned(),
            platform: Some(self.platform.id),
            generation: 1,
            status: ServiceStatus::Pending,
            standing: Standing::Vacant,
            hostname: Some("web.example".to_owned()),
            mapped_id: None,
            power_before_suspend: None,
            watch_due: None,
            unsettled_until: None,
            holds: vec![self.now()],
            welcomed_generation: 0,
            version: 0,
            created_at: self.now(),
            updated_at: self.now(),
        }
    }

    /// A service that is in the store, as the store has it.
    async fn stored_service(&self, billing_id: u64) -> Service {
        let mut service = self.service(billing_id);
        self.apply(vec![Change::InsertService(service.clone())])
            .await
            .expect("a new service is taken");
        service.version = 1;
        service
    }

    fn operation(&self, service: &Service, sequence: i64) -> Operation {
        Operation {
            id: OperationId::at(self.now(), &*self.random),
            service: service.id,
            generation: service.generation,
            kind: OperationKind::Create,
            version: FORMAT_VERSION,
            sequence,
            input: OperationInput::Nothing,
            actor: Actor::engine("test"),
            state: OperationState::Running,
            steps: Vec::new(),
            notes: Notes::new(),
            due_at: Some(self.now()),
            deadline: self.now() + Duration::from_hours(1),
            lease: None,
            exclusive: None,
            interrupted_by: None,
            held_by: None,
            identified_at: None,
            milestone: None,
            reason: String::new(),
            secret: None,
            rerun: None,
            created_at: self.now(),
            updated_at: self.now(),
            finished_at: None,
        }
    }

    async fn stored_operation(&self, service: &Service, sequence: i64) -> Operation {
        let operation = self.operation(service, sequence);
        self.apply(vec![Change::InsertOperation(operation.clone())])
            .await
            .expect("a new operation is taken");
        operation
    }

    fn link(&self, service: &Service, upstream_id: &str) -> Link {
        Link {
            id: LinkId::at(self.now(), &*self.random),
            service: service.id,
            generation: service.generation,
            platform: self.platform.id,
            role: LinkRole::Primary,
            resource: "instance".to_owned(),
            identity: Identity {
                id: upstream_id.to_owned(),
                unchangeable: format!("uuid-{upstream_id}"),
                owner: "5".to_owned(),
            },
            opened_at: self.now(),
            closed_at: None,
            close_reason: None,
        }
    }

    fn call(&self, operation: &Operation, state: CallState) -> Call {
        Call {
            id: CallId::at(self.now(), &*self.random),
            operation: operation.id,
            step: "order".to_owned(),
            request: Request::new("create_server", Method::Post, "/servers", RetryClass::Creating)
                .with_body(serde_json::json!({ "packageId": 4 })),
            state,
            outcome: None,
            sent_at: self.now(),
            ended_at: None,
        }
    }

    fn effect(&self, service: Option<&Service>, message: &str) -> Effect {
        Effect {
            id: EffectId::at(self.now(), &*self.random),
            installation: self.installation.id.clone(),
            service: service.map(|service| (service.id, service.billing_id)),
            operation: None,
            sequence: 0,
            body: EffectBody::LogActivity {
                message: message.to_owned(),
            },
            state: EffectState::Waiting,
            tries: 0,
            due_at: self.now(),
            reason: None,
            created_at: self.now(),
            finished_at: None,
        }
    }

    fn question(&self, service: &Service, operation: Option<&Operation>) -> Question {
        Question {
            id: QuestionId::at(self.now(), &*self.random),
            service: Some(service.id),
            operation: operation.map(|operation| operation.id),
            kind: QuestionKind::Overdue,
            subject: None,
            text: "It takes long.".to_owned(),
            choices: vec![("wait".to_owned(), "goes on".to_owned())],
            host_only: false,
            opened_at: self.now(),
            answered_at: None,
            answer: None,
            answered_by: None,
        }
    }

    fn line(&self, subject: &str) -> AuditLine {
        AuditLine {
            id: AuditId::at(self.now(), &*self.random),
            installation: Some(self.installation.id.clone()),
            at: self.now(),
            actor: Actor::host("root"),
            action: "test.done".to_owned(),
            subject: subject.to_owned(),
            detail: serde_json::json!({ "n": 1.5, "text": "ä\u{0}" }),
        }
    }

    async fn apply(&self, changes: Vec<Change>) -> Result<Committed, StoreError> {
        self.apply_fenced(Fence::default(), changes).await
    }

    async fn apply_fenced(&self, fence: Fence, changes: Vec<Change>) -> Result<Committed, StoreError> {
        self.store().commit(Commit { fence, changes }).await
    }
}

/// The refusal that a commit met.
fn refusal<T: std::fmt::Debug>(result: Result<T, StoreError>) -> Refused {
    match result {
        Err(StoreError::Refused(refused)) => refused,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// The sentence of a refusal for uniqueness.
fn taken<T: std::fmt::Debug>(result: Result<T, StoreError>) -> String {
    match refusal(result) {
        Refused::Taken(sentence) => sentence,
        other => panic!("expected a taken name, got {other:?}"),
    }
}
