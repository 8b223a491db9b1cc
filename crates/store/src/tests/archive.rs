//! Nobody who decides can tell that old operations were archived, and nothing of them is lost.

use std::time::Duration;

use domain::record::{CallState, EffectState, Operation, OperationKind, OperationState, Service};
use domain::{Change, ServiceView};
use sea_orm::ConnectionTrait;

use super::Bench;
use crate::testing::{FIRST_BILLING_ID, OF_EACH_SERVICE, fill_history};
use crate::{Archived, PageRequest, ServiceFilter, Swept};

const DAY: Duration = Duration::from_hours(24);

impl Bench {
    /// An operation that is over, with a call and an answered question.
    async fn finished(&self, service: &Service, sequence: i64, kind: OperationKind) -> Archived {
        self.pass(Duration::from_secs(1));
        let mut operation = self.operation(service, sequence);
        operation.kind = kind;
        operation.state = OperationState::Succeeded;
        operation.due_at = None;
        operation.finished_at = Some(self.now());
        let mut call = self.call(&operation, CallState::Answered);
        call.ended_at = Some(self.now());
        let mut question = self.question(service, Some(&operation));
        question.answered_at = Some(self.now());
        question.answer = Some("wait".to_owned());
        self.apply(vec![
            Change::InsertOperation(operation.clone()),
            Change::PutCall(call.clone()),
            Change::PutQuestion(question.clone()),
        ])
        .await
        .unwrap();
        Archived {
            operation,
            calls: vec![call],
            questions: vec![question],
        }
    }

    async fn history(&self, service: &Service, many: i64) -> Vec<Archived> {
        let mut history = Vec::new();
        for sequence in 1..=many {
            history.push(self.finished(service, sequence, OperationKind::Suspend).await);
        }
        history
    }

    async fn view(&self, service: &Service) -> ServiceView {
        let view = self
            .store()
            .service_view(&self.installation.id, service.billing_id)
            .await;
        view.unwrap().unwrap()
    }

    /// Archives all that is older than a day, in portions of this many.
    async fn archive_all(&self, limit: u64) -> u64 {
        let mut total = 0;
        loop {
            let Swept { moved, done } = self.store().archive(self.now() - DAY, limit).await.unwrap();
            assert!(moved <= limit, "{moved}");
            total += moved;
            if done {
                return total;
            }
        }
    }

    async fn is_live(&self, operation: &Operation) -> bool {
        self.store().operation(operation.id).await.unwrap().is_some()
    }
}

#[tokio::test]
async fn archived_operations_leave_the_view_and_the_next_number_as_they_were() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let history = bench.history(&service, 65).await;
    let before = bench.view(&service).await;
    bench.pass(DAY * 2);
    assert_eq!(bench.archive_all(7).await, 45);
    let after = bench.view(&service).await;
    assert_eq!(after, before, "who decides sees the same");
    assert_eq!(after.recent[0].sequence, 65);
    for (place, kept) in history.iter().enumerate() {
        let archived = bench.store().archived(kept.operation.id).await.unwrap();
        let gone = place < 45;
        assert_eq!(archived.as_ref(), gone.then_some(kept), "number {}", place + 1);
        assert_eq!(bench.is_live(&kept.operation).await, !gone);
        let calls = bench
            .store()
            .calls(kept.operation.id, &PageRequest::default())
            .await
            .unwrap();
        assert_eq!(
            calls.items.len(),
            usize::from(!gone),
            "calls go with their operation"
        );
        let question = bench.store().question(kept.questions[0].id).await.unwrap();
        assert_eq!(question.is_some(), !gone);
    }
    let (mut page, mut listed) = (PageRequest::first(10), Vec::new());
    loop {
        let some = bench
            .store()
            .archived_operations(service.id, &page)
            .await
            .unwrap();
        listed.extend(some.items.into_iter().map(|operation| operation.sequence));
        let Some(next) = some.next else { break };
        page = PageRequest::after(next, 10);
    }
    assert_eq!(listed, (1..=45).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn what_was_ordered_stays_however_much_came_after_it() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let mut orders = Vec::new();
    for (sequence, kind) in (1..).zip(OperationKind::ORDERS) {
        orders.push(bench.finished(&service, sequence, kind).await);
    }
    let other = bench.finished(&service, 3, OperationKind::Suspend).await;
    for sequence in 4..=30 {
        bench.finished(&service, sequence, OperationKind::Suspend).await;
    }
    bench.pass(DAY * 2);
    assert_eq!(bench.archive_all(7).await, 8);
    assert!(!bench.is_live(&other.operation).await);
    for order in &orders {
        assert!(bench.is_live(&order.operation).await, "{}", order.operation.kind);
    }
}

#[tokio::test]
async fn what_stayed_as_one_of_the_newest_goes_once_later_ones_are_old() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let history = bench.history(&service, 15).await;
    bench.pass(DAY * 2);
    assert_eq!(bench.archive_all(100).await, 0, "all are among the newest");
    for sequence in 16..=30 {
        bench.finished(&service, sequence, OperationKind::Unsuspend).await;
    }
    assert_eq!(
        bench.archive_all(100).await,
        0,
        "the later ones are too young for the sweep to come to"
    );
    bench.pass(DAY * 2);
    assert_eq!(bench.archive_all(100).await, 10);
    assert!(!bench.is_live(&history[9].operation).await);
    assert!(bench.is_live(&history[10].operation).await);
    assert_eq!(bench.archive_all(100).await, 0);
}

#[tokio::test]
async fn what_is_open_young_asked_about_or_only_read_is_not_archived() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let open = bench.stored_operation(&service, 1).await;
    let asked = bench.finished(&service, 2, OperationKind::Suspend).await;
    bench
        .apply(vec![Change::PutQuestion(
            bench.question(&service, Some(&asked.operation)),
        )])
        .await
        .unwrap();
    let refresh = bench.finished(&service, 3, OperationKind::Refresh).await;
    let plain = bench.finished(&service, 4, OperationKind::Suspend).await;
    bench.pass(DAY * 2);
    for sequence in 5..=30 {
        bench.finished(&service, sequence, OperationKind::Suspend).await;
    }
    bench.pass(Duration::from_secs(24 * 3600 - 13));
    let moved = bench.archive_all(100).await;
    // Of the 26 later ones 13 are old, and six of those are not among the newest twenty.
    assert_eq!(moved, 1 + 6);
    assert!(
        bench
            .store()
            .archived(plain.operation.id)
            .await
            .unwrap()
            .is_some()
    );
    for (stays, why) in [
        (&open, "open"),
        (&asked.operation, "asked about"),
        (&refresh.operation, "only read"),
    ] {
        assert!(bench.is_live(stays).await, "{why}");
    }
    assert_eq!(
        bench.store().prune_refreshes(bench.now()).await.unwrap(),
        1,
        "reads go by themselves"
    );
}

#[tokio::test]
async fn an_operation_of_a_later_format_comes_out_of_the_archive_as_out_of_its_table() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let later = bench.history(&service, 21).await.remove(0).operation;
    let sql = "UPDATE operations SET format = 99, notes = '[\"what is this\"]', kind = 'tomorrow' WHERE sequence = 1";
    bench.store().db().execute_unprepared(sql).await.unwrap();
    let live = bench.store().operation(later.id).await.unwrap().unwrap();
    bench.pass(DAY * 2);
    assert_eq!(bench.archive_all(100).await, 1);
    let archived = bench.store().archived(later.id).await.unwrap().unwrap();
    assert_eq!((archived.operation.version, &archived.operation), (99, &live));
}

#[tokio::test]
async fn archived_operations_and_the_calls_of_kept_ones_are_dropped_by_age() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let history = bench.history(&service, 25).await;
    bench.pass(DAY * 2);
    bench.archive_all(100).await;
    let store = bench.store();
    let long_ago = history[2].operation.finished_at.unwrap();
    assert_eq!(store.prune_archive(long_ago, 100).await.unwrap(), 2);
    assert!(store.archived(history[1].operation.id).await.unwrap().is_none());
    assert!(store.archived(history[2].operation.id).await.unwrap().is_some());
    let open = bench.stored_operation(&service, 26).await;
    let mut call = bench.call(&open, CallState::Answered);
    call.ended_at = Some(long_ago);
    bench.apply(vec![Change::PutCall(call.clone())]).await.unwrap();
    assert_eq!(
        store.prune_archive(bench.now(), 2).await.unwrap(),
        4,
        "two of each"
    );
    assert_eq!(store.prune_archive(bench.now(), 100).await.unwrap(), 1 + 18);
    let kept = history.last().unwrap();
    assert!(bench.is_live(&kept.operation).await, "the operation itself stays");
    assert_eq!(
        store
            .calls(kept.operation.id, &PageRequest::default())
            .await
            .unwrap()
            .items,
        []
    );
    assert_eq!(
        store.calls(open.id, &PageRequest::default()).await.unwrap().items,
        [call]
    );
}

#[tokio::test]
async fn a_long_history_is_archived_and_forgotten_whole_in_portions() {
    let bench = Bench::new().await;
    let many = 3 * OF_EACH_SERVICE;
    fill_history(bench.store(), &bench.installation, &bench.platform, many).await;
    let filter = ServiceFilter::default();
    let services = bench
        .store()
        .services(&filter, &PageRequest::default())
        .await
        .unwrap()
        .items;
    assert_eq!(services.len(), 4, "the first one, and three that are copies");
    let service = services
        .into_iter()
        .find(|service| service.billing_id == FIRST_BILLING_ID)
        .unwrap();
    let view = bench.view(&service).await;
    assert_eq!(
        (view.recent.len(), view.open.len(), view.link.is_some()),
        (20, 0, true)
    );
    bench.pass(DAY * 2);
    assert_eq!(bench.archive_all(500).await, 0, "twenty of each are the newest");
    for sequence in 21..=25 {
        bench.finished(&service, sequence, OperationKind::Suspend).await;
    }
    bench.pass(DAY * 2);
    assert_eq!(bench.archive_all(3).await, 5);
    assert_eq!(
        bench.store().prune_settled(bench.now(), 500).await.unwrap(),
        many + 1
    );
    let counts = bench.store().counts(bench.now()).await.unwrap();
    assert_eq!((counts.operations_open, counts.services_unread), (0, 4));
}

#[tokio::test]
async fn settled_effects_and_answered_questions_go_by_age_and_the_queue_counts_on() {
    let bench = Bench::new().await;
    let service = bench.stored_service(1).await;
    let operation = bench.finished(&service, 1, OperationKind::Suspend).await;
    let mut failed = bench.effect(None, "failed");
    failed.state = EffectState::Failed;
    failed.finished_at = Some(bench.now());
    bench
        .apply(vec![Change::InsertEffect(failed.clone())])
        .await
        .unwrap();
    let mut effects = Vec::new();
    for message in ["a", "b", "c"] {
        let mut effect = bench.effect(Some(&service), message);
        bench
            .apply(vec![Change::InsertEffect(effect.clone())])
            .await
            .unwrap();
        effect.state = EffectState::Applied;
        effect.finished_at = Some(bench.now());
        effects.push(effect);
    }
    effects[2].state = EffectState::Waiting;
    effects[2].finished_at = None;
    bench
        .apply(effects.iter().cloned().map(Change::PutEffect).collect())
        .await
        .unwrap();
    let mut alone = bench.question(&service, None);
    alone.answered_at = Some(bench.now());
    let open = bench.question(&service, None);
    let questions = [alone.clone(), open.clone()].map(Change::PutQuestion);
    bench.apply(questions.to_vec()).await.unwrap();
    let store = bench.store();
    assert_eq!(
        store.prune_settled(bench.now(), 100).await.unwrap(),
        0,
        "not old enough"
    );
    bench.pass(DAY);
    assert_eq!(
        store.prune_settled(bench.now(), 1).await.unwrap(),
        2,
        "one of each"
    );
    assert_eq!(store.prune_settled(bench.now(), 100).await.unwrap(), 1);
    assert_eq!(store.prune_settled(bench.now(), 100).await.unwrap(), 0);
    assert!(store.effect(effects[0].id).await.unwrap().is_none());
    let asked_about = store.effect(failed.id).await.unwrap();
    assert!(asked_about.is_some(), "a person may still have it repeated");
    assert!(store.question(alone.id).await.unwrap().is_none());
    assert!(store.question(open.id).await.unwrap().is_some());
    assert!(
        store.question(operation.questions[0].id).await.unwrap().is_some(),
        "its operation is there"
    );
    let third = store.effect(effects[2].id).await.unwrap().unwrap();
    assert_eq!(third.sequence, 3);

    // Also once the last one of the queue is gone.
    effects[2].state = EffectState::Applied;
    effects[2].finished_at = Some(bench.now());
    bench
        .apply(vec![Change::PutEffect(effects[2].clone())])
        .await
        .unwrap();
    bench.pass(DAY);
    assert_eq!(store.prune_settled(bench.now(), 100).await.unwrap(), 1);
    let fourth = bench.effect(Some(&service), "d");
    bench
        .apply(vec![Change::InsertEffect(fourth.clone())])
        .await
        .unwrap();
    assert_eq!(store.effect(fourth.id).await.unwrap().unwrap().sequence, 4);
}
