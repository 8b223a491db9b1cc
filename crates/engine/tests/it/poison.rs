//! One operation whose stored record is damaged never stops the others.

use std::time::Duration;

use domain::Clock;
use domain::record::{OperationState, QuestionKind};
use engine::EngineConfig;
use engine::core::Intent;
use store::{OperationFilter, PageRequest, QuestionFilter};
use testkit::rig::{Rig, RigOptions, order};

const HOUR: Duration = Duration::from_secs(3_600);

/// Damages the stored record of one operation, and lets other services' operations run beside it.
async fn others_go_on(damage: &str) {
    let mut rig = Rig::with(RigOptions {
        running: false,
        ..RigOptions::default()
    })
    .await;
    let poisoned = rig.submit(rig.wish(600, Intent::Create(order()))).await;
    let damage = damage.replace("$id", &poisoned.to_string());
    rig.execute(&damage).await;
    let mut others = Vec::new();
    for billing_id in 601..=604 {
        others.push(rig.submit(rig.wish(billing_id, Intent::Create(order()))).await);
    }
    rig.run();
    for other in &others {
        let ended = rig.ended(*other, HOUR).await;
        assert_eq!(
            ended.state,
            OperationState::Succeeded,
            "{damage}: {}",
            ended.reason
        );
    }
    // Long after, when the damaged one has been claimed again and again, work is still taken.
    rig.pass(Duration::from_secs(600)).await;
    let late = rig.submit(rig.wish(605, Intent::Create(order()))).await;
    let ended = rig.ended(late, HOUR).await;
    assert_eq!(
        ended.state,
        OperationState::Succeeded,
        "{damage}: {}",
        ended.reason
    );
    let now = domain::Clock::now(rig.clock.as_ref());
    assert_eq!(rig.panel.servers(now).len(), others.len() + 1, "{damage}");
    rig.stop().await;
}

#[tokio::test]
async fn mx_097_an_operation_whose_steps_are_no_document_stops_no_other() {
    others_go_on("UPDATE operations SET steps = '[{\"name\": 7' WHERE id = '$id'").await;
}

#[tokio::test]
async fn mx_097_an_operation_whose_input_is_another_document_stops_no_other() {
    others_go_on("UPDATE operations SET input = '{\"kind\": \"order\"}' WHERE id = '$id'").await;
}

#[tokio::test]
async fn mx_097_an_operation_of_no_known_state_stops_no_other() {
    others_go_on("UPDATE operations SET state = 'wandering' WHERE id = '$id'").await;
}

/// The usual rig, with a reconciler in a hurry.
async fn compared_often() -> Rig {
    let usual = RigOptions::default();
    Rig::with(RigOptions {
        engine: EngineConfig {
            reconcile_every: Duration::from_secs(120),
            ..usual.engine
        },
        ..usual
    })
    .await
}

/// A service that is ready, with its machine's id.
async fn ready(rig: &Rig, billing_id: u64) -> u64 {
    let link = rig.ready(billing_id).await.link.expect("a link");
    link.identity.id.parse().expect("an id")
}

#[tokio::test]
async fn mx_097_a_suspended_service_that_cannot_be_read_leaves_its_neighbour_watched() {
    let rig = Rig::start().await;
    ready(&rig, 601).await;
    let neighbour = ready(&rig, 602).await;
    for billing_id in [601, 602] {
        let reason = "overdue".to_owned();
        let operation = rig.submit(rig.wish(billing_id, Intent::Suspend { reason })).await;
        rig.ended(operation, HOUR).await;
    }
    let ill = rig.view(601).await.service.id;
    rig.execute(&format!(
        "UPDATE operations SET steps = '[{{' WHERE service = '{ill}'"
    ))
    .await;
    // The ill one comes first whenever something is due.
    rig.execute(&format!("UPDATE services SET watch_due = 1 WHERE id = '{ill}'"))
        .await;
    let hand = rig.panel.hand(rig.clock.now());
    hand.unsuspend(neighbour).expect("the panel obeys");
    rig.until("the neighbour is held again", HOUR, async |rig: &Rig| {
        let server = rig.panel.server(rig.clock.now(), neighbour)?;
        (server.suspended && !server.running).then_some(())
    })
    .await;
    rig.until("the alarm", HOUR, async |rig: &Rig| {
        let raised = rig.engine.store().alarm_is_raised("records_damaged").await;
        raised.expect("alarms can be read").then_some(())
    })
    .await;
}

#[tokio::test]
async fn mx_097_records_that_cannot_be_read_keep_no_platform_from_being_compared() {
    let rig = compared_often().await;
    ready(&rig, 601).await;
    let vanishing = ready(&rig, 602).await;
    ready(&rig, 603).await;
    let ill = rig.view(601).await.service.id;
    rig.execute(&format!(
        "UPDATE operations SET is_open = TRUE, state = 'wandering' WHERE service = '{ill}'"
    ))
    .await;
    rig.execute(&format!(
        "UPDATE links SET generation = -1 WHERE service = '{ill}'"
    ))
    .await;
    rig.panel
        .hand(rig.clock.now())
        .delete(vanishing)
        .expect("the panel obeys");
    let open = QuestionFilter {
        open: Some(true),
        ..QuestionFilter::default()
    };
    let asked = async |rig: &Rig| {
        let page = rig.engine.store().questions(&open, &PageRequest::first(50)).await;
        page.expect("questions can be read").items
    };
    rig.until("the question", HOUR, async |rig: &Rig| {
        let vanished = |question: &domain::record::Question| question.kind == QuestionKind::Vanished;
        asked(rig).await.iter().any(vanished).then_some(())
    })
    .await;
    rig.pass(Duration::from_secs(400)).await;
    let asked = asked(&rig).await;
    // The machine whose link cannot be read is nobody's to be deleted.
    assert!(
        asked.iter().all(|question| question.kind != QuestionKind::Orphan),
        "{asked:?}"
    );
}

#[tokio::test]
async fn mx_097_lists_and_a_recovery_go_on_without_what_they_cannot_read() {
    let rig = Rig::with(RigOptions {
        running: false,
        ..RigOptions::default()
    })
    .await;
    let ill = rig.submit(rig.wish(601, Intent::Create(order()))).await;
    let whole = rig.submit(rig.wish(602, Intent::Create(order()))).await;
    rig.execute(&format!("UPDATE operations SET input = '{{' WHERE id = '{ill}'"))
        .await;
    let store = rig.engine.store();
    let page = store
        .operations(&OperationFilter::default(), &PageRequest::default())
        .await
        .expect("a list goes on");
    let listed: Vec<_> = page.items.iter().map(|operation| operation.id).collect();
    assert_eq!((listed, page.damaged), (vec![whole], 1));
    let late = rig.clock.now() + HOUR * 24;
    let overdue = store.operations_overdue(late, 10).await.expect("a list goes on");
    assert_eq!(overdue.len(), 1);
    rig.engine
        .begin_recovery("an old copy was put back")
        .await
        .expect("a recovery begins");
}
