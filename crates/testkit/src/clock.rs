//! A clock that stands until it is moved.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::{Clock, Moment};

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct StandingClock(AtomicI64);

impl StandingClock {
    /// Stands at `moment`.
    pub const fn at(moment: Moment) -> Self {
        Self(AtomicI64::new(moment.as_micros()))
    }

    /// Moves on.
    pub fn advance(&self, by: Duration) {
        self.set(self.now() + by);
    }

    /// Stands at `moment` from now on.
    pub fn set(&self, moment: Moment) {
        self.0.store(moment.as_micros(), Ordering::SeqCst);
    }
}

impl Default for StandingClock {
    /// A Friday in November 2026.
    fn default() -> Self {
        Self::at(Moment::from_seconds(1_795_158_000))
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Moment {
        Moment::from_micros(self.0.load(Ordering::SeqCst))
    }
}
