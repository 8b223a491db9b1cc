//! A disk without room: the size of the engine's files is limited from outside while it runs, which the database meets
//! as it meets a full disk, and which needs no rights.

use std::time::Duration;

use chaos::books::Function;
use chaos::caller::Unanswered;
use chaos::process::Engine;
use chaos::scene::{LISTED, Scene};
use tokio::process::Command;

use crate::support::{Clients, agree, delivered, program, until};

/// Limits the size of a process's files to what they have, or lets them grow again.
async fn limit_files(process: u32, limit: &str) {
    let done = Command::new("prlimit")
        .args([
            "--pid",
            &process.to_string(),
            &format!("--fsize={limit}:unlimited"),
        ])
        .status()
        .await
        .unwrap();
    assert!(done.success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gx_009_a_full_disk_leaves_nothing_half_done_and_all_goes_on_with_a_new_process() {
    let mut scene = Scene::set(program(), 21, 40, false).await.unwrap();
    // Without this the kernel would end the process at its first write beyond the limit.
    let command = scene
        .place
        .hostler_under("trap '' XFSZ; exec \"$0\" \"$@\"", &["serve"]);
    let engine = Engine::spawn(command, scene.place.port, scene.place.path("log"))
        .await
        .unwrap();
    let clients = Clients::start(&scene, 3);
    until("something is delivered", Duration::from_secs(40), async || {
        delivered(&scene) > 0
    })
    .await;

    limit_files(engine.id(), "4096").await;
    until("the engine is not ready", Duration::from_secs(20), async || {
        engine.readiness().await == Some(503)
    })
    .await;
    // Under the list protocol it would wait for another create of the same client; this one has a client of its own.
    let service = {
        let mut books = scene.billing.books();
        let mut service = books.order(LISTED, 1);
        while service % 3 != 1 {
            service = books.order(LISTED, 1);
        }
        service
    };
    let refused = scene.billing.perform(service, Function::Create, None).await;
    let Err(Unanswered::Refused { status: 503, said }) = refused else {
        panic!("{refused:?}")
    };
    assert!(said.contains("unavailable") && !said.contains("SQL"), "{said}");
    // What was on its way when the disk filled up has ended by then.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let changes = || {
        let calls = scene.sites[0].host.panel.calls();
        calls
            .iter()
            .filter(|call| call.method != domain::http::Method::Get)
            .count()
    };
    let before = changes();
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(
        changes(),
        before,
        "no intent can be committed, so no change may leave"
    );

    // The service manager's watchdog asks what the probe asks, and starts the process anew.
    clients.stop().await;
    engine.kill().await.unwrap();
    let engine = Engine::start(&scene.place).await.unwrap();
    until(
        "the new order is delivered",
        Duration::from_secs(60),
        async || {
            let asked = scene.billing.perform(service, Function::Create, None).await;
            asked.is_ok_and(|result| result == "success")
        },
    )
    .await;
    engine.stop().await.unwrap();
    agree(&mut scene).await;
}
