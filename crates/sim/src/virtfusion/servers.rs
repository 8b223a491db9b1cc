//! Servers: create, dry run, build, read, lists, owner, deletion, traffic.

use std::time::Duration;

use domain::Moment;
use serde_json::{Value, json};

use super::body::{self, BuildServer, CreateServer};
use super::books::{Full, Share};
use super::config::PackageConfig;
use super::page::page;
use super::problem::Problem;
use super::record::{Server, Stage, Work};
use super::render;
use super::route::{Ask, Handled, changed, envelope, shown, shown_as};
use super::state::State;
use crate::wire::Answer;
use crate::written::Written;

/// What the panel says of a server that it does not know.
pub const NO_SERVER: Problem = Problem::Missing("server not found");

/// The server that a request aims at, as the reader sees it.
pub fn seen<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Server, Problem> {
    state.servers.seen(ask.id(), ask.seen_at).ok_or(NO_SERVER)
}

/// The server that a change aims at: visible to the caller, still there, and not locked.
pub fn changeable<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Server, Problem> {
    seen(state, ask)?;
    let server = state.servers.get(ask.id()).ok_or(NO_SERVER)?;
    if server.locked_until.is_some_and(|until| state.now < until) {
        return Err(Problem::Locked("server is locked"));
    }
    Ok(server)
}

/// Like [`changeable`], and no job runs on it.
pub fn idle<'a>(state: &'a State, ask: &Ask<'_>) -> Result<&'a Server, Problem> {
    let server = changeable(state, ask)?;
    if server.job.is_some() {
        Err(Problem::Locked("server is locked by a running task"))
    } else {
        Ok(server)
    }
}

/// A server as ordered.
pub struct Wanted {
    /// The owner.
    pub owner: u64,
    /// The group.
    pub group: u64,
    /// The package.
    pub package: PackageConfig,
    /// Addresses.
    pub ipv4: u32,
    /// GB of additional disks.
    pub additional: Vec<u64>,
    /// Network profile.
    pub network_profile: u64,
}

impl Wanted {
    fn share(&self) -> Share {
        let storage = self.package.storage + self.additional.iter().sum::<u64>();
        Share {
            memory: self.package.memory,
            cores: self.package.cores,
            storage,
            code: self.package.storage_profile,
            pool: None,
        }
    }
}

fn wanted(state: &State, body: &CreateServer) -> Result<Wanted, Problem> {
    let package = state.package(body.package_id).filter(|package| package.enabled);
    let mut package = package
        .cloned()
        .ok_or_else(|| Problem::invalid("packageId", "Invalid or disabled package"))?;
    if state.users.get(body.user_id).is_none_or(|user| !user.enabled) {
        return Err(Problem::invalid("userId", "Invalid or disabled user"));
    }
    if state
        .books
        .groups
        .get(&body.hypervisor_id)
        .is_none_or(|group| !group.enabled)
    {
        return Err(Problem::invalid(
            "hypervisorId",
            "Invalid or disabled hypervisor group",
        ));
    }
    package.memory = body.memory.unwrap_or(package.memory);
    package.cores = body.cpu_cores.unwrap_or(package.cores);
    package.storage = body.storage.unwrap_or(package.storage);
    package.traffic = body.traffic.unwrap_or(package.traffic);
    package.speed_in = body.network_speed_inbound.unwrap_or(package.speed_in);
    package.speed_out = body.network_speed_outbound.unwrap_or(package.speed_out);
    package.storage_profile = body.storage_profile.unwrap_or(package.storage_profile);
    Ok(Wanted {
        owner: body.user_id,
        group: body.hypervisor_id,
        package,
        ipv4: body.ipv4.unwrap_or(1),
        additional: body.additional(),
        network_profile: body.network_profile.unwrap_or(0),
    })
}

/// The panel's words for full books.
pub fn full(reason: Full) -> Problem {
    match reason {
        Full::Hypervisors => Problem::invalid("hypervisorId", "No hypervisor has enough free resources"),
        Full::Addresses => Problem::invalid("ipv4", "Not enough free IPv4 addresses"),
    }
}

/// `POST /servers`, also as a dry run.
pub fn create(state: &mut State, ask: &Ask<'_>) -> Handled {
    let dry_run = ask.flag("dryRun")?;
    let body: CreateServer = body::checked(ask.incoming)?;
    let wanted = wanted(state, &body)?;
    if dry_run {
        state
            .books
            .room(wanted.group, wanted.share(), wanted.ipv4)
            .map_err(full)?;
        return shown(state.config.dry_run_status, &json!({ "data": {} }));
    }
    let id = place(state, &wanted, ask.reuse_id)?;
    let request_id = ask.incoming.header("x-request-id").map(ToOwned::to_owned);
    state.change_server(id, |server| {
        (server.by_api, server.request_id) = (true, request_id);
    });
    state.totals.servers_created += 1;
    let server = state.servers.get(id).ok_or(NO_SERVER)?;
    let data = render::full(state, server, ask.dates, None, None);
    changed(Answer::written(201, envelope(&data)))
}

/// Takes room and writes the server down.
pub fn place(state: &mut State, wanted: &Wanted, reuse_id: bool) -> Result<u64, Problem> {
    let placed = state
        .books
        .place(wanted.group, wanted.share(), wanted.ipv4)
        .map_err(full)?;
    let used = if reuse_id { state.used_ids.pop() } else { None };
    let id = used.unwrap_or_else(|| state.next("server"));
    let package = &wanted.package;
    let server = Server {
        id,
        uuid: state.uuid(),
        owner: wanted.owner,
        hypervisor: placed.hypervisor,
        package: package.id,
        name: String::new(),
        hostname: None,
        stage: Stage::Allocated,
        suspended: false,
        running: false,
        ignores_shutdown: false,
        memory: package.memory,
        cores: package.cores,
        storage: package.storage,
        additional: wanted.additional.clone(),
        traffic: package.traffic,
        speed_in: package.speed_in,
        speed_out: package.speed_out,
        ipv4: placed.addresses,
        ipv6: false,
        hosts: Vec::new(),
        secondary: Vec::new(),
        storage_profile: package.storage_profile,
        pool: placed.pool,
        network_profile: wanted.network_profile,
        template: None,
        keys: Vec::new(),
        password: state.secret(20),
        swap: None,
        console: false,
        console_secret: (state.uuid(), state.secret(8)),
        transferred: (0, 0),
        created: state.now,
        built: None,
        updated: state.now,
        delete_at: None,
        locked_until: None,
        job: None,
        by_api: false,
        request_id: None,
    };
    state.insert_server(server);
    Ok(id)
}

/// `POST /servers/{id}/build`.
pub fn build(state: &mut State, ask: &Ask<'_>) -> Handled {
    let body: BuildServer = body::checked(ask.incoming)?;
    let server = idle(state, ask)?;
    let (id, owner) = (server.id, server.owner);
    if server.suspended {
        return Err(Problem::Locked("server is suspended"));
    }
    if state
        .template(body.operating_system_id)
        .is_none_or(|template| !template.enabled)
    {
        return Err(Problem::invalid(
            "operatingSystemId",
            "Invalid or disabled operating system template",
        ));
    }
    if !body
        .ssh_keys
        .iter()
        .all(|key| state.keys.get(*key).is_some_and(|key| key.user == owner))
    {
        return Err(Problem::invalid("sshKeys", "Invalid SSH key"));
    }
    let password = state.secret(20);
    state.totals.builds += 1;
    if body.email
        && let Some(to) = state.users.get(owner).map(|user| user.email.clone())
    {
        state.mail(&to, "build");
    }
    state.change_server(id, |server| {
        server.template = Some(body.operating_system_id);
        server.name = body.name.unwrap_or_else(|| format!("server-{id}"));
        server.hostname = body.hostname;
        server.keys = body.ssh_keys;
        server.ipv6 = body.ipv6;
        server.console = body.vnc;
        server.swap = body.swap;
        server.password.clone_from(&password);
    });
    state.start(id, Work::Build);
    let server = state.servers.get(id).ok_or(NO_SERVER)?;
    let data = render::full(state, server, ask.dates, None, Some(&password));
    changed(Answer::written(200, envelope(&data)))
}

/// `GET /servers/{id}`.
pub fn read(state: &mut State, ask: &Ask<'_>) -> Handled {
    let remote = ask.flag("remoteState")?;
    let server = seen(state, ask)?;
    let remote = if remote {
        render::remote(state, server)
    } else {
        json!(false)
    };
    let data = render::full(state, server, ask.dates, Some(remote), None);
    shown_as(200, envelope(&data))
}

/// `GET /servers`.
pub fn list(state: &mut State, ask: &Ask<'_>) -> Handled {
    let full = match ask.incoming.query_value("type") {
        None | Some("simple") => false,
        Some("full") => true,
        Some(_) => return Err(Problem::invalid("type", "The type must be simple or full.")),
    };
    let mut wanted = Vec::new();
    for (key, value) in &ask.incoming.query {
        if key.starts_with("hypervisorId") {
            let id: u64 = value
                .parse()
                .map_err(|_| Problem::invalid(key, "The hypervisorId must be an integer."))?;
            wanted.push(id);
        }
    }
    let servers: Vec<&Server> = state
        .servers
        .all_seen(ask.seen_at)
        .map(|(_, server)| server)
        .filter(|server| wanted.is_empty() || wanted.contains(&server.hypervisor))
        .collect();
    let render = |server: &&Server| {
        if full {
            render::full(state, server, ask.dates, Some(json!(false)), None)
        } else {
            render::simple(server, ask.dates)
        }
    };
    shown_as(200, page(ask, &state.config.url, &servers, render)?)
}

/// `GET /servers/user/{id}`.
pub fn of_user(state: &mut State, ask: &Ask<'_>) -> Handled {
    if state.users.seen(ask.id(), ask.seen_at).is_none() {
        return Err(Problem::Missing("user not found"));
    }
    let servers = state.servers_of(ask.id(), ask.seen_at);
    let data = servers.into_iter().map(|server| render::for_user(state, server));
    shown_as(200, envelope(&Written::list(data)))
}

/// `PUT /servers/{id}/owner/{user}`.
pub fn change_owner(state: &mut State, ask: &Ask<'_>) -> Handled {
    let id = changeable(state, ask)?.id;
    let owner = ask.second_id();
    if state.users.get(owner).is_none() {
        return Err(Problem::Missing("user not found"));
    }
    state.set_owner(id, owner);
    changed(Answer::empty(201))
}

/// `DELETE /servers/{id}`.
pub fn remove(state: &mut State, ask: &Ask<'_>) -> Handled {
    let delay = ask.number("delay", 0, 43_800)?;
    let id = idle(state, ask)?.id;
    let delay = delay.map_or(state.config.delete_delay, |minutes| {
        Duration::from_secs(minutes * 60)
    });
    state.delete_server_later(id, delay);
    changed(Answer::empty(204))
}

/// `GET /servers/{id}/traffic`.
pub fn traffic(state: &mut State, ask: &Ask<'_>) -> Handled {
    let server = seen(state, ask)?;
    let (received, sent) = server.transferred;
    let month = |(number, start, end): (u64, Moment, Moment)| {
        let present = end >= state.now;
        let (rx, tx) = if present {
            (received, sent)
        } else {
            (1_000_000 * number, 250_000 * number)
        };
        json!({
            "month": number,
            "start": ask.dates.plain(start),
            "end": ask.dates.plain(end),
            "rx": rx,
            "tx": tx,
            "total": rx + tx,
            "limit": server.traffic,
            "blocks": [],
        })
    };
    let monthly: Vec<Value> = render::periods(server.created, state.now)
        .into_iter()
        .map(month)
        .collect();
    shown(200, &json!({ "data": { "monthly": monthly } }))
}
