//! `bench`: measures what the engine promises, on this machine, and prints it as tables and as one JSON document.
//!
//! Eleven parts, each bounded and on loopback only:
//!
//! * [`disk`]: how often a second the folder's disk makes 4 KiB durable, the number that every other one stands beside;
//! * [`rates`]: accept, claim and finish per second through the engine's own functions, on SQLite and PostgreSQL;
//! * [`history`]: the same with 1,000 and with 1,000,000 finished operations in the database;
//! * [`latency`] and [`milestone`]: signed calls to the real program `hostler serve` ([`site`], [`process`], [`caller`])
//!   beside a simulated panel ([`panel`]): the time to the answer that names the committed operation, and the time from
//!   a create's milestone to its answer;
//! * [`neighbours`]: calls to a platform while another one is dead;
//! * [`sweep`]: reading all services in the background at the allowed rate, with clicks in between;
//! * [`page`]: the client's page at a steady pace, and what it asks of the platform;
//! * [`stock`]: counting what can be sold, and selling beside promises;
//! * [`names`]: what would become of the names of ten thousand addresses, and writing them;
//! * [`memory`]: resident memory, idle and with ten thousand services ([`fill`]);
//! * [`start`]: from the start of the process to `/readyz`.
//!
//! **The invariant: a figure is what was measured, or it is not there.** A call that was not answered as it should be
//! ends the run with its error, after the figures of the parts before it; a database that is not there says why in place
//! of its figures.
//!
//! Rejected: a benchmark harness with statistics over nanoseconds (what counts here is one fsync and more), and engine
//! and callers in one process (the operator's engine is a process of its own, with its own allocator and threads).

mod caller;
mod disk;
mod fill;
mod history;
mod latency;
mod machine;
mod memory;
mod milestone;
mod names;
mod neighbours;
mod page;
mod panel;
mod process;
mod rates;
mod report;
mod site;
mod start;
mod statistics;
mod stock;
mod sweep;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};

use machine::Machine;
use report::{Report, say};

/// Measures the engine.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    /// Takes a few seconds per part and is good for seeing that everything works, not for figures.
    #[arg(long)]
    quick: bool,
    /// Runs only this part. May be repeated.
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// Where files are written: the disk that is measured. `target/bench` if none is named.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// The engine's program; the one beside this program if none is named.
    #[arg(long)]
    hostler: Option<PathBuf>,
}

/// The parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The disk.
    Disk,
    /// Accept, claim and finish.
    Store,
    /// Accept, claim and finish beside a short history and a long one.
    History,
    /// Calls over the bridge.
    Bridge,
    /// Calls to a platform beside a dead one.
    Neighbours,
    /// Reading all services in the background.
    Sweep,
    /// The client's page.
    Page,
    /// What can be sold.
    Stock,
    /// The names of addresses.
    Names,
    /// Resident memory.
    Memory,
    /// The start of the process.
    Start,
}

/// Where things are and how long they may take.
#[derive(Debug)]
struct Bench {
    folder: PathBuf,
    hostler: PathBuf,
    quick: bool,
}

impl Bench {
    /// One of two numbers: for a quick look, or for figures.
    const fn pick(&self, quick: u64, full: u64) -> u64 {
        if self.quick { quick } else { full }
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = match arguments.folder {
        Some(folder) => folder,
        None => workspace().join("target/bench"),
    };
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let folder = folder.canonicalize()?;
    let hostler = match arguments.hostler {
        Some(program) => program,
        None => beside()?,
    };
    let bench = Bench {
        folder,
        hostler,
        quick: arguments.quick,
    };
    let wanted = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    let mut report = Report::new(Machine::of(&bench.folder).await, bench.quick);
    let measured = Box::pin(measure(&bench, &mut report, wanted)).await;
    // What was measured before a part failed was measured all the same.
    say(&report.tables());
    let document = report.document()?;
    let place = workspace().join("target/bench/latest.json");
    std::fs::create_dir_all(place.parent().unwrap_or(&place))?;
    std::fs::write(&place, &document).with_context(|| format!("cannot write {}", place.display()))?;
    say(&document);
    measured
}

async fn measure(bench: &Bench, report: &mut Report, wanted: impl Fn(Part) -> bool) -> Result<()> {
    if wanted(Part::Disk) {
        report.disk = Some(disk::measure(bench)?);
    }
    if wanted(Part::Store) {
        report.store = Some(Box::pin(rates::measure(bench)).await?);
    }
    if wanted(Part::History) {
        report.history = Some(Box::pin(history::measure(bench)).await?);
    }
    if wanted(Part::Bridge) {
        report.bridge = Some(Box::pin(latency::measure(bench)).await?);
        report.milestone = Some(Box::pin(milestone::measure(bench)).await?);
    }
    if wanted(Part::Neighbours) {
        report.neighbours = Some(Box::pin(neighbours::measure(bench)).await?);
    }
    if wanted(Part::Sweep) {
        report.sweep = Some(Box::pin(sweep::measure(bench)).await?);
    }
    if wanted(Part::Page) {
        report.page = Some(Box::pin(page::measure(bench)).await?);
    }
    if wanted(Part::Stock) {
        report.stock = Some(Box::pin(stock::measure(bench)).await?);
    }
    if wanted(Part::Names) {
        report.names = Some(Box::pin(names::measure(bench)).await?);
    }
    if wanted(Part::Memory) {
        report.memory = Some(Box::pin(memory::measure(bench)).await?);
    }
    if wanted(Part::Start) {
        report.start = Some(Box::pin(start::measure(bench)).await?);
    }
    Ok(())
}

fn workspace() -> PathBuf {
    let room = Path::new(env!("CARGO_MANIFEST_DIR"));
    room.parent().unwrap_or(room).to_owned()
}

/// The engine's program of the same build.
fn beside() -> Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name("hostler");
    anyhow::ensure!(
        program.exists(),
        "{} is not there: build it first (cargo build --package hostler, with --release for figures), or name it: --hostler",
        program.display()
    );
    Ok(program)
}
