//! What browsers make services do: the limit, the machine, the answer.

use std::time::Duration;

use domain::Clock;
use domain::machine::Power;
use domain::record::OperationKind;
use http::StatusCode;
use serde_json::{Value, json};
use sim::fault::{Fault, FaultRule};

use super::browser::{admin, client, power, send, status, token, with};
use super::rig::Rig;

#[tokio::test]
async fn vf_101_vf_119_one_power_action_in_ten_seconds_per_service() {
    let mut rig = Rig::start().await;
    rig.create().await;
    let token = token(&rig).await;
    rig.door.stand();
    assert_eq!(status(&rig, power(&token)).await, 200);
    let (code, body) = send(&rig, &power(&token)).await;
    assert_eq!(code, 429, "{body}");
    assert!(
        body["errors"].as_str().unwrap().contains("a moment ago"),
        "{body}"
    );
    rig.clock.advance(Duration::from_secs(10));
    rig.door.tick();
    assert_eq!(status(&rig, power(&token)).await, 200);
}

#[tokio::test]
async fn vf_102_vf_103_bad_input_takes_no_turn_and_of_two_at_once_one_passes() {
    let mut rig = Rig::start().await;
    rig.create().await;
    let token = token(&rig).await;
    rig.door.stand();
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
        rig.view(501)
            .await
            .is_some_and(|view| view.line().next().is_none())
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
    let told = body["errors"].as_str().unwrap();
    assert!(
        told.starts_with("Not done yet: The server is locked or busy"),
        "{told}"
    );
    // It was given its time, and what it waits for is known as soon as the panel has refused.
    rig.until("the panel's reason", || async {
        let view = rig.view(501).await.unwrap();
        let mut operations = view.open.iter().chain(&view.recent);
        operations.any(|operation| {
            operation.kind == OperationKind::Power && operation.reason.to_lowercase().contains("lock")
        })
    })
    .await;
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
