//! Resident memory: idle, with ten thousand services after the duties have run, and after the billing system has sent a
//! snapshot of all of them.
//!
//! All duties run at the start and again every 5 to 300 seconds; what is waited for holds several rounds of the most
//! frequent one. A snapshot is the largest message there is: every service is read and compared.

use std::time::Duration;

use anyhow::{Result, ensure};
use domain::{Clock, Random};
use engine::{SystemClock, SystemRandom};
use serde::Serialize;
use serde_json::json;

use crate::Bench;
use crate::caller::{Caller, context};
use crate::fill;
use crate::panel;
use crate::process::Resident;
use crate::report::say;
use crate::site::{Pace, Site};
use crate::statistics::milliseconds;

/// Services of one page of a snapshot.
const PAGE: u64 = 500;

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Memory {
    /// In MiB, as all of these: without services, some seconds after the start.
    pub idle: Resident,
    /// How many services there are.
    pub services: u64,
    /// With them, after the duties have run.
    pub filled: Resident,
    /// With them, after a snapshot of all of them.
    pub compared: Resident,
    /// How long the engine took to compare the snapshot.
    pub snapshot_ms: f64,
}

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Memory> {
    let services = bench.pick(1000, 10_000);
    say(&format!("memory: idle, and with {services} services"));
    let panel = panel::open().await?;
    let site = Site::install(bench).await?;
    site.connect(panel.addr, Pace::Usual).await?;
    let process = site.start().await?;
    tokio::time::sleep(Duration::from_secs(bench.pick(2, 6))).await;
    let idle = process.resident()?;
    process.stop().await?;

    fill::fill(&site, services).await?;
    let process = site.start().await?;
    tokio::time::sleep(Duration::from_secs(bench.pick(2, 16))).await;
    let filled = process.resident()?;
    let begun = std::time::Instant::now();
    snapshot(&site, services).await?;
    let snapshot_ms = milliseconds(begun.elapsed());
    let compared = process.resident()?;
    process.stop().await?;
    panel.shutdown().await;
    Ok(Memory {
        idle,
        services,
        filled,
        compared,
        snapshot_ms,
    })
}

/// Sends all services as the billing system has them: nothing differs, so nothing follows.
async fn snapshot(site: &Site, services: u64) -> Result<()> {
    let mut caller = Caller::connect(site).await?;
    let pages = services.div_ceil(PAGE);
    for page in 1..=pages {
        let rows = fill::rows((page - 1) * PAGE + 1..=(page * PAGE).min(services));
        let mut id = [0_u8; 16];
        SystemRandom.fill(&mut id);
        let body =
            json!({ "run": "bench", "page": page, "last": page == pages, "products": [], "items": rows });
        let message = json!({
            "event_id": hex::encode(id), "kind": "snapshot", "occurred_at": SystemClock.now().as_seconds(),
            "body": body, "context": context(),
        });
        let answer = caller.post("/bridge/v1/event", &message).await?;
        ensure!(answer["result"] == "ok", "a snapshot was not taken: {answer}");
    }
    Ok(())
}
