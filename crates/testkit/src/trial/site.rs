//! A kind of platform as a trial needs it.

use domain::Order;
use domain::record::{OperationKind, PlatformProfile};
use driver::Driver;
use sim::fault::Fault;

use super::scene::{Scene, Variant};

pub use driver_kit::site::{CLIENT, Made, Site, Whose};

/// One kind of platform under trial: its driver, its simulator and what is tried on it.
pub trait Subject: Sync {
    /// Its name in reports.
    fn name(&self) -> &'static str;
    /// The driver under trial.
    fn driver(&self) -> &dyn Driver;
    /// What the billing system calls its module.
    fn module(&self) -> &'static str;
    /// The operator's account, as it is configured.
    fn account(&self, variant: Variant) -> &'static str;
    /// What is configured beside.
    fn profile(&self, variant: Variant) -> PlatformProfile;
    /// What is tried. Together the scenes make every request of the driver's table that serves an operation.
    fn scenes(&self) -> Vec<Scene>;
    /// A platform that behaves, with another customer's machine on it.
    fn site(&self, variant: Variant) -> Box<dyn Site>;
    /// What the trial's client orders.
    fn order(&self, variant: Variant) -> Order;
    /// What the client orders when he wants more.
    fn larger_order(&self, variant: Variant) -> Order;
    /// Whether a client has an account on the platform, and with it whatever lies there. Otherwise he reaches his
    /// service's machine and no other.
    fn clients_have_accounts(&self) -> bool;
    /// Whether a passing fault of one request is a final no to an operation: only where what is done later is not what
    /// was meant.
    fn may_refuse(&self, kind: OperationKind, fault: &Fault) -> bool;
}
