//! The control socket: how the command line reaches a running engine.
//!
//! One line of JSON asks, one line answers. Whoever can open the socket is the engine's user or root, checked again by
//! the credentials that the system keeps of the connection; the name of that user is the actor of what is done.
//!
//! Rejected: a second set of endpoints on the bridge (they would stand where PHP can reach), and a lock that the
//! command line takes from the engine (two processes would write one SQLite file).

mod client;
mod server;
mod user;

pub use client::{Unreached, ask};
pub use server::serve;
pub use user::name_of;

use serde::{Deserialize, Serialize};

use crate::commands::{Answer, Command};

/// The longest line of either side.
const LONGEST_LINE: usize = 4 * 1024 * 1024;

/// What can be asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// A command of the command line.
    Command(Command),
    /// Moves the engine's clock. Only in test builds.
    #[cfg(feature = "test-clock")]
    Clock {
        /// By how much; back where it is negative.
        advance_seconds: i64,
    },
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It was done.
    Done(Answer),
    /// It was not, and why.
    Failed(String),
}
