//! One operation whose stored record is damaged never stops the others.

use std::time::Duration;

use domain::record::OperationState;
use engine::core::Intent;
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
