//! The look of `machine` under the staging protocol: into the accounts of all attempts, from the first to the present
//! one. Every look begins anew; what it has seen so far is noted, since each answer is read by itself.

use domain::http::{Outcome, Request};
use driver::facts::foreign;
use driver::{Findings, Prepared, Standing, StepContext, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::candidate::{PackageResources, differs};
use super::list_create::{Listed, listed, package};
use super::staging::{FIRST, account_name, found};
use super::watch;
use crate::facts::{self, Want, done, known, missing, note, pending, reached};
use crate::machine::{self, sight};
use crate::requests;

/// The first request of a scan.
pub fn begin(context: &StepContext<'_>) -> Prepared {
    match Want::noted(context) {
        Some(_) => Prepared::Send(look_into(context, FIRST)),
        // Without it nothing was sent.
        None => known(missing()),
    }
}

/// One answer of a scan: the accounts one after the other, then the package where it is needed, then the machine.
pub fn interpret(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "read_user" => {
            let attempt = attempt_named_in(context, request).ok_or_else(|| foreign(context, request))?;
            match found(context, attempt, request, outcome)? {
                Some(user) => Ok(Verdict::Next(
                    requests::list_user_servers(user, None),
                    note(
                        "staging",
                        facts::with_entry(context, "staging", &attempt.to_string(), user),
                    ),
                )),
                None => Ok(counted(context, attempt, &[])),
            }
        }
        "list_user_servers" => {
            let (attempt, user) =
                attempt_listed_in(context, request).ok_or_else(|| foreign(context, request))?;
            match listed(context, user, request, outcome)? {
                Listed::More(next, notes) => Ok(Verdict::Next(next, notes)),
                Listed::All(servers) => {
                    let ids: Vec<u64> = servers.iter().map(|server| server.id).collect();
                    Ok(counted(context, attempt, &ids))
                }
            }
        }
        "read_package" => {
            let resources = package(request, outcome)?;
            Ok(match Scan::of(context).made(context).first() {
                Some(made) => Verdict::Next(requests::read_server(*made), note("package", json!(resources))),
                None => concluded(missing()),
            })
        }
        "read_server" => compare(context, request, outcome),
        _ => Err(foreign(context, request)),
    }
}

/// What a scan has seen.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Scan {
    /// Attempt → the servers in its account.
    servers: Map<String, Value>,
}

impl Scan {
    fn of(context: &StepContext<'_>) -> Self {
        facts::read(context.notes, "scan").unwrap_or_default()
    }

    fn in_account(&self, attempt: u32) -> Vec<u64> {
        let servers = self.servers.get(&attempt.to_string()).and_then(Value::as_array);
        servers.into_iter().flatten().filter_map(Value::as_u64).collect()
    }

    /// What the newest attempt made that made anything. Later attempts come first: the machine of an earlier one came
    /// too late. Nothing once the machine is linked.
    fn made(&self, context: &StepContext<'_>) -> Vec<u64> {
        if context.link.is_some() {
            return Vec::new();
        }
        let newest_first = (FIRST..=last(context))
            .rev()
            .map(|attempt| self.in_account(attempt));
        newest_first
            .into_iter()
            .find(|ids| !ids.is_empty())
            .unwrap_or_default()
    }
}

fn last(context: &StepContext<'_>) -> u32 {
    context.marker.attempt.max(FIRST)
}

/// An account was read: on to the next, or to what follows the last. The first account begins a new scan.
fn counted(context: &StepContext<'_>, attempt: u32, ids: &[u64]) -> Verdict {
    let mut scan = if attempt == FIRST {
        Scan::default()
    } else {
        Scan::of(context)
    };
    scan.servers.insert(attempt.to_string(), json!(ids));
    if attempt < last(context) {
        let next = look_into(context, attempt.saturating_add(1));
        return Verdict::Next(next, note("scan", json!(scan)));
    }
    let made = scan.made(context);
    let wanted = Want::noted(context).filter(Want::needs_package);
    let package = wanted.and_then(|want| want.package);
    match (made.as_slice(), package) {
        ([], _) if context.link.is_some() => concluded(reached()),
        ([], _) => concluded(missing()),
        ([_], Some(package)) if PackageResources::noted(context).is_none() => {
            Verdict::Next(requests::read_package(package), note("scan", json!(scan)))
        }
        ([one], _) => Verdict::Next(requests::read_server(*one), note("scan", json!(scan))),
        (several, _) => concluded(Findings::of(Standing::Broken(format!(
            "{} servers lie in the account of one attempt, where one was ordered",
            several.len()
        )))),
    }
}

/// The machine against what was ordered.
fn compare(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    let Some(sight) = sight(request, outcome)? else {
        return Ok(done(pending("the panel does not show the new server yet")));
    };
    let Some(want) = Want::noted(context) else {
        return Ok(done(missing()));
    };
    let owner = machine::owner(&sight.server);
    if owner.is_none()
        || !facts::staging(context)
            .values()
            .any(|user| user.as_u64() == owner)
    {
        return Err(Verdict::Unknown(format!(
            "The panel listed server {} in a staging account and shows it under another owner",
            sight.server.id
        )));
    }
    let package = PackageResources::noted(context).unwrap_or_default();
    let id = sight.server.id;
    if let Some(difference) = differs(&want, &package, &sight) {
        let text = format!("Server {id} in the staging account is not what was ordered: {difference}");
        return Ok(concluded(Findings::of(Standing::Broken(text))));
    }
    // The link holds from here on, so that the machine cannot be lost; its owner changes with the handover.
    let mut findings = reached().note("machine", id);
    findings.link = Some(sight.machine.identity.clone());
    // The other attempts were given up, and what they make yet is not wanted.
    let staging = facts::staging(context);
    let others = staging.values().filter_map(Value::as_u64);
    findings.stray = watch::of_accounts(&others.filter(|user| Some(*user) != owner).collect::<Vec<_>>());
    Ok(concluded(findings.with_machine(sight.machine)))
}

fn concluded(findings: Findings) -> Verdict {
    done(findings.note("scan", Value::Null).note("listing", Value::Null))
}

/// The request that looks into the account of an attempt.
fn look_into(context: &StepContext<'_>, attempt: u32) -> Request {
    match facts::staging_owner(context, attempt) {
        Some(user) => requests::list_user_servers(user, None),
        None => requests::read_user(&account_name(context, attempt)),
    }
}

/// The attempt whose account a request asked for by name.
fn attempt_named_in(context: &StepContext<'_>, request: &Request) -> Option<u32> {
    (FIRST..=last(context))
        .find(|&attempt| requests::read_user(&account_name(context, attempt)).path == request.path)
}

/// The attempt whose account a request listed, and the account's user.
fn attempt_listed_in(context: &StepContext<'_>, request: &Request) -> Option<(u32, u64)> {
    facts::staging(context).iter().find_map(|(attempt, user)| {
        let user = user.as_u64()?;
        let is_it = requests::list_user_servers(user, None).path == request.path;
        is_it.then(|| attempt.parse().ok().map(|attempt| (attempt, user)))?
    })
}
