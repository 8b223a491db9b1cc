//! From the start of the process to the first good answer of `/readyz`.
//!
//! The first start makes the schema and the key and is counted apart. The program and the database are in the page
//! cache from then on, as they are when a service manager restarts the engine.

use anyhow::Result;
use serde::Serialize;

use crate::Bench;
use crate::report::say;
use crate::site::Site;
use crate::statistics::{Times, milliseconds};

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Starts {
    /// The first start, in an empty folder.
    pub first_ms: f64,
    /// The starts after it.
    pub times: Times,
}

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Starts> {
    say("start");
    let site = Site::empty(bench)?;
    let process = site.start().await?;
    let first_ms = milliseconds(process.started_in);
    process.stop().await?;
    let mut times = Vec::new();
    for _ in 0..bench.pick(3, 10) {
        let process = site.start().await?;
        times.push(process.started_in);
        process.stop().await?;
    }
    Ok(Starts {
        first_ms,
        times: Times::of(times)?,
    })
}
