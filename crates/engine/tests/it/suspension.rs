//! Suspension that holds, and what ends it.

use std::time::Duration;

use domain::machine::{Power, PowerAction};
use domain::record::{OperationState, QuestionKind, Standing};
use domain::{Actor, ActorKind, Clock};
use engine::EngineError;
use engine::core::{Intent, RefusalCode};
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::Act;
use testkit::rig::{CLIENT, Rig};

const MINUTES: Duration = Duration::from_secs(600);

async fn suspended(rig: &Rig) -> u64 {
    let view = rig.ready(501).await;
    let machine = view.link.expect("a link").identity.id.parse().expect("an id");
    let operation = rig
        .submit(rig.wish(
            501,
            Intent::Suspend {
                reason: "overdue".to_owned(),
            },
        ))
        .await;
    let ended = rig.ended(operation, MINUTES).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    machine
}

#[tokio::test]
async fn gx_004_a_suspended_machine_booted_in_the_panel_is_off_again_within_a_minute() {
    let rig = Rig::start().await;
    let machine = suspended(&rig).await;
    for _ in 0..3 {
        let now = rig.clock.now();
        rig.panel.hand(now).unsuspend(machine).expect("the panel obeys");
        rig.panel.hand(now).boot(machine).expect("the panel obeys");
        assert!(rig.panel.server(now, machine).expect("it is there").running);
        rig.until("off again", Duration::from_secs(60), async |rig: &Rig| {
            let now = rig.clock.now();
            let server = rig.panel.server(now, machine).expect("it is there");
            (!server.running && server.suspended).then_some(())
        })
        .await;
        rig.until("the operation's end", MINUTES, async |rig: &Rig| {
            rig.view(501).await.line().next().is_none().then_some(())
        })
        .await;
    }
    // The fourth time within a day a person is asked.
    let now = rig.clock.now();
    rig.panel.hand(now).unsuspend(machine).expect("the panel obeys");
    rig.panel.hand(now).boot(machine).expect("the panel obeys");
    let question = rig
        .until("the question", MINUTES, async |rig: &Rig| {
            rig.view(501).await.questions.first().cloned()
        })
        .await;
    assert_eq!(question.kind, QuestionKind::SuspensionBroken);
    rig.engine
        .answer(question.id, "hold", &Actor::host("test"))
        .await
        .expect("the answer is taken");
    rig.until("off again", MINUTES, async |rig: &Rig| {
        let now = rig.clock.now();
        (!rig.panel.server(now, machine).expect("it is there").running).then_some(())
    })
    .await;
}

#[tokio::test]
async fn gx_004_a_clients_power_is_refused_from_the_commit_of_the_suspension() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    rig.panel
        .add_fault(FaultRule::at("suspend_server", Fault::Locked { seconds: 5 }).times(2));
    rig.submit(rig.wish(
        501,
        Intent::Suspend {
            reason: "overdue".to_owned(),
        },
    ))
    .await;
    rig.panel.clear_calls();
    for action in [
        PowerAction::Boot,
        PowerAction::Restart,
        PowerAction::Shutdown,
        PowerAction::PowerOff,
    ] {
        let mut wish = rig.wish(501, Intent::Power(action));
        wish.actor = Actor {
            kind: ActorKind::Client,
            id: "7".to_owned(),
            ip: None,
            correlation: None,
        };
        wish.told.client_id = CLIENT;
        let refused = rig.engine.submit(wish).await.expect_err("it is refused");
        let EngineError::Refused(refusal) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(refusal.code, RefusalCode::WrongStanding);
        assert!(refusal.sentence.contains("suspended"), "{}", refusal.sentence);
    }
}

#[tokio::test]
async fn gx_004_unsuspend_restores_the_power_state_of_before() {
    for before in [Power::On, Power::Off] {
        let rig = Rig::start().await;
        rig.ready(501).await;
        if before == Power::Off {
            let operation = rig
                .submit(rig.wish(501, Intent::Power(PowerAction::PowerOff)))
                .await;
            assert_eq!(
                rig.ended(operation, MINUTES).await.state,
                OperationState::Succeeded
            );
        }
        let operation = rig
            .submit(rig.wish(
                501,
                Intent::Suspend {
                    reason: String::new(),
                },
            ))
            .await;
        assert_eq!(
            rig.ended(operation, MINUTES).await.state,
            OperationState::Succeeded
        );
        let operation = rig.submit(rig.wish(501, Intent::Unsuspend)).await;
        assert_eq!(
            rig.ended(operation, MINUTES).await.state,
            OperationState::Succeeded
        );
        let now = rig.clock.now();
        let server = &rig.panel.servers(now)[0];
        assert_eq!((server.suspended, server.running), (false, before == Power::On));
        assert_eq!(rig.view(501).await.service.standing, Standing::Live);
    }
}

#[tokio::test]
async fn gx_004_a_machine_of_which_nobody_knew_whether_it_ran_runs_after_its_suspension() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    reach(&rig, false);
    let reason = String::new();
    let suspend = rig.submit(rig.wish(501, Intent::Suspend { reason })).await;
    rig.until("the platform's hold", MINUTES, async |rig: &Rig| {
        rig.panel.servers(rig.clock.now())[0].suspended.then_some(())
    })
    .await;
    reach(&rig, true);
    assert_eq!(rig.ended(suspend, MINUTES).await.state, OperationState::Succeeded);
    assert!(!rig.panel.servers(rig.clock.now())[0].running);
    let unsuspend = rig.submit(rig.wish(501, Intent::Unsuspend)).await;
    assert_eq!(
        rig.ended(unsuspend, MINUTES).await.state,
        OperationState::Succeeded
    );
    let server = &rig.panel.servers(rig.clock.now())[0];
    assert_eq!((server.suspended, server.running), (false, true));
}

#[tokio::test]
async fn gx_004_a_machine_that_is_off_a_moment_after_it_was_made_runs_after_its_suspension() {
    for (later, runs) in [(0, true), (11 * 60, false)] {
        let rig = Rig::start().await;
        let view = rig.ready(501).await;
        let machine = view.link.expect("a link").identity.id.parse().expect("an id");
        // As a platform shows it that has not begun its first run yet.
        rig.panel
            .hand(rig.clock.now())
            .power_off(machine)
            .expect("the panel obeys");
        rig.pass(Duration::from_secs(later)).await;
        let reason = String::new();
        for wished in [Intent::Suspend { reason }, Intent::Unsuspend] {
            let operation = rig.submit(rig.wish(501, wished)).await;
            let ended = rig.ended(operation, MINUTES).await;
            assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
        }
        let server = rig.panel.server(rig.clock.now(), machine).expect("it is there");
        assert_eq!(server.running, runs, "{later} s after it was made");
    }
}

fn reach(rig: &Rig, reachable: bool) {
    let hypervisor = rig.panel.servers(rig.clock.now())[0].hypervisor;
    let act = Act::Reach {
        hypervisor,
        reachable,
    };
    rig.panel.hand(rig.clock.now()).act(act).expect("it stands there");
}

#[tokio::test]
async fn vf_048_a_suspend_that_meets_a_404_keeps_the_link() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    rig.panel
        .add_fault(FaultRule::at("get_server", Fault::FalseNotFound).times(1));
    let operation = rig
        .submit(rig.wish(
            501,
            Intent::Suspend {
                reason: String::new(),
            },
        ))
        .await;
    let ended = rig.ended(operation, MINUTES).await;
    assert_eq!(
        ended.state,
        OperationState::Succeeded,
        "one false 404 is not believed: {}",
        ended.reason
    );
    assert!(rig.view(501).await.link.is_some());
}

#[tokio::test]
async fn vf_048_a_machine_that_is_really_gone_becomes_a_question_and_keeps_its_link() {
    let rig = Rig::start().await;
    let view = rig.ready(501).await;
    let machine = view.link.expect("a link").identity.id.parse().expect("an id");
    let now = rig.clock.now();
    rig.panel.hand(now).delete(machine).expect("the panel obeys");
    rig.submit(rig.wish(
        501,
        Intent::Suspend {
            reason: String::new(),
        },
    ))
    .await;
    let question = rig
        .until("the question", MINUTES, async |rig: &Rig| {
            rig.view(501).await.questions.first().cloned()
        })
        .await;
    assert_eq!(question.kind, QuestionKind::Vanished);
    assert!(rig.view(501).await.link.is_some());
}

#[tokio::test]
async fn a_machine_that_is_not_the_linked_one_is_not_touched() {
    for intent in [
        Intent::Terminate { window: None },
        Intent::Power(PowerAction::Restart),
        Intent::Power(PowerAction::PowerOff),
    ] {
        let rig = Rig::start().await;
        let view = rig.ready(501).await;
        let machine = view.link.expect("a link").identity.id.parse().expect("an id");
        let now = rig.clock.now();
        rig.panel
            .hand(now)
            .replace_uuid(machine)
            .expect("the panel obeys");
        rig.panel.clear_calls();
        rig.submit(rig.wish(501, intent.clone())).await;
        let question = rig
            .until("the question", MINUTES, async |rig: &Rig| {
                rig.view(501).await.questions.first().cloned()
            })
            .await;
        assert_eq!(question.kind, QuestionKind::IdentityMismatch, "{intent:?}");
        assert_eq!(rig.changes(), Vec::<String>::new(), "{intent:?}");
    }
}
