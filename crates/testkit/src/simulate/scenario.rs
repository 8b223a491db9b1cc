//! What a world is made of: everything follows from its seed.

use std::time::Duration;

use domain::Random;
use domain::ports::CountingRandom;
use domain::record::{Activation, CreateProtocol};

use super::broken::Broken;

/// What a run is made of.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a condition of its own, drawn from the seed"
)]
pub struct Scenario {
    /// Everything follows from it.
    pub seed: u64,
    /// How creates stay single.
    pub protocol: CreateProtocol,
    /// Services ordered.
    pub services: u64,
    /// Engines at work on the one store.
    pub workers: usize,
    /// How far each engine's clock is off, in milliseconds.
    pub skews: Vec<i64>,
    /// Faults and crashes strike for this long; afterwards the world behaves.
    pub trouble: Duration,
    /// How much goes wrong on the platform, 0 to 3.
    pub harshness: u64,
    /// Crashes, freezes, losses of power, outages and upgrades at moments drawn from the seed.
    pub blows: Blows,
    /// Whether a loss of power takes what was not synced.
    pub forgets: bool,
    /// At each point between two transitions a worker crashes, or freezes, one time in so many.
    pub one_blow_in: u64,
    /// The undo window of terminations, in minutes.
    pub undo_minutes: u32,
    /// The milestone at which CreateAccount is answered with success.
    pub activation: Activation,
    /// Whether the panel is asked before a create.
    pub dry_run: bool,
    /// Whether the panel has fewer addresses than are ordered.
    pub scarce: bool,
    /// Whether machines of ours are removed in the panel and their ids given to strangers.
    pub theft: bool,
    /// Whether the world lasts until the accounts of all attempts are removed, a day later.
    pub long: bool,
    /// A protocol that is broken on purpose, to prove that the rules notice.
    pub broken: Option<Broken>,
}

/// How often what strikes, at moments drawn from the seed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Blows {
    /// One worker dies and starts again.
    pub crashes: u64,
    /// One worker stops for a while, and goes on where it stopped.
    pub freezes: u64,
    /// All workers die and what was not synced is gone.
    pub power: u64,
    /// The platform is out of reach.
    pub outages: u64,
    /// All workers stop and the next program starts.
    pub upgrades: u64,
}

impl Scenario {
    /// The scenario of a seed.
    pub fn of(seed: u64) -> Self {
        let random = CountingRandom::new(seed.wrapping_mul(0xD134_2543_DE82_EF95) ^ 0x5EED);
        let one_in = |n: u64| random.below(n) == 0;
        let services = match random.below(200) {
            0 => 1_000 + random.below(1_000),
            1..=10 => 100 + random.below(200),
            _ => 8 + random.below(33),
        };
        let workers = [1, 1, 2, 3][usize::try_from(random.below(4)).unwrap_or(0)];
        let skewed = workers > 1 && one_in(3);
        let skew = |_| {
            if skewed {
                i64::try_from(random.below(10_000)).unwrap_or(0) - 5_000
            } else {
                0
            }
        };
        let strikes = |most: u64| random.below(most + 1);
        Self {
            seed,
            protocol: if seed.is_multiple_of(2) {
                CreateProtocol::Staging
            } else {
                CreateProtocol::List
            },
            services,
            workers,
            skews: (0..workers).map(skew).collect(),
            trouble: Duration::from_secs(60 * (8 + random.below(30))),
            harshness: random.below(4),
            blows: Blows {
                crashes: strikes(5),
                freezes: strikes(4),
                power: strikes(3),
                outages: strikes(1),
                upgrades: u64::from(one_in(4)),
            },
            forgets: true,
            one_blow_in: [0, 2_000, 500, 200][usize::try_from(random.below(4)).unwrap_or(0)],
            undo_minutes: if one_in(6) { 10 } else { 0 },
            activation: match random.below(8) {
                0 => Activation::Accepted,
                1 | 2 => Activation::Ready,
                _ => Activation::Created,
            },
            dry_run: one_in(6),
            scarce: one_in(25),
            theft: one_in(8),
            long: services < 100 && one_in(50),
            broken: None,
        }
    }

    /// How far two engines' clocks are apart at most.
    pub fn clocks_apart(&self) -> Duration {
        let slowest = self.skews.iter().min().copied().unwrap_or_default();
        let fastest = self.skews.iter().max().copied().unwrap_or_default();
        Duration::from_millis(fastest.abs_diff(slowest))
    }

    /// The same world with a protocol broken on purpose.
    #[must_use]
    pub const fn breaking(mut self, broken: Broken) -> Self {
        self.broken = Some(broken);
        self
    }
}
