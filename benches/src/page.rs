//! The client's page, engine side: how long the engine takes for one at a steady pace, with ten thousand services, and how
//! many requests of the platform that costs.
//!
//! The callers begin one after the other, so that pages are asked for evenly and not five at a time. The sweeps are off: what the panel is asked for is then asked by the pages themselves, which is to be nothing.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde::Serialize;
use tokio::task::JoinSet;

use crate::Bench;
use crate::caller::{Caller, page};
use crate::fill;
use crate::panel;
use crate::report::say;
use crate::site::{Pace, Site};
use crate::statistics::Times;

/// Pages per second.
const PER_SECOND: u32 = 50;
/// Connections that they come over.
const CALLERS: u32 = 5;
/// Pages after which the panel's log is looked at: fewer prove nothing.
const LEAST: usize = 200;

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Pages {
    /// Services there are.
    pub services: u64,
    /// Pages per second.
    pub per_second: u32,
    /// From writing and signing the message to the last byte of the page.
    pub times: Times,
    /// Requests that the panel got meanwhile.
    pub platform_calls: u32,
}

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Pages> {
    let services = bench.pick(1_000, 10_000);
    say(&format!("page: {services} services, {PER_SECOND} pages a second"));
    let crowd = panel::crowd(1, None).await?;
    let site = Site::install(bench).await?;
    site.configure("[engine]\nsweep = false\n")?;
    site.connect(crowd.running.addr, Pace::Usual).await?;
    site.wait_for_create(0).await?;
    fill::fill(&site, services).await?;
    crowd.panel.clear_calls();
    let process = site.start().await?;
    let lasting = Duration::from_secs(bench.pick(5, 30));
    let mut calling = JoinSet::new();
    for number in 0..CALLERS {
        let caller = Caller::connect(&site).await?;
        calling.spawn(read(caller, u64::from(number), services, lasting));
    }
    let mut times = Vec::new();
    while let Some(some) = calling.join_next().await {
        times.extend(some??);
    }
    ensure!(times.len() >= LEAST, "only {} pages were read", times.len());
    let platform_calls = u32::try_from(crowd.panel.calls().len())?;
    process.stop().await?;
    crowd.running.shutdown().await;
    Ok(Pages {
        services,
        per_second: PER_SECOND,
        times: Times::of(times)?,
        platform_calls,
    })
}

/// Reads pages at a steady pace, each of another service.
async fn read(mut caller: Caller, first: u64, services: u64, lasting: Duration) -> Result<Vec<Duration>> {
    let turn = Duration::from_secs(1) / PER_SECOND;
    let start = tokio::time::Instant::now() + turn * u32::try_from(first)?;
    let mut pace = tokio::time::interval_at(start, turn * CALLERS);
    let end = Instant::now() + lasting;
    let (mut times, mut number) = (Vec::new(), first);
    while Instant::now() < end {
        pace.tick().await;
        number = (number + u64::from(CALLERS)) % services;
        let begun = Instant::now();
        let answer = caller.post("/bridge/v1/call", &page(number + 1)).await?;
        times.push(begun.elapsed());
        ensure!(answer["result"] == "success", "a page was answered: {answer}");
    }
    Ok(times)
}
