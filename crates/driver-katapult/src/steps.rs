//! The steps by their stored names. Each module holds steps that do one thing together; a step has a function that
//! prepares its requests and one that reads their answers, told apart by the request's name.

mod account;
mod check;
mod console;
mod disk;
mod end;
mod machine;
mod name;
mod package;
mod policies;
mod power;
mod read;
mod ready;
mod rename;
mod restore;
mod search;
mod watch;

pub use watch::left_behind;

use domain::http::{Outcome, Request};
use driver::{Answered, Prepared, StepContext, Verdict};

/// The request of a step.
pub fn prepare(context: &StepContext<'_>) -> Prepared {
    let prepared = match context.step {
        "check" => check::prepare(context),
        "account" => account::prepare(context),
        "name" => name::prepare(context),
        "machine" => machine::prepare(context),
        "ready" => ready::prepare(context),
        "identify" | "read" => read::prepare(context),
        "console" => console::prepare(context),
        "restore" => restore::prepare(context),
        "shutdown" | "off" | "restore_power" | "power" => power::prepare(context),
        "policies" => policies::prepare(context),
        "delete" => end::prepare(context),
        "package" => package::prepare(context),
        "disk" => disk::prepare(context),
        "rename" => rename::prepare(context),
        unknown => Err(unknown_step(unknown)),
    };
    prepared.unwrap_or_else(Prepared::Refused)
}

/// What became of a step's request.
pub fn interpret(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Verdict {
    let verdict = match context.step {
        "check" => check::interpret(context, request, outcome),
        "account" => account::interpret(context, request, outcome),
        "name" => name::interpret(context, request, outcome),
        "machine" => machine::interpret(context, request, outcome),
        "ready" => ready::interpret(context, request, outcome),
        "identify" | "read" => read::interpret(context, request, outcome),
        "console" => console::interpret(context, request, outcome),
        "restore" => restore::interpret(context, request, outcome),
        "shutdown" | "off" | "restore_power" | "power" => power::interpret(context, request, outcome),
        "policies" => policies::interpret(context, request, outcome),
        "delete" => end::interpret(context, request, outcome),
        "package" => package::interpret(context, request, outcome),
        "disk" => disk::interpret(context, request, outcome),
        "rename" => rename::interpret(context, request, outcome),
        unknown => Err(Verdict::Refused(unknown_step(unknown))),
    };
    verdict.unwrap_or_else(|verdict| verdict)
}

fn unknown_step(name: &str) -> Answered {
    Answered::permanent(format!("The Katapult driver has no step \"{name}\""))
}

/// What the platform says of a machine that it does not show any more.
const GONE: &str = "Katapult has no such machine any more";
/// What it says of one that was deleted and can be fetched back.
const TRASHED: &str = "The machine was deleted on Katapult and lies in the trash there";
