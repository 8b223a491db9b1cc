//! The driver against the simulated panel, in process.

mod account;
mod addresses;
mod change;
mod client;
mod conformance;
mod create;
mod dry_run;
mod end;
mod hold;
mod readings;
mod scenes;
mod staging;
