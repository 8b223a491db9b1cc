//! A panel that is dead for a while.

use std::time::Duration;

use chaos::look::View;
use chaos::process::Engine;
use chaos::scene::Scene;
use sim::platform::Outage;

use crate::support::{Clients, agree, delivered, program, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gx_009_mx_096_a_panel_that_is_dead_for_a_while_delays_and_asks_nobody() {
    let mut scene = Scene::set(program(), 11, 40, false).await.unwrap();
    let engine = Engine::start(&scene.place).await.unwrap();
    let clients = Clients::start(&scene, 4);
    until("something is delivered", Duration::from_secs(40), async || {
        delivered(&scene) > 0
    })
    .await;
    let dead = scene.now() + Duration::from_secs(6);
    scene.sites[0]
        .host
        .panel
        .set_outage(Some((Outage::Refused, dead)));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(
        engine.readiness().await,
        Some(200),
        "a dead panel is not a dead engine"
    );
    until("the panel is back", Duration::from_secs(10), async || {
        scene.now() > dead
    })
    .await;
    clients.stop().await;
    engine.stop().await.unwrap();
    agree(&mut scene).await;
    let mut view = View::open(&scene.place.database()).await.unwrap();
    let questions = view.questions().await.unwrap();
    assert!(questions.is_empty(), "{questions:?}");
}
