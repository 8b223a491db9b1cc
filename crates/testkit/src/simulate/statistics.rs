//! What worlds did, counted: as a table and as JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use domain::http::RetryClass;
use serde_json::{Value, json};

/// Whether an unknown outcome may be settled by the engine alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ask {
    /// It has to settle by itself.
    Never,
    /// A create under the list protocol, which is never sent twice by itself.
    ListCreate,
    /// A build or a restart, which is never sent twice by itself.
    Disruptive,
}

impl Ask {
    const fn words(self) -> &'static str {
        match self {
            Self::Never => "settles by itself",
            Self::ListCreate => "list protocol",
            Self::Disruptive => "never repeated",
        }
    }
}

/// What a fault did to a class of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// Whether a person may have to be asked.
    pub ask: Ask,
    /// What repeating the request means.
    pub class: Class,
    /// What struck it.
    pub fault: &'static str,
}

/// The class of a request, ordered for the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Creating.
    Creating,
    /// Disruptive.
    Disruptive,
    /// Convergent, and lagging.
    Convergent,
}

impl Class {
    /// The class of a changing request.
    pub const fn of(class: RetryClass) -> Self {
        match class {
            RetryClass::Creating => Self::Creating,
            RetryClass::Disruptive => Self::Disruptive,
            RetryClass::Convergent | RetryClass::Lagging | RetryClass::Read => Self::Convergent,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Disruptive => "disruptive",
            Self::Convergent => "convergent",
        }
    }
}

/// Durations, counted in steps of a twentieth of their size, so that a million of them take no room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Durations {
    count: u64,
    longest: Duration,
    steps: BTreeMap<u16, u64>,
}

impl Durations {
    /// Adds one.
    pub fn add(&mut self, duration: Duration) {
        self.count += 1;
        self.longest = self.longest.max(duration);
        *self.steps.entry(step(duration)).or_default() += 1;
    }

    fn join(&mut self, other: &Self) {
        self.count += other.count;
        self.longest = self.longest.max(other.longest);
        for (step, count) in &other.steps {
            *self.steps.entry(*step).or_default() += count;
        }
    }

    /// How many.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The longest.
    pub const fn longest(&self) -> Duration {
        self.longest
    }

    /// What this share of them, in percent, did not exceed; exact to a twentieth.
    pub fn percentile(&self, percent: u64) -> Duration {
        let rank = (self.count * percent).div_ceil(100);
        let mut seen = 0;
        for (step, count) in &self.steps {
            seen += count;
            if seen >= rank {
                return upper(*step).min(self.longest);
            }
        }
        self.longest
    }
}

impl Durations {
    fn json(&self) -> Value {
        json!({
            "p50_seconds": self.percentile(50).as_secs_f64(),
            "p99_seconds": self.percentile(99).as_secs_f64(),
            "max_seconds": self.longest().as_secs_f64(),
        })
    }
}

impl fmt::Display for Durations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, p99] = [50, 99].map(|percent| seconds(self.percentile(percent)));
        write!(
            f,
            "{median} (median), {p99} (p99), {} (longest)",
            seconds(self.longest())
        )
    }
}

/// Growth of one step to the next.
const STEP: f64 = 1.05;

fn step(duration: Duration) -> u16 {
    let millis = duration.as_secs_f64() * 1_000.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a logarithm of at most 500, not negative"
    )]
    let step = (millis.max(1.0).ln() / STEP.ln()).ceil() as u16;
    step
}

fn upper(step: u16) -> Duration {
    Duration::from_secs_f64(STEP.powi(i32::from(step)) / 1_000.0)
}

/// What became of the unknown outcomes of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unknowns {
    /// How many outcomes became unknown.
    pub count: u64,
    /// How long those took that settled by themselves.
    pub alone: Durations,
    /// How many needed a person.
    pub asked: u64,
    /// How many were not settled when their world ended.
    pub open: u64,
}

/// What worlds did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Plain counts by name.
    pub counts: BTreeMap<&'static str, u64>,
    /// Unknown outcomes by kind.
    pub unknowns: BTreeMap<Kind, Unknowns>,
    /// How long late machines were there before they were gone, since nothing hindered their removal any more.
    pub late: Durations,
    /// The same since they became visible, whatever hindered.
    pub late_visible: Durations,
}

impl Statistics {
    /// Counts one more.
    pub fn count(&mut self, what: &'static str) {
        self.add(what, 1);
    }

    /// Counts several more.
    pub fn add(&mut self, what: &'static str, more: u64) {
        *self.counts.entry(what).or_default() += more;
    }

    /// A plain count.
    pub fn of(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    /// Adds what other worlds did.
    pub fn join(&mut self, other: &Self) {
        for (what, count) in &other.counts {
            *self.counts.entry(what).or_default() += count;
        }
        for (kind, unknowns) in &other.unknowns {
            let own = self.unknowns.entry(*kind).or_default();
            own.count += unknowns.count;
            own.asked += unknowns.asked;
            own.open += unknowns.open;
            own.alone.join(&unknowns.alone);
        }
        self.late.join(&other.late);
        self.late_visible.join(&other.late_visible);
    }

    /// Of the unknown outcomes of this sort that were settled: how many there were, and how many of them without a
    /// person. What is still watched when its world ends is neither.
    pub fn settled(&self, ask: Ask) -> (u64, u64) {
        let kinds = self.unknowns.iter().filter(|(kind, _)| kind.ask == ask);
        kinds.fold((0, 0), |(all, alone), (_, unknowns)| {
            (
                all + unknowns.count - unknowns.open,
                alone + unknowns.alone.count(),
            )
        })
    }

    /// Everything as JSON; durations in seconds.
    pub fn json(&self) -> Value {
        let unknowns = self.unknowns.iter().map(|(kind, unknowns)| {
            json!({
                "protocol": kind.ask.words(),
                "class": kind.class.word(),
                "fault": kind.fault,
                "unknown": unknowns.count,
                "settled_alone": unknowns.alone.count(),
                "asked": unknowns.asked,
                "open": unknowns.open,
                "p50_seconds": unknowns.alone.percentile(50).as_secs_f64(),
                "p99_seconds": unknowns.alone.percentile(99).as_secs_f64(),
                "max_seconds": unknowns.alone.longest().as_secs_f64(),
            })
        });
        let shares = [Ask::Never, Ask::ListCreate, Ask::Disruptive].map(|ask| {
            let (all, alone) = self.settled(ask);
            json!({ "protocol": ask.words(), "settled": all, "settled_alone": alone })
        });
        json!({
            "counts": self.counts,
            "settled": shares,
            "unknowns": unknowns.collect::<Vec<_>>(),
            "late_machines_removed": self.late.count(),
            "late_machines_unhindered": self.late.json(),
            "late_machines_since_visible": self.late_visible.json(),
        })
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in &self.counts {
            writeln!(f, "{count:>12}  {what}")?;
        }
        writeln!(
            f,
            "{:>12}  late machines removed, undelivered\n{:14}after nothing hindered it any more: {}\n{:14}after they \
             became visible: {}",
            self.late.count(),
            "",
            self.late,
            "",
            self.late_visible,
        )?;
        for ask in [Ask::Never, Ask::ListCreate, Ask::Disruptive] {
            let (all, alone) = self.settled(ask);
            writeln!(
                f,
                "{all:>12}  unknown outcomes settled, {}: {alone} of them without a person",
                ask.words()
            )?;
        }
        writeln!(
            f,
            "\n{:<18} {:<11} {:<22} {:>9} {:>9} {:>7} {:>5} {:>9} {:>9} {:>9}",
            "protocol", "class", "fault", "unknown", "alone", "asked", "open", "p50", "p99", "max"
        )?;
        for (kind, unknowns) in &self.unknowns {
            writeln!(
                f,
                "{:<18} {:<11} {:<22} {:>9} {:>9} {:>7} {:>5} {:>9} {:>9} {:>9}",
                kind.ask.words(),
                kind.class.word(),
                kind.fault,
                unknowns.count,
                unknowns.alone.count(),
                unknowns.asked,
                unknowns.open,
                seconds(unknowns.alone.percentile(50)),
                seconds(unknowns.alone.percentile(99)),
                seconds(unknowns.alone.longest()),
            )?;
        }
        Ok(())
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_exact_to_a_twentieth() {
        let mut durations = Durations::default();
        for millis in 1..=10_000 {
            durations.add(Duration::from_millis(millis));
        }
        for (percent, expected) in [(50, 5.0), (99, 9.9), (100, 10.0)] {
            let seconds = durations.percentile(percent).as_secs_f64();
            assert!(
                (expected..=expected * 1.06).contains(&seconds) || (seconds - expected).abs() < 0.001,
                "{percent}: {seconds}"
            );
        }
        assert_eq!(durations.longest(), Duration::from_secs(10));
    }
}
