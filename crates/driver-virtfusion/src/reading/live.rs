//! The machine at this moment. What the hypervisor and the guest's agent say differs with the guest's system and is
//! missing as soon as one of them is silent, so every figure is read for itself: none of them spoils the others.

use domain::http::{Outcome, Request};
use domain::machine::Machine;
use domain::observed::{FileSystem, Live, Memory, Observed, Place};
use driver::{Reading, Verdict};
use serde_json::Value;

use crate::loose;
use crate::machine::present;

pub fn read(request: &Request, outcome: &Outcome) -> Result<Reading, Verdict> {
    let machine = present(request, outcome)?.machine;
    let observed = Box::new(Observed::Live(live(&machine)));
    Ok(Reading::Seen {
        observed,
        identity: Some(machine.identity.clone()),
        machine: Some(Box::new(machine)),
    })
}

fn live(machine: &Machine) -> Live {
    let raw = &machine.raw;
    Live {
        power: machine.power,
        cpu_percent: raw
            .pointer("/remoteState/cpu")
            .and_then(float)
            .map(|percent| percent.clamp(0.0, 100.0)),
        memory: memory(raw),
        disk_read: raw.pointer("/remoteState/disk/vda/rd.bytes").and_then(amount),
        disk_written: raw.pointer("/remoteState/disk/vda/wr.bytes").and_then(amount),
        file_systems: file_systems(raw),
        system: text(raw, "/qemuAgent/os/pretty-name"),
        kernel: text(raw, "/qemuAgent/os/kernel-release"),
        place: text(raw, "/hypervisor/group/name").map(|name| Place {
            name,
            icon: text(raw, "/hypervisor/group/icon"),
        }),
        maintenance: raw.pointer("/hypervisor/maintenance").and_then(flag),
    }
}

/// The balloon's figures, or those that Windows has instead; in KB.
fn memory(raw: &Value) -> Memory {
    let figure = |names: &[&str]| {
        let found = |name: &&str| {
            raw.pointer(&format!("/remoteState/memory/{name}"))
                .and_then(amount)
        };
        let kilobytes: u64 = names.iter().find_map(found)?;
        kilobytes.checked_mul(1_024)
    };
    Memory {
        total: figure(&["actual", "memtotal"]),
        unused: figure(&["unused", "memfree"]),
        available: figure(&["available"]),
        resident: figure(&["rss"]),
    }
}

fn file_systems(raw: &Value) -> Option<Vec<FileSystem>> {
    let rows: Vec<&Value> = match raw.pointer("/remoteState/agent/fsinfo")? {
        Value::Array(all) => all.iter().collect(),
        Value::Object(all) => all.values().collect(),
        _ => return None,
    };
    let one = |row: &Value| {
        let word = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        let bytes = |name: &str| row.get(name).and_then(amount);
        row.is_object().then(|| FileSystem {
            name: word("name").to_owned(),
            mount: word("mountpoint").to_owned(),
            kind: word("type").to_owned(),
            used: bytes("used-bytes"),
            total: bytes("total-bytes"),
        })
    };
    Some(FileSystem::of_clients(rows.into_iter().filter_map(one).collect()))
}

fn text(raw: &Value, place: &str) -> Option<String> {
    let text = raw.pointer(place)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn amount(value: &Value) -> Option<u64> {
    loose::amount(value).ok()?
}

fn float(value: &Value) -> Option<f64> {
    loose::decimal(value).ok()??.parse().ok()
}

fn flag(value: &Value) -> Option<bool> {
    loose::flag(value).ok()?
}
