//! Commits: whole or not at all, fenced, unique.

use std::time::Duration;

use domain::change::Refused;
use domain::http::{Outcome, Response};
use domain::record::{Alarm, CallState, FactRecord, LinkRole, OperationState, Standing};
use domain::{Change, Fact, Fence};

use super::{Bench, refusal, taken};
use crate::{Room, StoreError};

#[tokio::test]
async fn every_record_comes_back_as_it_was_put() {
    let bench = Bench::new().await;
    let mut service = bench.service(1);
    service.watch_due = Some(bench.now());
    service.mapped_id = Some("77".to_owned());
    let mut operation = bench.operation(&service, 1);
    operation.exclusive = Some("owner:5".to_owned());
    operation
        .notes
        .insert("odd".to_owned(), serde_json::json!("nul \u{0} and ä"));
    let mut call = bench.call(&operation, CallState::Answered);
    call.outcome = Some(Outcome::Answered(Response {
        status: 200,
        body: "a\u{0}b".to_owned(),
        retry_after: None,
    }));
    let link = bench.link(&service, "42");
    let question = bench.question(&service, Some(&operation));
    let fact = domain::record::FactRecord {
        service: service.id,
        kind: FactRecord::MACHINE.to_owned(),
        value: Fact::Known(serde_json::json!({ "big": u64::MAX, "z": 1, "a": 2 })),
        observed_at: bench.now(),
    };
    bench
        .apply(vec![
            Change::InsertService(service.clone()),
            Change::InsertOperation(operation.clone()),
            Change::PutCall(call.clone()),
            Change::PutLink(link.clone()),
            Change::PutFact(fact.clone()),
            Change::PutQuestion(question.clone()),
        ])
        .await
        .unwrap();
    service.version = 1;
    let store = bench.store();
    let case = store.case(operation.id).await.unwrap().unwrap();
    assert_eq!(case.service, service);
    assert_eq!(case.operation, operation);
    assert_eq!(case.link, Some(link));
    assert_eq!(case.machine.as_deref(), Some(&fact));
    assert_eq!(case.questions, [question]);
    assert_eq!(case.installation, bench.installation);
    assert_eq!(case.platform.as_ref(), Some(&bench.platform));
    assert_eq!(case.unknown_version, None);
    let calls = store
        .calls(operation.id, &crate::PageRequest::default())
        .await
        .unwrap();
    assert_eq!(calls.items, [call]);
}

#[tokio::test]
async fn a_commit_with_one_refused_change_leaves_nothing_behind() {
    let bench = Bench::new().await;
    let first = bench.stored_service(1).await;
    let twin = bench.service(1);
    let mut changed = first.clone();
    changed.standing = Standing::Live;
    let result = bench
        .apply(vec![
            Change::PutService(changed),
            Change::Audit(bench.line("lost")),
            Change::InsertEffect(bench.effect(Some(&first), "lost")),
            Change::InsertService(twin),
        ])
        .await;
    assert_eq!(taken(result), "service 1 of installation main is known already");
    assert_eq!(bench.store().service(first.id).await.unwrap(), Some(first));
    assert_eq!(
        bench.store().counts(bench.now()).await.unwrap().effects_waiting,
        0
    );
    let lines = bench
        .store()
        .audit_lines(
            &crate::AuditFilter {
                subject: Some("lost".to_owned()),
            },
            &crate::PageRequest::default(),
        )
        .await
        .unwrap();
    assert_eq!(lines.items, []);
}

#[tokio::test]
async fn one_resource_has_one_service_and_one_generation_one_resource() {
    let bench = Bench::new().await;
    let (a, b) = (bench.stored_service(1).await, bench.stored_service(2).await);
    let mut link = bench.link(&a, "42");
    bench.apply(vec![Change::PutLink(link.clone())]).await.unwrap();
    let stolen = bench.apply(vec![Change::PutLink(bench.link(&b, "42"))]).await;
    assert!(taken(stolen).contains("belongs to another service"));
    let second = bench.apply(vec![Change::PutLink(bench.link(&a, "43"))]).await;
    assert!(taken(second).contains("another primary resource"));
    let mut attached = bench.link(&a, "42");
    attached.role = LinkRole::Attached;
    bench
        .apply(vec![Change::PutLink(attached)])
        .await
        .expect("attached resources may be many");

    link.closed_at = Some(bench.now());
    link.close_reason = Some("terminated".to_owned());
    let taken_over = vec![Change::PutLink(link), Change::PutLink(bench.link(&b, "42"))];
    bench
        .apply(taken_over)
        .await
        .expect("a closed link frees its resource in the same commit");
    let holder = bench
        .store()
        .link_of_resource(bench.platform.id, "instance", "42")
        .await
        .unwrap();
    assert_eq!(holder.map(|link| link.service), Some(b.id));
}

#[tokio::test]
async fn an_exclusive_key_has_one_open_holder_per_platform() {
    let bench = Bench::new().await;
    let (a, b) = (bench.stored_service(1).await, bench.stored_service(2).await);
    let mut holder = bench.operation(&a, 1);
    holder.exclusive = Some("owner:5".to_owned());
    let mut other = bench.operation(&b, 1);
    other.exclusive = Some("owner:5".to_owned());
    bench
        .apply(vec![Change::InsertOperation(holder.clone())])
        .await
        .unwrap();
    let second = bench.apply(vec![Change::InsertOperation(other.clone())]).await;
    assert!(taken(second).contains("owner:5"));

    // On another platform the same key is another one.
    let elsewhere = crate::testing::seed_platform(bench.store(), "https://other.test").await;
    let mut c = bench.service(3);
    c.platform = Some(elsewhere.id);
    let mut third = bench.operation(&c, 1);
    third.exclusive = Some("owner:5".to_owned());
    bench
        .apply(vec![
            Change::InsertService(c.clone()),
            Change::InsertOperation(third),
        ])
        .await
        .unwrap();
    c.version = 1;
    c.platform = Some(bench.platform.id);
    assert!(taken(bench.apply(vec![Change::PutService(c)]).await).contains("key"));

    holder.state = OperationState::Succeeded;
    holder.due_at = None;
    bench.apply(vec![Change::PutOperation(holder)]).await.unwrap();
    bench
        .apply(vec![Change::InsertOperation(other)])
        .await
        .expect("the key is free");
}

#[tokio::test]
async fn the_version_is_raised_once_by_a_commit_that_writes_the_service_its_operations_or_links() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let mut operation = bench.operation(&service, 1);
    let raised = bench
        .apply(vec![
            Change::InsertOperation(operation.clone()),
            Change::PutLink(bench.link(&service, "42")),
        ])
        .await
        .unwrap();
    assert_eq!(raised.versions.get(&service.id), Some(&2));

    // A decision from before that is refused, with a fence and without.
    let mut stale = service.clone();
    stale.standing = Standing::Ended;
    let unfenced = bench.apply(vec![Change::PutService(stale.clone())]).await;
    assert_eq!(refusal(unfenced), Refused::ServiceChanged(service.id));
    operation.state = OperationState::Cancelled;
    let fenced = bench
        .apply_fenced(
            Fence::service(service.id, 1),
            vec![Change::PutOperation(operation.clone())],
        )
        .await;
    assert_eq!(refusal(fenced), Refused::ServiceChanged(service.id));

    let raised = bench
        .apply_fenced(
            Fence::service(service.id, 2),
            vec![
                Change::PutService(stale.clone()),
                Change::PutOperation(operation),
                Change::PutService(stale),
            ],
        )
        .await
        .unwrap();
    assert_eq!(raised.versions.get(&service.id), Some(&3));
    let stored = bench.store().service(service.id).await.unwrap().unwrap();
    assert_eq!((stored.version, stored.standing), (3, Standing::Ended));
}

#[tokio::test]
async fn a_fence_on_a_service_that_is_not_there_is_refused() {
    let bench = Bench::new().await;
    let ghost = bench.service(9);
    let result = bench
        .apply_fenced(Fence::service(ghost.id, 1), vec![Change::Audit(bench.line("x"))])
        .await;
    assert_eq!(refusal(result), Refused::ServiceChanged(ghost.id));
}

#[tokio::test]
async fn only_the_holder_of_a_lease_commits_under_it_and_changes_it() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let mut operation = bench.stored_operation(&service, 1).await;
    let worker = bench.worker();
    let claimed = bench
        .store()
        .claim(worker, bench.now(), Duration::from_mins(1), &Room::of(5))
        .await
        .unwrap();
    let lease = claimed[0].lease;

    // A command writes the operation without the lease, which stays.
    operation.reason = "interrupted".to_owned();
    bench
        .apply(vec![Change::PutOperation(operation.clone())])
        .await
        .unwrap();
    let stored = bench.store().operation(operation.id).await.unwrap().unwrap();
    assert_eq!(
        (stored.lease, stored.reason.as_str()),
        (Some(lease), "interrupted")
    );

    // Another worker, or another end, is refused whole.
    for fence in [
        Fence::lease(operation.id, bench.worker(), lease.until),
        Fence::lease(operation.id, worker, lease.until + Duration::from_secs(1)),
    ] {
        operation.reason = "stolen".to_owned();
        let result = bench
            .apply_fenced(fence, vec![Change::PutOperation(operation.clone())])
            .await;
        assert_eq!(refusal(result), Refused::LeaseLost(operation.id));
    }

    // The holder prolongs it, and then gives it back.
    let longer = lease.until + Duration::from_secs(30);
    operation.lease = Some(domain::record::Lease {
        worker,
        until: longer,
    });
    bench
        .apply_fenced(
            Fence::lease(operation.id, worker, lease.until),
            vec![Change::PutOperation(operation.clone())],
        )
        .await
        .unwrap();
    let stored = bench.store().operation(operation.id).await.unwrap().unwrap();
    assert_eq!(stored.lease, operation.lease);
    operation.lease = None;
    bench
        .apply_fenced(
            Fence::lease(operation.id, worker, longer),
            vec![Change::PutOperation(operation.clone())],
        )
        .await
        .unwrap();
    let stored = bench.store().operation(operation.id).await.unwrap().unwrap();
    assert_eq!(stored.lease, None);
    let late = bench
        .apply_fenced(
            Fence::lease(operation.id, worker, longer),
            vec![Change::PutCall(bench.call(&operation, CallState::Answered))],
        )
        .await;
    assert_eq!(refusal(late), Refused::LeaseLost(operation.id));
}

#[tokio::test]
async fn of_two_commands_from_the_same_picture_one_wins() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let commands = (1..=8).map(|sequence| {
        let operation = bench.operation(&service, sequence);
        let store = bench.store().clone();
        let fence = Fence::service(service.id, service.version);
        tokio::spawn(async move {
            let changes = vec![Change::InsertOperation(operation)];
            store.commit(domain::Commit { fence, changes }).await
        })
    });
    let mut won = 0;
    for command in commands.collect::<Vec<_>>() {
        match command.await.unwrap() {
            Ok(_) => won += 1,
            Err(StoreError::Refused(Refused::ServiceChanged(_))) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(won, 1);
    let case = bench
        .store()
        .service_view(&bench.installation.id, 1)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(case.open.len(), 1);
}

#[tokio::test]
async fn records_that_name_what_is_not_there_are_missing() {
    let bench = Bench::new().await;
    let ghost = bench.service(9);
    let operation = bench.operation(&ghost, 1);
    for change in [
        Change::InsertOperation(operation.clone()),
        Change::PutOperation(operation.clone()),
        Change::PutCall(bench.call(&operation, CallState::Sending)),
        Change::PutLink(bench.link(&ghost, "1")),
        Change::InsertEffect(bench.effect(Some(&ghost), "x")),
        Change::PutEffect(bench.effect(None, "x")),
        Change::PutService(ghost.clone()),
    ] {
        let result = bench.apply(vec![change.clone()]).await;
        assert!(
            matches!(result, Err(StoreError::Missing { .. })),
            "{change:?}: {result:?}"
        );
    }
}

#[tokio::test]
async fn an_alarm_raised_twice_is_one_and_clears() {
    let bench = Bench::new().await;
    let alarm = Alarm {
        name: "duty:x".to_owned(),
        text: "late".to_owned(),
        raised_at: bench.now(),
    };
    bench
        .apply(vec![Change::RaiseAlarm(alarm.clone())])
        .await
        .unwrap();
    let again = Alarm {
        raised_at: bench.now() + Duration::from_secs(9),
        ..alarm.clone()
    };
    bench
        .apply(vec![Change::RaiseAlarm(again.clone())])
        .await
        .unwrap();
    assert!(!bench.store().raise_alarm(&again).await.unwrap());
    assert_eq!(
        bench.store().alarms().await.unwrap(),
        std::slice::from_ref(&alarm)
    );
    assert!(bench.store().alarm_is_raised("duty:x").await.unwrap());
    let clear = Change::ClearAlarm { name: alarm.name };
    bench.apply(vec![clear.clone()]).await.unwrap();
    bench
        .apply(vec![clear])
        .await
        .expect("clearing twice is clearing");
    assert!(!bench.store().alarm_is_raised("duty:x").await.unwrap());
}
