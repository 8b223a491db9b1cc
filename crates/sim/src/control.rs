//! The control endpoint: faults, outages, calls, books and a person's hand, from outside and as JSON.
//!
//! | request | does |
//! |---|---|
//! | `GET /_sim/` | the time, the endpoints that rules may aim at, the outage |
//! | `GET`, `POST`, `DELETE /_sim/faults[/{id}]` | lists, sets (a [`FaultRule`]), removes fault rules |
//! | `GET`, `DELETE /_sim/calls` | the received calls; forgets them |
//! | `GET /_sim/books` | the platform's books |
//! | `POST /_sim/hand` | does what a person would do in the panel |
//! | `POST`, `DELETE /_sim/outage` | begins (`{"outage":"refused","seconds":10}`) or ends an outage |

use std::time::Duration;

use domain::Moment;
use domain::http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::fault::FaultRule;
use crate::platform::{Outage, Platform};
use crate::wire::{Answer, Incoming};

/// Where the control endpoint lives.
pub const BASE: &str = "/_sim";

/// `POST /_sim/outage`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutageOrder {
    outage: Outage,
    seconds: u64,
}

/// The answer to a control request; `None` when the request is not for the control endpoint.
pub fn answer(platform: &dyn Platform, now: Moment, incoming: &Incoming) -> Option<Answer> {
    let path = incoming.path.strip_prefix(BASE)?;
    if !path.is_empty() && !path.starts_with('/') {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let done = match (incoming.method, parts.as_slice()) {
        (Method::Get, []) => Ok(json!({
            "now": now,
            "endpoints": platform.endpoints(),
            "outage": platform.outage(now),
        })),
        (Method::Get, ["faults"]) => Ok(json!(platform.faults())),
        (Method::Post, ["faults"]) => read(incoming)
            .and_then(|rule| add(platform, rule))
            .map(|id| json!({ "id": id })),
        (Method::Delete, ["faults"]) => {
            platform.clear_faults();
            Ok(json!({}))
        }
        (Method::Delete, ["faults", id]) => remove(platform, id),
        (Method::Get, ["calls"]) => Ok(json!(platform.calls())),
        (Method::Delete, ["calls"]) => {
            platform.clear_calls();
            Ok(json!({}))
        }
        (Method::Get, ["books"]) => Ok(platform.books(now)),
        (Method::Post, ["hand"]) => read(incoming).and_then(|action| platform.act(now, action)),
        (Method::Post, ["outage"]) => read(incoming).map(|OutageOrder { outage, seconds }| {
            platform.set_outage(Some((outage, now + Duration::from_secs(seconds))));
            json!({})
        }),
        (Method::Delete, ["outage"]) => {
            platform.set_outage(None);
            Ok(json!({}))
        }
        _ => {
            return Some(Answer::json(
                404,
                &json!({ "error": "there is no such control request" }),
            ));
        }
    };
    Some(match done {
        Ok(value) => Answer::json(200, &value),
        Err(error) => Answer::json(400, &json!({ "error": error })),
    })
}

fn read<T: DeserializeOwned>(incoming: &Incoming) -> Result<T, String> {
    serde_json::from_slice(&incoming.body).map_err(|error| error.to_string())
}

/// A rule that aims at nothing would never strike, and a test that relies on it would prove nothing.
fn add(platform: &dyn Platform, rule: FaultRule) -> Result<u64, String> {
    match &rule.endpoint {
        Some(name) if !platform.endpoints().contains(&name.as_str()) => {
            Err(format!("there is no endpoint \"{name}\"; GET {BASE}/ lists them"))
        }
        _ => Ok(platform.add_fault(rule)),
    }
}

fn remove(platform: &dyn Platform, id: &str) -> Result<Value, String> {
    let number = id
        .parse()
        .map_err(|_| format!("\"{id}\" is not the id of a rule"))?;
    if platform.remove_fault(number) {
        Ok(json!({}))
    } else {
        Err(format!("there is no rule {number}"))
    }
}
