//! A person's answer while a worker is at work on the same operation.

use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::id::{CallId, WorkerId};
use domain::machine::PowerAction;
use domain::ports::CountingRandom;
use domain::record::{
    ActOutcome, Call, CallState, CreateProtocol, Lease, OperationState, Question, QuestionKind, StepPhase,
};
use domain::{Actor, Change, Clock};
use engine::core::{Input, Next, World, advance};
use sim::fault::{Fault, FaultRule};
use testkit::rig::{Rig, RigOptions, order};

const HOUR: Duration = Duration::from_secs(3_600);

/// An order whose answer was lost and that is asked about, with the lease of a worker who has just looked for it.
async fn asked_and_leased() -> (Rig, Question, Lease) {
    let mut rig = Rig::with(RigOptions {
        protocol: CreateProtocol::List,
        ..RigOptions::default()
    })
    .await;
    rig.panel
        .add_fault(FaultRule::at("create_server", Fault::TimeoutBefore));
    rig.submit(rig.wish(501, engine::core::Intent::Create(order())))
        .await;
    let question = rig
        .until("the question", HOUR, async |rig: &Rig| {
            rig.view(501).await.questions.first().cloned()
        })
        .await;
    assert_eq!(question.kind, QuestionKind::UnsettledCreate);
    rig.stop().await;
    rig.clock.advance(Duration::from_secs(400));
    let worker = WorkerId::at(rig.clock.now(), &CountingRandom::new(5));
    let claimed = rig
        .engine
        .store()
        .claim(
            worker,
            rig.clock.now(),
            Duration::from_secs(120),
            &store::Room::of(1),
        )
        .await
        .expect("it is claimed");
    let lease = claimed.first().expect("it is due").lease;
    (rig, question, lease)
}

#[tokio::test]
async fn an_answer_takes_no_lease_away() {
    let (rig, question, lease) = asked_and_leased().await;
    rig.engine
        .answer(question.id, "keep-watching", &Actor::host("tester"))
        .await
        .expect("the answer is taken");
    let operation = rig.engine.operation(question.operation.expect("an operation"));
    let operation = operation.await.expect("it is read");
    assert_eq!(operation.lease, Some(lease));
}

#[tokio::test]
async fn a_look_that_was_on_its_way_is_not_taken_for_the_act_that_an_answer_calls_for() {
    let (rig, question, _) = asked_and_leased().await;
    let operation = question.operation.expect("an operation");
    let case = async || {
        let case = rig.engine.store().case(operation).await;
        case.expect("the store works").expect("it is there")
    };
    let step = case().await.operation.current().expect("a step");
    let look = Call {
        id: CallId::at(rig.clock.now(), &CountingRandom::new(6)),
        operation,
        step: case().await.operation.steps[step].name.clone(),
        request: Request::get("list_user_servers", "/servers/user/1"),
        state: CallState::Sending,
        outcome: None,
        sent_at: rig.clock.now(),
        ended_at: None,
    };
    rig.clock.advance(Duration::from_secs(1));
    rig.engine
        .answer(question.id, "send-again", &Actor::host("tester"))
        .await
        .expect("the answer is taken");
    let random = CountingRandom::new(7);
    let world = World {
        now: rig.clock.now(),
        random: &random,
        driver: None,
        recovering: None,
        naming: None,
    };
    let case = case().await;
    let ended = Input::Ended(Box::new(look), Outcome::lost("no answer"));
    let next = advance(&case, ended, world);
    assert!(matches!(next.next, Next::Again), "{:?}", next.next);
    let written = next.commit.changes.iter().find_map(|change| match change {
        Change::PutOperation(operation) => Some(operation),
        _ => None,
    });
    let step = &written.unwrap_or(&case.operation).steps[step];
    assert_eq!(
        (step.phase, step.act_outcome),
        (StepPhase::Act, Some(ActOutcome::Void))
    );
}

#[tokio::test]
async fn a_restart_that_a_person_sends_again_leaves_once_more_and_asks_no_second_time() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    rig.panel
        .add_fault(FaultRule::once("power_restart", Fault::TimeoutBefore));
    let restart = engine::core::Intent::Power(PowerAction::Restart);
    let operation = rig.submit(rig.wish(501, restart)).await;
    let question = rig
        .until("the question", HOUR, async |rig: &Rig| {
            rig.view(501).await.questions.first().cloned()
        })
        .await;
    rig.engine
        .answer(question.id, "send-again", &Actor::host("tester"))
        .await
        .expect("the answer is taken");
    let ended = rig.ended(operation, HOUR).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    assert!(rig.view(501).await.questions.is_empty());
    let calls = rig.panel.calls();
    let restarts = calls.iter().filter(|call| call.endpoint == "power_restart");
    assert_eq!(
        restarts.count(),
        2,
        "the lost one and the one that was wished for"
    );
}
