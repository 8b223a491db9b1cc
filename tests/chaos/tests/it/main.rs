//! The real engine in failing surroundings.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

#[cfg(feature = "test-clock")]
mod clock;
mod database;
mod disk;
mod freeze;
mod kill;
mod panel;
mod support;
