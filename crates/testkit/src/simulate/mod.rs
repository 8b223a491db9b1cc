//! Deterministic simulation: the engine's own decisions, the real driver and the simulated panel, on one thread, under
//! a virtual clock, with faults, late effects and crashes drawn from a seed. A failing seed replays exactly.
//!
//! * `world` runs the agenda: commands, due work, answers, crashes, a person's hand.
//! * `billing` plays the billing system and its clients, double clicks included.
//! * `rules` states what must hold, during the run and at its end.

mod billing;
mod rules;
mod world;

use std::fmt;

use domain::record::CreateProtocol;

pub use world::World;

/// What a run is made of.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// Everything follows from it.
    pub seed: u64,
    /// How creates stay single.
    pub protocol: CreateProtocol,
    /// Services ordered.
    pub services: u64,
}

impl Scenario {
    /// The scenario of a seed: the protocols take turns.
    pub const fn of(seed: u64) -> Self {
        let protocol = if seed.is_multiple_of(2) {
            CreateProtocol::Staging
        } else {
            CreateProtocol::List
        };
        Self {
            seed,
            protocol,
            services: 12,
        }
    }
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Worlds run.
    pub seeds: u64,
    /// Creates ordered.
    pub creates: u64,
    /// Creates whose machine became ready.
    pub ready: u64,
    /// Operations that ended.
    pub operations: u64,
    /// Platform requests sent.
    pub calls: u64,
    /// Requests whose answer was lost or unreadable.
    pub unknown: u64,
    /// Crashes.
    pub crashes: u64,
    /// Machines of older attempts that appeared late and were removed undelivered.
    pub strays_removed: u64,
    /// Questions put to a person.
    pub questions: u64,
}

impl Summary {
    fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.creates += other.creates;
        self.ready += other.ready;
        self.operations += other.operations;
        self.calls += other.calls;
        self.unknown += other.unknown;
        self.crashes += other.crashes;
        self.strays_removed += other.strays_removed;
        self.questions += other.questions;
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} seeds: {} creates, {} ready; {} operations, {} calls ({} with a lost answer), {} crashes, {} late \
             machines removed, {} questions",
            self.seeds,
            self.creates,
            self.ready,
            self.operations,
            self.calls,
            self.unknown,
            self.crashes,
            self.strays_removed,
            self.questions
        )
    }
}

/// A rule that did not hold, with the history that led there.
#[derive(Debug)]
pub struct Failure {
    /// The seed that replays it.
    pub seed: u64,
    /// What did not hold.
    pub rule: String,
    /// What happened, in order.
    pub history: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.rule)?;
        for line in &self.history {
            writeln!(f, "  {line}")?;
        }
        write!(
            f,
            "replay: cargo xtask simulate --seeds 1 --first-seed {}",
            self.seed
        )
    }
}

/// Runs the worlds of consecutive seeds.
pub fn run(first_seed: u64, seeds: u64) -> Result<Summary, Box<Failure>> {
    let mut total = Summary::default();
    for seed in first_seed..first_seed + seeds {
        total.add(&run_one(Scenario::of(seed))?);
    }
    Ok(total)
}

/// Runs one world to its end.
pub fn run_one(scenario: Scenario) -> Result<Summary, Box<Failure>> {
    World::new(scenario).run()
}
