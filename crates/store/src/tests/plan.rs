//! What is asked all day is found by an index, however long the history is. Checked on `SQLite`, for the statements that
//! the store really sends.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::id::PlatformId;
use domain::record::{CallState, EffectState, OperationKind};
use domain::{Change, Moment};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};

use super::Bench;
use crate::testing::seed_platform;
use crate::{OperationFilter, PageRequest, Room, Store};

/// Tables that hold a handful of rows.
const SMALL: [&str; 6] = [
    "meta",
    "installations",
    "platforms",
    "attachments",
    "alarms",
    "audit_heads",
];

/// Indexes that hold only what is open, waiting or in use: as a whole they are short, whatever the history is.
const SHORT: [&str; 13] = [
    "operations_open",
    "operations_listed",
    "operations_claim",
    "operations_deadline",
    "operations_exclusive",
    "calls_sending",
    "calls_unknown",
    "effects_waiting",
    "effects_due",
    "questions_open",
    "audit_unsealed",
    "services_in_use",
    "services_watch",
];

/// What a selection inside a statement gave: as many rows as it was to give.
const CHOSEN: [&str; 2] = ["part", "due"];

/// A store that tells which statements it sent.
struct Watched {
    bench: Bench,
    sent: Arc<Mutex<Vec<Statement>>>,
}

impl Watched {
    async fn new() -> Self {
        let mut bench = Bench::on_sqlite().await;
        let sent = Arc::new(Mutex::new(Vec::new()));
        let noting = Arc::clone(&sent);
        Arc::get_mut(&mut bench.fresh.store.inner)
            .expect("nobody else has the store yet")
            .db
            .set_metric_callback(move |info| noting.lock().unwrap().push(info.statement.clone()));
        Self { bench, sent }
    }

    fn store(&self) -> &Store {
        self.bench.store()
    }

    fn now(&self) -> Moment {
        self.bench.now()
    }

    /// How `SQLite` finds the rows of everything that was sent since the last time: one line per table of each
    /// statement.
    async fn plans(&self) -> Vec<(String, String)> {
        let sent: Vec<Statement> = self.sent.lock().unwrap().drain(..).collect();
        assert!(!sent.is_empty(), "nothing was asked");
        let mut plans = Vec::new();
        for statement in sent {
            let explain = Statement {
                sql: format!("EXPLAIN QUERY PLAN {}", statement.sql),
                values: statement.values,
                db_backend: DatabaseBackend::Sqlite,
            };
            for row in self.store().db().query_all_raw(explain).await.unwrap() {
                plans.push((
                    statement.sql.clone(),
                    row.try_get_by::<String, _>("detail").unwrap(),
                ));
            }
        }
        self.sent.lock().unwrap().clear();
        plans
    }

    /// Every table is small, or searched by an index, or by a short index walked as a whole; or rows that were chosen.
    async fn expect_indexes(&self, what: &str) {
        for (sql, plan) in self.plans().await {
            let mut words = plan.split(' ');
            let (how, table) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let index = plan
                .split_once("INDEX ")
                .map(|(_, rest)| rest.split(' ').next().unwrap_or_default());
            let fine = match how {
                "SEARCH" => index.is_some_and(|index| !index.starts_with('(')),
                "SCAN" => {
                    SMALL.contains(&table)
                        || CHOSEN.contains(&table)
                        || index.is_some_and(|index| SHORT.contains(&index))
                }
                _ => true,
            };
            assert!(fine, "{what}: {plan}\n{sql}");
        }
    }
}

#[tokio::test]
async fn what_is_asked_all_day_uses_an_index() {
    let watched = Watched::new().await;
    let (bench, store, now) = (&watched.bench, watched.store(), watched.now());
    let service = bench.stored_service(1).await;
    let operation = bench.stored_operation(&service, 1).await;
    watched.expect_indexes("accepting").await;
    let room = Room {
        full: vec![PlatformId::at(now, &*bench.random)],
        crowded: vec![PlatformId::at(now, &*bench.random)],
        ..Room::of(8)
    };
    store
        .claim(bench.worker(), now, Duration::from_mins(2), &room)
        .await
        .unwrap();
    watched.expect_indexes("claim").await;
    store.case(operation.id).await.unwrap().unwrap();
    watched.expect_indexes("case").await;
    store
        .service_view(&bench.installation.id, 1)
        .await
        .unwrap()
        .unwrap();
    watched.expect_indexes("service view").await;
    bench
        .apply(vec![
            Change::PutService(store.service(service.id).await.unwrap().unwrap()),
            Change::PutOperation(operation.clone()),
            Change::PutCall(bench.call(&operation, CallState::Answered)),
            Change::InsertEffect(bench.effect(Some(&service), "a")),
            Change::InsertEffect(bench.effect(None, "b")),
            Change::PutQuestion(bench.question(&service, Some(&operation))),
            Change::Audit(bench.line("a")),
        ])
        .await
        .unwrap();
    watched.expect_indexes("commit").await;
    let effects = store
        .fetch_effects(&bench.installation.id, None, now, 50)
        .await
        .unwrap();
    store
        .fetch_effects(&bench.installation.id, Some(1), now, 50)
        .await
        .unwrap();
    watched.expect_indexes("effects").await;
    assert_eq!((effects.len(), effects[0].state), (2, EffectState::Waiting));
    store.counts(now).await.unwrap();
    watched.expect_indexes("counts").await;
    store.watch_due(now, 50).await.unwrap();
    store.operations_overdue(now, 50).await.unwrap();
    store.calls_sending(50).await.unwrap();
    store
        .destructive_since(&bench.installation.id, now)
        .await
        .unwrap();
    watched.expect_indexes("sweeps").await;
}

#[tokio::test]
async fn a_claim_begins_where_each_platforms_longest_due_lies_and_sorts_only_what_it_has_chosen() {
    let watched = Watched::new().await;
    let (bench, store, now) = (&watched.bench, watched.store(), watched.now());
    let other = seed_platform(store, "https://other.test").await;
    let crowded = Room {
        crowded: vec![other.id],
        ..Room::of(8)
    };
    let full = Room {
        full: vec![other.id],
        ..Room::of(8)
    };
    // A platform and no platform have two parts each: for what a person waits for, and for the rest.
    for (room, parts) in [(Room::of(8), 6), (crowded, 5), (full, 4)] {
        watched.sent.lock().unwrap().clear();
        let lease = Duration::from_mins(2);
        store.claim(bench.worker(), now, lease, &room).await.unwrap();
        let plans = watched.plans().await;
        let of_operations: Vec<&str> = plans
            .iter()
            .map(|(_, plan)| plan.as_str())
            .filter(|plan| plan.contains(" operations ") && !plan.contains("(id=?)"))
            .collect();
        let part = "SEARCH operations USING INDEX operations_claim (platform=? AND person=? AND due_at<?)";
        assert_eq!(of_operations, vec![part; parts], "{room:?}");
        let sorted = plans.iter().filter(|(_, plan)| plan.contains("TEMP B-TREE"));
        assert_eq!(sorted.count(), 1, "{plans:#?}");
    }
}

#[tokio::test]
async fn pages_and_housekeeping_use_an_index() {
    let watched = Watched::new().await;
    let (bench, store, now) = (&watched.bench, watched.store(), watched.now());
    let service = bench.stored_service(1).await;
    let operation = bench.stored_operation(&service, 1).await;
    watched.plans().await;
    let page = PageRequest::default();
    for filter in [
        OperationFilter {
            open: Some(true),
            ..OperationFilter::default()
        },
        OperationFilter {
            service: Some(service.id),
            ..OperationFilter::default()
        },
        OperationFilter {
            open: Some(true),
            kind: Some(OperationKind::Create),
            platform: Some(bench.platform.id),
            ..OperationFilter::default()
        },
    ] {
        store.operations(&filter, &page).await.unwrap();
        watched.expect_indexes(&format!("{filter:?}")).await;
    }
    store.calls(operation.id, &page).await.unwrap();
    store.untold(service.id, now).await.unwrap();
    store.archived_operations(service.id, &page).await.unwrap();
    watched.expect_indexes("pages").await;
    store.seal_audit(now).await.unwrap();
    watched.expect_indexes("sealing").await;
    store.archive(now, 100).await.unwrap();
    store.prune_settled(now, 100).await.unwrap();
    store.prune_archive(now, 100).await.unwrap();
    store.prune_refreshes(now).await.unwrap();
    watched.expect_indexes("housekeeping").await;
    store.forget_nonces(now).await.unwrap();
    store.forget_rates(now).await.unwrap();
    store.wipe_expired(now).await.unwrap();
    watched.expect_indexes("forgetting").await;
}

#[tokio::test]
async fn a_table_that_is_walked_as_a_whole_is_noticed() {
    let watched = Watched::new().await;
    watched.sent.lock().unwrap().clear();
    watched
        .store()
        .db()
        .query_one_raw(Statement::from_string(
            DatabaseBackend::Sqlite,
            "SELECT count(*) FROM operations WHERE reason = 'x'",
        ))
        .await
        .unwrap();
    let plans = watched.plans().await;
    assert_eq!(plans[0].1, "SCAN operations");
}
