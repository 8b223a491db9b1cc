//! A long history at once: finished operations by the million, copied inside the database from one of each record that
//! was stored as everything is.

use std::time::Duration;

use domain::http::{Method, Outcome, Request, Response, RetryClass};
use domain::id::{AuditId, CallId, EffectId, LinkId, OperationId, ServiceId};
use domain::machine::Identity;
use domain::record::{
    AuditLine, Call, CallState, Effect, EffectBody, EffectState, FORMAT_VERSION, FactRecord, Installation,
    Link, LinkRole, Operation, OperationInput, OperationKind, OperationState, Platform, Service,
    ServiceStatus, Standing,
};
use domain::{Actor, Change, Commit, Fact, Moment};
use sea_orm::{ConnectionTrait, EntityTrait, IdenStatic, Iterable};

use crate::Store;
use crate::entity::{audit, call, effect, effect_queue, fact, link, operation, service};

/// How many operations each service of the history has had.
pub const OF_EACH_SERVICE: u64 = 20;
/// The billing id of the first service of the history.
pub const FIRST_BILLING_ID: u64 = 1_000_000_000;
/// Operations copied in one transaction.
const TOGETHER: u64 = 20_000;

/// Puts so many finished operations, a multiple of [`OF_EACH_SERVICE`], into a store that has none of these yet: each
/// with a call, an applied effect and a line of the audit, and each service with a link and a reading. The lines are in
/// a chain of their own that nobody can verify.
///
/// # Panics
/// When the database refuses it.
pub async fn fill_history(store: &Store, installation: &Installation, platform: &Platform, operations: u64) {
    let first = First::new(store, installation, platform);
    let changes = first.changes();
    store
        .commit(Commit {
            changes,
            ..Commit::default()
        })
        .await
        .expect("the first of each is stored");
    let engine = Engine {
        is_shared: store.is_shared(),
    };
    let mut done = 0;
    while done < operations {
        let portion = (operations - done).min(TOGETHER);
        let write = store.write().await.expect("the database takes writes");
        for sql in first.copies(engine, done, portion) {
            write
                .tx
                .execute_unprepared(&sql)
                .await
                .expect("the copies are taken");
        }
        write.finish(Ok(())).await.expect("the copies are durable");
        done += portion;
    }
}

/// The first of each record, which the others are copies of.
struct First {
    service: Service,
    operation: Operation,
    call: Call,
    effect: Effect,
    link: Link,
    fact: FactRecord,
    line: AuditLine,
}

impl First {
    fn new(store: &Store, installation: &Installation, platform: &Platform) -> Self {
        let service = service(store, installation, platform);
        let operation = operation(store, &service);
        let (now, random) = (store.now(), &*store.inner.random);
        Self {
            call: call(store, &operation),
            effect: effect(store, &service, &operation),
            link: link(store, &service, platform),
            fact: FactRecord {
                service: service.id,
                kind: FactRecord::MACHINE.to_owned(),
                value: Fact::Unknown,
                observed_at: now,
            },
            line: AuditLine {
                id: AuditId::at(now, random),
                installation: None,
                at: now,
                actor: Actor::engine("history"),
                action: "operation.finished".to_owned(),
                subject: operation.id.to_string(),
                detail: serde_json::json!({ "state": "succeeded" }),
            },
            service,
            operation,
        }
    }

    fn changes(&self) -> Vec<Change> {
        vec![
            Change::InsertService(self.service.clone()),
            Change::InsertOperation(self.operation.clone()),
            Change::PutCall(self.call.clone()),
            Change::InsertEffect(self.effect.clone()),
            Change::PutLink(self.link.clone()),
            Change::PutFact(self.fact.clone()),
            Change::Audit(self.line.clone()),
        ]
    }

    /// The statements that copy `many` operations behind the first `done`, and their services.
    fn copies(&self, engine: Engine, done: u64, many: u64) -> Vec<String> {
        let services = Numbers {
            done: done / OF_EACH_SERVICE,
            many: many / OF_EACH_SERVICE,
        };
        let mut copies = self.copies_of_services(engine, &services);
        copies.extend(self.copies_of_operations(engine, &Numbers { done, many }));
        copies
    }

    fn copies_of_services(&self, engine: Engine, numbers: &Numbers) -> Vec<String> {
        let (first, own) = (self.service.id.to_string(), engine.id("svc", "i"));
        vec![
            numbers.copy::<service::Entity>(
                "id",
                &first,
                &[
                    ("id", own.clone()),
                    ("billing_id", billing_id("i")),
                    ("client_id", "i".to_owned()),
                ],
            ),
            numbers.copy::<link::Entity>(
                "id",
                &self.link.id.to_string(),
                &[
                    ("id", engine.id("lnk", "i")),
                    ("service", own.clone()),
                    ("upstream_id", "CAST(i AS TEXT)".to_owned()),
                ],
            ),
            numbers.copy::<fact::Entity>("service", &first, &[("service", own.clone())]),
            numbers.copy::<effect_queue::Entity>(
                "queue",
                &first,
                &[("queue", own), ("sequence", OF_EACH_SERVICE.to_string())],
            ),
        ]
    }

    fn copies_of_operations(&self, engine: Engine, numbers: &Numbers) -> Vec<String> {
        let its_service = format!("((i - 1) / {OF_EACH_SERVICE} + 1)");
        let sequence = format!("((i - 1) % {OF_EACH_SERVICE} + 1)");
        let (service, operation) = (engine.id("svc", &its_service), engine.id("op", "i"));
        let at = |moment: Moment| format!("{} + i", moment.as_micros());
        vec![
            numbers.copy::<operation::Entity>(
                "id",
                &self.operation.id.to_string(),
                &[
                    ("id", operation.clone()),
                    ("service", service.clone()),
                    ("sequence", sequence.clone()),
                    ("finished_at", at(self.operation.created_at)),
                ],
            ),
            numbers.copy::<call::Entity>(
                "id",
                &self.call.id.to_string(),
                &[
                    ("id", engine.id("call", "i")),
                    ("operation", operation.clone()),
                    ("ended_at", at(self.call.sent_at)),
                ],
            ),
            numbers.copy::<effect::Entity>(
                "id",
                &self.effect.id.to_string(),
                &[
                    ("id", engine.id("eff", "i")),
                    ("queue", service.clone()),
                    ("service", service),
                    ("billing_id", billing_id(&its_service)),
                    ("sequence", sequence),
                    ("operation", operation.clone()),
                    ("finished_at", at(self.effect.created_at)),
                ],
            ),
            numbers.copy::<audit::Entity>(
                "id",
                &self.line.id.to_string(),
                &[
                    ("id", engine.id("aud", "i")),
                    ("chain", "'history'".to_owned()),
                    ("entry", "i".to_owned()),
                    ("subject", operation),
                    ("sequence", "i".to_owned()),
                    ("sealed_at", "at".to_owned()),
                    ("hash", engine.hex("i")),
                ],
            ),
        ]
    }
}

/// Which engine writes the digits.
#[derive(Clone, Copy)]
struct Engine {
    is_shared: bool,
}

impl Engine {
    /// A number as the 32 digits of an id older than every id of today.
    fn hex(self, number: &str) -> String {
        if self.is_shared {
            format!("'01900000' || lpad(to_hex({number}), 24, '0')")
        } else {
            format!("printf('01900000%024x', {number})")
        }
    }

    fn id(self, prefix: &str, number: &str) -> String {
        format!("'{prefix}_' || {}", self.hex(number))
    }
}

fn billing_id(number: &str) -> String {
    format!("{} + {number}", FIRST_BILLING_ID - 1)
}

fn service(store: &Store, installation: &Installation, platform: &Platform) -> Service {
    let now = store.now();
    Service {
        id: ServiceId::at(now, &*store.inner.random),
        installation: installation.id.clone(),
        billing_id: FIRST_BILLING_ID - 1,
        client_id: 1,
        product_id: 1,
        module: "VirtFusionDirect".to_owned(),
        platform: Some(platform.id),
        generation: 1,
        status: ServiceStatus::Active,
        standing: Standing::Live,
        hostname: Some("vps.example.test".to_owned()),
        mapped_id: None,
        power_before_suspend: None,
        watch_due: None,
        unsettled_until: None,
        holds: Vec::new(),
        welcomed_generation: 1,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

fn operation(store: &Store, service: &Service) -> Operation {
    let now = store.now();
    Operation {
        id: OperationId::at(now, &*store.inner.random),
        service: service.id,
        generation: 1,
        kind: OperationKind::Suspend,
        version: FORMAT_VERSION,
        sequence: 1,
        input: OperationInput::Nothing,
        actor: Actor::engine("history"),
        state: OperationState::Succeeded,
        steps: Vec::new(),
        notes: [("listing".to_owned(), "x".repeat(300).into())]
            .into_iter()
            .collect(),
        due_at: None,
        deadline: now + Duration::from_hours(24),
        lease: None,
        exclusive: None,
        interrupted_by: None,
        held_by: None,
        identified_at: None,
        milestone: None,
        reason: "the machine is suspended and off".to_owned(),
        secret: None,
        rerun: None,
        created_at: now,
        updated_at: now,
        finished_at: Some(now),
    }
}

fn call(store: &Store, operation: &Operation) -> Call {
    let now = store.now();
    Call {
        id: CallId::at(now, &*store.inner.random),
        operation: operation.id,
        step: "suspend".to_owned(),
        request: Request::new(
            "suspend",
            Method::Post,
            "/servers/1/suspend",
            RetryClass::Convergent,
        ),
        state: CallState::Answered,
        outcome: Some(Outcome::Answered(Response {
            status: 200,
            body: "x".repeat(300),
            retry_after: None,
        })),
        sent_at: now,
        ended_at: Some(now),
    }
}

fn effect(store: &Store, service: &Service, operation: &Operation) -> Effect {
    let now = store.now();
    Effect {
        id: EffectId::at(now, &*store.inner.random),
        installation: service.installation.clone(),
        service: Some((service.id, service.billing_id)),
        operation: Some(operation.id),
        sequence: 0,
        body: EffectBody::LogActivity {
            message: "the service was suspended".to_owned(),
        },
        state: EffectState::Applied,
        tries: 1,
        due_at: now,
        reason: None,
        created_at: now,
        finished_at: Some(now),
    }
}

fn link(store: &Store, service: &Service, platform: &Platform) -> Link {
    let now = store.now();
    Link {
        id: LinkId::at(now, &*store.inner.random),
        service: service.id,
        generation: 1,
        platform: platform.id,
        role: LinkRole::Primary,
        resource: "instance".to_owned(),
        identity: Identity {
            id: "0".to_owned(),
            unchangeable: "00000000-0000-4000-8000-000000000000".to_owned(),
            owner: "1".to_owned(),
        },
        opened_at: now,
        closed_at: None,
        close_reason: None,
    }
}

/// Which copies, counted from 1.
struct Numbers {
    done: u64,
    many: u64,
}

impl Numbers {
    /// Copies the row with that key, with other values in some columns.
    fn copy<E: EntityTrait>(&self, key: &str, first: &str, changed: &[(&str, String)]) -> String {
        let columns: Vec<&str> = E::Column::iter().map(|column| column.as_str()).collect();
        let values: Vec<&str> = columns
            .iter()
            .map(|column| {
                let other = changed.iter().find(|(name, _)| name == column);
                other.map_or(*column, |(_, value)| value.as_str())
            })
            .collect();
        let table = E::default().table_name().to_owned();
        let (from, to) = (self.done + 1, self.done + self.many);
        format!(
            "WITH RECURSIVE numbers(i) AS (\
             SELECT CAST({from} AS BIGINT) UNION ALL SELECT i + 1 FROM numbers WHERE i < {to}) \
             INSERT INTO {table} ({}) SELECT {} FROM {table}, numbers WHERE {key} = '{first}'",
            columns.join(", "),
            values.join(", "),
        )
    }
}
