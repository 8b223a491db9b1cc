//! Deterministic simulation: the engine's own decisions, the real driver and the simulated panel, on one thread per
//! world, under a virtual clock, with faults, late effects, crashes, freezes and lost power drawn from a seed. A
//! failing seed replays exactly.
//!
//! * [`scenario`]: what a world is made of. `world`: how it runs. `stage`: the platform's side, `faults` its faults.
//! * `vault`: where the engines keep things, which may forget what was not synced.
//! * `billing`: the billing system and its clients, and the applier of effects.
//! * `rules`: what must hold, one function each. [`broken`]: protocols broken on purpose, which the rules must notice.
//! * [`statistics`]: what worlds did, counted.

mod agenda;
mod billing;
pub mod broken;
mod faults;
mod history;
mod rules;
pub mod scenario;
mod stage;
pub mod statistics;
mod upgrade;
mod vault;
mod world;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub use scenario::Scenario;
use statistics::Statistics;
use vault::{Twin, Vault};
use world::World;

/// A world that ran to its end with all rules kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The seed that replays it.
    pub seed: u64,
    /// The hash of its history.
    pub hash: u64,
    /// What it did.
    pub statistics: Statistics,
    /// What happened, where it was kept.
    pub history: Vec<String>,
}

/// A rule that did not hold, with the history that led there.
#[derive(Debug)]
pub struct Failure {
    /// The seed that replays it.
    pub seed: u64,
    /// Where the engines kept things.
    pub store: Kept,
    /// When, since the world's beginning.
    pub at: Duration,
    /// The rule's name.
    pub rule: &'static str,
    /// What did not hold.
    pub what: String,
    /// What the world did until then.
    pub statistics: Statistics,
    /// What happened, in order, where it was kept.
    pub history: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "seed {} after {:.1} s: {}: {}",
            self.seed,
            self.at.as_secs_f64(),
            self.rule,
            self.what
        )?;
        for line in &self.history {
            writeln!(f, "  {line}")?;
        }
        write!(
            f,
            "replay: cargo xtask simulate --seeds 1 --first-seed {}{}",
            self.seed,
            match self.store {
                Kept::InMemory => "",
                Kept::OnSqlite => " --store sqlite",
            }
        )
    }
}

impl std::error::Error for Failure {}

/// What is to be run.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The first world's seed.
    pub first_seed: u64,
    /// How many worlds, of consecutive seeds.
    pub seeds: u64,
    /// No new world begins once so many creates were ordered.
    pub creates: Option<u64>,
    /// How many worlds run at once.
    pub threads: usize,
    /// Where the engines keep things.
    pub store: Kept,
    /// Whether the run goes on after a world in which a rule did not hold.
    pub keep_going: bool,
}

/// Where the engines of a run keep things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In memory, where a loss of power takes what was not synced.
    InMemory,
    /// In memory and in the real store on SQLite, whose answers are compared.
    OnSqlite,
}

/// What was run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What the worlds that held did together.
    pub statistics: Statistics,
    /// How many worlds held every rule.
    pub worlds: u64,
    /// The histories of these worlds in one number, whatever their order.
    pub hash: u64,
    /// The seeds of the worlds in which a rule did not hold, ascending.
    pub failed: Vec<u64>,
}

impl Report {
    /// This, where every world of the run held every rule.
    ///
    /// # Panics
    ///
    /// With the history of the first world that did not.
    #[must_use]
    pub fn held(self, store: Kept) -> Self {
        match self.failed.first() {
            None => self,
            Some(seed) => panic!("{}", replay(*seed, store)),
        }
    }
}

/// Runs one world to its end. `told` says whether its history is kept to be read.
pub fn run_one(scenario: Scenario, store: Kept, told: bool) -> Result<Finished, Box<Failure>> {
    let vault = |memory| match store {
        Kept::InMemory => Vault::Memory(Box::new(memory)),
        Kept::OnSqlite => Vault::Twin(Box::new(Twin::new(memory))),
    };
    World::new(scenario, vault, told).run()
}

/// Runs worlds of consecutive seeds, several at once, and tells `each` of the report after each of them.
pub fn run(wanted: Wanted, each: impl Fn(&Report) + Sync) -> Report {
    let next = AtomicU64::new(wanted.first_seed);
    let report = Mutex::new(Report::default());
    let enough = |report: &Report| {
        let ordered = report.statistics.of("creates");
        (!report.failed.is_empty() && !wanted.keep_going)
            || wanted.creates.is_some_and(|wished| ordered >= wished)
    };
    let work = || {
        while !enough(&report.lock().unwrap_or_else(PoisonError::into_inner)) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= wanted.first_seed.saturating_add(wanted.seeds) {
                return;
            }
            let outcome = run_one(Scenario::of(seed), wanted.store, false);
            let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
            match outcome {
                Ok(finished) => {
                    report.worlds += 1;
                    report.statistics.join(&finished.statistics);
                    report.hash = report.hash.wrapping_add(finished.hash.wrapping_mul(seed | 1));
                }
                Err(failure) => {
                    let place = report.failed.partition_point(|known| *known < failure.seed);
                    report.failed.insert(place, failure.seed);
                }
            }
            each(&report);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..wanted.threads.max(1) {
            scope.spawn(work);
        }
    });
    report.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a failed world again, with its history.
///
/// # Panics
///
/// When it holds every rule this time: then the same seed does not make the same world, and nothing here can be relied
/// on.
pub fn replay(seed: u64, store: Kept) -> Box<Failure> {
    match run_one(Scenario::of(seed), store, true) {
        Err(failure) => failure,
        Ok(_) => panic!("seed {seed} failed and holds when it is run again"),
    }
}
