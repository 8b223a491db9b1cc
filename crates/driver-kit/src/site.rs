//! A simulated platform as a trial needs it, whatever its kind.

mod katapult;
mod virtfusion;

use std::time::Duration;

use domain::Moment;
use domain::http::{Outcome, Request};
use domain::machine::Identity;
use serde_json::Value;
use sim::fault::Fault;

pub use katapult::KatapultSite;
pub use virtfusion::PanelSite;

/// The client of the billing system whose machines are under trial.
pub const CLIENT: u64 = 77;

/// When the machines of others were made: long before any trial, so that nothing of it can be taken for the trial's own.
const BEFORE: Moment = Moment::from_seconds(1_795_000_000);

/// A simulated platform with machines of others on it.
pub trait Site: Send {
    /// Answers a request: what a caller sees, and after how long.
    fn exchange(&self, now: Moment, request: &Request) -> (Outcome, Duration);
    /// Makes a fault strike the next request.
    fn strike(&self, fault: Fault);
    /// Takes every fault away.
    fn calm(&self);
    /// Every machine there is. What a platform keeps for a while after a deletion is none.
    fn machines(&self, now: Moment) -> Vec<Made>;
    /// What has ever been made.
    fn tally(&self, now: Moment) -> Tally;
    /// What is still kept, and paid for, of machines that are gone.
    fn left_over(&self, now: Moment) -> Vec<String>;
    /// Makes a machine for the trial's client by hand, built and running.
    fn make(&self, now: Moment) -> Identity;
    /// Makes a machine another's than it was, under the same id.
    fn estrange(&self, now: Moment, id: &str);
    /// Removes the trial's client by hand, with every machine.
    fn remove_client(&self, now: Moment);
    /// Any other act of a person on the platform, in the simulator's words.
    fn act(&self, now: Moment, action: Value) -> Result<Value, String>;
    /// The platform's books, from which it can be made again.
    fn books(&self, now: Moment) -> Value;
}

/// What has ever been made on a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Machines, those that are gone included.
    pub machines: u64,
    /// Systems that were installed over the API.
    pub builds: u64,
}

impl Tally {
    /// Whether no more was made of anything than in another.
    pub const fn is_within(self, other: Self) -> bool {
        self.machines <= other.machines && self.builds <= other.builds
    }
}

/// To whom a machine belongs upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// The trial's client.
    Client,
    /// Somebody else: it must never be touched.
    Stranger,
    /// Nobody who pays: an account of ours.
    Ours,
}

/// A machine on the platform, as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Made {
    /// The platform's id.
    pub id: String,
    /// Whose it is.
    pub whose: Whose,
    /// Whether it was built.
    pub built: bool,
    /// Whether it runs.
    pub running: bool,
    /// Whether the platform holds it suspended; `None` where platforms of its kind hold nothing.
    pub suspended: Option<bool>,
    /// What else may be changed of it, for comparing.
    pub detail: String,
}

impl Made {
    /// Whether it is as the machine of a suspended service has to be: off, and held where that can be.
    pub fn is_held(&self) -> bool {
        !self.running && self.suspended != Some(false)
    }
}
