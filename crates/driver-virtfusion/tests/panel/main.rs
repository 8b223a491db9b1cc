//! The driver against the simulated panel, in process.

mod change;
mod client;
mod conformance;
mod create;
mod end;
mod hold;
mod readings;
mod scenes;
mod staging;
