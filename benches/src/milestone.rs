//! From a create's milestone to the answer of the call that waits for it.
//!
//! The engine writes down in its audit when it decided that a machine is linked and has an address; the caller notes
//! when the last byte of `success` was there. Both read the same machine's clock. The decision is made right before its
//! commit, so the difference holds the commit too and is more than what is promised, never less.

use anyhow::{Context, Result, ensure};
use domain::{Clock, Moment};
use engine::SystemClock;
use serde::Serialize;
use store::{AuditFilter, PageRequest, Store};
use tokio::task::JoinSet;

use crate::Bench;
use crate::caller::{Caller, operation};
use crate::panel;
use crate::report::say;
use crate::site::{Pace, Site};
use crate::statistics::Times;

const CALLERS: usize = 16;
/// More than a create takes.
const WAIT_SECONDS: u32 = 25;

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Answers {
    /// How many waited at once.
    pub callers: usize,
    /// From the decision about the milestone to the last byte of the answer.
    pub times: Times,
}

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Answers> {
    say(&format!("bridge: {CALLERS} callers wait for their machines"));
    let panel = panel::open().await?;
    let site = Site::install(bench).await?;
    site.connect(panel.addr, Pace::Unpaced).await?;
    site.wait_for_create(WAIT_SECONDS).await?;
    let process = site.start().await?;
    let answered = ask(&site, bench.pick(1, 8)).await?;
    process.stop().await?;
    panel.shutdown().await;
    let store = site.store().await?;
    let mut times = Vec::new();
    for (operation, received) in answered {
        times.push(received.since(decided(&store, &operation).await?));
    }
    store.close().await?;
    Ok(Answers {
        callers: CALLERS,
        times: Times::of(times)?,
    })
}

/// Each caller orders and waits, so many times; which operations succeeded, and when their answers were there.
async fn ask(site: &Site, each: u64) -> Result<Vec<(String, Moment)>> {
    let mut calling = JoinSet::new();
    for _ in 0..CALLERS {
        let mut caller = Caller::connect(site).await?;
        calling.spawn(async move {
            let mut answered = Vec::new();
            for _ in 0..each {
                let answer = caller.create().await?;
                let received = SystemClock.now();
                ensure!(
                    answer["result"] == "success",
                    "a create was not answered with success: {answer}"
                );
                answered.push((operation(&answer)?.to_owned(), received));
            }
            Ok(answered)
        });
    }
    let mut all = Vec::new();
    while let Some(answered) = calling.join_next().await {
        all.extend(answered??);
    }
    Ok(all)
}

/// When the engine decided that the operation's machine is linked and has an address.
async fn decided(store: &Store, operation: &str) -> Result<Moment> {
    let filter = AuditFilter {
        subject: Some(operation.to_owned()),
    };
    let lines = store.audit_lines(&filter, &PageRequest::first(100)).await?;
    lines
        .items
        .iter()
        .find(|line| line.action == "operation.milestone" && line.detail["milestone"] == "created")
        .map(|line| line.at)
        .with_context(|| format!("the audit does not tell when {operation} had its machine"))
}
