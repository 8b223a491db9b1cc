//! The module `katapult`: a whole engine with the real driver and a simulated Katapult behind the bridge.

mod connection;
mod hooks;
mod life;
mod page;
mod power;

use std::time::Duration;

use domain::Clock;
use http::StatusCode;
use serde_json::{Value, json};
use sim::katapult::{Config, Katapult, Machine};
use testkit::rig::{KatapultOptions, Rig as Kit};

use super::rig::Door;
use super::words::{context, row};
use crate::BridgeConfig;

/// A door with a simulated Katapult behind it.
pub struct Rig {
    pub door: Door,
    pub kit: Kit<Katapult>,
}

impl std::ops::Deref for Rig {
    type Target = Door;

    fn deref(&self) -> &Door {
        &self.door
    }
}

impl Rig {
    /// An engine at work under a clock that goes fifty times as fast as the world's.
    pub async fn start() -> Self {
        let mut rig = Self::standing().await;
        rig.door.tick();
        rig
    }

    /// The same under a clock that only the test moves. Builds take ten seconds.
    pub async fn standing() -> Self {
        let kit = Kit::katapult(KatapultOptions {
            platform: Config::quick(Duration::from_secs(10)),
            ..KatapultOptions::default()
        })
        .await;
        let config = BridgeConfig {
            katapult_api: kit.platform.endpoint.clone(),
            ..BridgeConfig::default()
        };
        let door = Door::new(&kit.engine, &kit.clock, &kit.installation, config);
        Self { door, kit }
    }

    /// Calls a function of service 501, changed by `change`.
    pub async fn call(&self, function: &str, change: impl FnOnce(&mut Value)) -> Value {
        let (status, answer) = self.post("/bridge/v1/call", &message(function, change)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// What a function answers.
    pub async fn result(&self, function: &str, change: impl FnOnce(&mut Value)) -> String {
        let answer = self.call(function, change).await;
        answer["result"].as_str().unwrap().to_owned()
    }

    /// Creates service 501 and waits until it is ready; the effects of that are done with.
    pub async fn create(&self) -> Vec<Value> {
        assert_eq!(self.result("CreateAccount", |_| ()).await, "success");
        self.is_ready().await;
        self.effects().await
    }

    /// The machines of the platform.
    pub fn machines(&self) -> Vec<Machine> {
        self.kit.panel.machines(self.clock.now())
    }

    /// How many requests of an endpoint changed something.
    pub fn sent(&self, method: &str, part: &str) -> usize {
        let calls = self.kit.panel.calls();
        let fitting = calls
            .iter()
            .filter(|call| call.method.to_string() == method && call.path.contains(part));
        fitting.count()
    }

    /// Waits until nothing that changes service 501 is under way.
    pub async fn is_quiet(&self) {
        self.until("nothing is under way", || async {
            self.view(501)
                .await
                .is_some_and(|view| view.line().next().is_none())
        })
        .await;
    }

    /// Lets time pass second by second until service 501 is ready, under a clock that only the test moves.
    pub async fn grow(&self) {
        for _ in 0..300 {
            self.clock.advance(Duration::from_secs(1));
            self.engine.wake();
            tokio::time::sleep(Duration::from_millis(10)).await;
            let view = self.view(501).await;
            if view.is_some_and(|view| view.line().next().is_none() && view.link.is_some()) {
                return;
            }
        }
        panic!("service 501 was never ready");
    }

    /// The engine has a moment of real time to do what is due.
    pub async fn moment(&self) {
        for _ in 0..40 {
            self.engine.wake();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A call of a function of the module, of service 501 of client 77.
pub fn message(function: &str, change: impl FnOnce(&mut Value)) -> Value {
    let params = match function {
        "TestConnection" => {
            json!({ "serverid": 0, "serverhostname": "", "serverusername": "", "serverpassword": "" })
        }
        _ => json!({
            "serviceid": 501, "userid": 77, "pid": 3, "serverid": 4, "orderid": 9, "domain": "web1.example.test",
            "configoption1": "rock-3",
            "configoptions": { "Data Center": "uk-lon-01", "Disk Template": "templates/ubuntu-22-04",
                               "Custom Disk Size (GB)": "0" },
            "option_mapping": {}, "customfields": {},
            "clientsdetails": { "firstname": "Jane", "lastname": "Doe", "companyname": "Acme",
                                "email": "jane@example.test", "country": "DE", "language": "" },
            "mapped_id": null, "mapped_build": null,
        }),
    };
    let status = match function {
        "CreateAccount" => "Pending",
        "TestConnection" => "",
        "UnsuspendAccount" => "Suspended",
        _ => "Active",
    };
    let mut message = json!({
        "module": "katapult", "function": function, "params": params, "domainstatus": status,
        "applying": null, "budget_ms": 23_000, "context": context("admin"),
    });
    message["context"]["admin_id"] = json!(3);
    change(&mut message);
    message
}

/// The row of service 501 of the module.
pub fn service_row() -> Value {
    let mut row = row();
    row["module"] = json!("katapult");
    row
}

/// The lines of the log among effects.
pub fn lines(effects: &[Value]) -> Vec<&str> {
    effects
        .iter()
        .filter(|effect| effect["kind"] == "log_activity")
        .filter_map(|effect| effect["body"]["message"].as_str())
        .collect()
}

/// The hooks among effects.
pub fn hooks(effects: &[Value]) -> Vec<&str> {
    effects
        .iter()
        .filter(|effect| effect["kind"] == "run_hook")
        .filter_map(|effect| effect["body"]["hook"].as_str())
        .collect()
}
