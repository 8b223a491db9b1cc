//! Commits that share a transaction are each whole or not at all, and nobody is answered too early.

use std::sync::Arc;

use domain::change::Refused;
use domain::record::Service;
use domain::{Change, Commit, Fence};
use sea_orm::ConnectionTrait;
use tokio::task::JoinHandle;

use super::Bench;
use crate::{Committed, ServiceFilter, Store, StoreConfig, StoreError};

type Answer = JoinHandle<Result<Committed, StoreError>>;

/// Has commits wait for the turn, in this order, and lets them go at once.
async fn at_once(store: &Store, commits: Vec<Vec<Change>>) -> Vec<Answer> {
    let turn = store.turn().await;
    let mut answers = Vec::new();
    for changes in commits {
        let waiting = store.inner.gathered.len();
        answers.push(begun(store, changes));
        gathered(store, waiting + 1).await;
    }
    drop(turn);
    answers
}

fn begun(store: &Store, changes: Vec<Change>) -> Answer {
    let (store, fence) = (store.clone(), Fence::default());
    tokio::spawn(async move { store.commit(Commit { fence, changes }).await })
}

async fn gathered(store: &Store, many: usize) {
    while store.inner.gathered.len() < many {
        tokio::task::yield_now().await;
    }
}

/// An order as it is accepted: a service, its operation and a line.
fn order(bench: &Bench, billing_id: u64) -> (Service, Vec<Change>) {
    let service = bench.service(billing_id);
    let changes = vec![
        Change::InsertService(service.clone()),
        Change::InsertOperation(bench.operation(&service, 1)),
        Change::Audit(bench.line(&billing_id.to_string())),
    ];
    (service, changes)
}

async fn count(bench: &Bench) -> u64 {
    bench
        .store()
        .count_services(&bench.installation.id)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_refused_commit_leaves_nothing_behind_and_its_neighbours_stand() {
    let bench = Bench::on_sqlite().await;
    let mut commits: Vec<_> = (1..=9).map(|number| order(&bench, number).1).collect();
    // The same order again: an effect that it writes before it is refused is taken back.
    let (twin, mut changes) = order(&bench, 4);
    changes.insert(0, Change::InsertEffect(bench.effect(None, "twin")));
    commits.insert(5, changes);
    let mut answers = at_once(bench.store(), commits).await;
    let refused = answers.remove(5).await.unwrap().unwrap_err();
    assert!(
        matches!(refused, StoreError::Refused(Refused::Taken(_))),
        "{refused}"
    );
    for answer in answers {
        assert_eq!(answer.await.unwrap().unwrap().versions.len(), 1);
    }
    assert_eq!(count(&bench).await, 9);
    assert_eq!(bench.store().service(twin.id).await.unwrap(), None);
    let counts = bench.store().counts(bench.now()).await.unwrap();
    assert_eq!((counts.operations_open, counts.effects_waiting), (9, 0));
    bench.store().seal_audit(bench.now()).await.unwrap();
    assert_eq!(bench.store().verify_audit().await.unwrap().lines(), 2 + 9);
}

#[tokio::test]
async fn a_later_commit_is_judged_by_an_earlier_one_of_the_same_transaction() {
    let bench = Bench::on_sqlite().await;
    let (first, again) = (order(&bench, 1).1, order(&bench, 1).1);
    let mut answers = at_once(bench.store(), vec![first, again, order(&bench, 2).1])
        .await
        .into_iter();
    assert!(answers.next().unwrap().await.unwrap().is_ok());
    let refused = answers.next().unwrap().await.unwrap();
    assert!(
        matches!(refused, Err(StoreError::Refused(Refused::Taken(_)))),
        "{refused:?}"
    );
    assert!(answers.next().unwrap().await.unwrap().is_ok());
    assert_eq!(count(&bench).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_at_once_shows_at_once_and_in_bounded_portions() {
    let bench = Bench::on_sqlite().await;
    let commits = (1..=70).map(|number| order(&bench, number).1).collect();
    let seen = {
        let (store, id) = (bench.store().clone(), bench.installation.id.clone());
        tokio::spawn(async move {
            let mut seen = vec![0];
            while seen.last() != Some(&70) {
                let now = store.count_services(&id).await.unwrap();
                if seen.last() != Some(&now) {
                    seen.push(now);
                }
            }
            seen
        })
    };
    for answer in at_once(bench.store(), commits).await {
        answer.await.unwrap().unwrap();
    }
    // Whoever looks sees none of a portion or all of it; he may look too seldom to see the first one alone.
    let seen = seen.await.unwrap();
    assert!(seen == [0, 64, 70] || seen == [0, 70], "{seen:?}");
}

#[tokio::test]
async fn a_transaction_that_fails_fails_all_who_share_it_and_the_next_one_works() {
    let mut bench = Bench::on_sqlite().await;
    // One connection, so that the limit below holds for whatever is written.
    bench.store().close().await.unwrap();
    let config = StoreConfig {
        connections: 1,
        ..bench.fresh.config.clone()
    };
    let store = Store::open(config, bench.clock.clone(), bench.random.clone())
        .await
        .unwrap();
    bench.fresh.store = store;
    let store = bench.store().clone();
    // As on a full disk: the file may not grow.
    let run = |sql: &'static str| {
        let store = store.clone();
        async move { store.db().execute_unprepared(sql).await.unwrap() }
    };
    run("PRAGMA max_page_count = 1").await;
    let mut number = 0;
    let mut failed = 0;
    // Until the pages at hand are used up.
    while failed == 0 && number < 4000 {
        let before = count(&bench).await;
        let commits: Vec<_> = (0..40)
            .map(|_| {
                number += 1;
                order(&bench, number).1
            })
            .collect();
        let answers = at_once(&store, commits).await;
        let mut done = 0;
        for answer in answers {
            match answer.await.unwrap() {
                Ok(_) => done += 1,
                Err(error) => {
                    assert!(error.is_passing(), "{error}");
                    failed += 1;
                }
            }
        }
        assert_eq!(
            count(&bench).await,
            before + done,
            "who was told so is there, and nobody else"
        );
    }
    assert!(failed > 0, "the disk was never full");
    run("PRAGMA max_page_count = 1000000").await;
    let before = count(&bench).await;
    for answer in at_once(&store, vec![order(&bench, 9001).1, order(&bench, 9002).1]).await {
        answer.await.unwrap().unwrap();
    }
    assert_eq!(count(&bench).await, before + 2);
}

#[tokio::test]
async fn who_went_away_before_his_turn_is_not_written_and_takes_nobody_with_him() {
    let bench = Bench::on_sqlite().await;
    let store = bench.store();
    let turn = store.turn().await;
    let answers: Vec<_> = (1..=4)
        .map(|number| begun(store, order(&bench, number).1))
        .collect();
    gathered(store, 4).await;
    answers[0].abort();
    answers[2].abort();
    let mut answers = answers.into_iter();
    assert!(answers.next().unwrap().await.unwrap_err().is_cancelled());
    drop(turn);
    assert!(answers.next().unwrap().await.unwrap().is_ok());
    drop(answers.next());
    assert!(answers.next().unwrap().await.unwrap().is_ok());
    let page = store
        .services(&ServiceFilter::default(), &crate::PageRequest::default())
        .await
        .unwrap();
    let mut numbers: Vec<_> = page.items.iter().map(|service| service.billing_id).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [2, 4]);
}

#[tokio::test]
async fn work_that_panics_fails_its_transaction_and_not_the_store() {
    let bench = Bench::on_sqlite().await;
    let store = bench.store().clone();
    let panicking: Result<(), StoreError> = store
        .together(|_| Box::pin(async { panic!("a mistake in a piece of work") }))
        .await;
    assert!(panicking.unwrap_err().is_passing());
    let other = Arc::new(order(&bench, 1).1);
    bench.apply(Arc::into_inner(other).unwrap()).await.unwrap();
    assert_eq!(count(&bench).await, 1);
}

#[tokio::test]
async fn who_fetches_nothing_waits_for_no_writer() {
    let bench = Bench::on_sqlite().await;
    let (store, installation) = (bench.store(), &bench.installation.id);
    let turn = store.turn().await;
    let fetched = store.fetch_effects(installation, None, bench.now(), 9);
    let within = std::time::Duration::from_secs(30);
    let fetched = tokio::time::timeout(within, fetched).await;
    assert_eq!(fetched.expect("it is answered while another writes").unwrap(), []);
    drop(turn);
    bench
        .apply(vec![Change::InsertEffect(bench.effect(None, "told"))])
        .await
        .unwrap();
    let fetched = store.fetch_effects(installation, None, bench.now(), 9).await;
    assert_eq!(fetched.unwrap().len(), 1);
}
