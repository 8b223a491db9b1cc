//! `serverData`: what is known of the machine, from the store. No page view asks the platform.

use domain::machine::Machine;
use domain::observed::{FactKind, GB, Live, Observed, Traffic, TrafficMonth};
use domain::record::Operation;
use engine::Shown;
use serde_json::{Value, json};

use super::seen::observation;
use super::words::Voice;

/// The object that the original's page reads, as far as it is known.
pub fn of(shown: &Shown, voice: Voice<'_>) -> Value {
    let view = &shown.view;
    let machine = view.reading();
    let live = match observation(shown, FactKind::Live) {
        Some((Observed::Live(live), _)) => Some(live),
        _ => None,
    };
    let traffic = match observation(shown, FactKind::Traffic) {
        Some((Observed::Traffic(traffic), _)) => Some(traffic),
        _ => None,
    };
    let mut data = match &machine {
        Some(machine) => known(machine),
        None => unknown(),
    };
    let more = json!({
        "serviceStatus": view.service.status,
        "standing": view.service.standing,
        "vm_state": machine.as_ref().and_then(Machine::state_word),
        "observedAt": view.machine.as_ref().map(|fact| fact.observed_at.to_string()),
        "operation": view.line().next().map(|operation| progress(operation, voice)),
    });
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
        data.extend(more);
    }
    for seen in [of_live(live.as_ref()), of_traffic(traffic.as_ref())] {
        if let (Value::Object(data), Value::Object(seen)) = (&mut data, seen) {
            data.extend(seen);
        }
    }
    data
}

/// What is read of the machine at a moment. Its figures are `null` where nobody says them.
fn of_live(live: Option<&Live>) -> Value {
    let nothing = Live::default();
    let live = live.unwrap_or(&nothing);
    let kilobytes = |bytes: Option<u64>| bytes.map(|bytes| bytes / 1_024);
    let systems = live.file_systems.iter().flatten();
    let systems = systems.map(|system| {
        json!({
            "name": text(Some(&system.name)), "mountpoint": system.mount, "type": system.kind,
            "usedBytes": system.used, "totalBytes": system.total,
        })
    });
    let mut seen = json!({
        "osPretty": live.system,
        "osKernel": live.kernel,
        "osDistro": null,
        "osIcon": null,
        "locationIcon": live.place.as_ref().and_then(|place| place.icon.as_ref()),
        "hypervisorMaintenance": live.maintenance.unwrap_or(false),
        "live": {
            "state": live.power.known().map(|power| power.as_str()),
            "cpu": live.cpu_percent,
            "memoryActualKB": kilobytes(live.memory.total),
            "memoryUnusedKB": kilobytes(live.memory.unused),
            "memoryAvailableKB": kilobytes(live.memory.available),
            "memoryRssKB": kilobytes(live.memory.resident),
            "diskRdBytes": live.disk_read,
            "diskWrBytes": live.disk_written,
            "filesystems": systems.collect::<Vec<_>>(),
        },
        // The page shows a new password where it was asked for; an account's is nobody's to read here.
        "username": "",
        "password": "",
        "builtAt": null,
        "vncEnabled": false,
    });
    if let Some(place) = &live.place {
        seen["location"] = json!(text(Some(&place.name)));
    }
    seen
}

fn of_traffic(traffic: Option<&Traffic>) -> Value {
    let present = traffic.and_then(Traffic::present);
    let used = present.and_then(TrafficMonth::used);
    let shown = used.map(in_gigabytes);
    json!({
        "trafficUsed": shown.as_ref().map_or_else(|| "-".to_owned(), |used| format!("{used} GB")),
        "trafficUsedRaw": shown.and_then(|used| used.parse::<f64>().ok()).unwrap_or(0.0),
    })
}

/// Bytes as gigabytes with at most two decimals: `1.72`, `0`.
fn in_gigabytes(bytes: u64) -> String {
    let hundredths = (u128::from(bytes) * 100 + u128::from(GB / 2)) / u128::from(GB);
    let written = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    written.trim_end_matches('0').trim_end_matches('.').to_owned()
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

fn progress(operation: &Operation, voice: Voice<'_>) -> Value {
    let step = operation.current().map(|index| &operation.steps[index]);
    json!({
        "id": operation.id,
        "kind": operation.kind,
        "state": operation.state,
        "step": step.map(|step| &step.label),
        "stepsDone": operation.current().unwrap_or(operation.steps.len()),
        "steps": operation.steps.len(),
        "reason": voice.stands(operation),
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

#[cfg(test)]
mod tests;
