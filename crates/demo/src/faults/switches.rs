//! The switches that break the simulated panel, in words that a person understands.

use serde_json::{Value, json};

/// One switch.
#[derive(Debug, Clone, Copy)]
pub struct Switch {
    /// Its name in forms.
    pub key: &'static str,
    /// What a person reads.
    pub title: &'static str,
    /// What happens, and what should come of it.
    pub about: &'static str,
    endpoints: &'static [&'static str],
    /// How often it strikes; 0 until it is switched off.
    times: u32,
    /// The share of requests that it strikes, in percent.
    percent: u32,
    fault: fn() -> Value,
}

const CREATE: &[&str] = &["create_server"];
const EVERYWHERE: &[&str] = &[""];
const CHANGES: &[&str] = &[
    "power_boot",
    "power_restart",
    "power_shutdown",
    "power_poweroff",
    "suspend_server",
    "change_package",
];

/// All switches, in the order of the page.
pub const SWITCHES: &[Switch] = &[
    Switch {
        key: "create-reset",
        title: "Lose the answer to the next order",
        about: "The panel makes the machine, then the connection breaks. There must still be one machine in the end.",
        endpoints: CREATE,
        times: 1,
        percent: 100,
        fault: || json!({ "kind": "reset_after" }),
    },
    Switch {
        key: "create-silence",
        title: "Keep silent after the next order",
        about: "The panel makes the machine and never answers. The engine waits half a minute, then looks for itself.",
        endpoints: CREATE,
        times: 1,
        percent: 100,
        fault: || json!({ "kind": "timeout_after" }),
    },
    Switch {
        key: "create-error",
        title: "Answer the next order with error 500, although it was carried out",
        about: "The panel makes the machine and claims that something went wrong.",
        endpoints: CREATE,
        times: 1,
        percent: 100,
        fault: || json!({ "kind": "error_after", "status": 500 }),
    },
    Switch {
        key: "create-cut",
        title: "Cut off the answer to the next order",
        about: "The panel makes the machine; half of the answer arrives.",
        endpoints: CREATE,
        times: 1,
        percent: 100,
        fault: || json!({ "kind": "truncated_body" }),
    },
    Switch {
        key: "create-late",
        title: "Carry out the next order a minute late",
        about: "No answer comes, and the machine appears a minute later, when another may already have been made.",
        endpoints: CREATE,
        times: 1,
        percent: 100,
        fault: || json!({ "kind": "effect_later", "seconds": 60 }),
    },
    Switch {
        key: "build-reset",
        title: "Lose the answer to the next installation",
        about: "The operating system is being installed, and the connection breaks.",
        endpoints: &["build_server"],
        times: 1,
        percent: 100,
        fault: || json!({ "kind": "reset_after" }),
    },
    Switch {
        key: "locked",
        title: "Lock machines for 30 seconds (status 423)",
        about: "The next power action, suspension or package change meets a locked machine, and so do all within 30 seconds.",
        endpoints: CHANGES,
        times: 1,
        percent: 100,
        fault: || json!({ "kind": "locked", "seconds": 30 }),
    },
    Switch {
        key: "denied",
        title: "Deny twice that a machine exists",
        about: "The panel says \"not found\" about a machine that is there. Nobody may believe it at once.",
        endpoints: &["get_server"],
        times: 2,
        percent: 100,
        fault: || json!({ "kind": "false_not_found" }),
    },
    Switch {
        key: "rate",
        title: "Refuse the next three requests for their rate (status 429)",
        about: "The panel asks for a pause of five seconds.",
        endpoints: EVERYWHERE,
        times: 3,
        percent: 100,
        fault: || json!({ "kind": "rate_limited", "retry_after": { "seconds": 5 } }),
    },
    Switch {
        key: "slow",
        title: "Take three seconds for every answer",
        about: "Until it is switched off.",
        endpoints: EVERYWHERE,
        times: 0,
        percent: 100,
        fault: || json!({ "kind": "slow", "seconds": 3 }),
    },
    Switch {
        key: "flaky",
        title: "Fail every fourth request",
        about: "An error 500, at random, without effect. Until it is switched off.",
        endpoints: EVERYWHERE,
        times: 0,
        percent: 25,
        fault: || json!({ "kind": "error_before", "status": 500 }),
    },
];

impl Switch {
    /// The rules that it sets.
    pub fn rules(&self) -> Vec<Value> {
        let rule = |endpoint: &&str| {
            let mut rule = json!({ "fault": (self.fault)() });
            if !endpoint.is_empty() {
                rule["endpoint"] = json!(endpoint);
            }
            if self.times > 0 {
                rule["times"] = json!(self.times);
            }
            if self.percent < 100 {
                rule["probability"] = json!(f64::from(self.percent) / 100.0);
            }
            rule
        };
        self.endpoints.iter().map(rule).collect()
    }

    /// Whether a rule of the simulator is one of this switch's.
    pub fn owns(&self, rule: &Value) -> bool {
        self.rules().iter().any(|own| {
            let same = |field: &str| {
                own.get(field).unwrap_or(&Value::Null) == rule.get(field).unwrap_or(&Value::Null)
            };
            same("endpoint") && same("times") && covers(&rule["fault"], &own["fault"])
        })
    }
}

/// Whether the simulator's form of a fault says all that ours says; it may add defaults.
fn covers(theirs: &Value, ours: &Value) -> bool {
    ours.as_object()
        .is_some_and(|ours| ours.iter().all(|(field, value)| theirs.get(field) == Some(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_has_its_own_name_and_rules_the_simulator_can_read() {
        let mut keys: Vec<&str> = SWITCHES.iter().map(|switch| switch.key).collect();
        keys.dedup();
        assert_eq!(keys.len(), SWITCHES.len());
        for switch in SWITCHES {
            for rule in switch.rules() {
                assert!(rule["fault"]["kind"].is_string(), "{}", switch.key);
                assert!(switch.owns(&rule), "{}", switch.key);
            }
        }
    }

    #[test]
    fn a_switch_knows_its_rule_again_with_the_simulators_defaults() {
        let theirs = json!({
            "endpoint": "create_server", "skip": 0, "times": 1, "probability": 1.0, "seed": 0,
            "fault": { "kind": "error_after", "status": 500, "html": false },
        });
        let owners: Vec<&str> = SWITCHES
            .iter()
            .filter(|switch| switch.owns(&theirs))
            .map(|switch| switch.key)
            .collect();
        assert_eq!(owners, ["create-error"]);
    }
}
