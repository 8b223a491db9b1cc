//! What a person does in the panel, without the API: for tests, and for the control endpoint as JSON.

use std::net::Ipv4Addr;
use std::time::Duration;

use domain::Moment;
use serde::{Deserialize, Serialize};

use super::body::MEMORY;
use super::books::Full;
use super::record::{Interface, Stage, User, Work};
use super::servers::{Wanted, place};
use super::state::State;

/// One act of a person in the panel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Adds a user.
    CreateUser {
        /// Full name.
        name: String,
        /// Address.
        email: String,
        /// Integer external relation.
        #[serde(default)]
        relation: Option<u64>,
        /// String external relation.
        #[serde(default)]
        relation_text: Option<String>,
    },
    /// Deletes a user with all its servers.
    DeleteUser {
        /// The user.
        user: u64,
    },
    /// Creates a server, unbuilt.
    CreateServer {
        /// The owner.
        owner: u64,
        /// The group.
        group: u64,
        /// The package.
        package: u64,
        /// Whether it gets the id of what was deleted last.
        #[serde(default)]
        reuse_id: bool,
    },
    /// Builds a server, at once.
    Build {
        /// The server.
        server: u64,
        /// Its name.
        name: String,
    },
    /// Switches a server on, suspended or not.
    Boot {
        /// The server.
        server: u64,
    },
    /// Switches a server off.
    PowerOff {
        /// The server.
        server: u64,
    },
    /// Suspends a server.
    Suspend {
        /// The server.
        server: u64,
    },
    /// Lifts a suspension.
    Unsuspend {
        /// The server.
        server: u64,
    },
    /// Deletes a server at once.
    Delete {
        /// The server.
        server: u64,
    },
    /// Gives a server to another user.
    ChangeOwner {
        /// The server.
        server: u64,
        /// The user.
        owner: u64,
    },
    /// Replaces a server by another machine under the same id: a fresh uuid.
    ReplaceUuid {
        /// The server.
        server: u64,
    },
    /// Renames a server.
    Rename {
        /// The server.
        server: u64,
        /// The name.
        name: String,
    },
    /// Changes the memory of a server.
    Resize {
        /// The server.
        server: u64,
        /// MB.
        memory: u64,
    },
    /// Gives a server one more IPv4 address.
    AddAddress {
        /// The server.
        server: u64,
    },
    /// Takes a server's last IPv4 address away, which is the next one's then.
    TakeAddress {
        /// The server.
        server: u64,
    },
    /// Gives a server one more interface.
    AddInterface {
        /// The server.
        server: u64,
        /// How many IPv4 addresses the interface has.
        ipv4: u32,
        /// Whether it has an IPv6 subnet.
        #[serde(default)]
        ipv6: bool,
    },
    /// Gives a server one more host address inside the IPv6 subnet of its first interface, which it gets where it has
    /// none.
    AddHostAddress {
        /// The server.
        server: u64,
    },
    /// Locks a server against changes.
    Lock {
        /// The server.
        server: u64,
        /// Seconds.
        seconds: u64,
    },
    /// Makes a server's guest ignore shutdowns, or heed them again.
    IgnoreShutdown {
        /// The server.
        server: u64,
        /// Whether.
        ignore: bool,
    },
    /// Sets what a server transferred in this period.
    Transfer {
        /// The server.
        server: u64,
        /// Bytes received.
        received: u64,
        /// Bytes sent.
        sent: u64,
    },
    /// Makes the next builds fail.
    FailBuilds {
        /// How many.
        count: u32,
    },
    /// Cuts the panel off from a hypervisor, or reaches it again.
    Reach {
        /// The hypervisor.
        hypervisor: u64,
        /// Whether it is reached.
        reachable: bool,
    },
    /// Opens or closes a group to orders.
    EnableGroup {
        /// The group.
        group: u64,
        /// Whether.
        enabled: bool,
    },
}

/// A person cannot do that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// There is no such server, user, group, package or hypervisor.
    Unknown(&'static str),
    /// The books are full.
    Full,
    /// The name, address or relation is taken, or the value is out of range.
    Invalid(&'static str),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(what) => write!(f, "there is no such {what}"),
            Self::Full => f.write_str("no hypervisor has the room"),
            Self::Invalid(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Refused {}

impl From<Full> for Refused {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

/// Carries out an act; the id of what it made or touched.
pub fn act(state: &mut State, act: Act) -> Result<u64, Refused> {
    match act {
        Act::CreateUser {
            name,
            email,
            relation,
            relation_text,
        } => create_user(state, name, email, relation, relation_text),
        Act::DeleteUser { user } => delete_user(state, user),
        Act::CreateServer {
            owner,
            group,
            package,
            reuse_id,
        } => create_server(state, owner, (group, package), reuse_id),
        Act::FailBuilds { count } => {
            state.failing_builds = count;
            Ok(0)
        }
        Act::Reach {
            hypervisor,
            reachable,
        } => {
            let found = state
                .books
                .hypervisors
                .get_mut(&hypervisor)
                .ok_or(Refused::Unknown("hypervisor"))?;
            found.reachable = reachable;
            Ok(hypervisor)
        }
        Act::EnableGroup { group, enabled } => {
            state
                .books
                .groups
                .get_mut(&group)
                .ok_or(Refused::Unknown("group"))?
                .enabled = enabled;
            Ok(group)
        }
        Act::Resize { server, memory } => resize(state, server, memory),
        Act::AddAddress { server } => {
            let more = more_addresses(state, server, 1)?;
            state.change_server(server, |record| record.ipv4.extend(more));
            Ok(server)
        }
        Act::TakeAddress { server } => {
            let record = state.servers.get(server).ok_or(Refused::Unknown("server"))?;
            let (hypervisor, last) = (record.hypervisor, record.ipv4.last().copied());
            state.change_server(server, |record| {
                record.ipv4.truncate(record.ipv4.len().saturating_sub(1));
            });
            state.books.give_back(hypervisor, last);
            Ok(server)
        }
        Act::AddInterface { server, ipv4, ipv6 } => {
            let ipv4 = more_addresses(state, server, ipv4)?;
            let interface = Interface { ipv4, ipv6 };
            state.change_server(server, |record| record.secondary.push(interface));
            Ok(server)
        }
        Act::ChangeOwner { server, owner } => {
            known(state, server)?;
            state.users.get(owner).ok_or(Refused::Unknown("user"))?;
            state.set_owner(server, owner);
            Ok(server)
        }
        other => on_server(state, other),
    }
}

fn known(state: &State, server: u64) -> Result<(), Refused> {
    state
        .servers
        .get(server)
        .map(|_| ())
        .ok_or(Refused::Unknown("server"))
}

fn on_server(state: &mut State, act: Act) -> Result<u64, Refused> {
    let (Act::Build { server, .. }
    | Act::Boot { server }
    | Act::PowerOff { server }
    | Act::Suspend { server }
    | Act::Unsuspend { server }
    | Act::Delete { server }
    | Act::ReplaceUuid { server }
    | Act::Rename { server, .. }
    | Act::AddHostAddress { server }
    | Act::Lock { server, .. }
    | Act::IgnoreShutdown { server, .. }
    | Act::Transfer { server, .. }) = act
    else {
        return Err(Refused::Invalid("not an act on one server"));
    };
    known(state, server)?;
    let (now, uuid) = (state.now, state.uuid());
    match act {
        Act::Suspend { .. } => {
            state.start(server, Work::Suspend);
        }
        Act::Unsuspend { .. } => {
            state.start(server, Work::Unsuspend);
        }
        Act::Delete { .. } => state.delete_server(server),
        act => state.change_server(server, |record| match act {
            Act::Build { name, .. } => {
                (record.stage, record.built) = (Stage::Complete, Some(now));
                (record.running, record.name) = (true, name);
            }
            Act::Boot { .. } => record.running = true,
            Act::PowerOff { .. } => record.running = false,
            Act::ReplaceUuid { .. } => record.uuid = uuid,
            Act::Rename { name, .. } => record.name = name,
            Act::AddHostAddress { .. } => {
                record.ipv6 = true;
                record.add_host();
            }
            Act::Lock { seconds, .. } => record.locked_until = Some(now + Duration::from_secs(seconds)),
            Act::IgnoreShutdown { ignore, .. } => record.ignores_shutdown = ignore,
            Act::Transfer { received, sent, .. } => record.transferred = (received, sent),
            _ => {}
        }),
    }
    Ok(server)
}

fn create_user(
    state: &mut State,
    name: String,
    email: String,
    relation: Option<u64>,
    relation_text: Option<String>,
) -> Result<u64, Refused> {
    let taken = state.by_email.contains_key(&email.to_lowercase())
        || relation.is_some_and(|relation| state.by_relation.contains_key(&relation))
        || relation_text
            .as_ref()
            .is_some_and(|text| state.by_relation_text.contains_key(text));
    if taken {
        return Err(Refused::Invalid("the address or relation is taken"));
    }
    let id = state.next("user");
    let (created, updated) = (state.now, state.now);
    state.insert_user(User {
        id,
        relation,
        relation_text,
        name,
        email,
        self_service: 0,
        enabled: true,
        created,
        updated,
    });
    Ok(id)
}

fn delete_user(state: &mut State, user: u64) -> Result<u64, Refused> {
    state.users.get(user).ok_or(Refused::Unknown("user"))?;
    let everything = Moment::from_micros(i64::MAX);
    let servers: Vec<u64> = state
        .servers_of(user, everything)
        .iter()
        .map(|server| server.id)
        .collect();
    for server in servers {
        state.delete_server(server);
    }
    state.delete_user(user);
    Ok(user)
}

fn create_server(
    state: &mut State,
    owner: u64,
    (group, package): (u64, u64),
    reuse_id: bool,
) -> Result<u64, Refused> {
    state.users.get(owner).ok_or(Refused::Unknown("user"))?;
    let package = state
        .package(package)
        .cloned()
        .ok_or(Refused::Unknown("package"))?;
    state.books.groups.get(&group).ok_or(Refused::Unknown("group"))?;
    let wanted = Wanted {
        owner,
        group,
        package,
        ipv4: 1,
        additional: Vec::new(),
        network_profile: 0,
    };
    let id = place(state, &wanted, reuse_id).map_err(|_| Refused::Full)?;
    if reuse_id {
        // A panel whose old readings showed somebody else's machine under the id it gives away again could be used by
        // nobody.
        state.oldest_reading = state.now;
    }
    state.totals.servers_made_by_hand += 1;
    Ok(id)
}

fn resize(state: &mut State, server: u64, memory: u64) -> Result<u64, Refused> {
    if !MEMORY.contains(&memory) {
        return Err(Refused::Invalid("the memory is out of range"));
    }
    let record = state.servers.get(server).ok_or(Refused::Unknown("server"))?;
    let (hypervisor, old) = (record.hypervisor, record.share());
    state
        .books
        .resize(hypervisor, old, super::books::Share { memory, ..old })?;
    state.change_server(server, |record| record.memory = memory);
    Ok(server)
}

/// Takes addresses for a server.
fn more_addresses(state: &mut State, server: u64, count: u32) -> Result<Vec<Ipv4Addr>, Refused> {
    let record = state.servers.get(server).ok_or(Refused::Unknown("server"))?;
    let more = state.books.more_addresses(record.hypervisor, count);
    more.ok_or(Refused::Full)
}
