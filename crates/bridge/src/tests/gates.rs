//! The gates of service actions, in the original's order.

use serde_json::{Value, json};

use super::browser::{client, power, send, status, token, with};
use super::rig::Rig;

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
    let (code, body) = send(&rig, &client("loginAsServerOwner", "GET")).await;
    assert_eq!(code, 400, "{body}");
    assert!(body["errors"].as_str().unwrap().contains("suspended"), "{body}");
}
