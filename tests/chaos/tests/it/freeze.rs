//! A process that is frozen (SIGSTOP) at any moment.

use std::time::Duration;

use chaos::process::Engine;
use chaos::scene::Scene;
use domain::Random;
use domain::ports::CountingRandom;

use crate::support::{Clients, agree, program};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gx_009_a_process_that_is_frozen_again_and_again_doubles_nothing() {
    let mut scene = Scene::set(program(), 41, 60, false).await.unwrap();
    let engine = Engine::start(&scene.place).await.unwrap();
    let clients = Clients::start(&scene, 6);
    let random = CountingRandom::new(41);
    for round in 0..40 {
        tokio::time::sleep(Duration::from_millis(50 + random.below(300))).await;
        engine.signal("STOP").await.unwrap();
        // Every tenth time for longer than a platform request may take.
        let frozen = if round % 10 == 9 { 3_500 } else { random.below(200) };
        tokio::time::sleep(Duration::from_millis(frozen)).await;
        engine.signal("CONT").await.unwrap();
    }
    clients.stop().await;
    engine.stop().await.unwrap();
    let machines = scene.sites[0].host.panel.servers(scene.now()).len();
    assert!(machines > 0, "nothing was under way");
    agree(&mut scene).await;
}
