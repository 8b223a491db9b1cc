//! What stands open when the billing system wishes a suspension: it does not outlive it.

use std::time::Duration;

use domain::machine::PowerAction;
use domain::record::{OperationState, Question, QuestionKind, Standing};
use domain::{Actor, Clock};
use engine::EngineError;
use engine::core::Intent;
use sim::fault::{Fault, FaultRule};
use testkit::rig::{Rig, order};

const MINUTES: Duration = Duration::from_secs(900);

fn suspend() -> Intent {
    Intent::Suspend {
        reason: "overdue".to_owned(),
    }
}

async fn done(rig: &Rig, intent: Intent) {
    let operation = rig.submit(rig.wish(501, intent)).await;
    let ended = rig.ended(operation, MINUTES).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
}

/// The question of an operation that looks for its machine in vain.
async fn asks(rig: &Rig) -> Question {
    let question = rig
        .until("the question", MINUTES, async |rig: &Rig| {
            rig.view(501).await.questions.first().cloned()
        })
        .await;
    assert_eq!(question.kind, QuestionKind::Vanished);
    question
}

fn is_held(rig: &Rig) -> bool {
    let now = rig.clock.now();
    rig.panel
        .servers(now)
        .iter()
        .all(|server| server.suspended && !server.running)
}

#[tokio::test]
async fn gx_004_an_unsuspend_that_asks_ends_with_the_suspension_that_follows() {
    for again in [Intent::Unsuspend, Intent::Power(PowerAction::Restart)] {
        let rig = Rig::start().await;
        rig.ready(501).await;
        if again == Intent::Unsuspend {
            done(&rig, suspend()).await;
        }
        rig.panel
            .add_fault(FaultRule::at("get_server", Fault::FalseNotFound));
        let asking = rig.submit(rig.wish(501, again.clone())).await;
        let question = asks(&rig).await;
        rig.panel.clear_faults();

        done(&rig, suspend()).await;
        let overtaken = rig.engine.operation(asking).await.expect("it is read");
        assert_eq!(overtaken.state, OperationState::Superseded, "{again:?}");
        assert_eq!(overtaken.reason, "a suspension takes over");
        let late = rig
            .engine
            .answer(question.id, "look-again", &Actor::host("test"))
            .await;
        assert!(
            matches!(late, Err(EngineError::Answer(_))),
            "what was overtaken is answered no more: {late:?}"
        );
        rig.pass(MINUTES).await;
        assert!(is_held(&rig), "{again:?}");
        let view = rig.view(501).await;
        assert_eq!(view.service.standing, Standing::Suspended);
        assert!(view.questions.is_empty(), "{:?}", view.questions);
    }
}

#[tokio::test]
async fn gx_004_a_suspension_that_waits_goes_past_a_change_that_begins_to_ask() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    rig.panel
        .add_fault(FaultRule::at("get_server", Fault::FalseNotFound));
    let mut bigger = order();
    bigger.settings.insert("package".to_owned(), "2".to_owned());
    let change = rig.submit(rig.wish(501, Intent::ChangePackage(bigger))).await;
    rig.pass(Duration::from_secs(5)).await;
    let suspension = rig.submit(rig.wish(501, suspend())).await;
    let waits = rig.engine.operation(suspension).await.expect("it is read");
    assert_eq!(waits.state, OperationState::Queued);
    let question = asks(&rig).await;
    rig.panel.clear_faults();

    let ended = rig.ended(suspension, MINUTES).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    assert!(is_held(&rig));
    rig.engine
        .answer(question.id, "look-again", &Actor::host("test"))
        .await
        .expect("the change is still asked about");
    let changed = rig.ended(change, MINUTES).await;
    assert_eq!(changed.state, OperationState::Succeeded, "{}", changed.reason);
    rig.pass(MINUTES).await;
    assert!(is_held(&rig), "a change of package lets no machine go");
}
