//! Whether what is done today costs more after years: accept, claim and finish with a short history and a long one.
//!
//! Each history is in a database of its own. Rounds go from one to the other, so that what else the machine does meets
//! both, and each figure is the middle one of its rounds.

use anyhow::{Context, Result};
use engine::{Engine, SystemRandom};
use serde::Serialize;
use store::{Key, StoreConfig, testing};
use tempfile::TempDir;

use crate::Bench;
use crate::rates::{Rates, WORKERS, cycle, open};
use crate::report::say;
use crate::statistics::Times;

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Histories {
    /// Finished operations of the short history and of the long one.
    pub finished: [u64; 2],
    /// Pairs with as many workers: with the short history, with the long one.
    pub pairs: Vec<Pair>,
}

/// The same work beside both histories.
#[derive(Debug, Serialize)]
pub struct Pair {
    /// Beside the short one.
    pub short: Rates,
    /// Beside the long one.
    pub long: Rates,
}

impl Pair {
    /// How much less per second is done beside the long history, in percent of the short one: the worst of accept,
    /// claim and finish. Negative where nothing is slower.
    pub fn loss_percent(&self) -> f64 {
        let loss = |short: f64, long: f64| (1.0 - long / short.max(1e-9)) * 100.0;
        let worst = loss(self.short.accepts_per_second, self.long.accepts_per_second)
            .max(loss(self.short.claims_per_second, self.long.claims_per_second))
            .max(loss(
                self.short.finishes_per_second,
                self.long.finishes_per_second,
            ));
        (worst * 10.0).round() / 10.0
    }
}

/// One history, and how far its services are numbered.
struct History {
    engine: Engine,
    next: u64,
    _folder: TempDir,
}

/// Measures on `SQLite`.
pub async fn measure(bench: &Bench) -> Result<Histories> {
    let finished = [1000, bench.pick(20_000, 1_000_000)];
    let mut histories = Vec::new();
    for operations in finished {
        say(&format!("history: filling {operations} finished operations"));
        histories.push(History::filled(bench, operations).await?);
    }
    let mut pairs = Vec::new();
    for workers in WORKERS {
        say(&format!("history: {workers} at once"));
        let operations = bench.pick(50, 1000) * if workers == 1 { 1 } else { 4 };
        let mut rounds = [Vec::new(), Vec::new()];
        for _ in 0..bench.pick(1, 5) {
            for (history, rounds) in histories.iter_mut().zip(&mut rounds) {
                rounds.push(history.round(workers, operations).await?);
            }
        }
        let [short, long] = rounds;
        pairs.push(Pair {
            short: middle(&short)?,
            long: middle(&long)?,
        });
    }
    for history in histories {
        history.engine.store().close().await?;
    }
    Ok(Histories { finished, pairs })
}

impl History {
    async fn filled(bench: &Bench, operations: u64) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("history-")
            .tempdir_in(&bench.folder)?;
        let file = folder.path().join("hostler.db");
        let config = StoreConfig::new(format!("sqlite:{}", file.display()), Key::random(&SystemRandom));
        let engine = open(config).await?;
        let store = engine.store();
        let installations = store.installations().await?;
        let platforms = store.platforms().await?;
        let installation = installations.first().context("there is no installation")?;
        let platform = platforms.first().context("there is no platform")?;
        testing::fill_history(store, installation, platform, operations).await;
        Ok(Self {
            engine,
            next: 1,
            _folder: folder,
        })
    }

    async fn round(&mut self, workers: u64, operations: u64) -> Result<Rates> {
        let first = self.next;
        self.next += operations;
        cycle(&self.engine, workers, first, operations).await
    }
}

/// The middle one of each figure.
fn middle(rounds: &[Rates]) -> Result<Rates> {
    let first = rounds.first().context("there was no round")?;
    let (workers, operations) = (first.workers, first.operations);
    let of = |figure: fn(&Rates) -> f64| {
        let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    let mut claims: Vec<Times> = rounds.iter().map(|round| round.claims).collect();
    claims.sort_by(|a, b| a.p99_ms.total_cmp(&b.p99_ms));
    Ok(Rates {
        workers,
        operations,
        accepts_per_second: of(|round| round.accepts_per_second),
        claims_per_second: of(|round| round.claims_per_second),
        finishes_per_second: of(|round| round.finishes_per_second),
        claims: claims[claims.len() / 2],
    })
}
