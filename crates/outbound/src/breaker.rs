//! The circuit breaker of one platform: after a row of failures it stops asking for a while, then asks once.
//!
//! Pure: time is an argument, jitter comes from the injected randomness.

use std::time::Duration;

use domain::{Moment, Random};
use tokio::time::Instant;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerConfig {
    /// How many failures in a row open it.
    pub failures: u32,
    /// Two failures further apart than this do not belong to one row.
    pub window: Duration,
    /// How long it stays open the first time. It doubles with each failed probe and varies by a fifth.
    pub cool_down: Duration,
    /// The longest it stays open, before the variation.
    pub longest_cool_down: Duration,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self {
            failures: 5,
            window: Duration::from_mins(2),
            cool_down: Duration::from_secs(15),
            longest_cool_down: Duration::from_mins(5),
        }
    }
}

/// What a breaker shows to the outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Requests pass.
    Closed,
    /// Nothing passes until then.
    Open {
        /// The moment from which one request may try.
        until: Moment,
    },
    /// One request may try, or is trying.
    HalfOpen,
}

/// What an exchange says about the platform's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It answered, if only to refuse.
    Good,
    /// It could not be reached, did not answer in time, or said that it is broken.
    Bad,
    /// The answer was lost in a way that says nothing about the whole platform.
    Unclear,
}

/// Whether a request may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Like any other.
    Pass,
    /// As the one that tries.
    Probe,
    /// No; `until` is known unless a probe is under way.
    Refused {
        /// When one may try.
        until: Option<Instant>,
    },
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Closed { row: u32, last: Option<Instant> },
    Open { until: Instant },
    Probing,
}

/// The breaker of one platform.
#[derive(Debug)]
pub struct Breaker {
    config: BreakerConfig,
    phase: Phase,
    /// How long it will stay open the next time.
    cool_down: Duration,
}

impl Breaker {
    pub fn new(config: BreakerConfig) -> Self {
        let cool_down = config.cool_down;
        Self {
            config,
            phase: Phase::Closed { row: 0, last: None },
            cool_down,
        }
    }

    /// Whether a request may pass now.
    pub fn admission(&self, now: Instant) -> Admission {
        match self.phase {
            Phase::Closed { .. } => Admission::Pass,
            Phase::Open { until } if now >= until => Admission::Probe,
            Phase::Open { until } => Admission::Refused { until: Some(until) },
            Phase::Probing => Admission::Refused { until: None },
        }
    }

    /// The probe leaves.
    pub fn begin_probe(&mut self) {
        self.phase = Phase::Probing;
    }

    /// The probe was given up without a result: the next request is the probe.
    pub fn abandon_probe(&mut self, now: Instant) {
        self.phase = Phase::Open { until: now };
    }

    /// Takes in the result of an exchange. While the breaker is not closed only the probe's result counts: the others
    /// left before it opened.
    pub fn record(&mut self, health: Health, probe: bool, now: Instant, random: &dyn Random) {
        match (self.phase, health) {
            (Phase::Closed { row, last }, Health::Bad) => {
                let in_row = last.is_some_and(|last| now.duration_since(last) <= self.config.window);
                let row = if in_row { row + 1 } else { 1 };
                if row >= self.config.failures.max(1) {
                    self.open(now, random);
                } else {
                    self.phase = Phase::Closed { row, last: Some(now) };
                }
            }
            (Phase::Closed { .. }, Health::Good) => self.phase = Phase::Closed { row: 0, last: None },
            (Phase::Probing, Health::Good) if probe => {
                self.phase = Phase::Closed { row: 0, last: None };
                self.cool_down = self.config.cool_down;
            }
            (Phase::Probing, Health::Bad | Health::Unclear) if probe => self.open(now, random),
            _ => {}
        }
    }

    /// When it lets the next request try; `None` when it is not open.
    pub fn open_until(&self, now: Instant) -> Option<Instant> {
        match self.phase {
            Phase::Open { until } if until > now => Some(until),
            _ => None,
        }
    }

    /// Whether requests pass freely.
    pub fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed { .. })
    }

    /// Opens for the present cool-down, varied by up to a fifth so that several nodes do not probe together.
    fn open(&mut self, now: Instant, random: &dyn Random) {
        let micros = u64::try_from(self.cool_down.as_micros()).unwrap_or(u64::MAX);
        let fifth = micros / 5;
        let varied = micros - fifth + random.below(fifth.saturating_mul(2).saturating_add(1));
        self.phase = Phase::Open {
            until: now + Duration::from_micros(varied),
        };
        self.cool_down = self
            .cool_down
            .saturating_mul(2)
            .min(self.config.longest_cool_down);
    }
}

#[cfg(test)]
mod tests {
    use domain::ports::CountingRandom;

    use super::*;

    static RANDOM: CountingRandom = CountingRandom::new(1);

    fn opened(now: Instant) -> Breaker {
        let mut breaker = Breaker::new(BreakerConfig::default());
        for _ in 0..5 {
            breaker.record(Health::Bad, false, now, &RANDOM);
        }
        breaker
    }

    #[test]
    fn it_opens_at_the_fifth_failure_in_a_row_and_not_before() {
        let now = Instant::now();
        let mut breaker = Breaker::new(BreakerConfig::default());
        for _ in 0..4 {
            breaker.record(Health::Bad, false, now, &RANDOM);
            assert_eq!(breaker.admission(now), Admission::Pass);
        }
        breaker.record(Health::Unclear, false, now, &RANDOM);
        assert_eq!(
            breaker.admission(now),
            Admission::Pass,
            "an unclear end counts neither way"
        );
        breaker.record(Health::Bad, false, now, &RANDOM);
        assert!(matches!(
            breaker.admission(now),
            Admission::Refused { until: Some(_) }
        ));
    }

    #[test]
    fn an_answer_or_a_long_quiet_time_ends_the_row() {
        let now = Instant::now();
        let mut breaker = Breaker::new(BreakerConfig::default());
        for round in 0_u32..20 {
            breaker.record(
                if round % 5 == 4 { Health::Good } else { Health::Bad },
                false,
                now,
                &RANDOM,
            );
        }
        assert!(breaker.is_closed());
        for round in 0_u32..20 {
            breaker.record(
                Health::Bad,
                false,
                now + Duration::from_secs(121) * round,
                &RANDOM,
            );
        }
        assert!(breaker.is_closed());
    }

    #[test]
    fn after_the_cool_down_exactly_one_request_tries() {
        let now = Instant::now();
        let mut breaker = opened(now);
        let until = breaker.open_until(now).expect("it is open");
        let cool_down = until - now;
        assert!(
            cool_down >= Duration::from_secs(12) && cool_down <= Duration::from_secs(18),
            "{cool_down:?}"
        );
        assert_eq!(breaker.admission(until), Admission::Probe);
        breaker.begin_probe();
        assert_eq!(breaker.admission(until), Admission::Refused { until: None });
        breaker.record(Health::Good, false, until, &RANDOM);
        assert!(
            !breaker.is_closed(),
            "the result of an earlier request does not close it"
        );
        breaker.record(Health::Good, true, until, &RANDOM);
        assert!(breaker.is_closed());
    }

    #[test]
    fn each_failed_probe_doubles_the_cool_down_up_to_the_cap_and_success_resets_it() {
        let mut now = Instant::now();
        let mut breaker = opened(now);
        let mut lengths = Vec::new();
        for _ in 0..7 {
            now = breaker.open_until(now).expect("it is open");
            breaker.begin_probe();
            breaker.record(Health::Bad, true, now, &RANDOM);
            lengths.push(breaker.open_until(now).expect("it is open again") - now);
        }
        for (length, nominal) in lengths.iter().zip([30_u32, 60, 120, 240, 300, 300, 300]) {
            let nominal = Duration::from_secs(nominal.into());
            assert!(
                *length >= nominal * 4 / 5 && *length <= nominal * 6 / 5,
                "{length:?} for {nominal:?}"
            );
        }
        now = breaker.open_until(now).expect("it is open");
        breaker.begin_probe();
        breaker.record(Health::Good, true, now, &RANDOM);
        for _ in 0..5 {
            breaker.record(Health::Bad, false, now, &RANDOM);
        }
        let again = breaker.open_until(now).expect("it is open") - now;
        assert!(again <= Duration::from_secs(18), "{again:?}");
    }

    #[test]
    fn an_abandoned_probe_hands_the_turn_on() {
        let now = Instant::now();
        let mut breaker = opened(now);
        let until = breaker.open_until(now).expect("it is open");
        breaker.begin_probe();
        breaker.abandon_probe(until);
        assert_eq!(breaker.admission(until), Admission::Probe);
    }
}
