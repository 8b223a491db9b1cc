//! A virtual machine of Katapult as a [`Machine`].

use domain::http::{Outcome, Request};
use domain::machine::{Identity, Machine, MachineStatus, Power};
use domain::time::Moment;
use domain::{Fact, Secret};
use driver::{Login, Verdict};
use serde_json::Value;

use crate::answer;
use crate::mask::mask;
use crate::wire::{Annotation, OneMachine, TrashObject, VirtualMachine};

/// The user whose first password a machine comes with.
pub const FIRST_USER: &str = "root";

/// Megabytes in a gigabyte.
const MB_PER_GB: u64 = 1024;

/// What a read of one machine showed.
#[derive(Debug)]
pub enum Look {
    /// The machine.
    Here(Box<Sight>),
    /// It was deleted and can be fetched back.
    Trashed,
    /// There is no such machine.
    Gone,
}

/// A machine that was read, as Katapult's object and in our words.
#[derive(Debug)]
pub struct Sight {
    /// Katapult's object.
    pub vm: VirtualMachine,
    /// What was written to it.
    pub annotations: Vec<Annotation>,
    /// The same in our words.
    pub machine: Machine,
}

impl Sight {
    /// How its owner logs in, where it has its first password.
    pub fn login(&self) -> Option<Login> {
        let password = self.vm.initial_root_password.as_ref()?;
        (!password.is_empty()).then(|| Login {
            user: FIRST_USER.to_owned(),
            password: Secret::new(password.expose()),
        })
    }

    /// The value of an annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        let found = self.annotations.iter().find(|annotation| annotation.key == key);
        found?.value.as_deref()
    }

    /// Whose organization it lies in.
    pub fn organization(&self) -> Option<&str> {
        self.vm
            .organization
            .as_ref()
            .map(|organization| organization.id.as_str())
    }
}

/// Reads the answer to a read of one machine by its id.
pub fn look(request: &Request, outcome: &Outcome) -> Result<Look, Verdict> {
    if answer::says(outcome, 404, answer::NO_MACHINE) {
        return Ok(Look::Gone);
    }
    if let Some((406, problem)) = answer::refused_with(outcome)
        && problem.code == answer::IN_TRASH
    {
        let told = problem.detail.get("trash_object").cloned().unwrap_or_default();
        let object = serde_json::from_value::<TrashObject>(told).ok();
        if let Some(id) = object.and_then(|object| object.object_id) {
            answer::is_about(request, "virtual_machine", "id", &id)?;
        }
        return Ok(Look::Trashed);
    }
    let response = answer::success(request, outcome)?;
    let read: OneMachine = answer::body(request, response)?;
    answer::is_about(request, "virtual_machine", "id", &read.virtual_machine.id)?;
    let mut raw: Value = answer::body(request, response)?;
    mask(request, &mut raw);
    let raw = raw
        .get_mut("virtual_machine")
        .map(Value::take)
        .unwrap_or_default();
    let owner = read.virtual_machine.organization.as_ref();
    let owner = owner
        .map(|organization| organization.id.clone())
        .unwrap_or_default();
    let machine = machine(&read.virtual_machine, owner, raw);
    Ok(Look::Here(Box::new(Sight {
        vm: read.virtual_machine,
        annotations: read.annotations,
        machine,
    })))
}

/// A machine in our words. A row of a list does not say whose it is, but the list does.
pub fn machine(vm: &VirtualMachine, owner: String, raw: Value) -> Machine {
    let addresses: Vec<String> = vm
        .ip_addresses
        .iter()
        .flatten()
        .map(|ip| ip.address.clone())
        .filter(|address| !address.is_empty())
        .collect();
    let (ipv6, ipv4) = addresses.into_iter().partition(|address| address.contains(':'));
    let package = vm.package.as_ref();
    Machine {
        identity: Identity {
            id: vm.id.clone(),
            // Katapult never uses an id again, so it is what proves that a machine is still the same.
            unchangeable: vm.id.clone(),
            owner,
        },
        status: status(vm),
        name: vm.name.clone().unwrap_or_default(),
        hostname: vm
            .fqdn
            .clone()
            .or_else(|| vm.hostname.clone())
            .filter(|name| !name.is_empty()),
        // What Katapult calls suspended is its own doing and not ours.
        suspended: Fact::Unknown,
        power: power(vm.state.as_deref()),
        busy: is_busy(vm.state.as_deref()),
        ipv4,
        ipv6,
        package: package.and_then(|package| package.permalink.clone()),
        location: data_center(vm).map(ToOwned::to_owned),
        memory_mb: vm.memory_in_gb.and_then(|memory| memory.checked_mul(MB_PER_GB)),
        cores: vm.cpu_cores,
        storage_gb: None,
        traffic_gb: package.and_then(|package| package.monthly_bandwidth_allowance_in_gb),
        os: None,
        created: vm.created_at.map(Moment::from_seconds),
        raw,
    }
}

/// The permalink of the data center that a machine stands in.
pub fn data_center(vm: &VirtualMachine) -> Option<&str> {
    vm.zone.as_ref()?.data_center.as_ref()?.permalink.as_deref()
}

/// How far its life has come. Whether it is built is its build's to say; one with a state that only built machines have
/// is taken for built.
fn status(vm: &VirtualMachine) -> MachineStatus {
    match vm.state.as_deref() {
        Some(
            "started" | "starting" | "stopped" | "stopping" | "shutting_down" | "resetting" | "migrating"
            | "transferring",
        ) => MachineStatus::Ready,
        Some("allocated" | "allocating") => MachineStatus::Building,
        Some("failed") => MachineStatus::Failed,
        _ => MachineStatus::Unclear,
    }
}

/// Whether it runs; states in between are unknown.
fn power(state: Option<&str>) -> Fact<Power> {
    match state {
        Some("started") => Fact::Known(Power::On),
        Some("stopped") => Fact::Known(Power::Off),
        _ => Fact::Unknown,
    }
}

/// Whether Katapult is at work on it.
fn is_busy(state: Option<&str>) -> bool {
    matches!(
        state,
        Some(
            "starting"
                | "stopping"
                | "shutting_down"
                | "resetting"
                | "migrating"
                | "transferring"
                | "allocating"
        )
    )
}

#[cfg(test)]
mod tests {
    use domain::http::Response;
    use serde_json::json;

    use super::*;
    use crate::requests;

    fn answered(status: u16, body: &Value) -> Outcome {
        Outcome::Answered(Response {
            status,
            body: body.to_string(),
            retry_after: None,
        })
    }

    fn read(body: &Value) -> Result<Look, Verdict> {
        look(&requests::read_machine("vm_1"), &answered(200, body))
    }

    #[test]
    fn kt_059_kt_060_a_full_machine_is_read_in_our_words_without_its_password() {
        let body = json!({ "virtual_machine": {
            "id": "vm_1", "name": "web", "hostname": "web", "fqdn": "web.abc.katapult.cloud", "created_at": 1_790_000_012,
            "initial_root_password": "k3Jd8sQpWx", "state": "started", "suspended": false, "memory_in_gb": 3, "cpu_cores": 1,
            "organization": { "id": "org_1", "managed": true },
            "zone": { "data_center": { "permalink": "uk-lon-01" } },
            "package": { "permalink": "rock-3", "monthly_bandwidth_allowance_in_gb": 2048 },
            "ip_addresses": [{ "address": "192.0.2.10" }, { "address": "2001:db8::1" }, { "address": "192.0.2.11" }],
        }, "annotations": [{ "key": "hostler-service", "value": "hostler:main:17:1" }] });
        let Ok(Look::Here(sight)) = read(&body) else {
            panic!("not read");
        };
        let machine = &sight.machine;
        assert_eq!(
            (machine.identity.id.as_str(), machine.identity.owner.as_str()),
            ("vm_1", "org_1")
        );
        assert_eq!(machine.hostname.as_deref(), Some("web.abc.katapult.cloud"));
        assert_eq!(machine.ipv4, ["192.0.2.10", "192.0.2.11"]);
        assert_eq!(machine.ipv6, ["2001:db8::1"]);
        assert_eq!(
            (machine.memory_mb, machine.cores, machine.traffic_gb),
            (Some(3072), Some(1), Some(2048))
        );
        assert_eq!(
            (machine.power, machine.suspended),
            (Fact::Known(Power::On), Fact::Unknown)
        );
        assert_eq!(machine.location.as_deref(), Some("uk-lon-01"));
        assert!(!machine.raw.to_string().contains("k3Jd8sQpWx"));
        assert!(!format!("{sight:?}").contains("k3Jd8sQpWx"));
        let login = sight.login().expect("a login");
        assert_eq!(
            (login.user.as_str(), login.password.expose()),
            ("root", "k3Jd8sQpWx")
        );
        assert_eq!(sight.annotation("hostler-service"), Some("hostler:main:17:1"));
    }

    #[test]
    fn kt_117_a_machine_that_says_little_is_unknown_and_never_off() {
        let Ok(Look::Here(sight)) = read(&json!({ "virtual_machine": { "id": "vm_1" } })) else {
            panic!("not read");
        };
        assert_eq!(sight.machine.status, MachineStatus::Unclear);
        assert!(sight.machine.power.is_unknown() && sight.login().is_none() && !sight.machine.busy);
        for state in ["starting", "shutting_down", "orphaned", "paused", ""] {
            let body = json!({ "virtual_machine": { "id": "vm_1", "state": state } });
            let Ok(Look::Here(sight)) = read(&body) else {
                panic!("not read");
            };
            assert!(sight.machine.power.is_unknown(), "{state}");
        }
    }

    #[test]
    fn kt_089_gone_and_trashed_are_told_apart_from_each_other_and_from_everything_else() {
        let refused = |status, code: &str, detail: Value| {
            let body = json!({ "error": { "code": code, "description": "no", "detail": detail } });
            look(&requests::read_machine("vm_1"), &answered(status, &body))
        };
        assert!(matches!(
            refused(404, "virtual_machine_not_found", json!({})),
            Ok(Look::Gone)
        ));
        assert!(matches!(
            refused(406, "object_in_trash", json!({})),
            Ok(Look::Trashed)
        ));
        let ours = json!({ "trash_object": { "id": "trsh_1", "object_id": "vm_1" } });
        assert!(matches!(refused(406, "object_in_trash", ours), Ok(Look::Trashed)));
        let another = json!({ "trash_object": { "id": "trsh_1", "object_id": "vm_2" } });
        for (status, code, detail) in [
            (406, "object_in_trash", another),
            (404, "route_not_found", json!({})),
            (404, "organization_not_found", json!({})),
            (403, "permission_denied", json!({})),
        ] {
            let verdict = refused(status, code, detail).expect_err("nothing is shown");
            assert!(matches!(verdict, Verdict::Unknown(_)), "{code}: {verdict:?}");
        }
        let page = Outcome::Answered(Response {
            status: 404,
            body: "<html>".to_owned(),
            retry_after: None,
        });
        assert!(matches!(
            look(&requests::read_machine("vm_1"), &page),
            Err(Verdict::Unknown(_))
        ));
    }

    #[test]
    fn an_answer_about_another_machine_is_no_answer() {
        assert!(matches!(
            read(&json!({ "virtual_machine": { "id": "vm_2" } })),
            Err(Verdict::Unknown(_))
        ));
    }
}
