//! The generic cell rate algorithm: a bucket kept as one instant, the theoretical arrival time of the next request.

use std::time::Duration;

use tokio::time::Instant;

use crate::limits::Limits;

/// The bucket of one platform.
#[derive(Debug)]
pub struct Bucket {
    /// When the next request would be due if all came evenly.
    due: Instant,
}

impl Bucket {
    /// A full bucket: a whole burst may leave at once.
    pub fn full(now: Instant) -> Self {
        Self { due: now }
    }

    /// The earliest instant at which a request may leave. How far ahead of an even pace a burst may run is the whole
    /// rate's, so that a platform that is asked more slowly also gets smaller bursts.
    pub fn ready_at(&self, limits: &Limits) -> Instant {
        self.due.checked_sub(Self::head_start(limits)).unwrap_or(self.due)
    }

    /// An empty bucket: the next request waits for its turn.
    pub fn empty(&mut self, limits: &Limits, now: Instant) {
        self.due = self
            .due
            .max(now + limits.rate.interval() + Self::head_start(limits));
    }

    /// Counts a request that leaves now, `interval` before the next one if all came evenly.
    pub fn take(&mut self, interval: Duration, now: Instant) {
        self.due = self.due.max(now) + interval;
    }

    /// How far ahead of an even pace a burst may run.
    fn head_start(limits: &Limits) -> Duration {
        limits.rate.interval().saturating_mul(limits.burst.get() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Rate;

    /// How many requests leave within `time` when one is always waiting.
    fn leave_within(limits: &Limits, time: Duration) -> u32 {
        let start = Instant::now();
        let (mut now, mut bucket, mut count) = (start, Bucket::full(start), 0);
        while now <= start + time {
            bucket.take(limits.rate.interval(), now);
            count += 1;
            now = now.max(bucket.ready_at(limits));
        }
        count
    }

    #[test]
    fn a_burst_leaves_at_once_and_the_rest_at_the_rate() {
        let limits = Limits::default().with_rate(Rate::per_second(2), 5);
        assert_eq!(leave_within(&limits, Duration::ZERO), 5);
        assert_eq!(leave_within(&limits, Duration::from_secs(10)), 5 + 20);
    }

    #[test]
    fn a_quiet_time_refills_no_more_than_the_burst() {
        let limits = Limits::default().with_rate(Rate::per_second(1), 3);
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        let later = start + Duration::from_hours(1);
        for _ in 0..3 {
            assert!(bucket.ready_at(&limits) <= later);
            bucket.take(limits.rate.interval(), later);
        }
        assert_eq!(bucket.ready_at(&limits), later + Duration::from_secs(1));
    }
}
