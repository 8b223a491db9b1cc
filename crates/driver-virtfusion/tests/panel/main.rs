//! The driver against the simulated panel, in process.

mod change;
mod conformance;
mod console;
mod create;
mod end;
mod hold;
mod scenes;
mod staging;
