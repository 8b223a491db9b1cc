//! The pure core: every decision of the engine, as functions from what is known to what changes.
//!
//! * [`advance`] moves one operation by one transition: it is due, or an answer came.
//! * [`lease`] says when a worker may act at all.
//! * [`accept`] turns a command into an operation, a join, or a refusal.
//! * [`compare`] holds a platform's list against the store; [`distrust`], [`relink`], [`adopt_anew`], [`keep`],
//!   [`followed`] and [`unbind`] mend a restored one.
//! * [`readable`] and [`keep_fact`] say of which machine something is read for its client, and whether it is kept.
//! * [`due`] says what is to be read of which service, and in which order; a [`Round`] hands it out; [`sight`] and
//!   [`newest`] hold what was seen in passing against what is stored; [`usage_columns`] is what billing is told of it.
//! * [`explain`] says of everything that is not final why it is so and what comes next.
//! * [`answer`] applies a person's answer to a question; [`acknowledge`] the billing system's word on an effect.
//!
//! Nothing here reads a clock, waits, or touches a store. [`World`] carries the moment and the randomness; the result
//! is a [`domain::Commit`]. The runner and the simulation drive the same functions.

mod accept;
mod acknowledge;
mod advance;
mod answer;
mod compare;
mod draft;
mod drift;
mod explain;
mod finish;
mod freshness;
mod learn;
pub mod lease;
mod look;
mod mend;
pub(crate) mod names;
mod observation;
mod outcome;
mod promise;
mod recovery;
mod round;
mod schedule;
mod settle;
mod sight;
mod suspension;
mod tell;
mod usage;

pub use accept::{Command, Decision, Intent, Refusal, RefusalCode, Told, accept, permitted};
pub use acknowledge::{AckOutcome, acknowledge};
pub use advance::{Input, advance};
pub use answer::{AnswerError, answer};
pub use compare::{Claim, Comparison, Seen, Unclaimed, compare, is_linked, service_name};
pub use draft::{Move, Next};
pub use explain::{Asked, Awaited, Why, explain, explain_effects, explain_operation};
pub use finish::set_aside;
pub use freshness::{Ages, Attention, Cause, Due, Known, Subject, due, resting};
pub use learn::{cancel, learn};
pub use mend::{adopt_anew, followed, keep, unbind};
pub use names::{NAMING_SERVICES, Naming, follow};
pub use observation::{Kept, Readable, keep_fact, keep_glance, reachable, readable};
pub use outcome::link_refused;
pub(crate) use promise::begun;
pub use promise::promise_rerun;
pub use recovery::{distrust, may_have_made, relink};
pub use round::{Round, Tally, Turn, Went};
pub use schedule::{backoff, deadline, lost_look, poll};
pub use sight::{Newest, Sight, newest, sight};
pub use suspension::{HOLD_LIMIT, WATCH_INTERVAL, watch};
pub use usage::{UsageColumns, usage_columns};

use domain::{Moment, Random};
use driver::Driver;

/// The billing id of the machine by which a platform's owner change is proven. No billing system numbers this high; its
/// operations have no effects on the billing side, and its creates use the staging protocol that they prove.
pub const PROOF_SERVICE: u64 = domain::record::FIRST_OWN_ID;

/// What a decision may know beside its case.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The present moment.
    pub now: Moment,
    /// For ids and jitter.
    pub random: &'a dyn Random,
    /// The driver of the service's platform; `None` where the platform is unknown or has no driver.
    pub driver: Option<&'a dyn Driver>,
    /// Since when the store is being recovered; `None` when what it says can be relied on.
    pub recovering: Option<Moment>,
    /// What is done about the names of addresses; `None` where there is no name server.
    pub naming: Option<&'a Naming>,
}
