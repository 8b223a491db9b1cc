//! The way to the simulator's control endpoint.

use std::time::Duration;

use serde_json::{Value, json};

use super::Switch;
use crate::bridge::plain_http;

/// The control endpoint is on this machine.
const PATIENCE: Duration = Duration::from_secs(3);

/// The way to the simulator's control endpoint.
pub struct SimControl {
    http: reqwest::Client,
    base: String,
}

impl SimControl {
    /// A way to `http://host:port`.
    pub fn new(base: &str) -> Self {
        Self {
            http: plain_http(Duration::from_millis(300)),
            base: format!("{}/_sim", base.trim_end_matches('/')),
        }
    }

    /// Sets all rules of a switch.
    pub async fn switch_on(&self, switch: &Switch) -> Result<(), String> {
        for rule in switch.rules() {
            self.send(self.http.post(self.url("/faults")), Some(&rule))
                .await?;
        }
        Ok(())
    }

    /// Removes the rules of a switch.
    pub async fn switch_off(&self, switch: &Switch) -> Result<(), String> {
        for state in self
            .faults()
            .await?
            .iter()
            .filter(|state| switch.owns(&state["rule"]))
        {
            let path = format!("/faults/{}", state["id"]);
            self.send(self.http.delete(self.url(&path)), None).await?;
        }
        Ok(())
    }

    /// Removes all rules and ends an outage.
    pub async fn calm(&self) -> Result<(), String> {
        self.send(self.http.delete(self.url("/faults")), None).await?;
        self.send(self.http.delete(self.url("/outage")), None)
            .await
            .map(|_| ())
    }

    /// Takes the whole panel away for a while.
    pub async fn outage(&self, seconds: u64) -> Result<(), String> {
        let order = json!({ "outage": "refused", "seconds": seconds });
        self.send(self.http.post(self.url("/outage")), Some(&order))
            .await
            .map(|_| ())
    }

    /// Does what a person would do in the panel.
    pub async fn by_hand(&self, act: &Value) -> Result<(), String> {
        self.send(self.http.post(self.url("/hand")), Some(act))
            .await
            .map(|_| ())
    }

    /// The rules that are set, with their counts.
    pub async fn faults(&self) -> Result<Vec<Value>, String> {
        let list = self.send(self.http.get(self.url("/faults")), None).await?;
        Ok(list.as_array().cloned().unwrap_or_default())
    }

    /// How many machines the panel has made over its API.
    pub async fn machines_created(&self) -> Result<u64, String> {
        let books = self.send(self.http.get(self.url("/books")), None).await?;
        books["totals"]["servers_created"]
            .as_u64()
            .ok_or_else(|| "the books have no such total".to_owned())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn send(&self, request: reqwest::RequestBuilder, body: Option<&Value>) -> Result<Value, String> {
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = request
            .timeout(PATIENCE)
            .send()
            .await
            .map_err(|error| error.to_string())?;
        let status = answer.status();
        let value: Value = answer.json().await.map_err(|error| error.to_string())?;
        if status.is_success() {
            return Ok(value);
        }
        let reason = value["error"].as_str().unwrap_or("no reason given");
        Err(format!("the simulator answered {status}: {reason}"))
    }
}
