//! SIGKILL.

use std::time::Duration;

use chaos::look::View;
use chaos::process::Engine;
use chaos::report::Minima;
use chaos::run::{Plan, run};
use chaos::scene::{STAGING, Scene};
use chaos::settle::Haste;
use engine::SystemClock;

use crate::support::{agree, program, until};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gx_009_kill_nine_loses_and_doubles_nothing() {
    let plan = Plan {
        seed: 3,
        minutes: 0.25,
        program: program().to_owned(),
        haste: Haste::None,
        lanes: 8,
        slowest: 60,
        slow_faults: 0,
        late_creates: 0,
        staging: false,
        minima: Minima {
            finished: 10,
            open_steps: 3,
            sending: 1,
        },
    };
    let report = Box::pin(run(&plan)).await.unwrap();
    assert_eq!(report.violations, Vec::<String>::new(), "{}", report.text());
    assert_eq!(report.shortfalls(), Vec::<String>::new(), "{}", report.text());
    assert!(report.unsettled * 2 < report.services, "{}", report.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mx_096_a_create_that_is_killed_on_its_way_resumes_without_a_person() {
    let mut scene = Scene::set(program(), 5, 400, true).await.unwrap();
    let engine = Engine::start(&scene.place).await.unwrap();
    let service = scene.billing.books().order(STAGING, 1);
    let billing = scene.billing.clone();
    let asking = tokio::spawn(async move {
        billing
            .perform(service, chaos::books::Function::Create, None)
            .await
    });
    let panel = &scene.sites[0].host.panel;
    let before = panel.servers(scene.now()).len();
    until("the machine is made", Duration::from_secs(20), async || {
        panel.servers(scene.now()).len() > before
    })
    .await;
    let (started, killed) = (engine.started_at, domain::Clock::now(&SystemClock));
    engine.kill().await.unwrap();
    // The engine was killed on its way; nobody was told that it is done.
    assert_ne!(asking.await.unwrap(), Ok("success".to_owned()));
    let mut view = View::open(&scene.place.database()).await.unwrap();
    let hit = view.hit(started, killed).await.unwrap();
    view.close().await.unwrap();
    assert!(hit.open_steps > 0, "{hit:?}");

    agree(&mut scene).await;
    let mut view = View::open(&scene.place.database()).await.unwrap();
    assert!(view.questions().await.unwrap().is_empty());
    assert_eq!(scene.sites[0].host.panel.servers(scene.now()).len(), before + 1);
}
