//! Leases are exclusive, ordered, and end.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::id::PlatformId;
use domain::record::OperationState;
use domain::{Actor, Change};

use super::Bench;
use crate::Room;

const LEASE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn concurrent_workers_never_claim_the_same_operation() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let operations: Vec<_> = (1..=120)
        .map(|sequence| bench.operation(&service, sequence))
        .collect();
    let all: BTreeSet<_> = operations.iter().map(|operation| operation.id).collect();
    bench
        .apply(operations.into_iter().map(Change::InsertOperation).collect())
        .await
        .unwrap();
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let (store, worker, now) = (bench.store().clone(), bench.worker(), bench.now());
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let claimed = store
                        .claim(worker, now, LEASE, &Room::of(7))
                        .await
                        .expect("claims do not fail");
                    if claimed.is_empty() {
                        return mine;
                    }
                    assert!(claimed.len() <= 7, "{}", claimed.len());
                    mine.extend(claimed.into_iter().map(|claimed| claimed.operation));
                }
            })
        })
        .collect();
    let mut claimed = Vec::new();
    for worker in workers {
        claimed.extend(worker.await.unwrap());
    }
    assert_eq!(claimed.len(), 120, "an operation was claimed twice or never");
    assert_eq!(claimed.into_iter().collect::<BTreeSet<_>>(), all);
}

#[tokio::test]
async fn people_go_first_and_then_the_longest_due() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let mut old = bench.operation(&service, 1);
    old.due_at = Some(bench.now() - Duration::from_secs(90));
    let recent = bench.operation(&service, 2);
    let mut person = bench.operation(&service, 3);
    person.actor = Actor::host("root");
    let mut later = bench.operation(&service, 4);
    later.due_at = Some(bench.now() + Duration::from_secs(1));
    let mut queued = bench.operation(&service, 5);
    queued.state = OperationState::Queued;
    queued.due_at = None;
    let mut done = bench.operation(&service, 6);
    done.state = OperationState::Failed;
    let expected = [person.id, old.id, recent.id];
    bench
        .apply(
            [old, recent, person, later, queued, done]
                .map(Change::InsertOperation)
                .into(),
        )
        .await
        .unwrap();
    let first = bench
        .store()
        .claim(bench.worker(), bench.now(), LEASE, &Room::of(2))
        .await
        .unwrap();
    let rest = bench
        .store()
        .claim(bench.worker(), bench.now(), LEASE, &Room::of(9))
        .await
        .unwrap();
    let order: Vec<_> = first
        .iter()
        .chain(&rest)
        .map(|claimed| claimed.operation)
        .collect();
    assert_eq!(order, expected);
    assert_eq!(first.len(), 2);
}

#[tokio::test]
async fn nothing_is_claimed_of_a_full_platform_and_of_a_crowded_one_only_what_a_person_waits_for() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let platform = service.platform.expect("the service is placed");
    let duty = bench.stored_operation(&service, 1).await;
    let mut click = bench.operation(&service, 2);
    click.actor = Actor::host("root");
    bench
        .apply(vec![Change::InsertOperation(click.clone())])
        .await
        .unwrap();
    let claim = async |full: &[PlatformId], crowded: &[PlatformId]| {
        let room = Room {
            full: full.to_vec(),
            crowded: crowded.to_vec(),
            ..Room::of(9)
        };
        let (store, worker) = (bench.store(), bench.worker());
        let claimed = store.claim(worker, bench.now(), LEASE, &room).await.unwrap();
        store.release_all_leases().await.unwrap();
        claimed
            .iter()
            .map(|claimed| (claimed.operation, claimed.platform))
            .collect::<Vec<_>>()
    };
    let other = PlatformId::at(bench.now(), &*bench.random);
    let (click, duty) = ((click.id, Some(platform)), (duty.id, Some(platform)));
    assert_eq!(claim(&[platform], &[platform]).await, []);
    assert_eq!(claim(&[other], &[platform]).await, [click]);
    assert_eq!(claim(&[other], &[other]).await, [click, duty]);
}

#[tokio::test]
async fn a_lease_ends_is_renewed_by_its_holder_and_is_given_back() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let operation = bench.stored_operation(&service, 1).await;
    let (store, first, second) = (bench.store(), bench.worker(), bench.worker());
    let lease = store
        .claim(first, bench.now(), LEASE, &Room::of(1))
        .await
        .unwrap()[0]
        .lease;
    assert_eq!(lease.until, bench.now() + LEASE);
    assert_eq!(
        store
            .claim(second, bench.now(), LEASE, &Room::of(1))
            .await
            .unwrap(),
        []
    );

    let longer = lease.until + LEASE;
    assert!(
        !store
            .renew_lease(operation.id, second, lease.until, longer)
            .await
            .unwrap()
    );
    assert!(
        store
            .renew_lease(operation.id, first, lease.until, longer)
            .await
            .unwrap()
    );
    assert!(
        !store
            .renew_lease(operation.id, first, lease.until, longer)
            .await
            .unwrap()
    );
    bench.pass(LEASE);
    assert_eq!(
        store
            .claim(second, bench.now(), LEASE, &Room::of(1))
            .await
            .unwrap(),
        []
    );
    bench.pass(LEASE);
    let taken = store
        .claim(second, bench.now(), LEASE, &Room::of(1))
        .await
        .unwrap();
    assert_eq!(taken[0].operation, operation.id);
    assert!(
        !store
            .renew_lease(operation.id, first, longer, longer + LEASE)
            .await
            .unwrap()
    );

    assert!(!store.release_lease(operation.id, first).await.unwrap());
    assert!(store.release_lease(operation.id, second).await.unwrap());
    assert_eq!(
        store
            .claim(first, bench.now(), LEASE, &Room::of(1))
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(store.release_all_leases().await.unwrap(), 1);
    assert_eq!(
        store
            .claim(second, bench.now(), LEASE, &Room::of(1))
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn hastening_only_ever_brings_forward() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let mut operation = bench.operation(&service, 1);
    let due = bench.now() + Duration::from_mins(5);
    operation.due_at = Some(due);
    bench
        .apply(vec![Change::InsertOperation(operation.clone())])
        .await
        .unwrap();
    let store = bench.store();
    assert!(!store.hasten(operation.id, due + LEASE).await.unwrap());
    assert!(store.hasten(operation.id, bench.now()).await.unwrap());
    let stored = store.operation(operation.id).await.unwrap().unwrap();
    assert_eq!(stored.due_at, Some(bench.now()));
}
