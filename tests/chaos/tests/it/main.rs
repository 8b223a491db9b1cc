//! The real engine in failing surroundings.

#[cfg(feature = "test-clock")]
mod clock;
mod database;
mod disk;
mod freeze;
mod kill;
mod panel;
mod support;
