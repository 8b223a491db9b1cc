//! What one platform bears, declared by its driver and adjusted by the operator.

use std::num::NonZeroU32;
use std::time::Duration;

/// A long-run rate: so many requests per so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many requests.
    pub requests: NonZeroU32,
    /// In how much time.
    pub per: Duration,
}

impl Rate {
    /// So many requests per second; 0 counts as 1.
    pub fn per_second(requests: u32) -> Self {
        Self {
            requests: at_least_one(requests),
            per: Duration::from_secs(1),
        }
    }

    /// So many requests per minute; 0 counts as 1.
    pub fn per_minute(requests: u32) -> Self {
        Self {
            requests: at_least_one(requests),
            per: Duration::from_mins(1),
        }
    }

    /// The time between two requests, rounded up so that the rate is never exceeded.
    pub(crate) fn interval(self) -> Duration {
        let nanos = self.per.as_nanos().div_ceil(u128::from(self.requests.get()));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

fn at_least_one(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

/// How fast and how much at once a platform may be asked, and how long it is listened to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The long-run rate.
    pub rate: Rate,
    /// How many requests may leave at once after a quiet time.
    pub burst: NonZeroU32,
    /// How many requests may be under way at once. One slot is kept for clicks when there are at least two.
    pub concurrency: usize,
    /// Whether only one request that changes something may be under way at once: for platforms that refuse two that meet.
    pub one_change: bool,
    /// How many requests may wait. A full queue sends the least urgent away.
    pub queue: usize,
    /// The longest pause that a `Retry-After` of a 429 can impose.
    pub longest_pause: Duration,
    /// The pause after a 429 that names none.
    pub pause_without_hint: Duration,
    /// How long an exchange may take, where that is less than the operator's setting for all platforms.
    pub exchange: Option<Duration>,
}

impl Limits {
    /// With another rate and burst; a burst of 0 counts as 1.
    #[must_use]
    pub fn with_rate(mut self, rate: Rate, burst: u32) -> Self {
        self.rate = rate;
        self.burst = at_least_one(burst);
        self
    }

    /// How many requests of a lane may be under way at once.
    pub(crate) fn slots(&self, lane: domain::http::Lane) -> usize {
        let all = self.concurrency.max(1);
        if lane == domain::http::Lane::Click {
            all
        } else {
            (all - 1).max(1)
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rate: Rate::per_second(10),
            burst: at_least_one(20),
            concurrency: 8,
            one_change: false,
            queue: 1000,
            longest_pause: Duration::from_mins(2),
            pause_without_hint: Duration::from_secs(5),
            exchange: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::http::Lane;

    use super::*;

    #[test]
    fn one_slot_is_kept_for_clicks_unless_there_is_only_one() {
        let limits = |concurrency| Limits {
            concurrency,
            ..Limits::default()
        };
        assert_eq!(
            (limits(8).slots(Lane::Click), limits(8).slots(Lane::Change)),
            (8, 7)
        );
        assert_eq!(
            (limits(1).slots(Lane::Click), limits(1).slots(Lane::Background)),
            (1, 1)
        );
        assert_eq!(limits(0).slots(Lane::Change), 1);
    }

    #[test]
    fn intervals_round_up() {
        assert_eq!(Rate::per_second(3).interval(), Duration::from_nanos(333_333_334));
        assert_eq!(Rate::per_minute(60).interval(), Duration::from_secs(1));
    }
}
