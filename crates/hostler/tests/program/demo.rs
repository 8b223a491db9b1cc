//! The demo without a person: shop, bridge, engine and panel, each over its own socket.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{program, said};

#[test]
fn the_smoke_takes_one_server_through_its_life_and_its_log_follows_each_click() {
    let output = program()
        .args(["demo", "--smoke"])
        .env("HOSTLER_LOG_FORMAT", "json")
        .env("HOSTLER_LOG_FILTER", "info")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let printed = String::from_utf8(output.stdout).unwrap();
    let report: Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&report["ok"], &report["machines_created"]),
        (&Value::Bool(true), &Value::from(1))
    );
    assert!(report["elapsed_ms"].is_u64());
    let steps: BTreeSet<&str> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|step| step["name"].as_str())
        .collect();
    for step in [
        "order",
        "ready",
        "change package",
        "power cycle",
        "suspend",
        "power refused",
        "unsuspend",
        "terminate",
    ] {
        assert!(steps.contains(step), "{step} is missing: {steps:?}");
    }

    let log = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let creates: Vec<&Value> = lines
        .iter()
        .filter(|line| line["message"] == "platform request" && line["request.name"] == "create_server")
        .collect();
    assert_eq!(creates.len(), 1, "{creates:?}");
    assert!(
        correlation(creates[0]).is_some_and(|id| id.len() >= 16),
        "{}",
        creates[0]
    );
    for secret in [sim::virtfusion::PanelConfig::TOKEN, sim::chance::PLANTED] {
        assert!(!log.contains(secret), "a secret of the panel's is in the log");
    }
}

/// The correlation id of the spans that a line stands in.
fn correlation(line: &Value) -> Option<&str> {
    line["spans"]
        .as_array()?
        .iter()
        .find_map(|span| span["correlation"].as_str())
}
