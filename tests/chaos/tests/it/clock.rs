//! A clock that leaps. The engine's clock is moved over its control socket, and with it those of panel and billing
//! system, as on a host that they share.

use std::time::Duration;

use chaos::look::View;
use chaos::process::Engine;
use chaos::scene::{LISTED, Scene};
use chaos::settle::{Haste, advance_engine};

use crate::support::{Clients, delivered, ended, program, until};

const HOUR: i64 = 3_600;

async fn leap(scene: &Scene, seconds: i64) {
    advance_engine(scene, seconds).await.unwrap();
    scene.clock.shift(seconds);
}

/// Waits until more is delivered than before.
async fn goes_on(scene: &Scene, what: &str) {
    let before = delivered(scene);
    until(what, Duration::from_secs(45), async || delivered(scene) > before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gx_009_a_clock_set_back_an_hour_and_forward_a_day_loses_and_doubles_nothing() {
    let mut scene = Scene::set(program(), 51, 40, false).await.unwrap();
    let engine = Engine::start(&scene.place).await.unwrap();
    let clients = Clients::start(&scene, 4);
    goes_on(&scene, "something is delivered").await;
    leap(&scene, -HOUR).await;
    goes_on(&scene, "orders are delivered although the clock was set back").await;
    leap(&scene, HOUR).await;
    goes_on(&scene, "orders are delivered after the clock was set right").await;
    leap(&scene, 24 * HOUR).await;
    goes_on(&scene, "orders are delivered a day later").await;
    clients.stop().await;
    engine.stop().await.unwrap();
    let (_, findings) = ended(&mut scene, &Haste::Moving(program().to_owned())).await;
    assert_eq!(findings.lines(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gx_009_a_worker_that_is_frozen_past_its_lease_doubles_nothing() {
    let mut scene = Scene::set(program(), 61, 300, false).await.unwrap();
    let engine = Engine::start(&scene.place).await.unwrap();
    let clients = Clients::start(&scene, 6);
    goes_on(&scene, "something is delivered").await;
    for _ in 0..15 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        engine.signal("STOP").await.unwrap();
        // The leap waits in the socket until the process is thawed, which then finds its leases run out.
        let leaping = leap(&scene, 200);
        let thawing = async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            engine.signal("CONT").await.unwrap();
        };
        tokio::join!(leaping, thawing);
    }
    clients.stop().await;
    engine.stop().await.unwrap();
    let machines = scene.site(LISTED).unwrap().host.panel.servers(scene.now()).len();
    assert!(machines > 0, "nothing was under way");
    let (_, findings) = ended(&mut scene, &Haste::Moving(program().to_owned())).await;
    assert_eq!(findings.lines(), Vec::<String>::new());
    let mut view = View::open(&scene.place.database()).await.unwrap();
    assert_eq!(view.remaining().await.unwrap().sending, 0);
}
