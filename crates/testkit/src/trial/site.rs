//! A platform as a trial needs it.

use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::machine::Identity;
use domain::{Moment, Order};
use driver::Driver;
use serde_json::Value;
use sim::fault::Fault;

use super::scene::{Scene, Variant};

/// One kind of platform under trial: its driver, its simulator and what is tried on it.
pub trait Subject: Sync {
    /// Its name in reports.
    fn name(&self) -> &'static str;
    /// The driver under trial.
    fn driver(&self) -> &dyn Driver;
    /// What is tried. Together the scenes make every request of the driver's table that serves an operation.
    fn scenes(&self) -> Vec<Scene>;
    /// A platform that behaves, with another customer's machine on it.
    fn site(&self, variant: Variant) -> Box<dyn Site>;
    /// What the trial's client orders.
    fn order(&self, variant: Variant) -> Order;
    /// What the client orders when he wants more.
    fn larger_order(&self, variant: Variant) -> Order;
}

/// A simulated platform.
pub trait Site: Send {
    /// Answers a request: what a caller sees, and after how long.
    fn exchange(&self, now: Moment, request: &Request) -> (Outcome, Duration);
    /// Makes a fault strike the next request.
    fn strike(&self, fault: Fault);
    /// Takes every fault away.
    fn calm(&self);
    /// Every machine there is.
    fn machines(&self, now: Moment) -> Vec<Made>;
    /// Makes a machine for the trial's client by hand, built and running.
    fn make(&self, now: Moment) -> Identity;
    /// Removes the trial's client by hand, with every machine.
    fn remove_client(&self, now: Moment);
    /// Any other act of a person on the platform, in the simulator's words.
    fn act(&self, now: Moment, action: Value) -> Result<Value, String>;
    /// The platform's books, from which it can be made again.
    fn books(&self, now: Moment) -> Value;
}

/// To whom a machine belongs upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// The trial's client, who can reach it.
    Client,
    /// Another customer: it must never be touched.
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
    /// Whether the platform holds it suspended.
    pub suspended: bool,
    /// What else may be changed of it, for comparing.
    pub detail: String,
}
