//! VirtFusion: wire types, requests and their interpretation.
//!
//! The driver is pure: it translates between the words of the crate `driver` and a panel's API and holds nothing. Its
//! pieces, in the order in which a request passes them:
//!
//! * [`plan`](driver::Driver::plan) (`plan.rs`) names the steps of each operation and refuses what cannot be built.
//! * `steps/` has a module per step: what it asks, and what the answers mean for its goal.
//! * `requests.rs` is the table of all requests with their retry classes; `order.rs` and `key.rs` turn what the billing
//!   system ordered into the panel's fields and units.
//! * `stock.rs` reads how much room the panel has.
//! * `reading.rs` does the same for what is read for clients' eyes, without an operation.
//! * `answer.rs` judges an answer before its content is looked at; `wire.rs` and `loose.rs` read the content, whatever
//!   shapes the panel's version has for it; `machine.rs` puts a server into our words and `addresses.rs` its addresses;
//!   `mask.rs` keeps secrets out.
//! * `facts.rs` lists the notes that a step may leave for the next.
//!
//! **The invariant it guards**: a goal is reached only where a read of the panel showed it. A success code is at most
//! "maybe done", and an answer that cannot be read proves nothing. The same code therefore serves panels of version 6
//! and 7, whose codes differ.
//!
//! Rejected: judging changes by their codes (what the panel answers to the same request changed between versions), and
//! types generated from the panel's published document (it describes neither errors nor what versions leave out).

#![expect(
    clippy::result_large_err,
    reason = "what ends the reading of an answer early is its verdict, made once per request; a box would only hide it"
)]

mod addresses;
mod answer;
mod facts;
mod key;
mod list;
mod loose;
mod machine;
mod mask;
mod order;
mod plan;
mod probe;
mod reading;
mod requests;
mod steps;
mod stock;
mod wire;

use domain::capacity::{Demand, StockItem};
use domain::http::{Outcome, Request, RetryClass};
use domain::machine::{Identity, Machine};
use domain::observed::FactKind;
use domain::order::Order;
use domain::record::{Notes, OperationKind, PlatformKind};
use driver::{
    Answered, Driver, ListPage, Offers, Plan, PlanInput, Prepared, Reading, ReadingContext, StepContext,
    StockPage, Verdict,
};

/// The adapter of VirtFusion panels.
#[derive(Debug, Clone, Copy, Default)]
pub struct VirtFusion;

impl Driver for VirtFusion {
    fn kind(&self) -> PlatformKind {
        PlatformKind::VirtFusion
    }

    fn api_base(&self) -> &'static str {
        "/api/v1"
    }

    fn requests(&self) -> &'static [(&'static str, RetryClass)] {
        requests::TABLE
    }

    fn plan(&self, input: &PlanInput<'_>) -> Result<Plan, Answered> {
        plan::plan(input)
    }

    fn prepare(&self, context: &StepContext<'_>) -> Prepared {
        steps::prepare(context)
    }

    fn interpret(&self, context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Verdict {
        steps::interpret(context, request, outcome)
    }

    fn may_have_made(&self, context: &StepContext<'_>, machine: &Machine) -> Option<bool> {
        facts::may_have_made(context, &machine.identity)
    }

    fn accounts(&self, notes: &Notes) -> Vec<String> {
        let owner = facts::read::<u64>(notes, "owner");
        let accounts = owner.into_iter().chain(facts::staging_users(notes));
        accounts.map(|account| account.to_string()).collect()
    }

    fn left_behind(&self, notes: &Notes) -> Option<Identity> {
        steps::left_behind(&facts::staging_users(notes))
    }

    fn offers(&self) -> Offers {
        Offers {
            acts: &[
                OperationKind::Power,
                OperationKind::SignOn,
                OperationKind::Rename,
                OperationKind::ResetPassword,
                OperationKind::ResetAccountPassword,
                OperationKind::Reinstall,
                OperationKind::Console,
            ],
            facts: FactKind::ALL,
            ..Offers::default()
        }
    }

    fn secrets(&self, request: &Request) -> &'static [&'static str] {
        mask::secrets(request)
    }

    fn reading(&self, context: &ReadingContext<'_>) -> Result<Request, String> {
        reading::begin(context)
    }

    fn read_fact(
        &self,
        context: &ReadingContext<'_>,
        request: &Request,
        outcome: &Outcome,
        notes: &Notes,
    ) -> Reading {
        reading::read(context, request, outcome, notes)
    }

    fn glance(&self, context: &ReadingContext<'_>) -> Option<Request> {
        reading::glance(context)
    }

    fn read_glance(
        &self,
        _context: &ReadingContext<'_>,
        request: &Request,
        outcome: &Outcome,
    ) -> Result<Box<Machine>, String> {
        reading::glanced(request, outcome)
    }

    fn list(&self, _account: &str) -> Option<Request> {
        Some(requests::list_servers(1))
    }

    fn read_list(&self, request: &Request, outcome: &Outcome) -> Result<ListPage, String> {
        list::page(request, outcome)
    }

    fn demand(&self, order: &Order) -> Option<Demand> {
        Some(stock::demand(order))
    }

    fn stock(&self, item: &StockItem) -> Result<Request, String> {
        stock::begin(item)
    }

    fn read_stock(
        &self,
        item: &StockItem,
        request: &Request,
        outcome: &Outcome,
    ) -> Result<StockPage, String> {
        stock::read(item, request, outcome)
    }

    fn probes(&self, _account: &str) -> Vec<Request> {
        vec![requests::connect(), requests::list_groups()]
    }

    fn interpret_probe(&self, request: &Request, outcome: &Outcome) -> Result<(), String> {
        probe::interpret(request, outcome)
    }
}
