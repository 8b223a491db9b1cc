//! `serverData`: what is known of the machine, from the store. No page view asks the platform.

use domain::case::ServiceView;
use domain::machine::Machine;
use domain::record::Operation;
use serde_json::{Value, json};

/// The object that the original's page reads, as far as it is known.
pub fn of(view: &ServiceView) -> Value {
    let machine = view.reading();
    let mut data = match &machine {
        Some(machine) => known(machine),
        None => unknown(),
    };
    let more = json!({
        "serviceStatus": view.service.status,
        "standing": view.service.standing,
        "vm_state": machine.as_ref().and_then(Machine::state_word),
        "observedAt": view.machine.as_ref().map(|fact| fact.observed_at.to_string()),
        "operation": view.line().next().map(progress),
    });
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
        data.extend(more);
    }
    data
}

fn known(machine: &Machine) -> Value {
    json!({
        "name": text(Some(&machine.name)),
        "hostname": text(machine.hostname.as_deref()),
        "memory": amount(machine.memory_mb, "MB"),
        "memoryRaw": machine.memory_mb.unwrap_or(0),
        "cpu": amount(machine.cores, "Core(s)"),
        "cpuRaw": machine.cores.unwrap_or(0),
        "storage": amount(machine.storage_gb, "GB"),
        "storageRaw": machine.storage_gb.unwrap_or(0),
        "traffic": match machine.traffic_gb {
            Some(0) => "Unmetered".to_owned(),
            amount => self::amount(amount, "GB"),
        },
        "trafficRaw": machine.traffic_gb.unwrap_or(0),
        "status": machine.status,
        "powerStatus": machine.power.known().map_or("unknown", |power| power.as_str()),
        "busy": machine.busy,
        "suspended": machine.suspended.known(),
        "primaryNetwork": {
            "ipv4": joined(&machine.ipv4),
            "ipv4Unformatted": or_dash(&machine.ipv4),
            "ipv6": joined(&machine.ipv6),
            "ipv6Unformatted": machine.ipv6,
        },
        "osName": text(machine.os.as_deref()),
        "location": text(machine.location.as_deref()),
        "createdAt": machine.created.map(|created| created.to_string()),
    })
}

fn unknown() -> Value {
    json!({
        "name": "-", "hostname": "-", "memory": "-", "cpu": "-", "storage": "-", "traffic": "-",
        "memoryRaw": 0, "cpuRaw": 0, "storageRaw": 0, "trafficRaw": 0,
        "status": "unknown", "powerStatus": "unknown", "busy": false, "suspended": null,
        "primaryNetwork": { "ipv4": "-", "ipv4Unformatted": ["-"], "ipv6": "-", "ipv6Unformatted": [] },
        "osName": "-", "location": "-", "createdAt": null,
    })
}

fn progress(operation: &Operation) -> Value {
    let step = operation.current().map(|index| &operation.steps[index]);
    json!({
        "id": operation.id,
        "kind": operation.kind,
        "state": operation.state,
        "step": step.map(|step| &step.label),
        "stepsDone": operation.current().unwrap_or(operation.steps.len()),
        "steps": operation.steps.len(),
        "reason": super::words::reason(&operation.reason),
    })
}

fn text(value: Option<&str>) -> &str {
    value.filter(|value| !value.is_empty()).unwrap_or("-")
}

fn amount(value: Option<u64>, unit: &str) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value} {unit}"))
}

fn joined(values: &[String]) -> String {
    or_dash(values).join(", ")
}

fn or_dash(values: &[String]) -> Vec<String> {
    if values.is_empty() {
        vec!["-".to_owned()]
    } else {
        values.to_vec()
    }
}
