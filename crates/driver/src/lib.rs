//! The contract of a platform driver.
//!
//! A driver **translates** and decides nothing that is common to platforms. It holds no clock, socket, store, log or
//! loop over time; everything it needs is handed to it, everything it knows it answers as a value:
//!
//! * [`Driver::plan`]: which named steps an operation has on this platform, and with which retry class each acts.
//! * [`Driver::prepare`]: the request by which a step looks at the platform, or acts on it.
//! * [`Driver::interpret`]: what an answer, or the lack of one, means.
//!
//! The engine owns the rest: it commits the intent before a request leaves, waits, backs off, re-reads after a change,
//! searches after a lost answer, decides between candidates, compares identities before harm, and asks a person.
//! Intent before effect therefore holds by construction, and replay, fuzzing and simulation need no network.
//!
//! **A step** is look → act if needed → look again. A look that finds the goal reached makes the step done whoever
//! reached it, so every step can run twice with the same end state.
//!
//! Beside the contract stand what drivers have in common: [`facts`] (notes and usual findings), [`body`] (reading what
//! was answered) and [`mask`](mod@mask) (keeping secrets out of journals).
//!
//! Rejected: one async method per capability (each driver would repeat the never-twice protocols and hide its waits),
//! and a generic saga graph (no platform here needs branching that a look does not express).

pub mod body;
mod context;
pub mod facts;
pub mod mask;
mod plan;
mod reading;
mod telling;
mod verdict;

pub use context::{Known, Marker, Phase, StepContext};
pub use plan::{Plan, PlanInput, StepSpec};
pub use reading::{Reading, ReadingContext};
pub use telling::{Deed, Hosting, Offers};
pub use verdict::{
    Answered, CataloguePage, Findings, ListPage, Login, Prepared, RefusalClass, Standing, StockPage, Verdict,
};

use std::time::Duration;

use domain::Order;
use domain::capacity::{Demand, StockItem};
use domain::http::{Outcome, Request};
use domain::machine::{Identity, Machine};
use domain::record::{Notes, Operation, PlatformKind};

/// The adapter of one platform kind.
pub trait Driver: Send + Sync {
    /// Which kind of platform it speaks to.
    fn kind(&self) -> PlatformKind;

    /// The path prefix of the API below the platform's endpoint (`/api/v1`).
    fn api_base(&self) -> &'static str;

    /// Every request the driver can make, with its retry class: the table that the conformance kit covers.
    fn requests(&self) -> &'static [(&'static str, domain::http::RetryClass)];

    /// How long an exchange with this platform may take; `None` for as long as the operator lets all platforms take.
    fn exchange_within(&self) -> Option<Duration> {
        None
    }

    /// The steps of an operation on this platform, in order, or why it cannot be done.
    fn plan(&self, input: &PlanInput<'_>) -> Result<Plan, Answered>;

    /// The request by which a step looks (`context.phase == Look`) or acts (`Act`).
    fn prepare(&self, context: &StepContext<'_>) -> Prepared;

    /// What became of a request. Pure: the same input gives the same verdict, whenever it is asked.
    fn interpret(&self, context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Verdict;

    /// Whether a machine lies where this operation's create makes its machine: in the client's own account, or in that of
    /// one of its attempts. `None` while these accounts are not known, or where the platform does not tell owners. Asked
    /// before a create is given a machine that it did not find by itself.
    fn may_have_made(&self, context: &StepContext<'_>, machine: &Machine) -> Option<bool> {
        let _ = (context, machine);
        None
    }

    /// The accounts upstream in which a machine of a create may lie, by the create's notes: a machine there that no service
    /// claims is the business of whoever runs the engine.
    fn accounts(&self, notes: &Notes) -> Vec<String> {
        let _ = notes;
        Vec::new()
    }

    /// What is to be watched once a create has ended without its machine although its act may still take effect: as the
    /// removal of a stray machine is asked about it. `None` where nothing that appears is provably ours.
    fn left_behind(&self, notes: &Notes) -> Option<Identity> {
        let _ = notes;
        None
    }

    /// Whether the course of a build is an event of its own on this platform, of which others are told: that it was taken,
    /// is late, has failed, is done.
    fn tells_of_builds(&self) -> bool {
        false
    }

    /// The id of the build that a create's order was answered with, by the create's notes.
    fn build(&self, notes: &Notes) -> Option<String> {
        let _ = notes;
        None
    }

    /// What machines of this platform offer beside what all have.
    fn offers(&self) -> Offers {
        Offers::default()
    }

    /// What the billing system's row of the service says of its machine.
    fn hosting(&self, machine: &Machine) -> Hosting {
        Hosting::of(machine)
    }

    /// How the billing system's log calls an operation; the engine's own words, and only for what they are worth telling
    /// of, where `None`.
    fn deed(&self, operation: &Operation) -> Option<Deed> {
        let _ = operation;
        None
    }

    /// What the driver knows to be secret in the answer to a request: parts, in lower case, of the names of fields, as
    /// [`mask::is_secret`] compares them. They are masked before the answer is journalled. The engine interprets the answer as
    /// it came; a body that is no JSON is not kept at all.
    fn secrets(&self, request: &Request) -> &'static [&'static str] {
        let _ = request;
        &[]
    }

    /// The first request of a reading of one of the facts that [`Driver::offers`] names, or why there is none. Read with
    /// [`Driver::read_fact`].
    fn reading(&self, context: &ReadingContext<'_>) -> Result<Request, String> {
        Err(format!("machines of {} show no {}", self.kind(), context.kind))
    }

    /// What an answer is to a reading; `notes` are those that came with the request. Pure, and never more than was shown:
    /// an answer that cannot be read, or tells of something else, is a failure and no empty fact.
    fn read_fact(
        &self,
        context: &ReadingContext<'_>,
        request: &Request,
        outcome: &Outcome,
        notes: &Notes,
    ) -> Reading {
        let _ = notes;
        Reading::Failed(format!(
            "{} was answered with {}, but machines of {} show no {}",
            request.name,
            outcome.summary(),
            self.kind(),
            context.kind
        ))
    }

    /// A short look at the linked machine, without asking its hypervisor; `None` where the platform has none that is cheaper
    /// than a reading, or the link is not one of its machines. Read with [`Driver::read_glance`].
    fn glance(&self, context: &ReadingContext<'_>) -> Option<Request> {
        let _ = context;
        None
    }

    /// The machine that a short look shows, or in one sentence why it shows none. That it is gone is a failure like any
    /// other: absence needs more than a glance.
    fn read_glance(
        &self,
        context: &ReadingContext<'_>,
        request: &Request,
        outcome: &Outcome,
    ) -> Result<Box<Machine>, String> {
        let _ = context;
        Err(format!(
            "{} was answered with {}, but machines of {} are not looked at so",
            request.name,
            outcome.summary(),
            self.kind()
        ))
    }

    /// The first request of a complete list of the machines in the operator's `account`, for reconciliation and sweeps;
    /// `None` where the platform has none. Read with [`Driver::read_list`], whose answer names the requests that follow.
    fn list(&self, account: &str) -> Option<Request> {
        let _ = account;
        None
    }

    /// One page of the list. A row that cannot be read makes the page an error: an incomplete list proves no absence.
    fn read_list(&self, request: &Request, outcome: &Outcome) -> Result<ListPage, String> {
        Err(format!(
            "{} was answered with {}, but this platform has no list of machines",
            request.name,
            outcome.summary()
        ))
    }

    /// The first requests of everything that is on offer to the operator's `account`; none where the billing system is not
    /// told what there is. Read with [`Driver::read_catalogue`], whose answers name the requests that follow.
    fn catalogue(&self, account: &str) -> Vec<Request> {
        let _ = account;
        Vec::new()
    }

    /// One page of what is on offer. A row that cannot be read makes the page an error: what is missing in an incomplete
    /// catalogue would count as withdrawn.
    fn read_catalogue(&self, request: &Request, outcome: &Outcome) -> Result<CataloguePage, String> {
        Err(format!(
            "{} was answered with {}, but this platform has no catalogue",
            request.name,
            outcome.summary()
        ))
    }

    /// What an order takes of the platform's room; `None` where the platform does not tell how much room it has.
    fn demand(&self, order: &Order) -> Option<Demand> {
        let _ = order;
        None
    }

    /// The first request of a reading of a group's room or of a package, or in one sentence why there is none. Read with
    /// [`Driver::read_stock`], whose answer names the request that follows.
    fn stock(&self, item: &StockItem) -> Result<Request, String> {
        Err(format!(
            "{} does not tell how much room its {item} has",
            self.kind()
        ))
    }

    /// What an answer tells of a group or a package. A row that cannot be read is an error: what is missing in it would
    /// count as room that is not there.
    fn read_stock(
        &self,
        item: &StockItem,
        request: &Request,
        outcome: &Outcome,
    ) -> Result<StockPage, String> {
        Err(format!(
            "{} was answered with {}, but {} does not tell how much room its {item} has",
            request.name,
            outcome.summary(),
            self.kind()
        ))
    }

    /// The requests that `platform test` makes to prove endpoint, credential and the operator's `account`, in order,
    /// stopping at the first whose verdict is not `Done`; read with [`Driver::interpret_probe`].
    fn probes(&self, account: &str) -> Vec<Request>;

    /// What a probe's answer means: `Ok`, or one sentence naming what is wrong and what to do.
    fn interpret_probe(&self, request: &Request, outcome: &Outcome) -> Result<(), String>;
}
