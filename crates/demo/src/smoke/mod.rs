//! The whole life of one server, without a person: ordered, ready, changed, restarted, suspended (and then deaf to its
//! client), unsuspended, ended, with exactly one machine made for it.

mod report;
mod step;
mod steps;
mod wait;

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::bridge::fresh;
use crate::shop::Shop;
pub use report::{SmokeReport, SmokeStep};
use step::Step;
use steps::Run;

/// What is ordered and how long it may take.
#[derive(Clone)]
pub struct SmokeConfig {
    /// The shop. Its effects are applied while the smoke runs, whether or not somebody else runs it too.
    pub shop: Shop,
    /// The product to order.
    pub product: u64,
    /// The product to change to.
    pub upgrade: u64,
    /// The hostname.
    pub hostname: String,
    /// The template of the operating system; `None` for the panel's choice.
    pub template: Option<u64>,
    /// When it has failed, at the latest.
    pub deadline: Duration,
}

/// How long the end of a failed run may take: whatever was ordered is ended.
const CLEAN_UP: Duration = Duration::from_secs(10);

/// Runs it. Never longer than the deadline and the clean-up after a failure.
pub async fn smoke(config: SmokeConfig) -> SmokeReport {
    let shop = config.shop.clone();
    tokio::select! {
        report = steps(config) => report,
        () = shop.run(std::future::pending()) => SmokeReport::default(),
    }
}

async fn steps(config: SmokeConfig) -> SmokeReport {
    let (begun, deadline) = (Instant::now(), Instant::now() + config.deadline);
    let session = fresh(config.shop.random.as_ref());
    let seconds = config.deadline.as_secs();
    let mut run = Run::new(config, session);
    let mut report = SmokeReport::default();
    for step in Step::ALL {
        let started = Instant::now();
        let result = timeout_at(deadline, run.take(step)).await;
        let result = result.unwrap_or_else(|_| Err(format!("the {seconds} s of the whole run are over")));
        let result = result.map_err(|reason| format!("{reason}{}", run.trouble()));
        let failed = result.is_err();
        report.enter(step.name(), started.elapsed(), result);
        if failed {
            clean_up(&mut run, &mut report).await;
            break;
        }
    }
    report.conclude(run.machines().await, begun.elapsed());
    report
}

/// A failed run leaves no machine behind if it can be helped: on a panel that is not a simulated one they cost money.
async fn clean_up(run: &mut Run, report: &mut SmokeReport) {
    if !run.has_something_to_end() {
        return;
    }
    let started = Instant::now();
    let result = tokio::time::timeout(CLEAN_UP, run.take(Step::Terminate)).await;
    let result = result.unwrap_or_else(|_| Err("not ended in time; look at the panel".to_owned()));
    report.enter("clean up", started.elapsed(), result);
}
