//! Leases are exclusive, ordered, and end.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::id::{OperationId, PlatformId};
use domain::record::OperationState;
use domain::{Actor, Change};

use super::Bench;
use crate::Room;
use crate::testing::seed_platform;

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

impl Bench {
    /// A service of a platform, or of none, with operations that have been due for so many seconds each. Their ids, the
    /// longest due first.
    async fn due(
        &self,
        billing_id: u64,
        platform: Option<PlatformId>,
        actor: &Actor,
        seconds: impl Iterator<Item = u64>,
    ) -> Vec<OperationId> {
        let mut service = self.service(billing_id);
        service.platform = platform;
        let mut changes = vec![Change::InsertService(service.clone())];
        let mut ids = Vec::new();
        for (sequence, seconds) in (1..).zip(seconds) {
            let mut operation = self.operation(&service, sequence);
            operation.due_at = Some(self.now() - Duration::from_secs(seconds));
            operation.actor = actor.clone();
            ids.push(operation.id);
            changes.push(Change::InsertOperation(operation));
        }
        self.apply(changes).await.unwrap();
        ids
    }

    /// What a worker is given, which is given back at once.
    async fn claimed(&self, room: &Room) -> Vec<OperationId> {
        let claimed = self.store().claim(self.worker(), self.now(), LEASE, room).await;
        self.store().release_all_leases().await.unwrap();
        claimed.unwrap().iter().map(|claimed| claimed.operation).collect()
    }
}

#[tokio::test]
async fn however_much_is_due_of_one_platform_what_is_due_of_the_others_is_found() {
    let bench = Bench::new().await;
    let (engine, host) = (Actor::engine("test"), Actor::host("root"));
    let busy = bench.platform.id;
    let other = seed_platform(bench.store(), "https://other.test").await.id;
    // Everything of the busy platform is longer due than anything else.
    let duties = bench.due(1, Some(busy), &engine, (1_000..1_300).rev()).await;
    let clicks = bench.due(2, Some(busy), &host, (1_000..1_040).rev()).await;
    let duty = bench.due(3, Some(other), &engine, [30, 10].into_iter()).await;
    let click = bench.due(4, Some(other), &host, [5].into_iter()).await;
    let of_none = bench.due(5, None, &engine, [20].into_iter()).await;

    let everybodys = bench.claimed(&Room::of(60)).await;
    let clicks_first = [&clicks[..], &click, &duties[..19]].concat();
    assert_eq!(everybodys, clicks_first, "people first, then the longest due");
    let full = Room {
        full: vec![busy],
        ..Room::of(8)
    };
    let rest = [click[0], duty[0], of_none[0], duty[1]];
    assert_eq!(bench.claimed(&full).await, rest);
    assert_eq!(bench.claimed(&Room { limit: 2, ..full }).await, rest[..2]);
    let crowded = Room {
        crowded: vec![busy],
        ..Room::of(43)
    };
    let without_duties = [&clicks[..], &click, &[duty[0], of_none[0]]].concat();
    assert_eq!(bench.claimed(&crowded).await, without_duties);
    let both = Room {
        full: vec![busy, other],
        ..Room::of(8)
    };
    assert_eq!(bench.claimed(&both).await, of_none);
}

#[tokio::test]
async fn what_is_due_is_found_among_more_platforms_than_one_selection_unites() {
    let bench = Bench::new().await;
    let mut platforms = vec![bench.platform.id];
    for number in 0..260 {
        let endpoint = format!("https://panel{number}.test");
        platforms.push(seed_platform(bench.store(), &endpoint).await.id);
    }
    let engine = Actor::engine("test");
    let (first, last) = (platforms[0], platforms[260]);
    let late = bench.due(1, Some(last), &engine, [90].into_iter()).await;
    let recent = bench.due(2, Some(first), &engine, [10].into_iter()).await;
    assert_eq!(bench.claimed(&Room::of(9)).await, [late[0], recent[0]]);
    let full = Room {
        full: platforms[..260].to_vec(),
        ..Room::of(9)
    };
    assert_eq!(bench.claimed(&full).await, late);
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
