//! The clock of this process.
//!
//! It is the system's. In a build with the feature `test-clock` it can be moved forward through the control socket, so
//! that whole-system tests need not wait for deadlines; release builds have no such code.

use std::sync::Arc;

use domain::Clock;

/// The process's clock, and in test builds the handle that moves it.
#[derive(Clone)]
pub struct ProcessClock {
    port: Arc<dyn Clock>,
    #[cfg(feature = "test-clock")]
    movable: Arc<movable::MovableClock>,
}

impl ProcessClock {
    /// A clock that tells the system's time.
    #[cfg(not(feature = "test-clock"))]
    pub fn of_the_system() -> Self {
        Self {
            port: Arc::new(engine::SystemClock),
        }
    }

    /// A clock that tells the system's time until it is moved.
    #[cfg(feature = "test-clock")]
    pub fn of_the_system() -> Self {
        let movable = Arc::<movable::MovableClock>::default();
        Self {
            port: Arc::clone(&movable) as Arc<dyn Clock>,
            movable,
        }
    }

    /// The port to it.
    pub fn port(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.port)
    }

    /// Moves it forward.
    #[cfg(feature = "test-clock")]
    pub fn advance(&self, time: std::time::Duration) -> domain::Moment {
        self.movable.advance(time)
    }
}

#[cfg(feature = "test-clock")]
mod movable {
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::time::Duration;

    use domain::{Clock, Moment};
    use engine::SystemClock;

    /// The system's time and what it was moved forward by.
    #[derive(Debug, Default)]
    pub struct MovableClock(AtomicI64);

    impl MovableClock {
        pub fn advance(&self, time: Duration) -> Moment {
            let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
            self.0.fetch_add(micros, Ordering::SeqCst);
            self.now()
        }
    }

    impl Clock for MovableClock {
        fn now(&self) -> Moment {
            let ahead = u64::try_from(self.0.load(Ordering::SeqCst)).unwrap_or(0);
            SystemClock.now() + Duration::from_micros(ahead)
        }
    }
}
