//! A token's requests, counted per minute of the clock.

use std::time::Duration;

use domain::Moment;

/// The requests of the present minute.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rate {
    minute: i64,
    count: u32,
}

/// More requests than the minute allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// Until the next minute, at least a second.
    pub wait: Duration,
}

impl Rate {
    /// Counts one request; how many more the minute allows.
    pub fn count(&mut self, now: Moment, limit: u32) -> Result<u32, Exceeded> {
        let minute = now.as_seconds().div_euclid(60);
        if self.minute != minute {
            *self = Self { minute, count: 0 };
        }
        self.count = self.count.saturating_add(1);
        let next = Moment::from_seconds((minute + 1) * 60);
        limit.checked_sub(self.count).ok_or(Exceeded {
            wait: next.since(now).max(Duration::from_secs(1)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_allows_so_many_and_the_next_one_as_many_again() {
        let mut rate = Rate::default();
        let at = Moment::from_seconds;
        assert_eq!(rate.count(at(60), 2), Ok(1));
        assert_eq!(rate.count(at(70), 2), Ok(0));
        let wait = Duration::from_secs(40);
        assert_eq!(rate.count(at(80), 2), Err(Exceeded { wait }));
        assert_eq!(rate.count(at(120), 2), Ok(1));
    }
}
