//! The table of endpoints, and what holds for each before its handler runs: token, scope, query, body.

use domain::Moment;
use domain::http::Method;
use serde_json::Value;

use super::config::{ErrorShape, Profile, Scope};
use super::problem::Problem;
use super::state::State;
use super::{compute, console, keys, media, modify, power, selfservice, servers, users};
pub use crate::date::Dates;
use crate::platform::{Performed, View};
use crate::rate::Exceeded;
use crate::wire::{Answer, Incoming};
use crate::written::{Object, Written};

/// The API base.
pub const BASE: &str = "/api/v1";

/// What a handler comes to.
pub type Handled = Result<Performed, Problem>;
type Handler = fn(&mut State, &Ask<'_>) -> Handled;

/// Whether a request carries a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    None,
    Optional,
    Required,
}

/// One endpoint.
pub struct Row {
    method: Method,
    path: &'static str,
    /// Its name.
    pub name: &'static str,
    handler: Handler,
    query: &'static [&'static str],
    body: Body,
    shape: ErrorShape,
    only: Option<Profile>,
    compute: bool,
}

const fn row(method: Method, path: &'static str, name: &'static str, handler: Handler) -> Row {
    Row {
        method,
        path,
        name,
        handler,
        query: &[],
        body: Body::None,
        shape: ErrorShape::Fields,
        only: None,
        compute: false,
    }
}

const fn get(path: &'static str, name: &'static str, handler: Handler) -> Row {
    row(Method::Get, path, name, handler)
}

const fn post(path: &'static str, name: &'static str, handler: Handler) -> Row {
    row(Method::Post, path, name, handler)
}

const fn put(path: &'static str, name: &'static str, handler: Handler) -> Row {
    row(Method::Put, path, name, handler)
}

const fn delete(path: &'static str, name: &'static str, handler: Handler) -> Row {
    row(Method::Delete, path, name, handler)
}

impl Row {
    const fn query(mut self, keys: &'static [&'static str]) -> Self {
        self.query = keys;
        self
    }

    const fn body(mut self) -> Self {
        self.body = Body::Required;
        self
    }

    const fn optional_body(mut self) -> Self {
        self.body = Body::Optional;
        self
    }

    const fn list(mut self) -> Self {
        self.shape = ErrorShape::List;
        self
    }

    const fn only(mut self, profile: Profile) -> Self {
        self.only = Some(profile);
        self
    }

    const fn compute(mut self) -> Self {
        self.compute = true;
        self
    }
}

const REL: &[&str] = &["relStr"];
const USED: &[&str] = &["period[]", "range", "relStr"];
const PAGED: &[&str] = &["results", "page"];

/// All endpoints.
#[rustfmt::skip]
pub static ROWS: &[Row] = &[
    get("/connect", "connect", compute::connect),
    get("/compute/hypervisors/groups", "list_groups", compute::groups).query(PAGED).compute(),
    get("/compute/hypervisors/groups/{id}", "get_group", compute::group).compute(),
    get("/compute/hypervisors/groups/{id}/resources", "group_resources", compute::resources).query(PAGED).compute(),
    get("/packages", "list_packages", media::packages),
    get("/packages/{id}", "get_package", media::package),
    get("/media/templates/fromServerPackageSpec/{id}", "package_templates", media::package_templates),
    get("/servers/{id}/templates", "server_templates", media::server_templates),
    post("/users", "create_user", users::create).body(),
    get("/users/{ext}/byExtRelation", "get_user", users::read).query(REL),
    put("/users/{ext}/byExtRelation", "modify_user", users::modify).query(REL).body(),
    delete("/users/{ext}/byExtRelation", "delete_user", users::remove).query(REL),
    post("/users/{ext}/byExtRelation/resetPassword", "reset_user_password", users::reset_password).query(REL),
    post("/users/{ext}/authenticationTokens", "user_login", users::login).query(REL),
    post("/users/{ext}/serverAuthenticationTokens/{id}", "server_login", users::server_login).query(REL),
    post("/servers", "create_server", servers::create).query(&["dryRun"]).body().list(),
    get("/servers", "list_servers", servers::list).query(&["results", "page", "type", "hypervisorId", "hypervisorId[]"]),
    get("/servers/user/{id}", "user_servers", servers::of_user),
    get("/servers/{id}", "get_server", servers::read).query(&["remoteState"]),
    delete("/servers/{id}", "delete_server", servers::remove).query(&["delay"]),
    post("/servers/{id}/build", "build_server", servers::build).body().list(),
    put("/servers/{id}/owner/{user}", "change_owner", servers::change_owner),
    post("/servers/{id}/suspend", "suspend_server", power::suspend),
    post("/servers/{id}/unsuspend", "unsuspend_server", power::unsuspend),
    post("/servers/{id}/power/boot", "power_boot", power::boot),
    post("/servers/{id}/power/shutdown", "power_shutdown", power::shutdown),
    post("/servers/{id}/power/restart", "power_restart", power::restart),
    post("/servers/{id}/power/poweroff", "power_poweroff", power::power_off),
    put("/servers/{id}/package/{package}", "change_package", modify::package).optional_body().list(),
    put("/servers/{id}/modify/name", "modify_name", modify::name).body(),
    row(Method::Patch, "/servers/{id}/name", "modify_name", modify::name).body().only(Profile::V6),
    put("/servers/{id}/modify/memory", "modify_memory", modify::memory).body(),
    put("/servers/{id}/modify/cpuCores", "modify_cpu_cores", modify::cores).body(),
    put("/servers/{id}/modify/traffic", "modify_traffic", modify::traffic).body(),
    post("/servers/{id}/resetPassword", "reset_server_password", power::reset_password).body(),
    get("/servers/{id}/traffic", "server_traffic", servers::traffic),
    get("/servers/{id}/vnc", "get_vnc", console::read),
    post("/servers/{id}/vnc", "set_vnc", console::switch).body(),
    get("/backups/server/{id}", "server_backups", media::backups),
    get("/queue/{id}", "get_queue", power::queue),
    get("/selfService/hourlyStats/byUserExtRelationId/{ext}", "hourly_stats", selfservice::hourly_stats).query(USED),
    get("/selfService/usage/byUserExtRelationId/{ext}", "self_service_usage", selfservice::usage).query(USED),
    get("/selfService/report/byUserExtRelationId/{ext}", "self_service_report", selfservice::report).query(&["period", "currency", "relStr"]),
    get("/ssh_keys/user/{id}", "user_ssh_keys", keys::of_user),
    post("/ssh_keys", "create_ssh_key", keys::create).body(),
    get("/ssh_keys/{id}", "get_ssh_key", keys::read),
    delete("/ssh_keys/{id}", "delete_ssh_key", keys::remove),
];

/// A request on its way to a handler.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The request.
    pub incoming: &'a Incoming,
    captures: [&'a str; 2],
    /// The moment whose state reads show.
    pub seen_at: Moment,
    /// The time, for dates in the answer.
    pub dates: Dates,
    /// Whether what is created gets a used id.
    pub reuse_id: bool,
}

impl<'a> Ask<'a> {
    /// The text of the first placeholder.
    pub const fn first(&self) -> &'a str {
        self.captures[0]
    }

    /// The number of the first placeholder; no number names nothing.
    pub fn id(&self) -> u64 {
        self.captures[0].parse().unwrap_or(0)
    }

    /// The number of the second placeholder.
    pub fn second_id(&self) -> u64 {
        self.captures[1].parse().unwrap_or(0)
    }

    /// A boolean of the query.
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.incoming.query_value(name) {
            None | Some("false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(_) => Err(Problem::invalid(
                name,
                format!("The {name} field must be true or false."),
            )),
        }
    }

    /// A number of the query.
    pub fn number(&self, name: &str, from: u64, to: u64) -> Result<Option<u64>, Problem> {
        let Some(text) = self.incoming.query_value(name) else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|number| (from..=to).contains(number));
        let flaw = || Problem::invalid(name, format!("The {name} must be between {from} and {to}."));
        number.map(Some).ok_or_else(flaw)
    }
}

/// An answer that changed nothing.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
pub fn shown(status: u16, body: &Value) -> Handled {
    Ok(Performed {
        answer: Answer::json(status, body),
        effect: false,
    })
}

/// The same with a body that is text already.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
pub fn shown_as(status: u16, body: Written) -> Handled {
    Ok(Performed {
        answer: Answer::written(status, body),
        effect: false,
    })
}

/// What is answered, in the envelope of a single object.
pub fn envelope(data: &Written) -> Written {
    Object::default().with_written("data", data).end()
}

/// An answer after a change.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
pub fn changed(answer: Answer) -> Handled {
    Ok(Performed { answer, effect: true })
}

/// What a path matches.
enum Found<'a> {
    Row(&'static Row, [&'a str; 2]),
    OtherMethod,
    Nothing,
}

fn find(incoming: &Incoming, profile: Profile) -> Found<'_> {
    let Some(path) = incoming.path.strip_prefix(BASE) else {
        return Found::Nothing;
    };
    let mut other = false;
    for row in ROWS
        .iter()
        .filter(|row| row.only.is_none_or(|only| only == profile))
    {
        let Some(captures) = matching(row.path, path) else {
            continue;
        };
        if row.method == incoming.method {
            return Found::Row(row, captures);
        }
        other = true;
    }
    if other { Found::OtherMethod } else { Found::Nothing }
}

fn matching<'a>(pattern: &str, path: &'a str) -> Option<[&'a str; 2]> {
    let mut captures = ["", ""];
    let mut filled = 0;
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        let part = parts.next()?;
        if wanted.starts_with('{') {
            let fits =
                !part.is_empty() && (wanted == "{ext}" || part.bytes().all(|byte| byte.is_ascii_digit()));
            *captures.get_mut(filled).filter(|_| fits)? = part;
            filled += 1;
        } else if wanted != part {
            return None;
        }
    }
    parts.next().is_none().then_some(captures)
}

/// The endpoint's name; a dry run is one of its own.
pub fn name(incoming: &Incoming, profile: Profile) -> &'static str {
    match find(incoming, profile) {
        Found::Row(row, _) if row.name == "create_server" && dry_run(incoming) => "dry_run",
        Found::Row(row, _) => row.name,
        Found::OtherMethod | Found::Nothing => "unknown",
    }
}

fn dry_run(incoming: &Incoming) -> bool {
    matches!(incoming.query_value("dryRun"), Some("true" | "1"))
}

/// The id of the server that a request aims at.
pub fn target_server(incoming: &Incoming) -> Option<u64> {
    let rest = incoming.path.strip_prefix(BASE)?;
    let after = rest
        .strip_prefix("/servers/")
        .or_else(|| rest.strip_prefix("/backups/server/"))?;
    after.split('/').next()?.parse().ok()
}

/// Answers a request.
pub fn perform(state: &mut State, incoming: &Incoming, view: View) -> Performed {
    let (shape, handled) = match find(incoming, state.config.profile) {
        Found::Row(row, captures) => {
            let shape = state.config.errors.unwrap_or(row.shape);
            (
                shape,
                admitted(state, incoming, row).and_then(|()| handle(state, incoming, row, captures, view)),
            )
        }
        Found::OtherMethod => (ErrorShape::List, Err(Problem::NoMethod)),
        Found::Nothing => (ErrorShape::List, Err(Problem::NoRoute)),
    };
    handled.unwrap_or_else(|problem| Performed {
        answer: problem.answer(shape),
        effect: false,
    })
}

fn handle(state: &mut State, incoming: &Incoming, row: &Row, captures: [&str; 2], view: View) -> Handled {
    let seen_at = (state.now - view.stale).max(state.oldest_reading);
    let ask = Ask {
        incoming,
        captures,
        seen_at,
        dates: Dates::off_by(view.skew),
        reuse_id: view.reuse_id,
    };
    (row.handler)(state, &ask)
}

/// Token, rate, scope, query and body, in this order.
fn admitted(state: &mut State, incoming: &Incoming, row: &Row) -> Result<(), Problem> {
    let text = incoming
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    let index = state
        .config
        .tokens
        .iter()
        .position(|token| text == Some(token.text.expose()));
    let index = index.ok_or(Problem::Unauthorized)?;
    let (scope, per_minute) = (
        state.config.tokens[index].scope,
        state.config.tokens[index].per_minute,
    );
    if let Some(limit) = per_minute {
        let too_many = |exceeded: Exceeded| Problem::TooMany(exceeded.wait.as_secs());
        state.rates[index].count(state.now, limit).map_err(too_many)?;
    }
    let allowed = match scope {
        Scope::Full => true,
        Scope::ReadOnly => row.method == Method::Get,
        Scope::NoCompute => !row.compute,
    };
    if !allowed {
        return Err(Problem::Forbidden);
    }
    if let Some((key, _)) = incoming
        .query
        .iter()
        .find(|(key, _)| !row.query.contains(&key.as_str()))
    {
        return Err(Problem::invalid(
            key,
            format!("The {key} parameter is not known."),
        ));
    }
    match row.body {
        Body::None if !incoming.body.is_empty() => Err(Problem::invalid("body", "The body must be empty.")),
        Body::Required if incoming.body.is_empty() => {
            Err(Problem::invalid("body", "The body field is required."))
        }
        Body::None | Body::Optional | Body::Required => Ok(()),
    }
}

/// All endpoint names.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = ROWS
        .iter()
        .map(|row| row.name)
        .chain(["dry_run", "unknown"])
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Method, path and name of every endpoint of a profile.
pub fn table(profile: Profile) -> Vec<(Method, &'static str, &'static str)> {
    let of_profile = |row: &&Row| row.only.is_none_or(|only| only == profile);
    ROWS.iter()
        .filter(of_profile)
        .map(|row| (row.method, row.path, row.name))
        .collect()
}
