//! The steps by their stored names. Each module holds steps that do one thing together; a step has a function that
//! prepares its requests and one that reads their answers, told apart by the request's name.

mod account;
mod build;
mod candidate;
mod change;
mod close;
mod console;
mod end;
mod handover;
mod list_create;
mod password;
mod power;
mod read;
mod reinstall;
mod rename;
mod scan;
mod ssh_key;
mod staging;
mod suspend;
mod template;
mod validate;
mod watch;

pub use watch::of_accounts as left_behind;

use domain::http::{Outcome, Request};
use domain::record::CreateProtocol;
use driver::{Answered, Prepared, StepContext, Verdict};

use crate::facts::Want;

/// The request of a step.
pub fn prepare(context: &StepContext<'_>) -> Prepared {
    let prepared = match context.step {
        "account" => account::prepare(context),
        "validate" | "dry_run" => validate::prepare(context),
        "ssh_key" => ssh_key::prepare(context),
        "baseline" => list_create::prepare_baseline(context),
        "staging" => staging::prepare_account(context),
        "machine" if is_staged(context) => staging::prepare_machine(context),
        "machine" => list_create::prepare_machine(context),
        "handover" => handover::prepare(context),
        "build" => build::prepare(context),
        "ready" => build::prepare_ready(context),
        "identify" | "read" => read::prepare(context),
        "sign_on" => read::prepare_sign_on(context),
        "suspend" | "unsuspend" => suspend::prepare(context),
        "off" | "restore_power" | "power" => power::prepare(context),
        "delete" => end::prepare_delete(context),
        "close" => Ok(close::prepare(context)),
        "package" => change::prepare_package(context),
        "memory" | "cores" | "traffic" => change::prepare_resource(context),
        "rename" => rename::prepare(context),
        "password" => password::prepare(context),
        "account_password" => password::prepare_account(context),
        "template" => template::prepare(context),
        "keys" => ssh_key::prepare_owned(context),
        "reinstall" => reinstall::prepare(context),
        "installed" => reinstall::prepare_installed(context),
        "console" => console::prepare(context),
        "close_console" => console::prepare_close(context),
        unknown => Err(unknown_step(unknown)),
    };
    prepared.unwrap_or_else(Prepared::Refused)
}

/// What became of a step's request.
pub fn interpret(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Verdict {
    let verdict = match context.step {
        "account" => account::interpret(context, request, outcome),
        "validate" | "dry_run" => validate::interpret(context, request, outcome),
        "ssh_key" => ssh_key::interpret(context, request, outcome),
        "baseline" => list_create::interpret_baseline(context, request, outcome),
        "staging" => staging::interpret_account(context, request, outcome),
        "machine" if is_staged(context) => staging::interpret_machine(context, request, outcome),
        "machine" => list_create::interpret_machine(context, request, outcome),
        "handover" => handover::interpret(context, request, outcome),
        "build" => build::interpret(context, request, outcome),
        "ready" => build::interpret_ready(context, request, outcome),
        "identify" | "read" => read::interpret(context, request, outcome),
        "sign_on" => read::interpret_sign_on(context, request, outcome),
        "suspend" | "unsuspend" => suspend::interpret(context, request, outcome),
        "off" | "restore_power" | "power" => power::interpret(context, request, outcome),
        "delete" => end::interpret_delete(context, request, outcome),
        "close" => close::interpret(context, request, outcome),
        "package" => change::interpret_package(context, request, outcome),
        "memory" | "cores" | "traffic" => change::interpret_resource(context, request, outcome),
        "rename" => rename::interpret(context, request, outcome),
        "password" => password::interpret(context, request, outcome),
        "account_password" => password::interpret_account(context, request, outcome),
        "template" => template::interpret(context, request, outcome),
        "keys" => ssh_key::interpret_owned(context, request, outcome),
        "reinstall" => reinstall::interpret(context, request, outcome),
        "installed" => reinstall::interpret_installed(context, request, outcome),
        "console" => console::interpret(context, request, outcome),
        "close_console" => console::interpret_close(context, request, outcome),
        unknown => Err(Verdict::Refused(unknown_step(unknown))),
    };
    verdict.unwrap_or_else(|verdict| verdict)
}

/// Whether the create stays single by the staging protocol. What it began with holds, also when the platform's
/// configuration changes under way.
fn is_staged(context: &StepContext<'_>) -> bool {
    let protocol = Want::noted(context).map_or(context.profile.create_protocol, |want| want.protocol);
    protocol == CreateProtocol::Staging
}

fn unknown_step(name: &str) -> Answered {
    Answered::permanent(format!("The VirtFusion driver has no step \"{name}\""))
}
