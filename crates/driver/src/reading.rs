//! Readings: what a platform shows of a machine beside its state, for its client's eyes.
//!
//! A reading begins with [`Driver::reading`](crate::Driver::reading) and goes on for as long as
//! [`Driver::read_fact`](crate::Driver::read_fact) names a further request. It changes nothing and belongs to no
//! operation; who may have it, when it is made and how long it holds is the engine's business.

use domain::http::Request;
use domain::id::InstallationId;
use domain::machine::{Identity, Machine};
use domain::observed::{FactKind, Observed};
use domain::record::{Link, Notes, Relation};

/// What a reading is made for.
#[derive(Debug, Clone, Copy)]
pub struct ReadingContext<'a> {
    /// What is read.
    pub kind: FactKind,
    /// The service's open primary link.
    pub link: &'a Link,
    /// The billing system.
    pub installation: &'a InstallationId,
    /// The owning client there.
    pub client_id: u64,
    /// How clients are named on this platform.
    pub relation: Relation,
    /// The machine that was behind the linked id a moment ago, where something else has just shown it: the look that tells
    /// it may then be left out.
    pub seen: Option<&'a Identity>,
}

/// What an answer is to a reading.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// It is read.
    Seen {
        /// What was seen.
        observed: Box<Observed>,
        /// The machine that is behind the linked id by now: the engine compares it with the link. `None` only for what is
        /// not a machine's but its client's.
        identity: Option<Identity>,
        /// The machine itself, where the same answer shows it whole.
        machine: Option<Box<Machine>>,
    },
    /// A further request is needed. What is known so far comes back with its answer.
    Next(Request, Notes),
    /// It cannot be read now, in one sentence.
    Failed(String),
}
