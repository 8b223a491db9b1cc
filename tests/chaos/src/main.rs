//! `chaos`: kills the real engine again and again under load, and compares the books at the end.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use chaos::report::{Minima, say};
use chaos::run::{Plan, run};
use chaos::settle::Haste;
use clap::Parser;

/// Kills the real engine under load and compares the books at the end.
#[derive(Debug, Parser)]
#[command(name = "chaos")]
struct Arguments {
    /// How long the engine is killed; the end and the comparison take some minutes more.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// Lives, faults and wishes follow from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Services at work at once.
    #[arg(long, default_value_t = 24)]
    lanes: u64,
    /// The engine that is killed; the one of this package beside this program if none is named.
    #[arg(long)]
    hostler: Option<PathBuf>,
    /// Where the figures are written to as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    match Box::pin(start(Arguments::parse())).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("chaos: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether the run was good and counts.
async fn start(arguments: Arguments) -> Result<bool> {
    let beside = std::env::current_exe()?.with_file_name("chaos-engine");
    ensure!(
        beside.exists(),
        "{} is not there: build it (cargo build --package chaos)",
        beside.display()
    );
    let moves = cfg!(feature = "test-clock");
    let plan = Plan {
        seed: arguments.seed,
        minutes: arguments.minutes,
        program: arguments.hostler.unwrap_or_else(|| beside.clone()),
        haste: if moves { Haste::Moving(beside) } else { Haste::None },
        lanes: arguments.lanes,
        slowest: 100,
        slow_faults: if moves { 2 } else { 0 },
        late_creates: if moves { 2 } else { 0 },
        staging: true,
        minima: Minima::of_minutes(arguments.minutes),
    };
    let report = run(&plan).await?;
    say(&report.text());
    if let Some(file) = arguments.json {
        let document = serde_json::to_string_pretty(&report)?;
        std::fs::write(&file, document).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(report.violations.is_empty() && report.shortfalls().is_empty())
}
