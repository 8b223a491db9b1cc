//! A server of the panel as a [`Machine`].

use domain::Fact;
use domain::http::{Outcome, Request};
use domain::machine::{Identity, Machine, MachineStatus, Power};
use domain::time::Moment;
use driver::Verdict;
use serde_json::Value;

use crate::addresses;
use crate::answer;
use crate::mask::mask;
use crate::wire::{Server, Single};

/// The user who may do everything on most systems.
pub const ADMINISTRATOR: &str = "root";
/// The same on Windows.
pub const WINDOWS_ADMINISTRATOR: &str = "Administrator";

/// A server that was read, as the panel's object and in our words.
#[derive(Debug)]
pub struct Sight {
    /// The panel's object.
    pub server: Server,
    /// The same in our words.
    pub machine: Machine,
}

/// Reads the answer to a read of one server: `None` when the panel says that there is no such server.
pub fn sight(request: &Request, outcome: &Outcome) -> Result<Option<Sight>, Verdict> {
    if answer::names_missing_server(outcome) {
        return Ok(None);
    }
    let response = answer::success(request, outcome)?;
    let server = answer::body::<Single<Server>>(request, response)?.data;
    answer::is_about(request, "server", server.id)?;
    let mut raw: Value = answer::body::<Single<Value>>(request, response)?.data;
    mask(&mut raw);
    let machine = machine(&server, raw);
    Ok(Some(Sight { server, machine }))
}

/// The same of a server that must be there: one that is not ends the step.
pub fn present(request: &Request, outcome: &Outcome) -> Result<Sight, Verdict> {
    sight(request, outcome)?.ok_or_else(answer::gone)
}

/// A server in our words.
pub fn machine(server: &Server, raw: Value) -> Machine {
    let resources = server
        .settings
        .as_ref()
        .and_then(|settings| settings.resources.as_ref());
    let addresses = addresses::all(server);
    Machine {
        identity: identity(server),
        status: status(server),
        name: server.name.clone().unwrap_or_default(),
        hostname: server.hostname.clone().filter(|name| !name.is_empty()),
        suspended: Fact::from_option(server.suspended),
        power: power(server),
        busy: server.tasks.as_ref().and_then(|tasks| tasks.active) == Some(true)
            || status(server) == MachineStatus::Building,
        ipv4: addresses.ipv4,
        ipv6: addresses.ipv6,
        package: None,
        location: group(server).map(|group| group.to_string()),
        memory_mb: resources.and_then(|resources| resources.memory),
        cores: cores(server),
        storage_gb: storage(server),
        traffic_gb: resources.and_then(|resources| resources.traffic),
        os: server
            .os
            .as_ref()
            .and_then(|os| os.template_name.clone())
            .filter(|name| !name.is_empty()),
        created: server.created.as_deref().and_then(Moment::parse),
        raw,
    }
}

/// What proves that a server is still the same.
pub fn identity(server: &Server) -> Identity {
    Identity {
        id: server.id.to_string(),
        unchangeable: server.uuid.clone().unwrap_or_default(),
        owner: owner(server).map(|owner| owner.to_string()).unwrap_or_default(),
    }
}

/// The owning user's id.
pub fn owner(server: &Server) -> Option<u64> {
    server
        .owner_id
        .or_else(|| server.owner.as_ref().and_then(|owner| owner.id))
}

/// The hypervisor group's id.
pub fn group(server: &Server) -> Option<u64> {
    server
        .hypervisor
        .as_ref()
        .and_then(|hypervisor| hypervisor.group_id)
}

/// The user inside a machine who may do everything.
pub fn administrator(server: &Server) -> &'static str {
    let template = server.os.as_ref().and_then(|os| os.template_name.as_deref());
    let agent = server.qemu_agent.as_ref().and_then(|agent| agent.os.as_ref());
    let names = [
        template,
        agent.and_then(|os| os.pretty_name.as_deref()),
        agent.and_then(|os| os.id.as_deref()),
    ];
    if names.into_iter().flatten().any(is_windows) {
        WINDOWS_ADMINISTRATOR
    } else {
        ADMINISTRATOR
    }
}

/// Whether a system's name or type is one of Windows.
pub fn is_windows(name: &str) -> bool {
    name.to_ascii_lowercase().contains("windows")
}

/// Processor cores, as given or as the machine has them.
pub fn cores(server: &Server) -> Option<u64> {
    let given = server
        .settings
        .as_ref()
        .and_then(|settings| settings.resources.as_ref());
    given
        .and_then(|resources| resources.cpu_cores)
        .or_else(|| server.cpu.as_ref().and_then(|cpu| cpu.cores))
}

fn storage(server: &Server) -> Option<u64> {
    let given = server
        .settings
        .as_ref()
        .and_then(|settings| settings.resources.as_ref());
    given.and_then(|resources| resources.storage).or_else(|| {
        let primary = server.storage.iter().find(|disk| disk.primary == Some(true));
        primary.or(server.storage.first()).and_then(|disk| disk.capacity)
    })
}

/// How far its life has come. A failed build wins over the state's word, which may be that of the build before.
fn status(server: &Server) -> MachineStatus {
    if server.build_failed == Some(true) {
        return MachineStatus::Failed;
    }
    match server.state.as_deref() {
        Some("allocated") => MachineStatus::Allocated,
        Some("queued" | "building" | "rebuilding" | "installing" | "pending" | "processing") => {
            MachineStatus::Building
        }
        Some("complete" | "completed") => MachineStatus::Ready,
        Some("failed") => MachineStatus::Failed,
        Some("deleting" | "destroying") => MachineStatus::Deleting,
        _ => MachineStatus::Unclear,
    }
}

/// Whether it runs, by the hypervisor's words; states in between are unknown.
fn power(server: &Server) -> Fact<Power> {
    let state = server
        .remote_state
        .as_ref()
        .and_then(|remote| remote.state.as_deref());
    match state {
        Some("running" | "idle" | "blocked") => Fact::Known(Power::On),
        Some("shutoff" | "shut off" | "stopped" | "off" | "crashed") => Fact::Known(Power::Off),
        _ => Fact::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Machine {
        let server: Server = serde_json::from_str(json).expect("a server");
        machine(&server, Value::Null)
    }

    #[test]
    fn a_full_server_is_read_in_our_words() {
        let machine = read(
            r#"{"id":"70","ownerId":3,"uuid":"u-1","name":"web","hostname":"web.example.net","state":"complete",
                "commissionStatus":3,"suspended":0,"buildFailed":false,"created":"2026-01-10T21:25:58+00:00",
                "settings":{"resources":{"memory":"2048","storage":40,"traffic":2000,"cpuCores":2}},
                "network":{"interfaces":[{"ipv4":[{"address":"203.0.113.5"}],"ipv6":[{"subnet":"2001:db8:1::","cidr":64}]}]},
                "hypervisor":{"groupId":2},"tasks":{"active":false},"remoteState":{"state":"running"},"new":{}}"#,
        );
        assert_eq!(
            machine.identity,
            Identity {
                id: "70".into(),
                unchangeable: "u-1".into(),
                owner: "3".into()
            }
        );
        assert_eq!(machine.status, MachineStatus::Ready);
        assert_eq!(machine.suspended, Fact::Known(false));
        assert_eq!(machine.power, Fact::Known(Power::On));
        assert_eq!(machine.ipv4, ["203.0.113.5"]);
        assert_eq!(machine.ipv6, ["2001:db8:1::/64"]);
        assert_eq!(machine.location.as_deref(), Some("2"));
        assert_eq!(
            (machine.memory_mb, machine.cores, machine.storage_gb),
            (Some(2048), Some(2), Some(40))
        );
    }

    #[test]
    fn a_server_that_says_little_is_unknown_and_never_zero() {
        let machine = read(r#"{"id":70,"remoteState":false,"settings":[],"network":null}"#);
        assert_eq!(machine.status, MachineStatus::Unclear);
        assert_eq!(machine.suspended, Fact::Unknown);
        assert_eq!(machine.power, Fact::Unknown);
        assert_eq!(
            (machine.memory_mb, machine.cores, machine.storage_gb),
            (None, None, None)
        );
        assert_eq!(machine.identity.owner, "");
    }

    #[test]
    fn a_failed_build_is_failed_whatever_the_state_says() {
        let machine = read(r#"{"id":70,"state":"complete","buildFailed":1}"#);
        assert_eq!(machine.status, MachineStatus::Failed);
    }
}
