//! `baseline` and `machine` under the list protocol.
//!
//! The panel gives a create no name, id or token. So the customer's servers are listed before it is sent, and after a
//! lost answer whatever is new in the list and fits in every respect is reported as a candidate. The driver never
//! decides between candidates and never sends twice; both are the engine's.

use domain::http::{Outcome, Request};
use domain::machine::Machine;
use domain::record::CreateProtocol;
use driver::facts::foreign;
use driver::{Answered, Findings, Phase, Prepared, Standing, StepContext, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::candidate::{PackageResources, may_be_ours};
use crate::answer;
use crate::facts::{self, Want, accepted, done, known, missing, note, ordered, pending, reached};
use crate::machine::{self, sight};
use crate::order::server_body;
use crate::requests;
use crate::wire::{List, Package, Row};

pub fn prepare_baseline(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    // A list that was made before the create was sent must never be replaced by one made after it.
    if context.notes.contains_key("before") {
        return Ok(known(reached()));
    }
    Ok(Prepared::Send(requests::list_user_servers(
        facts::owner(context)?,
        None,
    )))
}

pub fn interpret_baseline(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let owner = facts::owner(context).map_err(Verdict::Refused)?;
    match listed(context, owner, request, outcome)? {
        Listed::More(next, notes) => Ok(Verdict::Next(next, notes)),
        Listed::All(servers) => {
            let want = Want::of(context, CreateProtocol::List).map_err(Verdict::Refused)?;
            Ok(done(
                reached()
                    .note("before", json!(servers))
                    .note("want", want.to_note())
                    .note("listing", Value::Null),
            ))
        }
    }
}

pub fn prepare_machine(context: &StepContext<'_>) -> Result<Prepared, Answered> {
    match context.phase {
        Phase::Act => {
            let body = server_body(ordered(context)?, Some(facts::owner(context)?))?;
            Ok(Prepared::Send(requests::create_server(body)))
        }
        Phase::Look => match facts::target(context).transpose()? {
            Some(id)
                if context.link.is_some()
                    || (!context.misnamed && may_be_new(context, &Row { id, uuid: None })) =>
            {
                Ok(Prepared::Send(requests::read_server(id)))
            }
            _ if context.acted_at.is_none() => Ok(known(missing())),
            _ => Ok(begin_search(context)),
        },
    }
}

/// Whether a server can be what the create made. One that was there before, or that is linked elsewhere, belongs to
/// another request; one under the id of a server that was there before is told apart by its uuid. Without a list of
/// before nothing is known to be new.
fn may_be_new(context: &StepContext<'_>, server: &Row) -> bool {
    facts::read::<Vec<Row>>(context.notes, "before")
        .is_some_and(|before| !before.iter().any(|one| one.may_be(server)))
        && !context.known.linked.contains(&server.id.to_string())
}

/// The first request of a search for what a lost create made.
fn begin_search(context: &StepContext<'_>) -> Prepared {
    match Want::noted(context) {
        Some(want) => Prepared::Send(requests::list_user_servers(want.owner, None)),
        // Without it nothing was sent.
        None => known(missing()),
    }
}

pub fn interpret_machine(
    context: &StepContext<'_>,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    match request.name.as_str() {
        "create_server" => created(context, request, outcome),
        "read_server" => verify(context, request, outcome),
        "list_user_servers" | "read_package" | "read_candidate" => search(context, request, outcome),
        _ => Err(foreign(context, request)),
    }
}

/// The answer to a create: which machine it made is worth keeping, everything else is read back.
pub fn created(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    let made: Row = answer::data(request, outcome)?;
    Ok(done(
        accepted(context, "reading the new server back")
            .note("machine", made.id)
            .note("machine_uuid", json!(made.uuid)),
    ))
}

/// The server that the create's answer, or the engine's choice, named.
fn verify(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    let Some(sight) = sight(request, outcome)? else {
        return Ok(done(pending("the panel does not show the new server yet")));
    };
    let named = facts::read::<u64>(context.notes, "machine") == Some(sight.server.id);
    let made = facts::read::<String>(context.notes, "machine_uuid").filter(|_| named);
    if made.is_some_and(|made| made != sight.machine.identity.unchangeable) {
        return Ok(done(pending(
            "the panel shows what was under the new server's id before",
        )));
    }
    let owner = facts::owner(context).map_err(Verdict::Refused)?;
    match machine::owner(&sight.server) {
        Some(shown) if shown == owner => {
            let identity = sight.machine.identity.clone();
            let mut findings = reached()
                .note("machine", sight.server.id)
                .with_machine(sight.machine);
            findings.link = Some(identity);
            Ok(done(findings))
        }
        // The answer that named it was another request's: what ours made is searched for.
        Some(_) => {
            let forgotten = missing().note("machine", Value::Null);
            Ok(done(forgotten.note("machine_uuid", Value::Null)))
        }
        None => Err(Verdict::Unknown(format!(
            "The panel does not say to whom server {} belongs",
            sight.server.id
        ))),
    }
}

/// A search under way.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Search {
    todo: Vec<u64>,
    found: Vec<Machine>,
}

/// One answer of the search: the list, then the package where it is needed, then each new server.
fn search(context: &StepContext<'_>, request: &Request, outcome: &Outcome) -> Result<Verdict, Verdict> {
    let Some(want) = Want::noted(context) else {
        return Ok(done(missing()));
    };
    match request.name.as_str() {
        "list_user_servers" => match listed(context, want.owner, request, outcome)? {
            Listed::More(next, notes) => Ok(Verdict::Next(next, notes)),
            Listed::All(servers) => Ok(begin(context, &want, &servers)),
        },
        "read_package" => {
            let package = package(request, outcome)?;
            let search: Search = facts::read(context.notes, "search").unwrap_or_default();
            Ok(match search.todo.first() {
                Some(&first) => {
                    Verdict::Next(requests::read_candidate(first), note("package", json!(package)))
                }
                None => candidates(Vec::new()),
            })
        }
        "read_candidate" => judge(context, &want, request, outcome),
        _ => Err(foreign(context, request)),
    }
}

/// A package's resources; none where the panel does not know the package any more.
pub fn package(request: &Request, outcome: &Outcome) -> Result<PackageResources, Verdict> {
    if answer::is_plain_404(outcome) {
        return Ok(PackageResources::default());
    }
    let package: Package = answer::data(request, outcome)?;
    if let Some(id) = package.id {
        answer::is_about(request, "package", id)?;
    }
    Ok(PackageResources::from(package))
}

fn begin(context: &StepContext<'_>, want: &Want, servers: &[Row]) -> Verdict {
    let todo: Vec<u64> = servers
        .iter()
        .filter(|server| may_be_new(context, server))
        .map(|server| server.id)
        .collect();
    let Some(&first) = todo.first() else {
        return candidates(Vec::new());
    };
    let next = match want.package {
        Some(package) if want.needs_package() && PackageResources::noted(context).is_none() => {
            requests::read_package(package)
        }
        _ => requests::read_candidate(first),
    };
    let search = Search {
        todo,
        found: Vec::new(),
    };
    Verdict::Next(next, note("search", json!(search)))
}

fn judge(
    context: &StepContext<'_>,
    want: &Want,
    request: &Request,
    outcome: &Outcome,
) -> Result<Verdict, Verdict> {
    let mut search: Search = facts::read(context.notes, "search").unwrap_or_default();
    let package = PackageResources::noted(context).unwrap_or_default();
    let seen = sight(request, outcome)?;
    if !search.todo.is_empty() {
        search.todo.remove(0);
    }
    if let Some(sight) = seen.filter(|sight| may_be_ours(context, want, &package, sight)) {
        search.found.push(Machine {
            raw: Value::Null,
            ..sight.machine
        });
    }
    Ok(match search.todo.first() {
        Some(&next) => Verdict::Next(requests::read_candidate(next), note("search", json!(search))),
        None => candidates(search.found),
    })
}

fn candidates(found: Vec<Machine>) -> Verdict {
    done(
        Findings::of(Standing::Candidates(found))
            .note("search", Value::Null)
            .note("listing", Value::Null),
    )
}

/// A user's servers, as far as they have been read.
pub enum Listed {
    /// All of them.
    All(Vec<Row>),
    /// There is another page.
    More(Request, domain::record::Notes),
}

/// One page of a user's servers. The first page is asked for without a number, so it begins a new listing.
pub fn listed(
    context: &StepContext<'_>,
    owner: u64,
    request: &Request,
    outcome: &Outcome,
) -> Result<Listed, Verdict> {
    let response = answer::success(request, outcome)?;
    let page: List<Row> = answer::body(request, response)?;
    let mut servers: Vec<Row> = if request.query.is_empty() {
        Vec::new()
    } else {
        facts::read(context.notes, "listing").unwrap_or_default()
    };
    let next = page.next_page(request)?;
    servers.extend(page.data);
    Ok(match next {
        Some(next) => Listed::More(
            requests::list_user_servers(owner, Some(next)),
            note("listing", json!(servers)),
        ),
        None => Listed::All(servers),
    })
}

#[cfg(test)]
mod tests {
    use domain::http::Response;

    use super::*;

    #[test]
    fn an_answer_about_another_package_is_no_answer() {
        let answered = |id: Value| {
            let body = json!({ "data": { "id": id, "memory": 2048 } }).to_string();
            let outcome = Outcome::Answered(Response {
                status: 200,
                body,
                retry_after: None,
            });
            package(&requests::read_package(1), &outcome)
        };
        assert!(matches!(answered(json!(2)), Err(Verdict::Unknown(_))));
        // A panel that names no id is believed.
        for id in [json!(1), Value::Null] {
            assert_eq!(json!(answered(id).expect("it is the package"))["memory"], 2048);
        }
    }
}
