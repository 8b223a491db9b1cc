//! Lost answers: whatever happens to the answer of a create or a build, there is one machine in the end.

use std::time::Duration;

use domain::Clock;
use domain::record::{CreateProtocol, OperationState, QuestionKind};
use engine::core::Intent;
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::Act;
use testkit::rig::{Rig, RigOptions, order};

const HOUR: Duration = Duration::from_secs(3_600);

fn losses() -> Vec<Fault> {
    vec![
        Fault::ResetAfter,
        Fault::TimeoutAfter,
        Fault::ErrorAfter {
            status: 500,
            html: false,
        },
        Fault::TruncatedBody,
        Fault::TruncatedJson,
        Fault::HtmlAnswer,
        Fault::WrongSuccess {
            status: 202,
            effect: true,
        },
        Fault::Slow { seconds: 1 },
    ]
}

async fn one_machine(protocol: CreateProtocol, endpoint: &str, fault: Fault) {
    let rig = Rig::with(RigOptions {
        protocol,
        ..RigOptions::default()
    })
    .await;
    rig.panel.add_fault(FaultRule::once(endpoint, fault.clone()));
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    let again = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    assert_eq!(operation, again, "{fault:?}: a second call joins");
    let ended = rig.ended(operation, HOUR).await;
    assert_eq!(
        ended.state,
        OperationState::Succeeded,
        "{protocol} {endpoint} {fault:?}: {}",
        ended.reason
    );
    let now = rig.clock.now();
    let servers = rig.panel.servers(now);
    assert_eq!(servers.len(), 1, "{protocol} {endpoint} {fault:?}");
    let linked = rig.view(501).await.link.expect("a link").identity;
    assert_eq!(linked.id, servers[0].id.to_string());
    assert_eq!(rig.panel.totals(now).builds, 1, "{protocol} {endpoint} {fault:?}");
}

#[tokio::test]
async fn vf_036_gx_001_a_lost_answer_to_the_create_makes_one_machine_under_staging() {
    for fault in losses() {
        one_machine(CreateProtocol::Staging, "create_server", fault).await;
    }
}

#[tokio::test]
async fn vf_036_gx_001_a_lost_answer_to_the_create_makes_one_machine_under_the_list_protocol() {
    for fault in losses() {
        one_machine(CreateProtocol::List, "create_server", fault).await;
    }
}

#[tokio::test]
async fn a_lost_answer_to_the_build_builds_once() {
    for fault in losses() {
        one_machine(CreateProtocol::Staging, "build_server", fault).await;
    }
}

#[tokio::test]
async fn vf_036_gx_001_a_machine_that_appears_ten_minutes_late_is_removed_undelivered() {
    let rig = Rig::start().await;
    rig.panel.add_fault(FaultRule::once(
        "create_server",
        Fault::EffectLater { seconds: 700 },
    ));
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    assert_eq!(rig.ended(operation, HOUR).await.state, OperationState::Succeeded);
    let now = rig.clock.now();
    assert!(rig.panel.totals(now).servers_created >= 1);
    rig.pass(Duration::from_secs(1_200)).await;
    let now = rig.clock.now();
    let left = rig.panel.servers(now);
    assert_eq!(left.len(), 1, "the late one is gone");
    assert_eq!(rig.panel.totals(now).servers_created, 2);
    let linked = rig.view(501).await.link.expect("a link").identity;
    assert_eq!(linked.id, left[0].id.to_string());
}

#[tokio::test]
async fn gx_001_an_attempt_whose_account_is_there_already_orders_in_it() {
    let rig = Rig::start().await;
    rig.panel
        .add_fault(FaultRule::once("create_server", Fault::TimeoutBefore));
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    rig.lost(operation).await;
    // The second attempt's request for its account is delivered twice, and the second answer is the one that comes.
    let account = Act::CreateUser {
        name: "Staging".to_owned(),
        email: "hostler-main-501-1-2@staging.example.test".to_owned(),
        relation: None,
        relation_text: Some("hostler:main:501:1:2".to_owned()),
    };
    rig.panel.hand(rig.clock.now()).act(account).expect("it is free");
    let ended = rig.ended(operation, HOUR).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    assert_eq!(rig.panel.totals(rig.clock.now()).servers_created, 1);
}

#[tokio::test]
async fn under_the_list_protocol_a_late_machine_answers_the_question_that_was_asked_about_it() {
    let rig = Rig::with(RigOptions {
        protocol: CreateProtocol::List,
        ..RigOptions::default()
    })
    .await;
    rig.panel.add_fault(FaultRule::once(
        "create_server",
        Fault::EffectLater { seconds: 1_500 },
    ));
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    let question = rig
        .until("the question", HOUR, async |rig: &Rig| {
            rig.view(501).await.questions.first().cloned()
        })
        .await;
    assert_eq!(question.kind, QuestionKind::UnsettledCreate);
    let now = rig.clock.now();
    assert_eq!(
        rig.panel.totals(now).servers_created,
        0,
        "nothing is sent again by itself"
    );
    assert_eq!(rig.ended(operation, HOUR).await.state, OperationState::Succeeded);
    assert!(
        rig.view(501).await.questions.is_empty(),
        "the late machine answered it"
    );
    let now = rig.clock.now();
    assert_eq!(rig.panel.totals(now).servers_created, 1);
}

#[tokio::test]
async fn under_the_list_protocol_a_hand_made_server_is_not_adopted_when_anything_tells_it_apart() {
    let rig = Rig::with(RigOptions {
        protocol: CreateProtocol::List,
        ..RigOptions::default()
    })
    .await;
    // The owner exists upstream before the order.
    rig.ready(500).await;
    let now = rig.clock.now();
    let owner = rig.panel.servers(now)[0].owner;
    rig.panel
        .add_fault(FaultRule::once("create_server", Fault::TimeoutBefore));
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    rig.lost(operation).await;
    let now = rig.clock.now();
    // Another package tells it apart.
    let stranger = rig
        .panel
        .hand(now)
        .create_server(owner, 1, 2)
        .expect("the panel obeys");
    rig.until("the question", HOUR, async |rig: &Rig| {
        rig.view(501).await.questions.first().cloned()
    })
    .await;
    let view = rig.view(501).await;
    assert_eq!(view.link, None, "the hand-made server {stranger} is nobody's");
}

#[tokio::test]
async fn vf_038_a_crash_between_the_answer_and_its_commit_loses_nothing() {
    let mut rig = Rig::start().await;
    rig.panel
        .add_fault(FaultRule::once("create_server", Fault::TimeoutAfter));
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    rig.until("the create to be on its way", HOUR, async |rig: &Rig| {
        rig.panel
            .calls()
            .iter()
            .any(|call| call.endpoint == "create_server")
            .then_some(())
    })
    .await;
    // The panel has made the machine, the answer never comes, and the process dies.
    rig.restart().await;
    assert_eq!(rig.ended(operation, HOUR).await.state, OperationState::Succeeded);
    let now = rig.clock.now();
    assert_eq!(
        (
            rig.panel.servers(now).len(),
            rig.panel.totals(now).servers_created
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn vf_036_under_the_list_protocol_an_answer_that_names_another_requests_server_is_not_believed_for_ever()
 {
    let rig = Rig::with(RigOptions {
        protocol: CreateProtocol::List,
        ..RigOptions::default()
    })
    .await;
    rig.panel
        .add_fault(FaultRule::once("create_server", Fault::DuplicatedAnswer));
    rig.ready(501).await;
    let end = Intent::Terminate { window: None };
    let operation = rig.submit(rig.wish(501, end)).await;
    assert_eq!(rig.ended(operation, HOUR).await.state, OperationState::Succeeded);
    // The answer to this one names the machine of before, which is gone.
    let view = rig.ready(502).await;
    let now = rig.clock.now();
    let servers = rig.panel.servers(now);
    assert_eq!(servers.len(), 1);
    let linked = view.link.expect("a link").identity;
    assert_eq!(
        (linked.id, linked.unchangeable),
        (servers[0].id.to_string(), servers[0].uuid.clone())
    );
    assert_eq!(rig.panel.totals(now).servers_created, 2, "nothing was made twice");
}
