//! What a platform does to the others.

use std::time::Duration;

use domain::record::OperationState;
use engine::EngineConfig;
use engine::core::Intent;
use testkit::rig::{Rig, RigOptions, order};
use tokio::net::TcpListener;

/// The billing server of the platform that takes connections and never answers.
const HANGING: u64 = 2;

#[tokio::test]
async fn a_platform_that_never_answers_leaves_hands_for_the_others() {
    let rig = Rig::with(RigOptions {
        engine: EngineConfig {
            workers: 6,
            ..RigOptions::default().engine
        },
        ..RigOptions::default()
    })
    .await;
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let port = silent.local_addr().expect("an address").port();
    rig.platform_at(HANGING, port).await;
    for service in 601..=612 {
        let mut wish = rig.wish(service, Intent::Create(order()));
        wish.server_id = Some(HANGING);
        rig.submit(wish).await;
    }
    let mut taken = Vec::new();
    for _ in 0..2 {
        taken.push(silent.accept().await.expect("a connection"));
    }
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    let ended = rig.ended(operation, Duration::from_secs(900)).await;
    assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
    assert_eq!(rig.view(601).await.open.len(), 1, "the others still wait");
}
