//! Lists end, and sweeps find what is theirs.

use std::time::Duration;

use domain::case::Pace;
use domain::record::{CallState, FactRecord, OperationInput, OperationKind, OperationState, Standing};
use domain::{Actor, ActorKind, Change, Fact};

use super::Bench;
use crate::{Counts, EffectFilter, OperationFilter, PageRequest, QuestionFilter, ServiceFilter};

#[tokio::test]
async fn pages_hold_each_item_once_and_have_a_hard_end() {
    let bench = Bench::new().await;
    let mut changes = Vec::new();
    for billing_id in 1..=520 {
        bench.pass(Duration::from_millis(1));
        changes.push(Change::InsertService(bench.service(billing_id)));
    }
    bench.apply(changes).await.unwrap();
    let store = bench.store();
    let all = ServiceFilter::default();
    let huge = store.services(&all, &PageRequest::first(u64::MAX)).await.unwrap();
    assert_eq!(huge.items.len(), 500);
    let rest = store
        .services(&all, &PageRequest::after(huge.next.unwrap(), 500))
        .await
        .unwrap();
    assert_eq!((rest.items.len(), rest.next), (20, None));
    let newest = store.services(&all, &PageRequest::first(1)).await.unwrap();
    assert_eq!(newest.items[0].billing_id, 520);
    assert_eq!(rest.items.last().unwrap().billing_id, 1);
    assert_eq!(store.count_services(&bench.installation.id).await.unwrap(), 520);
}

#[tokio::test]
async fn filters_narrow_and_the_watch_is_found_when_due() {
    let bench = Bench::new().await;
    let mut held = bench.service(1);
    held.standing = Standing::Suspended;
    held.watch_due = Some(bench.now() + Duration::from_secs(5));
    held.mapped_id = Some("9".to_owned());
    let mut other = bench.service(2);
    other.client_id = 8;
    other.platform = None;
    bench
        .apply(vec![
            Change::InsertService(held.clone()),
            Change::InsertService(other.clone()),
        ])
        .await
        .unwrap();
    held.version = 1;
    let store = bench.store();
    for filter in [
        ServiceFilter {
            client_id: Some(7),
            ..ServiceFilter::default()
        },
        ServiceFilter {
            standing: Some(Standing::Suspended),
            ..ServiceFilter::default()
        },
        ServiceFilter {
            platform: Some(bench.platform.id),
            ..ServiceFilter::default()
        },
        ServiceFilter {
            mapped: Some(true),
            ..ServiceFilter::default()
        },
    ] {
        let page = store.services(&filter, &PageRequest::default()).await.unwrap();
        assert_eq!(page.items, [held.clone()], "{filter:?}");
    }
    assert!(store.watch_due(bench.now(), 9).await.unwrap().is_empty());
    bench.pass(Duration::from_secs(5));
    assert_eq!(store.watch_due(bench.now(), 9).await.unwrap(), [held]);
}

#[tokio::test]
async fn operations_questions_and_effects_are_found_and_counted() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let running = bench.stored_operation(&service, 1).await;
    let mut asking = bench.operation(&service, 2);
    asking.state = OperationState::Asking;
    asking.due_at = None;
    let mut done = bench.operation(&service, 3);
    done.state = OperationState::Succeeded;
    done.kind = OperationKind::Refresh;
    done.finished_at = Some(bench.now());
    bench
        .apply(vec![
            Change::InsertOperation(asking.clone()),
            Change::InsertOperation(done.clone()),
            Change::PutCall(bench.call(&done, CallState::Answered)),
            Change::PutCall(bench.call(&running, CallState::Unknown)),
            Change::PutCall(bench.call(&running, CallState::Sending)),
            Change::PutQuestion(bench.question(&service, Some(&asking))),
            Change::InsertEffect(bench.effect(Some(&service), "x")),
        ])
        .await
        .unwrap();
    let (store, page) = (bench.store(), PageRequest::default());
    let open = OperationFilter {
        open: Some(true),
        ..OperationFilter::default()
    };
    assert_eq!(store.operations(&open, &page).await.unwrap().items.len(), 2);
    let final_ones = OperationFilter {
        open: Some(false),
        kind: Some(OperationKind::Refresh),
        ..OperationFilter::default()
    };
    assert_eq!(
        store.operations(&final_ones, &page).await.unwrap().items,
        [done.clone()]
    );
    let asked = OperationFilter {
        states: vec![OperationState::Asking, OperationState::Queued],
        service: Some(service.id),
        ..OperationFilter::default()
    };
    assert_eq!(store.operations(&asked, &page).await.unwrap().items, [asking]);
    assert_eq!(
        store.counts(bench.now()).await.unwrap(),
        Counts {
            operations_due: 1,
            operations_open: 2,
            oldest_operation: Some(bench.now()),
            operations_asking: 1,
            unknown_calls: 1,
            effects_waiting: 1,
            oldest_effect: Some(bench.now()),
            questions_open: 1,
            alarms: 0,
            oldest_unsealed: Some(bench.now()),
            ..Counts::default()
        }
    );
    let questions = QuestionFilter {
        open: Some(true),
        service: Some(service.id),
    };
    assert_eq!(store.questions(&questions, &page).await.unwrap().items.len(), 1);
    let effects = EffectFilter {
        service: Some(service.id),
        ..EffectFilter::default()
    };
    assert_eq!(store.effects(&effects, &page).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn sweeps_find_what_is_late_on_its_way_or_past_its_use() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let running = bench.stored_operation(&service, 1).await;
    let mut asking = bench.operation(&service, 2);
    asking.state = OperationState::Asking;
    let mut done = bench.operation(&service, 3);
    done.state = OperationState::Succeeded;
    done.kind = OperationKind::Refresh;
    done.finished_at = Some(bench.now());
    let sending = bench.call(&running, CallState::Sending);
    bench
        .apply(vec![
            Change::InsertOperation(asking),
            Change::InsertOperation(done.clone()),
            Change::PutCall(bench.call(&done, CallState::Answered)),
            Change::PutCall(sending.clone()),
        ])
        .await
        .unwrap();
    let store = bench.store();
    assert_eq!(store.calls_sending(9).await.unwrap(), [sending]);
    assert!(store.operations_overdue(bench.now(), 9).await.unwrap().is_empty());
    assert_eq!(store.prune_refreshes(bench.now()).await.unwrap(), 0);
    bench.pass(Duration::from_hours(2));
    assert_eq!(
        store.operations_overdue(bench.now(), 9).await.unwrap(),
        std::slice::from_ref(&running)
    );
    assert_eq!(store.prune_refreshes(bench.now()).await.unwrap(), 1);
    assert_eq!(store.operation(done.id).await.unwrap(), None);
    assert!(
        store
            .calls(done.id, &PageRequest::default())
            .await
            .unwrap()
            .items
            .is_empty()
    );
    assert!(store.operation(running.id).await.unwrap().is_some());
}

#[tokio::test]
async fn the_destructive_budget_counts_what_came_over_the_bridge_and_was_delivered() {
    let bench = Bench::new().await;
    let since = bench.now() - Duration::from_hours(1);
    let client = Actor {
        kind: ActorKind::Client,
        id: "client 7".to_owned(),
        ip: None,
        correlation: None,
    };
    let delivered = bench.stored_service(1).await;
    let never = bench.stored_service(2).await;
    let mut link = bench.link(&delivered, "1");
    link.closed_at = Some(bench.now());
    let asked = |kind, service, sequence, actor: &Actor| {
        let mut operation = bench.operation(service, sequence);
        operation.kind = kind;
        operation.actor = actor.clone();
        Change::InsertOperation(operation)
    };
    let (terminate, reinstall) = (OperationKind::Terminate, OperationKind::Reinstall);
    let mut older = bench.operation(&delivered, 9);
    older.kind = OperationKind::Terminate;
    older.actor = client.clone();
    older.created_at = since - Duration::from_secs(1);
    bench
        .apply(vec![
            Change::PutLink(link),
            asked(terminate, &delivered, 1, &client),
            asked(terminate, &delivered, 2, &Actor::host("root")),
            asked(terminate, &delivered, 3, &Actor::engine("duty")),
            asked(terminate, &never, 1, &client),
            asked(reinstall, &delivered, 4, &client),
            asked(reinstall, &delivered, 5, &Actor::host("root")),
            asked(OperationKind::Power, &delivered, 6, &client),
            Change::InsertOperation(older),
        ])
        .await
        .unwrap();
    let other = crate::testing::seed_installation(bench.store(), "other").await;
    assert_eq!(
        bench
            .store()
            .destructive_since(&bench.installation.id, since)
            .await
            .unwrap(),
        2
    );
    assert_eq!(
        bench.store().destructive_since(&other.id, since).await.unwrap(),
        0
    );
}

#[tokio::test]
async fn what_nobody_looks_after_is_counted() {
    let bench = Bench::new().await;
    let store = bench.store();
    let mut services = Vec::new();
    for (number, standing) in [
        (1, Standing::Live),
        (2, Standing::Suspended),
        (3, Standing::Live),
        (4, Standing::Ended),
        (5, Standing::Building),
    ] {
        let mut service = bench.stored_service(number).await;
        service.standing = standing;
        bench
            .apply(vec![Change::PutService(service.clone())])
            .await
            .unwrap();
        services.push(service);
    }
    let read = |service: usize, kind: &str, at| {
        Change::PutFact(FactRecord {
            service: services[service].id,
            kind: kind.to_owned(),
            value: Fact::Absent,
            observed_at: at,
        })
    };
    // The first was just read, the second long ago, the third never; the others are not in use.
    let long_ago = bench.now() - Duration::from_hours(24) - Duration::from_micros(1);
    let readings = vec![
        read(0, "machine", bench.now() - Duration::from_hours(24)),
        read(1, "machine", long_ago),
        read(2, "usage", bench.now()),
        read(3, "machine", long_ago),
    ];
    bench.apply(readings).await.unwrap();
    let late = bench.stored_operation(&services[0], 1).await;
    bench.pass(Duration::from_micros(1));
    let later = bench.stored_operation(&services[1], 1).await;
    let asked = bench.stored_operation(&services[2], 1).await;
    let mut question = bench.question(&services[2], Some(&asked));
    bench
        .apply(vec![Change::PutQuestion(question.clone())])
        .await
        .unwrap();
    let before = store
        .counts(late.deadline - Duration::from_micros(1))
        .await
        .unwrap();
    assert_eq!((before.operations_overdue, before.oldest_overdue), (0, None));
    let counts = store.counts(late.deadline).await.unwrap();
    assert_eq!(
        (counts.operations_overdue, counts.oldest_overdue),
        (1, Some(late.id))
    );
    let counts = store.counts(later.deadline).await.unwrap();
    assert_eq!(
        (counts.operations_overdue, counts.oldest_overdue),
        (2, Some(late.id)),
        "one is held"
    );
    question.answered_at = Some(bench.now());
    bench.apply(vec![Change::PutQuestion(question)]).await.unwrap();
    assert_eq!(store.counts(later.deadline).await.unwrap().operations_overdue, 3);

    assert_eq!(
        store
            .counts(bench.now() - Duration::from_micros(1))
            .await
            .unwrap()
            .services_unread,
        2
    );
    assert_eq!(
        store
            .counts(bench.now() + Duration::from_micros(1))
            .await
            .unwrap()
            .services_unread,
        3
    );
    assert!(store.counts(bench.now()).await.unwrap().oldest_unsealed.is_some());
    store.seal_audit(bench.now()).await.unwrap();
    assert_eq!(store.counts(bench.now()).await.unwrap().oldest_unsealed, None);
}

#[tokio::test]
async fn a_clients_last_wish_of_a_kind_is_found_however_much_came_since() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let other = bench.stored_service(2).await;
    let client = Actor {
        kind: ActorKind::Client,
        ..Actor::host("client 7, user 1")
    };
    let (opens, closes) = (
        OperationInput::Console { open: true },
        OperationInput::Console { open: false },
    );
    let (mut changes, mut moments) = (Vec::new(), Vec::new());
    let staff = Actor::host("root");
    let wishes = [
        (&service, OperationKind::Console, &opens, &client),
        (&service, OperationKind::Console, &opens, &client),
        (&service, OperationKind::Console, &closes, &client),
        (&service, OperationKind::Console, &opens, &staff),
        (&other, OperationKind::Console, &opens, &client),
        (&service, OperationKind::SignOn, &OperationInput::Nothing, &client),
    ];
    for (sequence, (of, kind, input, actor)) in (1..).zip(wishes) {
        bench.pass(Duration::from_secs(1));
        let mut operation = bench.operation(of, sequence);
        operation.kind = kind;
        operation.input = input.clone();
        operation.actor = actor.clone();
        operation.state = OperationState::Succeeded;
        moments.push(operation.created_at);
        changes.push(Change::InsertOperation(operation));
    }
    for sequence in 10..40 {
        bench.pass(Duration::from_secs(1));
        changes.push(Change::InsertOperation(bench.operation(&service, sequence)));
    }
    bench.apply(changes).await.unwrap();
    let last = async |kind, input: Option<&OperationInput>| {
        let pace = Pace {
            service: service.id,
            kind,
            input: input.cloned(),
        };
        bench.store().last_wished(&pace).await.unwrap()
    };
    assert_eq!(last(OperationKind::Console, Some(&opens)).await, Some(moments[1]));
    assert_eq!(
        last(OperationKind::Console, Some(&closes)).await,
        Some(moments[2])
    );
    assert_eq!(last(OperationKind::Console, None).await, Some(moments[2]));
    assert_eq!(last(OperationKind::SignOn, None).await, Some(moments[5]));
    assert_eq!(last(OperationKind::Rename, None).await, None);
}
