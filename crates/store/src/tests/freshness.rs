//! What freshness is decided from, of many services at once.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::record::{FactRecord, ServiceStatus, Standing};
use domain::{Change, Fact, Moment};
use serde_json::json;

use super::Bench;

const DAY: Duration = Duration::from_hours(24);

async fn observe(bench: &Bench, service: domain::id::ServiceId, kind: &str, at: Moment) {
    let fact = FactRecord {
        service,
        kind: kind.to_owned(),
        value: Fact::Known(json!({ "of": kind })),
        observed_at: at,
    };
    bench.apply(vec![Change::PutFact(fact)]).await.unwrap();
}

#[tokio::test]
async fn the_moments_and_the_facts_of_many_services_are_read_together() {
    let bench = Bench::new().await;
    let (one, two) = (bench.stored_service(1).await, bench.stored_service(2).await);
    let (now, before) = (bench.now(), bench.now() - Duration::from_secs(60));
    observe(&bench, one.id, "machine", before).await;
    observe(&bench, one.id, "traffic", now).await;
    observe(&bench, two.id, "machine", now).await;
    let both = BTreeSet::from([one.id, two.id]);
    let moments = bench.store().fact_moments(&both).await.unwrap();
    assert_eq!(
        (moments[&one.id]["machine"], moments[&one.id]["traffic"]),
        (before, now)
    );
    assert_eq!(moments[&two.id].len(), 1);
    let facts = bench.store().facts_of(&both, &["machine"]).await.unwrap();
    assert_eq!((facts[&one.id].len(), facts[&two.id].len()), (1, 1));
    assert_eq!(facts[&one.id][0].observed_at, before);
    let none = BTreeSet::new();
    assert!(bench.store().fact_moments(&none).await.unwrap().is_empty());
    assert!(
        bench
            .store()
            .facts_of(&none, &["machine"])
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn more_services_than_one_statement_names_are_all_found_by_their_ids() {
    let bench = Bench::new().await;
    let services: Vec<_> = (1..=501).map(|number| bench.service(number)).collect();
    let ids: BTreeSet<_> = services.iter().map(|service| service.id).collect();
    let changes = services.into_iter().map(Change::InsertService).collect();
    bench.apply(changes).await.unwrap();
    let found = bench.store().services_of(&ids).await.unwrap();
    assert_eq!(found.into_keys().collect::<BTreeSet<_>>(), ids);
    assert!(
        bench
            .store()
            .services_of(&BTreeSet::new())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn vf_076_active_services_come_in_order_and_in_pages() {
    let bench = Bench::new().await;
    let mut platform = None;
    for number in [5, 1, 4, 2, 3] {
        let mut service = bench.stored_service(number).await;
        platform = platform.or(service.platform);
        let status = if number == 4 {
            ServiceStatus::Suspended
        } else {
            ServiceStatus::Active
        };
        service.status = status;
        bench.apply(vec![Change::PutService(service)]).await.unwrap();
    }
    let platform = platform.expect("services of the bench have a platform");
    let page = async |after, limit| {
        let page = bench
            .store()
            .active_services(&bench.installation.id, platform, after, limit)
            .await;
        let (services, next) = page.unwrap();
        let ids: Vec<u64> = services.iter().map(|service| service.billing_id).collect();
        (ids, next)
    };
    assert_eq!(page(0, 3).await, (vec![1, 2, 3], Some(3)));
    assert_eq!(page(3, 3).await, (vec![5], None));
    assert_eq!(page(5, 3).await, (Vec::new(), None));
    assert_eq!(page(0, 4).await, (vec![1, 2, 3, 5], None));
}

#[tokio::test]
async fn mx_113_what_was_seen_in_a_list_counts_as_recorded() {
    let bench = Bench::new().await;
    for (number, standing) in [
        (1, Standing::Live),
        (2, Standing::Live),
        (3, Standing::Suspended),
        (4, Standing::Ended),
    ] {
        let mut service = bench.stored_service(number).await;
        service.standing = standing;
        bench
            .apply(vec![Change::PutService(service.clone())])
            .await
            .unwrap();
        let long_ago = bench.now() - DAY - Duration::from_secs(1);
        if number != 2 {
            observe(&bench, service.id, "machine", long_ago).await;
        }
        if number == 1 {
            observe(&bench, service.id, "listed", bench.now()).await;
        }
    }
    let now = bench.now();
    let unread = bench.store().unread_services(now, DAY, 5).await.unwrap();
    let mut named: Vec<u64> = unread.into_iter().map(|(_, number)| number).collect();
    named.sort_unstable();
    assert_eq!(named, [2, 3]);
    assert_eq!(bench.store().counts(now).await.unwrap().services_unread, 2);
    let one = bench.store().unread_services(now, DAY, 1).await.unwrap();
    assert_eq!(one.len(), 1);
}
