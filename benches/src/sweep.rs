//! A sweep over all services of a panel that permits as many requests as the operator allows, with clicks in between; and
//! what the module before needed, two requests per service one after the other.
//!
//! What is measured is seen at the panel: its log says when which request came and with what it was answered. A click is
//! the button that reads one machine, from the call to its answer; it is also measured before the sweep begins, on the same
//! engine, so that both figures are of the same machine and build.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use sim::calls::Call;

use crate::Bench;
use crate::caller::{Caller, button};
use crate::fill;
use crate::panel;
use crate::report::say;
use crate::site::{Pace, Site};
use crate::statistics::Times;

/// Requests per second that the operator allows and the panel permits.
const RATE: u32 = 20;
/// Services that are read in the way of the module before.
const ORIGINAL: u64 = 200;
/// Between two clicks.
const CLICK: Duration = Duration::from_secs(2);
/// The engine begins its first sweep a minute after its start; until then clicks are alone.
const ALONE: Duration = Duration::from_secs(50);
/// It is said how far the sweep is after so many machines.
const PROGRESS: u64 = 1_000;
/// How much longer than calculated a sweep may take before the run is given up.
const PATIENCE: Duration = Duration::from_secs(180);

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Sweep {
    /// Services with a machine.
    pub services: u64,
    /// Requests per second that were allowed.
    pub rate: u32,
    /// Requests that came from the first of the sweep to its last, clicks included.
    pub calls: u64,
    /// How long that took.
    pub seconds: f64,
    /// Requests by rate.
    pub expected_seconds: f64,
    /// How much longer it took, in percent.
    pub longer_percent: f64,
    /// Requests that the panel refused as too many.
    pub refused: u32,
    /// Clicks before the sweep.
    pub alone: Times,
    /// Clicks beside it.
    pub clicks: Times,
    /// The way of the module before.
    pub original: Original,
}

/// The way of the module before, on a panel without a limit.
#[derive(Debug, Serialize)]
pub struct Original {
    /// Services that were read.
    pub services: u64,
    /// Requests.
    pub calls: u64,
    /// How long they took.
    pub seconds: f64,
    /// Its requests per service, divided by those of the sweep.
    pub times_as_many_calls: f64,
}

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Sweep> {
    let services = bench.pick(200, 10_000);
    say(&format!("sweep: {services} services at {RATE} requests a second"));
    let crowd = panel::crowd(services, Some(RATE * 60)).await?;
    let site = Site::install(bench).await?;
    // What the panel asks its hypervisors for is due once a day and would be a second sweep.
    site.configure("[engine]\ndisk_hours = 0\n")?;
    site.connect(crowd.running.addr, Pace::PerSecond(RATE)).await?;
    site.wait_for_create(0).await?;
    let mut machines = crowd.machines().await?;
    for machine in &mut machines {
        machine.raw = fill::raw();
    }
    fill::fill_with(&site, &machines).await?;
    crowd.panel.clear_calls();
    let process = site.start().await?;
    let mut caller = Caller::connect(&site).await?;
    let alone = clicks_until(
        &mut caller,
        services,
        || {
            let calls = crowd.panel.calls();
            calls.iter().any(|call| call.endpoint == "list_servers")
        },
        ALONE,
    )
    .await?;
    let mut said = 0;
    let expected = Duration::from_secs(services / u64::from(RATE));
    let clicks = clicks_until(
        &mut caller,
        services,
        || {
            let so_far = read(&crowd.panel.calls());
            if so_far / PROGRESS > said {
                said = so_far / PROGRESS;
                say(&format!("sweep: {so_far} of {services}"));
            }
            so_far >= services
        },
        expected + PATIENCE,
    )
    .await?;
    let log = crowd.panel.calls();
    process.stop().await?;
    let of_sweep = within_sweep(&log)?;
    let refused = u32::try_from(log.iter().filter(|call| call.status == Some(429)).count())?;
    ensure!(
        read(&log) >= services,
        "the sweep did not come to its end in time: {} of {services} were read with {} requests, {refused} refused",
        read(&log),
        log.len(),
    );
    let original = original(of_sweep.calls, services).await?;
    crowd.running.shutdown().await;
    let expected_seconds = count(of_sweep.calls) / f64::from(RATE);
    let seconds = of_sweep.time.as_secs_f64();
    Ok(Sweep {
        services,
        rate: RATE,
        calls: of_sweep.calls,
        seconds,
        expected_seconds,
        longer_percent: ((seconds / expected_seconds - 1.0) * 1000.0).round() / 10.0,
        refused,
        alone: Times::of(alone)?,
        clicks: Times::of(clicks)?,
        original,
    })
}

/// How many machines' traffic the sweep has read.
fn read(log: &[Call]) -> u64 {
    log.iter()
        .filter(|call| call.endpoint == "server_traffic")
        .count() as u64
}

/// The part of the log from the first traffic reading to the last.
struct Part {
    calls: u64,
    time: Duration,
}

fn within_sweep(log: &[Call]) -> Result<Part> {
    let is_of_it = |call: &&Call| call.endpoint == "server_traffic";
    let first = log.iter().find(is_of_it).context("the sweep has not begun")?.at;
    let last = log.iter().rfind(is_of_it).context("the sweep has not begun")?.at;
    let between = log.iter().filter(|call| call.at >= first && call.at <= last);
    Ok(Part {
        calls: between.count() as u64,
        time: last.since(first),
    })
}

/// Clicks until something holds, at most for a while; how long each took.
async fn clicks_until(
    caller: &mut Caller,
    services: u64,
    mut reached: impl FnMut() -> bool,
    most: Duration,
) -> Result<Vec<Duration>> {
    let end = Instant::now() + most;
    let mut times = Vec::new();
    let mut service = 0;
    while Instant::now() < end && !reached() {
        service = service % services + 1;
        let begun = Instant::now();
        let answer = caller.post("/bridge/v1/call", &button(service)).await?;
        times.push(begun.elapsed());
        ensure!(answer["result"] == "success", "a click was answered: {answer}");
        tokio::time::sleep(CLICK).await;
    }
    Ok(times)
}

/// Two requests per service, one after the other.
async fn original(calls: u64, services: u64) -> Result<Original> {
    let free = panel::crowd(ORIGINAL, None).await?;
    let ids = free.ids();
    let begun = Instant::now();
    for id in &ids {
        let server = format!("/api/v1/servers/{id}");
        panel::get(free.running.addr, &format!("{server}?remoteState=true")).await?;
        panel::get(free.running.addr, &format!("{server}/traffic")).await?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    free.running.shutdown().await;
    let made = 2 * ORIGINAL;
    let theirs = count(made) / count(ORIGINAL);
    let ours = count(calls) / count(services);
    Ok(Original {
        services: ORIGINAL,
        calls: made,
        seconds,
        times_as_many_calls: (theirs / ours * 100.0).round() / 100.0,
    })
}

/// A count as a number to calculate with; counts stay far below 2^32.
fn count(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}
