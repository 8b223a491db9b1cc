//! What is read of a server for its client's eyes.
//!
//! The panel uses ids again, and most of these answers do not tell whose server they are about. So everything that is a
//! server's begins with a read of the server, whose identity comes with what is seen. What self-service has used is the
//! client's own and is asked for by the client's name.

mod lists;
mod live;
mod usage;

use domain::http::{Outcome, Request};
use domain::machine::{Identity, Machine};
use domain::observed::{FactKind, Observed};
use domain::record::Notes;
use driver::facts::note;
use driver::{Reading, ReadingContext, Verdict};
use serde_json::json;

use crate::facts;
use crate::machine::present;
use crate::requests::{self, ExternalId};

/// The note with the server's identity.
const SEEN: &str = "seen";

/// The first request of a reading. Where something has just shown which server is behind the id, it is the list itself.
pub fn begin(context: &ReadingContext<'_>) -> Result<Request, String> {
    match context.kind {
        FactKind::Usage => Ok(requests::read_credit(&client(context))),
        FactKind::Live => server(context).map(requests::read_server_live),
        FactKind::Traffic | FactKind::Templates | FactKind::SshKeys | FactKind::Backups => {
            let server = server(context)?;
            let known = just_seen(context).and_then(|identity| list_of(context.kind, server, identity));
            Ok(known.unwrap_or_else(|| requests::read_server(server)))
        }
    }
}

/// A short look at the server.
pub fn glance(context: &ReadingContext<'_>) -> Option<Request> {
    server(context).ok().map(requests::read_server)
}

/// The server that a short look shows.
pub fn glanced(request: &Request, outcome: &Outcome) -> Result<Box<Machine>, String> {
    let seen = present(request, outcome).map_err(Verdict::into_words)?;
    Ok(Box::new(seen.machine))
}

/// The server that was behind the linked id a moment ago.
fn just_seen<'a>(context: &ReadingContext<'a>) -> Option<&'a Identity> {
    context.seen.filter(|seen| seen.id == context.link.identity.id)
}

/// The list that a kind is read with, once it is known which server it is of.
fn list_of(kind: FactKind, server: u64, identity: &Identity) -> Option<Request> {
    match kind {
        FactKind::Traffic => Some(requests::read_traffic(server)),
        FactKind::Templates => Some(requests::list_templates(server)),
        FactKind::Backups => Some(requests::list_backups(server)),
        FactKind::SshKeys => identity.owner.parse().ok().map(requests::list_ssh_keys),
        FactKind::Live | FactKind::Usage => None,
    }
}

/// What an answer is to a reading.
pub fn read(context: &ReadingContext<'_>, request: &Request, outcome: &Outcome, notes: &Notes) -> Reading {
    let read = match (context.kind, request.name.as_str()) {
        (FactKind::Live, "read_server") => live::read(request, outcome),
        (FactKind::Usage, "read_credit") => usage::credit(context, request, outcome),
        (FactKind::Usage, "read_usage") => usage::periods(context, request, outcome, notes),
        (FactKind::Usage, "read_usage_report") => usage::report(request, outcome, notes),
        (FactKind::Usage, _) => Err(foreign(context, request)),
        (_, "read_server") => identified(context, request, outcome),
        _ => listed(context, request, outcome).and_then(|observed| of_server(context, observed, notes)),
    };
    read.unwrap_or_else(|verdict| Reading::Failed(verdict.into_words()))
}

/// The list that follows once it is known which server is behind the id.
fn identified(
    context: &ReadingContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Reading, Verdict> {
    let sight = present(request, outcome)?;
    let server = sight.server.id;
    let identity = sight.machine.identity;
    match list_of(context.kind, server, &identity) {
        Some(next) => Ok(Reading::Next(next, note(SEEN, json!(identity)))),
        None if context.kind == FactKind::SshKeys => Err(Verdict::Unknown(format!(
            "The panel does not say to whom server {server} belongs"
        ))),
        None => Err(foreign(context, request)),
    }
}

fn listed(context: &ReadingContext<'_>, request: &Request, outcome: &Outcome) -> Result<Observed, Verdict> {
    match (context.kind, request.name.as_str()) {
        (FactKind::Traffic, "read_traffic") => lists::traffic(request, outcome),
        (FactKind::Templates, "list_templates") => lists::templates(request, outcome),
        (FactKind::SshKeys, "list_ssh_keys") => lists::ssh_keys(request, outcome),
        (FactKind::Backups, "list_backups") => lists::backups(request, outcome),
        _ => Err(foreign(context, request)),
    }
}

fn of_server(context: &ReadingContext<'_>, observed: Observed, notes: &Notes) -> Result<Reading, Verdict> {
    let identity: Option<Identity> = facts::read(notes, SEEN).or_else(|| just_seen(context).cloned());
    let observed = Box::new(observed);
    match identity {
        Some(identity) => Ok(Reading::Seen {
            observed,
            identity: Some(identity),
            machine: None,
        }),
        None => Err(forgotten()),
    }
}

/// The client's name on the panel.
fn client(context: &ReadingContext<'_>) -> ExternalId {
    ExternalId::of(context.relation, context.installation, context.client_id)
}

/// The linked server. Nothing but a number may become part of a path.
fn server(context: &ReadingContext<'_>) -> Result<u64, String> {
    let id = &context.link.identity.id;
    id.parse()
        .map_err(|_| format!("\"{id}\" is not the id of a VirtFusion server"))
}

fn foreign(context: &ReadingContext<'_>, request: &Request) -> Verdict {
    Verdict::Unknown(format!(
        "The reading of {} does not make the request {}",
        context.kind, request.name
    ))
}

fn forgotten() -> Verdict {
    Verdict::Unknown("What was read before is not known any more".to_owned())
}
