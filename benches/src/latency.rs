//! From the call to the answer that names the committed operation: CreateAccount of products that wait for nothing.
//!
//! Each level has an engine of its own, so that no level finds the work of the one before. While callers call, the
//! engine drives what it has accepted against the panel: at the usual pace of a platform, and unpaced, where its own
//! commits compete with the callers' for the disk as hard as they can.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::Bench;
use crate::caller::{Caller, operation};
use crate::panel;
use crate::report::say;
use crate::site::{Pace, Site};
use crate::statistics::{Times, per_second};

/// How many callers call at once.
pub const LEVELS: [usize; 3] = [1, 16, 64];

/// One level.
#[derive(Debug, Serialize)]
pub struct Level {
    /// How many call at once, each again as soon as it is answered.
    pub callers: usize,
    /// Whether the engine asks the panel as fast as it answers; otherwise at the usual pace of a platform.
    pub unpaced: bool,
    /// From writing and signing the call to the last byte of the answer.
    pub times: Times,
    /// Calls answered per second.
    pub calls_per_second: f64,
}

/// Measures all levels.
pub async fn measure(bench: &Bench) -> Result<Vec<Level>> {
    let mut levels = Vec::new();
    for pace in [Pace::Usual, Pace::Unpaced] {
        for callers in LEVELS {
            say(&format!("bridge: {callers} callers, {pace:?}"));
            levels.push(Box::pin(level(bench, callers, pace)).await?);
        }
    }
    Ok(levels)
}

async fn level(bench: &Bench, callers: usize, pace: Pace) -> Result<Level> {
    let panel = panel::open().await?;
    let site = Site::install(bench).await?;
    site.connect(panel.addr, pace).await?;
    site.wait_for_create(0).await?;
    let process = site.start().await?;
    called(&site, callers, Duration::from_millis(250)).await?;
    let begun = Instant::now();
    let times = called(&site, callers, Duration::from_millis(bench.pick(1000, 5000))).await?;
    let whole = begun.elapsed();
    process.stop().await?;
    panel.shutdown().await;
    Ok(Level {
        callers,
        unpaced: pace == Pace::Unpaced,
        calls_per_second: per_second(times.len() as u64, whole),
        times: Times::of(times)?,
    })
}

/// Lets callers call for a while, and returns how long each call took.
async fn called(site: &Site, callers: usize, lasting: Duration) -> Result<Vec<Duration>> {
    let mut calling = JoinSet::new();
    let end = Instant::now() + lasting;
    for _ in 0..callers {
        let mut caller = Caller::connect(site).await?;
        calling.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < end {
                let begun = Instant::now();
                let answer = caller.create().await?;
                times.push(begun.elapsed());
                operation(&answer)?;
            }
            anyhow::Ok(times)
        });
    }
    let mut all = Vec::new();
    while let Some(times) = calling.join_next().await {
        all.extend(times??);
    }
    Ok(all)
}
