//! Consoles: of a service in use only, for its client only while the billing system calls it active, and not too fast.

use std::time::Duration;

use domain::record::{Operation, OperationState, ServiceStatus};
use domain::{Actor, ActorKind};
use engine::core::{Intent, Refusal, RefusalCode};
use engine::{EngineError, Submitted, Wish};
use testkit::rig::Rig;

const SHORT: Duration = Duration::from_secs(60);

/// A wish about the console of service 501, which the billing system calls active.
fn by(kind: ActorKind, rig: &Rig, open: bool) -> Wish {
    let mut wish = rig.wish(501, Intent::Console { open });
    wish.told.status = ServiceStatus::Active;
    wish.actor = Actor {
        kind,
        id: kind.to_string(),
        ip: None,
        correlation: None,
    };
    wish
}

async fn asked(rig: &Rig, wish: Wish) -> Result<Submitted, Refusal> {
    match rig.engine.submit(wish).await {
        Ok(submitted) => Ok(submitted),
        Err(EngineError::Refused(refusal)) => Err(refusal),
        Err(error) => panic!("{error}"),
    }
}

async fn ended(rig: &Rig, wish: Wish) -> Operation {
    let operation = rig.submit(wish).await;
    rig.ended(operation, SHORT).await
}

/// How often the panel was asked to switch a console.
fn switches(rig: &Rig) -> usize {
    let calls = rig.panel.calls();
    calls.iter().filter(|call| call.endpoint == "set_vnc").count()
}

fn suspension() -> Intent {
    Intent::Suspend {
        reason: "overdue".to_owned(),
    }
}

#[tokio::test]
async fn vf_139_vf_140_a_client_opens_its_console_once_in_five_seconds_and_closes_it_once() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    for open in [true, false] {
        asked(&rig, by(ActorKind::Admin, &rig, open))
            .await
            .expect("staff is not paced");
    }
    asked(&rig, by(ActorKind::Client, &rig, true))
        .await
        .expect("what staff does keeps no client waiting");
    asked(&rig, by(ActorKind::Client, &rig, false))
        .await
        .expect("what was just opened may be closed");
    for micros in [0, 4_999_999] {
        rig.clock.advance(Duration::from_micros(micros));
        for open in [true, false] {
            let refusal = asked(&rig, by(ActorKind::Client, &rig, open)).await.unwrap_err();
            assert_eq!(refusal.code, RefusalCode::TooSoon, "{open}");
        }
    }
    rig.clock.advance(Duration::from_micros(1));
    for open in [true, false] {
        asked(&rig, by(ActorKind::Client, &rig, open))
            .await
            .expect("five seconds are over");
    }
}

#[tokio::test]
async fn mx_046_only_a_service_that_both_sides_call_in_use_shows_its_client_a_console() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let inactive = ServiceStatus::ALL
        .iter()
        .filter(|status| **status != ServiceStatus::Active);
    for status in inactive.copied() {
        let mut wish = by(ActorKind::Client, &rig, true);
        wish.told.status = status;
        let refusal = asked(&rig, wish).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::NotActive, "{status}");
    }
    assert_eq!(switches(&rig), 0);
    let opened = ended(&rig, by(ActorKind::Client, &rig, true)).await;
    assert_eq!(opened.state, OperationState::Succeeded, "{}", opened.reason);
    assert!(
        opened.secret.is_some(),
        "the way to the screen is kept as a secret"
    );
}

#[tokio::test]
async fn gx_004_no_console_is_opened_from_the_moment_at_which_a_suspension_is_asked_for() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    rig.submit(rig.wish(501, suspension())).await;
    for kind in [ActorKind::Client, ActorKind::Admin, ActorKind::System] {
        let refusal = asked(&rig, by(kind, &rig, true)).await.unwrap_err();
        assert_eq!(refusal.code, RefusalCode::WrongStanding, "{kind}");
    }
    assert_eq!(switches(&rig), 0);
}

#[tokio::test]
async fn gx_004_a_console_that_was_asked_for_before_a_suspension_is_not_opened_after_it() {
    let mut rig = Rig::start().await;
    rig.ready(501).await;
    rig.stop().await;
    let console = rig.submit(by(ActorKind::Client, &rig, true)).await;
    rig.submit(rig.wish(501, suspension())).await;
    rig.restart().await;
    let late = rig.ended(console, SHORT).await;
    assert_ne!(late.state, OperationState::Succeeded);
    assert!(late.reason.contains("suspended or ended"), "{}", late.reason);
    assert!(late.secret.is_none());
    assert_eq!(switches(&rig), 0);
}
