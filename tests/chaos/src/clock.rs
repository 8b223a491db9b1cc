//! The clock of everything in this program: the system's time, and what it was moved by together with the engine's.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::{Clock, Moment};
use engine::SystemClock;

/// The system's time and an offset.
#[derive(Debug, Default)]
pub struct OffsetClock(AtomicI64);

impl OffsetClock {
    /// Moves it by so many seconds, back where they are negative.
    pub fn shift(&self, seconds: i64) {
        self.0
            .fetch_add(seconds.saturating_mul(1_000_000), Ordering::SeqCst);
    }

    /// By how many seconds it was moved.
    pub fn offset(&self) -> i64 {
        self.0.load(Ordering::SeqCst) / 1_000_000
    }
}

impl Clock for OffsetClock {
    fn now(&self) -> Moment {
        let offset = self.0.load(Ordering::SeqCst);
        Moment::from_micros(SystemClock.now().as_micros().saturating_add(offset))
    }
}
