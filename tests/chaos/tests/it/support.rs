//! What the tests share: the engine's program, load beside it, waiting, and the comparison at the end.

use std::path::Path;
use std::time::{Duration, Instant};

use chaos::books::Status;
use chaos::compare::{Findings, compare};
use chaos::load::Load;
use chaos::report::Settled;
use chaos::scene::Scene;
use chaos::settle::{Haste, settle};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The engine of this package.
pub fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_chaos-engine"))
}

/// Clients at work beside a test.
pub struct Clients {
    stop: CancellationToken,
    working: Vec<JoinHandle<()>>,
}

impl Clients {
    /// Starts so many lanes, and the applying of effects.
    pub fn start(scene: &Scene, lanes: u64) -> Self {
        let stop = CancellationToken::new();
        let load = Load {
            lanes,
            servers: scene.sites.iter().map(|site| site.server).collect(),
        };
        let (billing, until) = (scene.billing.clone(), stop.clone());
        let clients = tokio::spawn(async move { load.run(&billing, &until).await });
        let (billing, until) = (scene.billing.clone(), stop.clone());
        let effects = tokio::spawn(async move { billing.run_effects(&until).await });
        Self {
            stop,
            working: vec![clients, effects],
        }
    }

    /// Lets what is under way end.
    pub async fn stop(self) {
        self.stop.cancel();
        for one in self.working {
            one.await.unwrap();
        }
    }
}

/// Waits until something holds, and fails when it does not in time.
pub async fn until(what: &str, limit: Duration, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(
            begun.elapsed() < limit,
            "after {limit:?} it is still not so that {what}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// How many services are in use, held or ended: their first create was answered with success.
pub fn delivered(scene: &Scene) -> usize {
    let books = scene.billing.books();
    let delivered = books
        .services
        .values()
        .filter(|service| service.status != Status::Pending);
    delivered.count()
}

/// Lets everything come to its end and compares the books.
pub async fn ended(scene: &mut Scene, haste: &Haste) -> (Settled, Findings) {
    let settled = settle(scene, haste).await.unwrap();
    let findings = compare(scene, &settled).await.unwrap();
    (settled, findings)
}

/// The same, and they have to agree.
pub async fn agree(scene: &mut Scene) {
    let (_, findings) = ended(scene, &Haste::None).await;
    assert_eq!(findings.lines(), Vec::<String>::new());
}
