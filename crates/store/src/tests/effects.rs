//! The outbox serves in order, again and again, until it is settled.

use std::time::Duration;

use domain::Change;
use domain::record::{Effect, EffectBody, EffectState};
use sea_orm::ConnectionTrait;

use super::Bench;

fn messages(effects: &[Effect]) -> Vec<&str> {
    effects
        .iter()
        .map(|effect| match &effect.body {
            EffectBody::LogActivity { message } => message.as_str(),
            other => other.kind(),
        })
        .collect()
}

#[tokio::test]
async fn each_queue_is_served_from_its_head_only() {
    let bench = Bench::new().await;
    let (a, b) = (bench.stored_service(1).await, bench.stored_service(2).await);
    bench
        .apply(vec![
            Change::InsertEffect(bench.effect(Some(&a), "a1")),
            Change::InsertEffect(bench.effect(Some(&a), "a2")),
            Change::InsertEffect(bench.effect(Some(&b), "b1")),
            Change::InsertEffect(bench.effect(None, "i1")),
            Change::InsertEffect(bench.effect(None, "i2")),
        ])
        .await
        .unwrap();
    let installation = &bench.installation.id;
    let served = bench
        .store()
        .fetch_effects(installation, None, bench.now(), 9)
        .await
        .unwrap();
    let mut names = messages(&served);
    names.sort_unstable();
    assert_eq!(names, ["a1", "b1", "i1"]);
    assert!(
        served
            .iter()
            .all(|effect| effect.sequence == 1 && effect.tries == 1)
    );

    // On its way: not served again at once, and what is behind waits for it.
    let again = bench
        .store()
        .fetch_effects(installation, None, bench.now(), 9)
        .await
        .unwrap();
    assert_eq!(messages(&again), [] as [&str; 0]);
    let mut settled = served
        .into_iter()
        .find(|effect| messages(std::slice::from_ref(effect)) == ["a1"])
        .unwrap();
    settled.state = EffectState::Applied;
    settled.finished_at = Some(bench.now());
    bench
        .apply(vec![Change::PutEffect(settled.clone())])
        .await
        .unwrap();
    let next = bench
        .store()
        .fetch_effects(installation, None, bench.now(), 9)
        .await
        .unwrap();
    assert_eq!(messages(&next), ["a2"]);
    assert_eq!(bench.store().effect(settled.id).await.unwrap(), Some(settled));
}

#[tokio::test]
async fn what_is_not_settled_is_served_again_after_a_growing_while() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    bench
        .apply(vec![Change::InsertEffect(bench.effect(Some(&service), "one"))])
        .await
        .unwrap();
    let mut waits = Vec::new();
    for tries in 1..=9 {
        let served = bench
            .store()
            .fetch_effects(&bench.installation.id, Some(1), bench.now(), 9)
            .await
            .unwrap();
        assert_eq!(served.len(), 1);
        assert_eq!(served[0].tries, tries);
        let wait = served[0].due_at.since(bench.now());
        waits.push(wait.as_secs());
        bench.pass(wait.saturating_sub(Duration::from_micros(1)));
        let early = bench
            .store()
            .fetch_effects(&bench.installation.id, Some(1), bench.now(), 9)
            .await
            .unwrap();
        assert!(early.is_empty());
        bench.pass(Duration::from_micros(1));
    }
    assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
}

#[tokio::test]
async fn a_billing_system_gets_its_own_effects_and_a_service_only_its_own() {
    let bench = Bench::new().await;
    let other = crate::testing::seed_installation(bench.store(), "other").await;
    let (a, b) = (bench.stored_service(1).await, bench.stored_service(2).await);
    bench
        .apply(vec![
            Change::InsertEffect(bench.effect(Some(&a), "a")),
            Change::InsertEffect(bench.effect(Some(&b), "b")),
        ])
        .await
        .unwrap();
    let (store, now) = (bench.store(), bench.now());
    assert!(
        store
            .fetch_effects(&other.id, None, now, 9)
            .await
            .unwrap()
            .is_empty()
    );
    let mine = store
        .fetch_effects(&bench.installation.id, Some(2), now, 9)
        .await
        .unwrap();
    assert_eq!(messages(&mine), ["b"]);
}

#[tokio::test]
async fn concurrent_fetches_serve_each_effect_once() {
    let bench = Bench::new().await;
    let mut changes = Vec::new();
    for billing_id in 1..=30 {
        let service = bench.service(billing_id);
        changes.push(Change::InsertService(service.clone()));
        changes.push(Change::InsertEffect(bench.effect(Some(&service), "x")));
    }
    bench.apply(changes).await.unwrap();
    let fetches: Vec<_> = (0..6)
        .map(|_| {
            let (store, id, now) = (bench.store().clone(), bench.installation.id.clone(), bench.now());
            tokio::spawn(async move { store.fetch_effects(&id, None, now, 30).await })
        })
        .collect();
    let mut served = 0;
    for fetch in fetches {
        served += fetch.await.unwrap().unwrap().len();
    }
    assert_eq!(served, 30);
}

#[tokio::test]
async fn an_effect_that_cannot_be_read_holds_only_its_own_queue() {
    let bench = Bench::new().await;
    let (a, b) = (bench.stored_service(1).await, bench.stored_service(2).await);
    bench
        .apply(vec![
            Change::InsertEffect(bench.effect(Some(&a), "a")),
            Change::InsertEffect(bench.effect(Some(&b), "b")),
        ])
        .await
        .unwrap();
    bench
        .store()
        .db()
        .execute_unprepared("UPDATE effects SET body = '{\"kind\":\"teleport\"}' WHERE billing_id = 1")
        .await
        .unwrap();
    let served = bench
        .store()
        .fetch_effects(&bench.installation.id, None, bench.now(), 9)
        .await
        .unwrap();
    assert_eq!(messages(&served), ["b"]);
}
