//! What a store says of itself while it may be behind the world.

use std::time::Duration;

use domain::Actor;
use domain::record::Recovery;

use super::Bench;
use crate::{AuditFilter, PageRequest};

#[tokio::test]
async fn a_recovery_lasts_over_restarts_until_it_is_ended_and_each_has_its_epoch() {
    let bench = Bench::new().await;
    assert_eq!(bench.store().recovery().await.unwrap(), None);
    assert_eq!(bench.store().epoch().await.unwrap(), 0);
    assert!(!bench.store().end_recovery(&Actor::host("root")).await.unwrap());
    let began_at = bench.now();
    let began = bench.store().begin_recovery("it was restored").await.unwrap();
    let expected = Recovery {
        epoch: 1,
        began_at,
        why: "it was restored".to_owned(),
    };
    assert_eq!(began, expected);
    bench.pass(Duration::from_secs(5));
    let bench = bench.reopen().await;
    assert_eq!(bench.store().recovery().await.unwrap(), Some(expected));

    let again = bench.store().begin_recovery("and once more").await.unwrap();
    assert_eq!(again.epoch, 2);
    assert!(bench.store().end_recovery(&Actor::host("root")).await.unwrap());
    assert_eq!(bench.store().recovery().await.unwrap(), None);
    assert_eq!(bench.store().epoch().await.unwrap(), 2, "the epoch stays");
    assert!(!bench.store().end_recovery(&Actor::host("root")).await.unwrap());

    let filter = AuditFilter {
        subject: Some("store".to_owned()),
    };
    let lines = bench
        .store()
        .audit_lines(&filter, &PageRequest::default())
        .await
        .unwrap();
    let told: Vec<_> = lines
        .items
        .iter()
        .map(|line| {
            (
                line.action.as_str(),
                line.actor.id.as_str(),
                line.detail["epoch"].as_u64(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("recovery.ended", "root", Some(2)),
            ("recovery.began", "recovery", Some(2)),
            ("recovery.began", "recovery", Some(1)),
        ]
    );
}

#[tokio::test]
async fn recoveries_that_begin_at_once_have_epochs_of_their_own() {
    let bench = Bench::new().await;
    let beginning: Vec<_> = (0..8)
        .map(|_| {
            let store = bench.store().clone();
            tokio::spawn(async move { store.begin_recovery("twice").await.map(|recovery| recovery.epoch) })
        })
        .collect();
    let mut epochs = Vec::new();
    for one in beginning {
        epochs.push(one.await.unwrap().unwrap());
    }
    epochs.sort_unstable();
    assert_eq!(epochs, (1..=8).collect::<Vec<_>>());
}
