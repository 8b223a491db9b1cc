//! Katapult: wire types, requests and their interpretation.
//!
//! The driver is pure: it translates between the words of the crate `driver` and Katapult's API and holds nothing. Its
//! pieces, in the order in which a request passes them:
//!
//! * [`plan`](driver::Driver::plan) (`plan.rs`) names the steps of each operation and refuses what cannot be built.
//! * `steps/` has a module per step: what it asks, and what the answers mean for its goal.
//! * `requests.rs` is the table of all requests with their retry classes; `order.rs` and `naming.rs` turn what the billing
//!   system ordered into permalinks, sizes and names.
//! * `answer.rs` judges an answer before its content is looked at; `doubt.rs` asks twice before it believes that something
//!   is missing; `wire.rs` reads the content; `machine.rs` puts a
//!   virtual machine into our words; `mask.rs` keeps secrets out.
//! * `list.rs` and `catalogue.rs` read whole lists: of machines, and of what is on offer.
//! * `facts.rs` lists the notes that a step may leave for the next; `telling.rs` has the words for what was done.
//!
//! **The invariant it guards**: a goal is reached only where a read showed it. That a task was queued means nothing yet:
//! a machine is off when it is shown as stopped, and built when its build is shown as complete.
//!
//! **What is Katapult's own.** Everything of a client lies in a *managed organization* below the operator's own, whose
//! sub-domain is made from the client, so that asking for it twice cannot make two. One call makes and builds a machine,
//! and its answer names a *build*, which names the machine later; builds cannot be listed. Each build is annotated with
//! service and attempt. There is no suspension upstream: a suspended machine is one that is kept off. A deleted machine
//! lies in the trash for two days, from where it can be fetched back.
//!
//! Rejected: finding the organization by its annotation (no answer shows an organization's annotations, so a filter that
//! is ignored could not be told from one that matched); purging the trash at the end of a service (it is the only way
//! back from a mistake, and empties itself).

#![expect(
    clippy::result_large_err,
    reason = "what ends the reading of an answer early is its verdict, made once per request; a box would only hide it"
)]

mod answer;
mod catalogue;
mod console;
mod doubt;
mod facts;
mod list;
mod machine;
mod mask;
mod naming;
mod order;
mod plan;
mod probe;
mod requests;
mod steps;
mod telling;
mod wire;

use std::time::Duration;

use domain::http::{Outcome, Request, RetryClass};
use domain::machine::{Identity, Machine};
use domain::record::{Notes, Operation, OperationKind, PlatformKind};
use driver::{
    Answered, CataloguePage, Deed, Driver, Hosting, ListPage, Offers, Plan, PlanInput, Prepared,
    ReadingContext, StepContext, Verdict,
};

/// The adapter of Katapult.
#[derive(Debug, Clone, Copy, Default)]
pub struct Katapult;

impl Driver for Katapult {
    fn kind(&self) -> PlatformKind {
        PlatformKind::Katapult
    }

    fn api_base(&self) -> &'static str {
        requests::API_BASE
    }

    fn requests(&self) -> &'static [(&'static str, RetryClass)] {
        requests::TABLE
    }

    fn exchange_within(&self) -> Option<Duration> {
        Some(requests::ANSWERED_WITHIN)
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
        facts::organization_in(notes).into_iter().collect()
    }

    fn left_behind(&self, notes: &Notes) -> Option<Identity> {
        steps::left_behind(notes)
    }

    fn tells_of_builds(&self) -> bool {
        true
    }

    fn build(&self, notes: &Notes) -> Option<String> {
        telling::build(notes)
    }

    fn offers(&self) -> Offers {
        Offers {
            acts: &[OperationKind::Power, OperationKind::SignOn, OperationKind::Rename],
            console: true,
            login: true,
            states: true,
            facts: &[],
        }
    }

    fn glance(&self, context: &ReadingContext<'_>) -> Option<Request> {
        Some(requests::read_machine(&context.link.identity.id))
    }

    fn read_glance(
        &self,
        _context: &ReadingContext<'_>,
        request: &Request,
        outcome: &Outcome,
    ) -> Result<Box<Machine>, String> {
        match machine::look(request, outcome) {
            Ok(machine::Look::Here(sight)) => Ok(Box::new(sight.machine)),
            Ok(machine::Look::Trashed) => Err("The machine lies in the trash".to_owned()),
            Ok(machine::Look::Gone) => Err("Katapult has no such machine".to_owned()),
            Err(verdict) => Err(verdict.into_words()),
        }
    }

    fn hosting(&self, machine: &Machine) -> Hosting {
        telling::hosting(machine)
    }

    fn deed(&self, operation: &Operation) -> Option<Deed> {
        telling::deed(operation)
    }

    fn secrets(&self, request: &Request) -> &'static [&'static str] {
        mask::secrets(request)
    }

    fn list(&self, account: &str) -> Option<Request> {
        Some(list::first(account))
    }

    fn read_list(&self, request: &Request, outcome: &Outcome) -> Result<ListPage, String> {
        list::page(request, outcome)
    }

    fn catalogue(&self, account: &str) -> Vec<Request> {
        catalogue::first(account)
    }

    fn read_catalogue(&self, request: &Request, outcome: &Outcome) -> Result<CataloguePage, String> {
        catalogue::page(request, outcome)
    }

    fn probes(&self, account: &str) -> Vec<Request> {
        probe::probes(account)
    }

    fn interpret_probe(&self, request: &Request, outcome: &Outcome) -> Result<(), String> {
        probe::interpret(request, outcome)
    }
}
