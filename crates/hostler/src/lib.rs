//! The program `hostler`: command line, configuration, lifecycle, and the wiring of all rooms.
//!
//! * [`cli`] is the command line; [`config`] what can be set.
//! * [`commands`] are what a person can ask of the engine: one function each, reached through the [`control`] socket
//!   of the running engine or, where none runs, over a store that the command line opens itself.
//! * [`lifecycle`] runs the engine: sockets, signals, probes, and an end that loses nothing.
//! * `doors` puts pages behind the bridge and in front of the operator; `wiring` builds the engine; `nudge` tells
//!   billing systems that effects wait.
//! * `backup` verifies and restores backups, which has to work when no engine can start.
//! * `demo` and `simulator` run what stands in for the world; `doctor` looks for what is wrong with the real one.
//!
//! **The invariant it guards:** one process writes a store. The command line never opens a database beside a running
//! engine; it asks the engine.
//!
//! Rejected: a management API with a login (a third thing to secure, where the host's own users suffice), and settings
//! in the database (an engine that does not start could not be corrected).

mod backup;
pub mod cli;
mod clock;
pub mod commands;
pub mod config;
pub mod control;
mod demo;
mod doctor;
mod doors;
pub mod lifecycle;
mod logging;
mod nudge;
mod openapi;
mod run;
mod simulator;
mod templates;
mod terminal;
mod wiring;

pub use run::main;
