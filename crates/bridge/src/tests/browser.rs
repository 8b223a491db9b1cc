//! Requests of browsers, as the entry files forward them.

use http::StatusCode;
use serde_json::{Value, json};

use super::rig::Door;
use super::words::{SESSION, context, row};

/// A client's request as `client.php` forwards it: `powerAction` from our own page, with a good token.
pub fn power(token: &str) -> Value {
    let mut message = client("powerAction", "POST");
    message["form"] = json!({ "powerAction": "restart", "hostler_token": token });
    message["headers"]["origin"] = json!("https://shop.example.test");
    message
}

pub fn client(action: &str, method: &str) -> Value {
    let mut message = json!({
        "module": "VirtFusionDirect", "surface": "client", "target": { "kind": "action", "name": action },
        "method": method, "query": { "serviceID": "501", "action": action }, "form": {},
        "headers": { "origin": null, "referer": null, "host": "shop.example.test", "token": null, "hx_request": null },
        "row": row(), "base": "/modules/servers/VirtFusionDirect/client.php", "budget_ms": 8000,
        "context": context("client"),
    });
    let context = &mut message["context"];
    context["client_id"] = json!(77);
    context["user_id"] = json!(1);
    context["permissions"] = json!(["*"]);
    context["session"] = json!(SESSION);
    message
}

pub fn admin(action: &str, method: &str) -> Value {
    let mut message = client(action, method);
    message["surface"] = json!("admin");
    message["headers"]["origin"] = json!("https://shop.example.test");
    let context = &mut message["context"];
    context["actor"] = json!("admin");
    context["client_id"] = Value::Null;
    context["user_id"] = Value::Null;
    context["admin_id"] = json!(3);
    message
}

/// The answer for the browser: status, and the envelope.
pub async fn send(rig: &Door, message: &Value) -> (u64, Value) {
    let (status, wire) = rig.post("/bridge/v1/page", message).await;
    assert_eq!(status, StatusCode::OK, "{wire}");
    let kind = wire["headers"]["content-type"].as_str().unwrap();
    assert_eq!(kind, "application/json; charset=utf-8");
    let body = serde_json::from_str(wire["body"].as_str().unwrap()).unwrap();
    (wire["status"].as_u64().unwrap(), body)
}

pub async fn status(rig: &Door, message: Value) -> u64 {
    let (status, body) = send(rig, &message).await;
    assert_eq!(body["success"], json!(status == 200), "{body}");
    assert_eq!(body["errors"].is_string(), status != 200, "{body}");
    status
}

/// The token that the page of service 501 carries.
pub async fn token(rig: &Door) -> String {
    rig.call("ClientArea", |message| {
        message["context"]["actor"] = json!("client");
        message["context"]["client_id"] = json!(77);
        message["context"]["user_id"] = json!(1);
        message["context"]["session"] = json!(SESSION);
    })
    .await;
    let asked = rig.pages.0.lock().unwrap();
    asked.last().unwrap().token.clone().unwrap()
}

pub fn with(mut message: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut message);
    message
}
