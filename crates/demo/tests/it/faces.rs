//! What the fake engine answers: one service's life, with words of the golden vectors.

use serde_json::{Value, json};

use crate::fake::{Manner, Mind, golden, vector};

/// The token that the client page carries.
pub const TOKEN: &str = "t0k3n";

impl Mind {
    pub fn call(&mut self, message: Value) -> Value {
        self.check(&message, "calls", &golden_call(&message));
        let function = message["function"].as_str().unwrap().to_owned();
        let again = message["applying"].is_string();
        self.calls.push(message);
        match function.as_str() {
            "TestConnection" => vector("calls", "test connection of an approved platform")["answer"].clone(),
            "ClientArea" if self.suspended => {
                vector("calls", "client area with a sentence")["answer"].clone()
            }
            "ClientArea" => {
                let html = format!(
                    "<section>Running<input type=\"hidden\" name=\"hostler_token\" value=\"{TOKEN}\"></section>"
                );
                json!({ "result": "success", "data": { "html": html, "rdns_enabled": false }, "effects": [] })
            }
            "CreateAccount" if self.manner == Manner::NoPlatform => {
                vector("calls", "create without options and fields")["answer"].clone()
            }
            "CreateAccount" if again => {
                vector("calls", "create called again by a rerun effect")["answer"].clone()
            }
            "CreateAccount" => {
                self.machines += 1;
                if self.manner != Manner::Slow {
                    self.hand_out(&["set_hosting", "set_link", "rerun"]);
                }
                vector("calls", "create, still running")["answer"].clone()
            }
            "SuspendAccount" | "UnsuspendAccount" => {
                self.suspended = function == "SuspendAccount";
                json!({ "result": "success", "effects": [] })
            }
            _ => json!({ "result": "success", "effects": [] }),
        }
    }

    pub fn event(&mut self, message: Value) -> Value {
        let kind = message["kind"].as_str().unwrap().to_owned();
        let golden = golden("events");
        let of_kind = golden["vectors"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["request"]["kind"] == message["kind"]);
        self.check(&message, "events", &of_kind.expect("a known kind")["request"]);
        let body = message["body"].clone();
        self.events.push(message);
        match kind.as_str() {
            "mail_pre_send" => {
                let hold = body["applying"].is_null() && body["template"] == body["welcome_template"];
                json!({ "result": "ok", "data": { "hold": hold }, "effects": [] })
            }
            "module_done" if body["function"] == json!("create") => {
                self.hand_out(&["send_mail"]);
                let mut accept = effect("accept_order");
                accept["body"]["order"] = body["order"]["order"].clone();
                json!({ "result": "ok", "effects": [accept] })
            }
            "cron" => json!({ "result": "ok", "data": { "snapshot": true }, "effects": [] }),
            "settings_saved" => vector("events", "settings_saved")["answer"].clone(),
            _ => json!({ "result": "ok", "effects": [] }),
        }
    }

    pub fn page(&mut self, message: Value) -> Value {
        let target = &message["target"];
        let form = &message["form"];
        let name = target["name"].as_str().unwrap();
        let answer = match (target["kind"].as_str().unwrap(), name) {
            ("asset", _) => vector("pages", "an asset")["answer"].clone(),
            ("action", "powerAction") if self.suspended && self.manner != Manner::Lenient => {
                refused("This service is suspended.")
            }
            ("action", "powerAction") if form["hostler_token"] != json!(TOKEN) => {
                refused("The form is too old.")
            }
            ("action", "powerAction") => vector("pages", "power by POST")["answer"].clone(),
            _ => vector("pages", "operator page")["answer"].clone(),
        };
        self.check(&message, "pages", &vector("pages", "power by POST")["request"]);
        self.pages.push(message);
        answer
    }

    pub fn ack(&mut self, message: &Value) -> Value {
        let acks = message["acks"].as_array().unwrap().clone();
        for ack in &acks {
            if ack["outcome"] != json!("failed") {
                self.queue.retain(|effect| effect["id"] != ack["id"]);
            }
        }
        self.acks.extend(acks.clone());
        json!({ "acked": acks.len() })
    }

    /// Puts golden effects into the queue; they are handed out until they are acknowledged.
    pub fn hand_out(&mut self, kinds: &[&str]) {
        for kind in kinds {
            let effect = effect(kind);
            if !self.queue.iter().any(|queued| queued["id"] == effect["id"]) {
                self.queue.push(effect);
            }
        }
    }

    /// Notes each field that a message has too many or too few, compared with its golden vector.
    fn check(&mut self, message: &Value, file: &str, golden: &Value) {
        for part in ["", "/params", "/context", "/target", "/headers", "/body"] {
            let (Some(ours), Some(theirs)) = (keys(message, part), keys(golden, part)) else {
                continue;
            };
            if ours != theirs {
                self.problems
                    .push(format!("{file} {part}: {ours:?} instead of {theirs:?}"));
            }
        }
    }
}

fn keys(value: &Value, part: &str) -> Option<Vec<String>> {
    let object = value.pointer(part)?.as_object()?;
    let mut keys: Vec<String> = object.keys().cloned().collect();
    keys.sort();
    Some(keys)
}

fn golden_call(message: &Value) -> Value {
    let file = golden("calls");
    let vectors = file["vectors"].as_array().unwrap();
    let found = vectors.iter().find(|one| one["function"] == message["function"]);
    found.expect("a known function")["request"].clone()
}

fn effect(kind: &str) -> Value {
    let file = golden("effects");
    file["effects"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["kind"] == json!(kind))
        .unwrap()
        .clone()
}

fn refused(sentence: &str) -> Value {
    let body = json!({ "success": false, "errors": sentence }).to_string();
    json!({ "status": 403, "headers": {}, "body": body, "encoding": "text", "effects": [] })
}
