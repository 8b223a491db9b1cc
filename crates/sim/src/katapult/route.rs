//! The table of endpoints, and what holds for each before its handler runs, in the platform's order: route, token,
//! rate, scope, arguments.

use domain::http::Method;
use serde_json::{Value, json};

use super::argument::Arguments;
use super::problem::Problem;
use super::state::State;
use super::{addresses, builds, disks, keys, machines, offers, organizations, policies, power, tasks, trash};
pub use crate::date::Dates;
use crate::platform::{Performed, View};
use crate::wire::{Answer, Incoming};

/// The API base.
pub const BASE: &str = "/core/v1";

/// What a handler comes to.
pub type Handled = Result<Performed, Problem>;
type Handler = fn(&mut State, &Ask<'_>) -> Handled;

/// One endpoint.
pub struct Row {
    method: Method,
    path: &'static str,
    /// Its name.
    pub name: &'static str,
    handler: Handler,
    /// Any one of these is enough; none at all needs none.
    scopes: &'static [&'static str],
}

const fn row(method: Method, path: &'static str, name: &'static str, handler: Handler) -> Row {
    Row {
        method,
        path,
        name,
        handler,
        scopes: &[],
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

const fn patch(path: &'static str, name: &'static str, handler: Handler) -> Row {
    row(Method::Patch, path, name, handler)
}

const fn delete(path: &'static str, name: &'static str, handler: Handler) -> Row {
    row(Method::Delete, path, name, handler)
}

impl Row {
    const fn scopes(mut self, scopes: &'static [&'static str]) -> Self {
        self.scopes = scopes;
        self
    }
}

const ORGS: &[&str] = &["organizations:read"];
const MANAGED: &[&str] = &["managed_organizations"];
const MANAGED_DELETE: &[&str] = &["managed_organizations:delete"];
const DELETION: &[&str] = &["organizations:delete", "managed_organizations:delete"];
const TEMPLATES: &[&str] = &["disk_templates", "disk_templates:read"];
const PACKAGES: &[&str] = &["virtual_machine_packages:read"];
const VMS: &[&str] = &["virtual_machines"];
const VMS_READ: &[&str] = &["virtual_machines", "virtual_machines:read"];
const POWER: &[&str] = &["virtual_machines", "virtual_machines:power_actions"];
const CONSOLE: &[&str] = &["virtual_machines", "virtual_machines:console"];
const DISKS: &[&str] = &["disks"];
const DISKS_READ: &[&str] = &["disks", "disks:read"];
const POLICIES: &[&str] = &["disk_backup_policies"];
const POLICIES_READ: &[&str] = &["disk_backup_policies", "disk_backup_policies:read"];
const IPS: &[&str] = &["ip_addresses"];
const IPS_READ: &[&str] = &["ip_addresses", "ip_addresses:read"];
const TASKS: &[&str] = &["tasks", "tasks:read"];
const TRASH_READ: &[&str] = &["trash_objects:read"];
const TRASH_PURGE: &[&str] = &["trash_objects:purge"];
const TRASH_RESTORE: &[&str] = &["trash_objects:restore"];

/// All endpoints. A word in braces names an argument and is a placeholder: any text stands there. Paths without a
/// placeholder in a place come before those with one.
#[rustfmt::skip]
pub static ROWS: &[Row] = &[
    get("/organizations", "list_organizations", organizations::list).scopes(ORGS),
    get("/organizations/{organization}", "get_organization", organizations::read).scopes(ORGS),
    get("/organizations/{organization}/managed", "list_managed_organizations", organizations::managed).scopes(MANAGED),
    post("/organizations/{organization}/managed", "create_managed_organization", organizations::create).scopes(MANAGED),
    get("/organizations/{organization}/deletion_steps", "deletion_steps", organizations::deletion_steps).scopes(DELETION),
    delete("/managed_organizations/{organization}", "delete_managed_organization", organizations::remove).scopes(MANAGED_DELETE),
    get("/users/current", "current_user", organizations::current_user),
    get("/data_centers", "list_data_centers", offers::data_centers),
    get("/data_centers/{data_center}", "get_data_center", offers::data_center),
    get("/data_centers/{data_center}/default_network", "default_network", offers::default_network),
    get("/zones", "list_zones", offers::zones),
    get("/zones/{zone}", "get_zone", offers::zone),
    get("/networks/{network}", "get_network", offers::network),
    get("/organizations/{organization}/available_networks", "available_networks", offers::available_networks),
    get("/organizations/{organization}/network_speed_profiles", "list_network_speed_profiles", offers::network_speeds),
    get("/organizations/{organization}/disk_io_profiles", "list_disk_io_profiles", offers::disk_speeds),
    get("/virtual_machine_packages", "list_packages", offers::packages).scopes(PACKAGES),
    get("/virtual_machine_packages/{virtual_machine_package}", "get_package", offers::package).scopes(PACKAGES),
    get("/organizations/{organization}/disk_templates", "list_disk_templates", offers::templates).scopes(TEMPLATES),
    get("/disk_templates/{disk_template}", "get_disk_template", offers::template).scopes(TEMPLATES),
    get("/disk_templates/{disk_template}/versions", "list_disk_template_versions", offers::versions).scopes(TEMPLATES),
    get("/disk_template_versions/{disk_template_version}", "get_disk_template_version", offers::version).scopes(TEMPLATES),
    get("/disk_template_versions/{disk_template_version}/spec", "get_disk_template_version_spec", offers::version_spec).scopes(TEMPLATES),
    get("/operating_systems", "list_operating_systems", offers::systems),
    get("/organizations/{organization}/virtual_machines", "list_virtual_machines", machines::list).scopes(VMS_READ),
    post("/organizations/{organization}/virtual_machines/build", "build_virtual_machine", builds::create).scopes(VMS),
    post("/organizations/{organization}/virtual_machines/build_from_spec", "build_from_spec", builds::create_from_spec).scopes(VMS),
    get("/virtual_machines/builds/{virtual_machine_build}", "get_build", builds::read).scopes(VMS_READ),
    get("/virtual_machines/{virtual_machine}", "get_virtual_machine", machines::read).scopes(VMS_READ),
    patch("/virtual_machines/{virtual_machine}", "update_virtual_machine", machines::update).scopes(VMS),
    delete("/virtual_machines/{virtual_machine}", "delete_virtual_machine", machines::remove).scopes(VMS),
    post("/virtual_machines/{virtual_machine}/start", "start_virtual_machine", power::start).scopes(POWER),
    post("/virtual_machines/{virtual_machine}/stop", "stop_virtual_machine", power::stop).scopes(POWER),
    post("/virtual_machines/{virtual_machine}/shutdown", "shutdown_virtual_machine", power::shutdown).scopes(POWER),
    post("/virtual_machines/{virtual_machine}/reset", "reset_virtual_machine", power::reset).scopes(POWER),
    put("/virtual_machines/{virtual_machine}/package", "change_package", power::package).scopes(VMS),
    post("/virtual_machines/{virtual_machine}/console_sessions", "create_console_session", machines::console).scopes(CONSOLE),
    post("/virtual_machines/{virtual_machine}/allocate_ip", "allocate_ip", addresses::allocate).scopes(IPS),
    get("/virtual_machines/{virtual_machine}/disks", "list_machine_disks", disks::of_machine).scopes(DISKS_READ),
    get("/virtual_machines/{virtual_machine}/disk_backup_policies", "list_machine_policies", policies::of_machine).scopes(POLICIES_READ),
    post("/virtual_machines/{virtual_machine}/disk_backup_policies", "create_machine_policy", policies::create_for_machine).scopes(POLICIES),
    get("/organizations/{organization}/disks", "list_disks", disks::list).scopes(DISKS_READ),
    get("/disks/{disk}", "get_disk", disks::read).scopes(DISKS_READ),
    put("/disks/{disk}/resize", "resize_disk", disks::resize).scopes(DISKS),
    get("/disks/{disk}/disk_backup_policies", "list_disk_policies", policies::of_disk).scopes(POLICIES_READ),
    post("/disks/{disk}/disk_backup_policies", "create_disk_policy", policies::create_for_disk).scopes(POLICIES),
    get("/organizations/{organization}/disk_backup_policies", "list_policies", policies::list).scopes(POLICIES_READ),
    get("/disk_backup_policies/{disk_backup_policy}", "get_policy", policies::read).scopes(POLICIES_READ),
    patch("/disk_backup_policies/{disk_backup_policy}", "update_policy", policies::update).scopes(POLICIES),
    delete("/disk_backup_policies/{disk_backup_policy}", "delete_policy", policies::remove).scopes(POLICIES),
    delete("/disk_backup_policies/{disk_backup_policy}/schedule", "schedule_policy_deletion", policies::schedule_removal).scopes(POLICIES),
    get("/organizations/{organization}/ip_addresses", "list_ip_addresses", addresses::list).scopes(IPS_READ),
    post("/organizations/{organization}/ip_addresses", "create_ip_address", addresses::create).scopes(IPS),
    get("/ip_addresses/{ip_address}", "get_ip_address", addresses::read).scopes(IPS_READ),
    patch("/ip_addresses/{ip_address}", "update_ip_address", addresses::update).scopes(IPS),
    delete("/ip_addresses/{ip_address}", "release_ip_address", addresses::release).scopes(IPS),
    post("/ip_addresses/{ip_address}/unallocate", "unallocate_ip_address", addresses::unallocate).scopes(IPS),
    get("/organizations/{organization}/ssh_keys", "list_ssh_keys", keys::list),
    post("/organizations/{organization}/ssh_keys", "create_ssh_key", keys::create),
    delete("/ssh_keys/{ssh_key}", "delete_ssh_key", keys::remove),
    get("/tasks/{task}", "get_task", tasks::read).scopes(TASKS),
    get("/organizations/{organization}/trash_objects", "list_trash_objects", trash::list).scopes(TRASH_READ),
    post("/organizations/{organization}/trash_objects/purge_all", "purge_all", trash::purge_all).scopes(TRASH_PURGE),
    get("/trash_objects/{trash_object}", "get_trash_object", trash::read).scopes(TRASH_READ),
    delete("/trash_objects/{trash_object}", "purge_trash_object", trash::purge).scopes(TRASH_PURGE),
    post("/trash_objects/{trash_object}/restore", "restore_trash_object", trash::restore).scopes(TRASH_RESTORE),
];

/// A request on its way to a handler.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// The request.
    pub incoming: &'a Incoming,
    /// Its arguments.
    pub arguments: Arguments,
    /// The token that it came with, as an index.
    pub token: usize,
    /// The moment whose state reads show.
    pub seen_at: domain::Moment,
    /// The time, for dates in the answer.
    pub dates: Dates,
    /// Whether what is created gets a used id.
    pub reuse_id: bool,
}

/// An answer that changed nothing.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
pub fn shown(body: &Value) -> Handled {
    Ok(Performed {
        answer: Answer::json(200, body),
        effect: false,
    })
}

/// An answer after a change.
#[expect(clippy::unnecessary_wraps, reason = "handlers end with it")]
pub fn changed(status: u16, body: &Value) -> Handled {
    Ok(Performed {
        answer: Answer::json(status, body),
        effect: true,
    })
}

type Captures<'a> = Vec<(&'static str, &'a str)>;

fn find(incoming: &Incoming) -> Option<(&'static Row, Captures<'_>)> {
    let path = incoming.path.strip_prefix(BASE)?.trim_end_matches('/');
    ROWS.iter()
        .filter(|row| row.method == incoming.method)
        .find_map(|row| Some((row, matching(row.path, path)?)))
}

fn matching<'a>(pattern: &'static str, path: &'a str) -> Option<Captures<'a>> {
    let mut captures = Vec::new();
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        let part = parts.next()?;
        if let Some(name) = wanted
            .strip_prefix('{')
            .and_then(|wanted| wanted.strip_suffix('}'))
        {
            if part.is_empty() {
                return None;
            }
            captures.push((name, part));
        } else if wanted != part {
            return None;
        }
    }
    parts.next().is_none().then_some(captures)
}

/// The endpoint's name.
pub fn name(incoming: &Incoming) -> &'static str {
    find(incoming).map_or("unknown", |(row, _)| row.name)
}

/// All endpoint names.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = ROWS.iter().map(|row| row.name).chain(["unknown"]).collect();
    names.sort_unstable();
    names
}

/// Method, documented path and name of every endpoint.
pub fn table() -> Vec<(Method, String, &'static str)> {
    let documented = |row: &Row| (row.method, row.path.replace(['{', '}'], ""), row.name);
    ROWS.iter().map(documented).collect()
}

/// The arguments of a request, where it has a route and they can be read, whoever asks.
pub fn arguments(incoming: &Incoming) -> Option<Arguments> {
    let (_, captures) = find(incoming)?;
    Arguments::of(incoming, &captures).ok()
}

/// What the last placeholder of the request's path stands for.
pub fn subject(incoming: &Incoming) -> Option<&'static str> {
    let (_, captures) = find(incoming)?;
    captures.last().map(|(name, _)| *name)
}

/// Answers a request.
pub fn perform(state: &mut State, incoming: &Incoming, view: View) -> Performed {
    let mut rate = None;
    let handled = handle(state, incoming, view, &mut rate);
    let mut performed = handled.unwrap_or_else(|problem| Performed {
        answer: problem.answer(),
        effect: false,
    });
    performed.answer = dressed(state, performed.answer, rate);
    performed
}

/// With the headers that every answer has: the token's rate, the request's number, and what browsers are told.
fn dressed(state: &State, mut answer: Answer, rate: Option<(u32, u32)>) -> Answer {
    if let Some((permitted, remaining)) = rate {
        answer = answer
            .with_header("x-ratelimit-permitted", permitted.to_string())
            .with_header("x-ratelimit-remaining", remaining.to_string());
    }
    if answer.status < 400 {
        let tag = super::catalogue::id_of("", &answer.body);
        answer = answer
            .with_header("etag", format!("W/\"{}\"", tag.trim_start_matches('_')))
            .with_header("cache-control", "max-age=0, private, must-revalidate");
    }
    answer
        .with_header("x-request-id", state.uuid())
        .with_header("access-control-allow-origin", "*")
        .with_header("strict-transport-security", "max-age=63072000; includeSubDomains")
}

fn handle(state: &mut State, incoming: &Incoming, view: View, rate: &mut Option<(u32, u32)>) -> Handled {
    let (row, captures) = find(incoming).ok_or_else(Problem::no_route)?;
    let token = authenticated(state, incoming)?;
    let limit = state.config.tokens[token].per_minute;
    let remaining = state.rates[token].count(state.now, limit);
    *rate = Some((limit, remaining.unwrap_or(0)));
    remaining.map_err(|_| Problem::too_many(limit))?;
    let scopes = &state.config.tokens[token].scopes;
    let granted = |wanted: &&str| scopes.iter().any(|scope| scope == wanted);
    if !row.scopes.is_empty() && !row.scopes.iter().any(granted) {
        let text = "The token has none of the scopes that allow this";
        return Err(Problem::new(
            403,
            "scope_not_granted",
            text,
            json!({ "scopes": row.scopes }),
        ));
    }
    let ask = Ask {
        incoming,
        arguments: Arguments::of(incoming, &captures)?,
        token,
        seen_at: state.now - view.stale,
        dates: Dates::off_by(view.skew),
        reuse_id: view.reuse_id,
    };
    (row.handler)(state, &ask)
}

/// The token that a request came with.
fn authenticated(state: &State, incoming: &Incoming) -> Result<usize, Problem> {
    let missing = || {
        let text = "No API token was given";
        Problem::new(400, "missing_api_token", text, json!({}))
    };
    let header = incoming.header("authorization").ok_or_else(missing)?;
    let text = header.strip_prefix("Bearer ").unwrap_or_default();
    let tokens = &state.config.tokens;
    let valid = |index: &usize| tokens[*index].expires.is_none_or(|expires| state.now < expires);
    let index = tokens
        .iter()
        .position(|token| text == token.text.expose())
        .filter(valid)
        .ok_or_else(|| Problem::new(403, "invalid_api_token", "The API token is not valid", json!({})))?;
    if !tokens[index].network_authorized {
        let text = "The API token may not be used from this network";
        let detail = json!({ "ip_address": "192.0.2.1" });
        return Err(Problem::new(
            403,
            "unauthorized_network_for_api_token",
            text,
            detail,
        ));
    }
    Ok(index)
}
