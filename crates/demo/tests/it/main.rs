//! The shop against a fake engine that reads the protocol's page with its own eyes.

#![expect(
    clippy::unwrap_used,
    reason = "in the helpers of tests, too, a panic is the report"
)]

mod browser;
mod entry;
mod events;
mod faces;
mod fake;
mod life;
mod pages;
mod panel;
