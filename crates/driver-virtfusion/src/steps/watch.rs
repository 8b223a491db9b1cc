//! The removal of what attempts left behind that were given up: a machine that appears in one of their accounts is
//! provably ours and undelivered.
//!
//! The operation's input names no machine but the accounts, separated by commas. `identify` waits until a machine lies
//! in one of them, `delete` removes it and hands the other accounts on to a watch of their own. What no longer lies in
//! one of the accounts is somebody's and is left alone.

use std::time::Duration;

use domain::http::{Outcome, Request};
use domain::machine::Identity;
use domain::record::{Notes, OperationInput, OperationKind};
use driver::facts::foreign;
use driver::{Answered, Findings, Prepared, Standing, StepContext, Verdict};

use super::list_create::{Listed, listed};
use crate::answer;
use crate::facts::{self, done, note, reached};
use crate::machine::{self, Sight, sight};
use crate::requests;

/// How often the accounts are looked into: a second machine is seen, seen again and gone within ten minutes.
const EVERY: Duration = Duration::from_mins(4);

/// What names accounts to be watched; `None` without any.
pub fn of_accounts(accounts: &[u64]) -> Option<Identity> {
    let joined: Vec<String> = accounts.iter().map(u64::to_string).collect();
    (!joined.is_empty()).then(|| Identity {
        id: String::new(),
        unchangeable: String::new(),
        owner: joined.join(","),
    })
}

/// The accounts that an operation watches; empty where it is about a machine that is known.
pub fn accounts(context: &StepContext<'_>) -> Vec<u64> {
    match (context.kind, context.input) {
        (OperationKind::RemoveStray, OperationInput::Resource { identity }) if identity.id.is_empty() => {
            identity
                .owner
                .split(',')
                .filter_map(|account| account.parse().ok())
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The first look into the accounts.
pub fn prepare(accounts: &[u64]) -> Result<Prepared, Answered> {
    match accounts.first() {
        Some(first) => Ok(Prepared::Send(requests::list_user_servers(*first, None))),
        None => Err(Answered::permanent("No account is named that could be watched")),
    }
}

/// An answer of the look into the accounts, one after the other.
pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let accounts = accounts(context);
    match request.name.as_str() {
        "list_user_servers" => {
            let at = accounts
                .iter()
                .position(|account| requests::list_user_servers(*account, None).path == request.path)
                .ok_or_else(|| foreign(context, request))?;
            // An account that was removed holds nothing.
            let servers = if answer::is_plain_404(outcome) {
                Vec::new()
            } else {
                match listed(context, accounts[at], request, outcome)? {
                    Listed::More(next, notes) => return Ok(Verdict::Next(next, notes)),
                    Listed::All(servers) => servers,
                }
            };
            // What a service has is no stray, wherever it lies.
            let mut strays = servers.iter().filter(|server| !is_linked(context, server.id));
            Ok(match (strays.next(), accounts.get(at + 1)) {
                (Some(server), _) => Verdict::Next(requests::read_stray(server.id), Notes::new()),
                (None, Some(next)) => Verdict::Next(requests::list_user_servers(*next, None), Notes::new()),
                (None, None) => done(nothing_yet()),
            })
        }
        "read_stray" => Ok(match sight(request, outcome)? {
            Some(sight) if is_left(&accounts, &sight) => done(reached().note("machine", sight.server.id)),
            _ => done(nothing_yet()),
        }),
        _ => Err(foreign(context, request)),
    }
}

/// Whether a server that is about to be deleted still lies where only attempts that were given up can have put it.
pub fn may_delete(context: &StepContext<'_>, sight: &Sight) -> Result<(), Verdict> {
    let accounts = accounts(context);
    if accounts.is_empty() {
        return Ok(());
    }
    let why = match is_left(&accounts, sight) {
        true if !is_linked(context, sight.server.id) => return Ok(()),
        true => "is a service's machine now",
        false => "lies in no staging account any more",
    };
    let id = sight.server.id;
    Err(Verdict::Refused(Answered::permanent(format!(
        "Server {id} {why} and is left alone"
    ))))
}

/// The accounts that are left to watch once a machine was deleted.
pub fn rest(context: &StepContext<'_>) -> Option<Identity> {
    let emptied: Option<u64> = facts::read(context.notes, "emptied");
    let left: Vec<u64> = accounts(context)
        .into_iter()
        .filter(|account| Some(*account) != emptied)
        .collect();
    emptied.and_then(|_| of_accounts(&left))
}

/// The note of whose account is being emptied.
pub fn emptying(sight: &Sight) -> Notes {
    note("emptied", machine::owner(&sight.server))
}

fn is_left(accounts: &[u64], sight: &Sight) -> bool {
    machine::owner(&sight.server).is_some_and(|owner| accounts.contains(&owner))
}

fn is_linked(context: &StepContext<'_>, server: u64) -> bool {
    context.known.linked.contains(&server.to_string())
}

fn nothing_yet() -> Findings {
    Findings::of(Standing::Pending {
        hint: "watching the accounts of attempts that were given up".to_owned(),
        after: Some(EVERY),
    })
}
