//! What browsers make services do: the gates, the limit, the envelope.

use std::time::Duration;

use domain::Clock;
use domain::machine::Power;
use http::StatusCode;
use serde_json::{Value, json};
use sim::fault::{Fault, FaultRule};

use super::rig::{Rig, SESSION, context, row};

/// A client's request as `client.php` forwards it: `powerAction` from our own page, with a good token.
fn power(token: &str) -> Value {
    let mut message = client("powerAction", "POST");
    message["form"] = json!({ "powerAction": "restart", "hostler_token": token });
    message["headers"]["origin"] = json!("https://shop.example.test");
    message
}

fn client(action: &str, method: &str) -> Value {
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

fn admin(action: &str, method: &str) -> Value {
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
async fn send(rig: &Rig, message: &Value) -> (u64, Value) {
    let (status, wire) = rig.post("/bridge/v1/page", message).await;
    assert_eq!(status, StatusCode::OK, "{wire}");
    let kind = wire["headers"]["content-type"].as_str().unwrap();
    assert_eq!(kind, "application/json; charset=utf-8");
    let body = serde_json::from_str(wire["body"].as_str().unwrap()).unwrap();
    (wire["status"].as_u64().unwrap(), body)
}

async fn status(rig: &Rig, message: Value) -> u64 {
    let (status, body) = send(rig, &message).await;
    assert_eq!(body["success"], json!(status == 200), "{body}");
    assert_eq!(body["errors"].is_string(), status != 200, "{body}");
    status
}

/// The token that the page of service 501 carries.
async fn token(rig: &Rig) -> String {
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

fn with(mut message: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut message);
    message
}

#[tokio::test]
async fn vf_088_nobody_signed_in_is_told_so_before_anything_else() {
    let rig = Rig::start().await;
    let nobody = |message| with(message, |message| message["context"]["user_id"] = Value::Null);
    let (code, body) = send(&rig, &nobody(client("", "GET"))).await;
    assert_eq!((code, &body["errors"]), (401, &json!("unauthenticated")));
    assert_eq!(status(&rig, nobody(client("nonsense", "DELETE"))).await, 401);
    let as_system = with(power("x"), |message| {
        message["context"]["actor"] = json!("system");
    });
    assert_eq!(status(&rig, as_system).await, 401);
}

#[tokio::test]
async fn vf_089_a_missing_or_unknown_action_is_400() {
    let rig = Rig::start().await;
    assert_eq!(status(&rig, client("", "GET")).await, 400);
    assert_eq!(status(&rig, client("rebuildEverything", "GET")).await, 400);
    assert!(
        rig.pages.0.lock().unwrap().is_empty(),
        "no client action is the pages'"
    );
}

#[tokio::test]
async fn vf_090_changes_by_get_are_405() {
    let rig = Rig::start().await;
    assert_eq!(status(&rig, client("powerAction", "GET")).await, 405);
    assert_eq!(status(&rig, client("powerAction", "PUT")).await, 405);
}

#[tokio::test]
async fn vf_091_vf_092_vf_094_changes_come_from_our_own_pages() {
    let rig = Rig::start().await;
    rig.create().await;
    let token = token(&rig).await;
    let from = |origin: Value, referer: Value| {
        with(power(&token), |message| {
            message["headers"]["origin"] = origin;
            message["headers"]["referer"] = referer;
        })
    };
    let good = json!("https://shop.example.test/clientarea.php");
    assert_eq!(status(&rig, from(Value::Null, Value::Null)).await, 403);
    assert_eq!(
        status(&rig, from(json!("https://evil.test"), good.clone())).await,
        403
    );
    assert_eq!(status(&rig, from(json!("null"), good.clone())).await, 403);
    assert_eq!(status(&rig, from(Value::Null, good)).await, 200);
}

#[tokio::test]
async fn gx_011_a_change_needs_the_token_of_its_session_and_service() {
    let rig = Rig::start().await;
    rig.create().await;
    let token = token(&rig).await;
    assert_eq!(status(&rig, power("")).await, 403);
    assert_eq!(status(&rig, power(&"0".repeat(64))).await, 403);
    let other = with(power(&token), |message| {
        message["context"]["session"] = json!("a".repeat(64));
    });
    assert_eq!(status(&rig, other).await, 403);
    let none = with(power(&token), |message| {
        message["context"]["session"] = Value::Null;
    });
    assert_eq!(status(&rig, none).await, 403);
    let in_header = with(power(""), |message| {
        message["form"] = json!({ "powerAction": "restart" });
        message["headers"]["token"] = json!(token);
    });
    assert_eq!(status(&rig, in_header).await, 200);
}

#[tokio::test]
async fn vf_095_a_service_id_that_is_no_number_is_400() {
    let rig = Rig::start().await;
    for id in ["abc", "", "-1"] {
        let message = with(client("serverData", "GET"), |message| {
            message["query"]["serviceID"] = json!(id);
        });
        assert_eq!(status(&rig, message).await, 400, "{id}");
    }
}

#[tokio::test]
async fn vf_096_vf_097_foreign_services_are_403_also_when_the_row_lies() {
    let rig = Rig::start().await;
    rig.create().await;
    let as_client = |client_id: Value, row_client: Value| {
        with(client("serverData", "GET"), |message| {
            message["context"]["client_id"] = client_id;
            message["row"]["client"] = row_client;
        })
    };
    assert_eq!(status(&rig, as_client(json!(77), json!(77))).await, 200);
    assert_eq!(status(&rig, as_client(json!(99), json!(77))).await, 403);
    // A valid signature for another client, past PHP: the engine knows whose machine it is.
    assert_eq!(status(&rig, as_client(json!(99), json!(99))).await, 403);
    assert_eq!(status(&rig, as_client(Value::Null, json!(77))).await, 403);
    let no_row = with(client("serverData", "GET"), |message| {
        message["row"] = Value::Null;
    });
    assert_eq!(status(&rig, no_row).await, 403);
}

#[tokio::test]
async fn vf_098_a_service_without_a_machine_is_409() {
    let rig = Rig::start().await;
    assert_eq!(status(&rig, client("serverData", "GET")).await, 409);
    let mapped = with(client("serverData", "GET"), |message| {
        message["row"]["mapped_id"] = json!(70);
    });
    assert_eq!(
        status(&rig, mapped).await,
        409,
        "an unadopted one has none of ours"
    );
}

#[tokio::test]
async fn vf_099_a_login_without_the_permission_is_refused() {
    let rig = Rig::start().await;
    rig.create().await;
    let token = token(&rig).await;
    let may = |message: Value, permissions: Value| {
        with(message, |message| message["context"]["permissions"] = permissions)
    };
    assert_eq!(
        status(&rig, may(client("serverData", "GET"), json!([]))).await,
        403
    );
    assert_eq!(
        status(&rig, may(client("serverData", "GET"), json!(["products"]))).await,
        200
    );
    assert_eq!(status(&rig, may(power(&token), json!(["products"]))).await, 403);
    assert_eq!(
        status(
            &rig,
            may(client("loginAsServerOwner", "GET"), json!(["manageproducts"]))
        )
        .await,
        403
    );
    assert_eq!(
        status(&rig, may(power(&token), json!(["manageproducts"]))).await,
        200
    );
}

#[tokio::test]
async fn vf_100_gx_004_suspended_and_terminated_services_cannot_be_changed() {
    let rig = Rig::start().await;
    rig.create().await;
    let token = token(&rig).await;
    for word in ["Suspended", "Terminated", "Cancelled", "Fraud", "Pending"] {
        let message = with(power(&token), |message| {
            message["row"]["domainstatus"] = json!(word);
        });
        let (code, body) = send(&rig, &message).await;
        assert_eq!(code, 400);
        assert!(body["errors"].as_str().unwrap().contains(word), "{body}");
    }
    assert_eq!(rig.result("SuspendAccount", |_| ()).await, "success");
    // The billing system's word is still Active: the engine knows better.
    let (code, body) = send(&rig, &power(&token)).await;
    assert_eq!(code, 400, "{body}");
    assert!(body["errors"].as_str().unwrap().contains("suspended"), "{body}");
    let (code, _) = send(&rig, &client("loginAsServerOwner", "GET")).await;
    assert_ne!(code, 200);
}

#[tokio::test]
async fn vf_101_vf_119_one_power_action_in_ten_seconds_per_service() {
    let rig = Rig::start().await;
    rig.create().await;
    let token = token(&rig).await;
    let service = rig.view(501).await.unwrap().service.id;
    let tenth = Duration::from_secs(10);
    assert!(rig.engine.take_rate("power", service, tenth).await.unwrap());
    assert_eq!(status(&rig, power(&token)).await, 429);
    rig.clock.advance(tenth);
    assert_eq!(status(&rig, power(&token)).await, 200);
    // The limit is the service's own.
    let other = domain::id::ServiceId::new(rig.clock.as_ref(), rig.engine.random().as_ref());
    assert!(rig.engine.take_rate("power", other, tenth).await.unwrap());
}

#[tokio::test]
async fn vf_102_vf_103_bad_input_takes_no_turn_and_of_two_at_once_one_passes() {
    let rig = Rig::start().await;
    rig.create().await;
    let token = token(&rig).await;
    let bad = with(power(&token), |message| {
        message["form"]["powerAction"] = json!("explode");
    });
    assert_eq!(status(&rig, bad).await, 400);
    let (first, second) = tokio::join!(status(&rig, power(&token)), status(&rig, power(&token)));
    let mut both = [first, second];
    both.sort_unstable();
    assert_eq!(both, [200, 429]);
}

#[tokio::test]
async fn vf_116_vf_117_power_actions_reach_the_machine_and_the_answer_names_them() {
    let rig = Rig::start().await;
    rig.create().await;
    let token = token(&rig).await;
    let word = |word: &str| {
        with(power(&token), |message| {
            message["form"]["powerAction"] = json!(word);
        })
    };
    let (code, body) = send(&rig, &word("power-off!")).await;
    assert_eq!(code, 200, "{body}");
    assert_eq!(body["data"]["action"], "poweroff");
    rig.until("the machine is off", || async {
        !rig.panel.servers(rig.clock.now())[0].running
    })
    .await;
    rig.until("the operation is over", || async {
        rig.view(501).await.is_some_and(|view| view.open.is_empty())
    })
    .await;
    rig.clock.advance(Duration::from_secs(11));
    let (code, body) = send(&rig, &word("boot")).await;
    assert_eq!((code, &body["data"]["action"]), (200, &json!("boot")));
    rig.until("the machine is on", || async {
        rig.panel.servers(rig.clock.now())[0].running
    })
    .await;
}

#[tokio::test]
async fn vf_118_a_locked_machine_is_an_error_with_its_reason() {
    let rig = Rig::start().await;
    rig.create().await;
    let token = token(&rig).await;
    rig.panel.add_fault(FaultRule::at(
        "power_poweroff",
        Fault::Locked { seconds: 100_000 },
    ));
    let off = with(power(&token), |message| {
        message["form"]["powerAction"] = json!("poweroff");
    });
    let (code, body) = send(&rig, &off).await;
    assert_ne!(code, 200, "{body}");
    assert_eq!(body["success"], false);
    let reason = body["errors"].as_str().unwrap();
    assert!(
        reason.to_lowercase().contains("lock") || reason.contains("423") || reason.contains("busy"),
        "{reason}"
    );
}

#[tokio::test]
async fn server_data_comes_from_the_store_without_a_call() {
    let rig = Rig::start().await;
    rig.create().await;
    let before = rig.panel.calls().len();
    let (code, body) = send(&rig, &client("serverData", "GET")).await;
    assert_eq!(code, 200);
    assert_eq!(rig.panel.calls().len(), before);
    let data = &body["data"];
    let server = &rig.panel.servers(rig.clock.now())[0];
    assert_eq!(data["primaryNetwork"]["ipv4"], server.ipv4[0].to_string());
    assert_eq!(data["memory"], format!("{} MB", server.memory));
    assert_eq!(data["serviceStatus"], "Pending");
    assert_eq!(data["standing"], "live");
    let secrets = body.to_string();
    assert!(
        !secrets.contains("token") && !secrets.contains("Token"),
        "{secrets}"
    );
}

#[tokio::test]
async fn vf_115_login_as_server_owner_gives_its_address_beside_success() {
    let rig = Rig::start().await;
    rig.create().await;
    let (code, body) = send(&rig, &client("loginAsServerOwner", "GET")).await;
    assert_eq!(code, 200, "{body}");
    assert!(
        body["token_url"]
            .as_str()
            .unwrap()
            .starts_with(rig.panel_address())
    );
    assert!(body.get("data").is_none());
}

#[tokio::test]
async fn a_store_that_is_gone_shows_nothing_of_itself() {
    let rig = Rig::start().await;
    rig.create().await;
    let asked = client("serverData", "GET");
    let request = rig.signed("POST", "/bridge/v1/page", asked.to_string().as_bytes());
    rig.engine.store().close().await.unwrap();
    let answer = rig.send(request).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let text = String::from_utf8(answer.body().clone()).unwrap();
    assert!(
        !text.to_lowercase().contains("sql") && !text.contains("pool"),
        "{text}"
    );
}

#[tokio::test]
async fn vf_156_an_administrator_sees_the_machine_of_a_living_service() {
    let rig = Rig::start().await;
    let none = with(admin("serverData", "GET"), |message| message["row"] = Value::Null);
    assert_eq!(status(&rig, none).await, 404);
    assert_eq!(status(&rig, admin("serverData", "GET")).await, 502);
    for word in ["Pending", "Terminated", "Cancelled", "Fraud"] {
        let message = with(admin("serverData", "GET"), |message| {
            message["row"]["domainstatus"] = json!(word);
        });
        assert_eq!(status(&rig, message).await, 400, "{word}");
    }
    rig.create().await;
    assert_eq!(status(&rig, admin("serverData", "GET")).await, 200);
    let client_there = with(admin("serverData", "GET"), |message| {
        message["context"]["admin_id"] = Value::Null;
    });
    assert_eq!(status(&rig, client_there).await, 401);
}

#[tokio::test]
async fn an_administrators_refresh_is_a_guarded_change() {
    let rig = Rig::start().await;
    rig.create().await;
    assert_eq!(status(&rig, admin("updateServerObject", "GET")).await, 405);
    assert_eq!(status(&rig, admin("updateServerObject", "POST")).await, 403);
    let token = token(&rig).await;
    let good = with(admin("updateServerObject", "POST"), |message| {
        message["form"] = json!({ "hostler_token": token });
    });
    let before = rig.panel.calls().len();
    assert_eq!(status(&rig, good).await, 200);
    assert!(rig.panel.calls().len() > before);
    let view = rig.view(501).await.unwrap();
    let machine: domain::machine::Machine =
        serde_json::from_value(view.machine.unwrap().value.known().unwrap().clone()).unwrap();
    assert_ne!(machine.power.known(), Some(&Power::Off));
}
