//! A client's switches: of an active service only, and not too fast, whoever hands them to the engine.

use std::time::Duration;

use domain::machine::PowerAction;
use domain::record::{OperationKind, ServiceStatus};
use domain::{Actor, ActorKind};
use engine::core::{Intent, Refusal, RefusalCode};
use engine::{EngineError, Submitted, Wish};
use testkit::rig::Rig;

/// What becomes of a switch of a service that somebody asks for.
async fn click(rig: &Rig, wish: Wish) -> Result<Submitted, Refusal> {
    match rig.engine.submit(wish).await {
        Ok(submitted) => Ok(submitted),
        Err(EngineError::Refused(refusal)) => Err(refusal),
        Err(error) => panic!("{error}"),
    }
}

fn by(kind: ActorKind, rig: &Rig, service: u64) -> Wish {
    let mut wish = rig.wish(service, Intent::Power(PowerAction::Restart));
    wish.actor = Actor {
        kind,
        id: kind.to_string(),
        ip: None,
        correlation: None,
    };
    wish
}

fn too_soon(refused: Result<Submitted, Refusal>) {
    let refusal = refused.expect_err("it is refused");
    assert_eq!(refusal.code, RefusalCode::TooSoon);
    assert!(refusal.sentence.contains("a moment ago"), "{}", refusal.sentence);
}

#[tokio::test]
async fn vf_101_vf_119_a_client_switches_once_in_ten_seconds_and_nobody_else_is_paced() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    rig.ready(502).await;
    for _ in 0..2 {
        click(&rig, by(ActorKind::Admin, &rig, 501))
            .await
            .expect("staff is not paced");
    }
    click(&rig, by(ActorKind::Client, &rig, 501))
        .await
        .expect("what staff does keeps no client waiting");
    too_soon(click(&rig, by(ActorKind::Client, &rig, 501)).await);
    click(&rig, by(ActorKind::Admin, &rig, 501))
        .await
        .expect("staff is not paced");
    click(&rig, by(ActorKind::Client, &rig, 502))
        .await
        .expect("the pace is the service's own");
    rig.clock.advance(Duration::from_micros(9_999_999));
    too_soon(click(&rig, by(ActorKind::Client, &rig, 501)).await);
    rig.clock.advance(Duration::from_micros(1));
    click(&rig, by(ActorKind::Client, &rig, 501))
        .await
        .expect("ten seconds are over");
}

#[tokio::test]
async fn vf_103_of_a_clients_clicks_at_once_one_is_taken() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let clicks = (0..6).map(|_| click(&rig, by(ActorKind::Client, &rig, 501)));
    let (taken, refused): (Vec<_>, Vec<_>) = futures_util::future::join_all(clicks)
        .await
        .into_iter()
        .partition(Result::is_ok);
    assert_eq!((taken.len(), refused.len()), (1, 5));
    refused.into_iter().for_each(too_soon);
}

#[tokio::test]
async fn vf_100_kt_078_only_an_active_service_is_switched_whoever_asks() {
    let rig = Rig::start().await;
    rig.ready(501).await;
    let inactive = ServiceStatus::ALL
        .iter()
        .filter(|status| **status != ServiceStatus::Active);
    for status in inactive.copied() {
        for kind in [ActorKind::Client, ActorKind::Admin, ActorKind::Cron] {
            let mut wish = by(kind, &rig, 501);
            wish.told.status = status;
            let refusal = click(&rig, wish).await.expect_err("it is refused");
            assert_eq!(refusal.code, RefusalCode::NotActive, "{kind} {status}");
            assert_eq!(refusal.sentence, format!("This service is {status}."));
        }
    }
    let view = rig.view(501).await;
    let mut all = view.open.iter().chain(&view.recent);
    assert!(!all.any(|operation| operation.kind == OperationKind::Power));
}
