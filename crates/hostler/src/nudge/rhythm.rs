//! When one installation is nudged.

use std::time::Duration;

use domain::id::EffectId;
use tokio::time::Instant;

use super::Pace;

/// What is remembered of the nudges of one installation.
#[derive(Debug, Default)]
pub struct Rhythm {
    /// The news that the last heard nudge was about.
    told: Option<EffectId>,
    last: Option<Instant>,
    /// Nudges in a row that were not heard.
    unheard: u32,
    /// Heard nudges in a row that nobody fetched anything after.
    fruitless: u32,
}

impl Rhythm {
    /// Whether a nudge about `newest` may leave. Further news a little after the last nudge; the same news again, or
    /// any to one that does not listen, after an ever longer while.
    pub fn is_due(&self, newest: EffectId, pace: Pace, now: Instant) -> bool {
        let Some(last) = self.last else { return true };
        let wait = if self.unheard > 0 {
            doubled(pace, self.unheard)
        } else if self.told == Some(newest) {
            doubled(pace, self.fruitless + 1)
        } else {
            pace.apart
        };
        now >= last + wait
    }

    /// A nudge leaves.
    pub const fn sent(&mut self, now: Instant) {
        self.last = Some(now);
    }

    /// The billing system took it. Whether it had not taken the one before.
    pub fn heard(&mut self, newest: EffectId) -> bool {
        self.fruitless = if self.told == Some(newest) {
            self.fruitless.saturating_add(1)
        } else {
            0
        };
        self.told = Some(newest);
        std::mem::take(&mut self.unheard) > 0
    }

    /// It did not. Whether it is the first in a row.
    pub const fn unheard(&mut self) -> bool {
        self.unheard = self.unheard.saturating_add(1);
        self.unheard == 1
    }
}

fn doubled(pace: Pace, times: u32) -> Duration {
    pace.apart.saturating_mul(1 << times.min(16)).min(pace.rarest)
}

#[cfg(test)]
mod tests {
    use domain::Moment;
    use domain::ports::CountingRandom;

    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn effects() -> [EffectId; 2] {
        let random = CountingRandom::new(1);
        [1, 2].map(|second| EffectId::at(Moment::from_micros(second * 1_000_000), &random))
    }

    /// After how many seconds the next nudge about `news` may leave.
    fn wait(rhythm: &Rhythm, news: EffectId, last: Instant) -> u64 {
        (0..1000)
            .find(|after| rhythm.is_due(news, Pace::default(), last + seconds(*after)))
            .unwrap()
    }

    #[test]
    fn the_first_news_leave_at_once_and_further_ones_two_seconds_later() {
        let (mut rhythm, [first, second], now) = (Rhythm::default(), effects(), Instant::now());
        assert!(rhythm.is_due(first, Pace::default(), now));
        rhythm.sent(now);
        assert!(!rhythm.heard(first));
        assert_eq!(wait(&rhythm, second, now), 2);
    }

    #[test]
    fn news_that_nobody_fetches_are_told_more_and_more_rarely() {
        let (mut rhythm, [first, second], now) = (Rhythm::default(), effects(), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..9 {
            rhythm.sent(now);
            rhythm.heard(first);
            waits.push(wait(&rhythm, first, now));
        }
        assert_eq!(waits, [4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(
            wait(&rhythm, second, now),
            2,
            "what is new is told soon all the same"
        );
    }

    #[test]
    fn one_that_does_not_listen_is_asked_more_and_more_rarely_whatever_is_new() {
        let (mut rhythm, [first, second], now) = (Rhythm::default(), effects(), Instant::now());
        rhythm.sent(now);
        assert!(rhythm.unheard());
        assert_eq!(wait(&rhythm, first, now), 4);
        assert!(!rhythm.unheard(), "only the first failure is said");
        assert_eq!(wait(&rhythm, second, now), 8);
        for _ in 0..40 {
            rhythm.unheard();
        }
        assert_eq!(wait(&rhythm, second, now), 300);
        assert!(rhythm.heard(first));
        assert_eq!(wait(&rhythm, second, now), 2);
    }
}
