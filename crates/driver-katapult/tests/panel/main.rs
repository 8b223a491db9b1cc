//! The driver against a small Katapult, in process.

mod change;
mod conformance;
mod create;
mod end;
mod hold;
mod lost;
mod platform;
mod scenes;
