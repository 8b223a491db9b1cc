//! What stands open when the billing system wishes a suspension: it does not outlive it.

use std::time::Duration;

use domain::given::Reinstall;
use domain::id::OperationId;
use domain::machine::PowerAction;
use domain::record::{Operation, OperationState, Question, QuestionKind, Standing};
use domain::{Actor, Clock};
use engine::core::{Intent, RefusalCode};
use engine::{EngineError, Submitted};
use sim::fault::{Fault, FaultRule};
use testkit::rig::{Rig, order};

const MINUTES: Duration = Duration::from_secs(900);

fn suspend() -> Intent {
    Intent::Suspend {
        reason: "overdue".to_owned(),
    }
}

fn terminate() -> Intent {
    Intent::Terminate { window: None }
}

fn name(text: &str) -> Intent {
    Intent::Rename(text.parse().expect("a name"))
}

fn system() -> Intent {
    Intent::Reinstall(Reinstall {
        image: "46".to_owned(),
        hostname: None,
        keys: Vec::new(),
        new_key: None,
    })
}

async fn operation(rig: &Rig, id: OperationId) -> Operation {
    rig.engine.operation(id).await.expect("it is read")
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

/// How a service is held or ended, and what is written of what was overtaken by it.
fn endings() -> [(Intent, &'static str); 2] {
    [
        (suspend(), "a suspension takes over"),
        (terminate(), "a termination takes over"),
    ]
}

#[tokio::test]
async fn gx_004_a_rename_that_waits_in_the_line_never_reaches_the_machine() {
    for (ending, why) in endings() {
        let rig = Rig::start().await;
        rig.ready(501).await;
        rig.panel
            .add_fault(FaultRule::at("modify_name", Fault::Locked { seconds: 5 }).times(3));
        let first = rig.submit(rig.wish(501, name("first"))).await;
        rig.until("the panel's no", MINUTES, async |rig: &Rig| {
            operation(rig, first)
                .await
                .reason
                .contains("locked")
                .then_some(())
        })
        .await;
        let second = rig.submit(rig.wish(501, name("second"))).await;
        assert_eq!(operation(&rig, second).await.state, OperationState::Queued);

        let ending = rig.submit(rig.wish(501, ending)).await;
        let overtaken = operation(&rig, second).await;
        assert_eq!(overtaken.state, OperationState::Superseded, "from the commit on");
        assert_eq!(overtaken.reason, why);
        let ended = rig.ended(ending, MINUTES).await;
        assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
        rig.pass(Duration::from_secs(60)).await;
        let calls = rig.panel.calls();
        let sent = calls.iter().filter(|call| call.endpoint == "modify_name");
        let late = sent.filter(|call| call.body.to_string().contains("second"));
        assert_eq!(late.count(), 0, "{why}");
    }
}

#[tokio::test]
async fn gx_004_a_password_or_a_system_that_is_asked_about_ends_with_what_holds_or_ends_the_service() {
    for (intent, fault) in [
        (
            Intent::ResetPassword,
            FaultRule::once("reset_server_password", Fault::ResetAfter),
        ),
        (system(), FaultRule::once("build_server", Fault::TimeoutBefore)),
    ] {
        for (ending, why) in endings() {
            let rig = Rig::start().await;
            rig.ready(501).await;
            rig.panel.add_fault(fault.clone());
            let asking = rig.submit(rig.wish(501, intent.clone())).await;
            let question = rig
                .until("the question", 3 * MINUTES, async |rig: &Rig| {
                    rig.view(501).await.questions.first().cloned()
                })
                .await;
            assert_eq!(question.operation, Some(asking), "{intent:?}");
            assert_eq!(operation(&rig, asking).await.state, OperationState::Asking);
            let builds = rig.panel.totals(rig.clock.now()).builds;

            done(&rig, ending).await;
            let overtaken = operation(&rig, asking).await;
            assert_eq!(overtaken.state, OperationState::Superseded, "{intent:?}");
            assert_eq!(overtaken.reason, why, "{intent:?}");
            let late = rig
                .engine
                .answer(question.id, "send-again", &Actor::host("test"))
                .await;
            assert!(matches!(late, Err(EngineError::Answer(_))), "{late:?}");
            rig.pass(MINUTES).await;
            let view = rig.view(501).await;
            assert!(
                view.questions.is_empty() && view.line().next().is_none(),
                "{view:?}"
            );
            assert!(is_held(&rig), "none is left, or it is held");
            assert_eq!(rig.panel.totals(rig.clock.now()).builds, builds, "{intent:?}");
        }
    }
}

#[tokio::test]
async fn gx_011_a_reinstallation_that_waits_for_the_host_does_not_outlive_a_suspension() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    rig.allow_destructive(0).await;
    let builds = rig.panel.totals(rig.clock.now()).builds;
    let held = rig.submit(rig.wish(501, system())).await;
    let question = rig.view(501).await.questions.remove(0);
    assert_eq!(question.kind, QuestionKind::DestructiveBudget);

    done(&rig, suspend()).await;
    assert_eq!(operation(&rig, held).await.state, OperationState::Superseded);
    let late = rig
        .engine
        .answer(question.id, "allow", &Actor::host("test"))
        .await;
    assert!(matches!(late, Err(EngineError::Answer(_))), "{late:?}");
    rig.pass(MINUTES).await;
    assert!(is_held(&rig));
    assert_eq!(rig.panel.totals(rig.clock.now()).builds, builds);
}

#[tokio::test]
async fn gx_011_of_a_reinstallation_and_a_termination_at_once_the_termination_stays() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let (installed, ended) = tokio::join!(
        rig.engine.submit(rig.wish(501, system())),
        rig.engine.submit(rig.wish(501, terminate())),
    );
    let Ok(Submitted::Operation(ending)) = ended else {
        panic!("a termination is taken, whatever comes with it: {ended:?}");
    };
    let ending = rig.ended(ending, 3 * MINUTES).await;
    assert_eq!(ending.state, OperationState::Succeeded, "{}", ending.reason);
    match installed {
        Ok(Submitted::Operation(id)) => {
            assert_eq!(operation(&rig, id).await.state, OperationState::Superseded);
        }
        Err(EngineError::Refused(no)) => assert_eq!(no.code, RefusalCode::WrongStanding),
        other => panic!("{other:?}"),
    }
    rig.pass(MINUTES).await;
    let view = rig.view(501).await;
    assert_eq!(view.service.standing, Standing::Ended);
    assert!(view.line().next().is_none(), "{:?}", view.open);
    assert!(rig.panel.servers(rig.clock.now()).is_empty());
}
