//! How much of a platform's rate is used: all of it until the platform says that it is too much.
//!
//! A 429 halves the share, at most once per interval: the requests that were already under way when the first one was
//! refused say nothing new. From then on the share grows by a tenth of the whole per quiet interval, so that a platform
//! is approached again slowly and left alone quickly. Pure: time is an argument.

use std::time::Duration;

use tokio::time::Instant;

/// The whole rate, in thousandths.
const WHOLE: u32 = 1_000;
/// The share is never less than a sixteenth: an operation must get on within its deadline.
const FLOOR: u32 = WHOLE / 16;
/// By this much the share grows per quiet interval.
const STEP: u32 = WHOLE / 10;
/// A share is halved once and grows once per this time.
const INTERVAL: Duration = Duration::from_secs(10);

/// The share of one platform.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// What it was at the last complaint.
    share: u32,
    /// When it was last halved, and when the platform last complained; `None` as long as it never did.
    since: Option<(Instant, Instant)>,
}

impl Pace {
    /// The whole rate.
    pub const fn whole() -> Self {
        Self {
            share: WHOLE,
            since: None,
        }
    }

    /// The platform said that it is too much.
    pub fn slow_down(&mut self, now: Instant) {
        self.share = self.share(now);
        let halved = self.since.map(|(halved, _)| halved);
        if let Some(halved) = halved.filter(|halved| now < *halved + INTERVAL) {
            self.since = Some((halved, now));
        } else {
            self.share = (self.share / 2).max(FLOOR);
            self.since = Some((now, now));
        }
    }

    /// The time between two requests, where `interval` is that of the whole rate.
    pub fn interval(&self, interval: Duration, now: Instant) -> Duration {
        interval.saturating_mul(WHOLE) / self.share(now)
    }

    /// The present share, in thousandths.
    fn share(&self, now: Instant) -> u32 {
        let Some((_, complained)) = self.since else {
            return WHOLE;
        };
        let quiet = now.saturating_duration_since(complained).as_secs() / INTERVAL.as_secs();
        let steps = u32::try_from(quiet).unwrap_or(WHOLE).min(WHOLE / STEP);
        (self.share + STEP * steps).min(WHOLE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn after(start: Instant, seconds: u32) -> Instant {
        start + SECOND * seconds
    }

    #[test]
    fn mx_098_the_rate_halves_once_per_interval_down_to_a_floor() {
        let start = Instant::now();
        let mut pace = Pace::whole();
        assert_eq!(pace.interval(SECOND, start), SECOND);
        for _ in 0..20 {
            // Twenty answers to what was under way together.
            pace.slow_down(start);
        }
        assert_eq!(pace.interval(SECOND, start), SECOND * 2);
        pace.slow_down(after(start, 9));
        assert_eq!(pace.interval(SECOND, after(start, 9)), SECOND * 2);
        pace.slow_down(after(start, 10));
        assert_eq!(pace.interval(SECOND, after(start, 10)), SECOND * 4);
        for round in 3..40 {
            pace.slow_down(after(start, round * 5));
        }
        let slowest = pace.interval(SECOND, after(start, 195));
        assert_eq!(slowest, SECOND * WHOLE / FLOOR);
    }

    #[test]
    fn mx_098_the_rate_recovers_by_a_tenth_per_quiet_interval_and_no_further_than_the_whole() {
        let start = Instant::now();
        let mut pace = Pace::whole();
        pace.slow_down(start);
        let shares: Vec<u32> = (0..8).map(|round| pace.share(after(start, round * 10))).collect();
        assert_eq!(shares, [500, 600, 700, 800, 900, 1_000, 1_000, 1_000]);
        assert_eq!(pace.share(after(start, 86_400)), WHOLE);
        // A complaint in between begins the quiet anew.
        pace.slow_down(after(start, 25));
        assert_eq!(
            (pace.share(after(start, 34)), pace.share(after(start, 35))),
            (350, 450)
        );
    }
}
