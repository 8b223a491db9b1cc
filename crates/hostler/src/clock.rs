//! The clock of this process.
//!
//! It is the system's. In a build with the feature `test-clock` it can be moved through the control socket, so that
//! whole-system tests need not wait for deadlines and can set it back as a person would; release builds have no such
//! code.

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

    /// Moves it by so many seconds, back where they are negative.
    #[cfg(feature = "test-clock")]
    pub fn shift(&self, seconds: i64) -> domain::Moment {
        self.movable.shift(seconds)
    }
}

#[cfg(feature = "test-clock")]
mod movable {
    use std::sync::atomic::{AtomicI64, Ordering};

    use domain::{Clock, Moment};
    use engine::SystemClock;

    /// The system's time and what it was moved by.
    #[derive(Debug, Default)]
    pub struct MovableClock(AtomicI64);

    impl MovableClock {
        pub fn shift(&self, seconds: i64) -> Moment {
            self.0
                .fetch_add(seconds.saturating_mul(1_000_000), Ordering::SeqCst);
            self.now()
        }
    }

    impl Clock for MovableClock {
        fn now(&self) -> Moment {
            let offset = self.0.load(Ordering::SeqCst);
            Moment::from_micros(SystemClock.now().as_micros().saturating_add(offset))
        }
    }
}
