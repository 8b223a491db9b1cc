//! The switches that break the simulated panel, and the connection to the engine.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};

use super::sorry;
use super::visitor::{Posted, Visitor};
use crate::faults::{SWITCHES, SimControl, Switch};
use crate::shop::Shop;

/// How long the panel is taken away.
const OUTAGE: u64 = 30;

pub async fn page(State(shop): State<Shop>, visitor: Visitor) -> Response {
    let connection = match shop.check_connection(&visitor.admin()).await {
        Ok(engine) => {
            let word = |field: &str| engine[field].as_str().unwrap_or("unknown").to_owned();
            json!({ "ok": true, "version": word("engine_version"), "installation": word("installation") })
        }
        Err(error) => json!({ "ok": false, "sentence": error.to_string() }),
    };
    let (set, problem) = match &shop.sim {
        None => (Vec::new(), None),
        Some(sim) => match sim.faults().await {
            Ok(set) => (set, None),
            Err(problem) => (Vec::new(), Some(problem)),
        },
    };
    let values = json!({
        "csrf": visitor.token(&shop),
        "connection": connection,
        "switches": SWITCHES.iter().map(|switch| shown(switch, &set)).collect::<Vec<Value>>(),
        "problem": problem,
        "outage": OUTAGE,
        "machines": machines(&shop),
        "proposes": shop.config.panel.token.is_some(),
    });
    shop.views.page("faults.html", &shop, &values).into_response()
}

/// A switch with how often its rules have struck; one that has used up its strikes is off.
fn shown(switch: &Switch, set: &[Value]) -> Value {
    let own = set.iter().filter(|state| switch.owns(&state["rule"]));
    let (mut struck, mut armed) = (0, false);
    for state in own {
        let count = state["struck"].as_u64().unwrap_or(0);
        struck += count;
        armed |= state["rule"]["times"].as_u64().is_none_or(|times| count < times);
    }
    json!({ "key": switch.key, "title": switch.title, "about": switch.about, "on": armed, "struck": struck })
}

fn machines(shop: &Shop) -> Vec<Value> {
    let books = shop.books();
    let open = books.services.values().filter_map(|service| {
        let link = service.link.as_ref().filter(|link| !link.closed)?;
        Some(
            json!({ "machine": link.upstream_id, "domain": service.domain, "status": service.status.word() }),
        )
    });
    open.collect()
}

pub async fn act(State(shop): State<Shop>, Path(action): Path<String>, posted: Posted) -> Response {
    if action == "connection" {
        let propose = posted.field("propose") == "yes";
        let result = shop.test_connection(propose, &posted.visitor.admin()).await;
        return sorry(
            &shop,
            StatusCode::OK,
            &format!("The panel's connection test says: {result}"),
        );
    }
    let Some(sim) = &shop.sim else {
        return sorry(
            &shop,
            StatusCode::NOT_FOUND,
            "This shop's panel is not a simulated one.",
        );
    };
    match break_or_mend(sim, &action, &posted).await {
        Ok(()) => Redirect::to("/faults").into_response(),
        Err(problem) => sorry(
            &shop,
            StatusCode::BAD_GATEWAY,
            &format!("The simulator did not do it: {problem}."),
        ),
    }
}

async fn break_or_mend(sim: &SimControl, action: &str, posted: &Posted) -> Result<(), String> {
    match action {
        "calm" => sim.calm().await,
        "outage" => sim.outage(OUTAGE).await,
        "hand" => {
            let machine = posted.number("machine").ok_or("no machine was named")?;
            let act = match posted.field("do") {
                "boot" => "boot",
                "delete" => "delete",
                _ => return Err("no such act".to_owned()),
            };
            sim.by_hand(&json!({ "do": act, "server": machine })).await
        }
        key => {
            let switch = SWITCHES
                .iter()
                .find(|switch| switch.key == key)
                .ok_or("there is no such switch")?;
            sim.switch_off(switch).await?;
            if posted.field("on") == "yes" {
                sim.switch_on(switch).await
            } else {
                Ok(())
            }
        }
    }
}
