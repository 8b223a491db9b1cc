//! New passwords: shown once, to whoever asked, on the page of the service that they belong to.

use std::time::Duration;

use domain::Clock;
use domain::record::ServiceStatus;
use engine::core::{Intent, Told};
use engine::{Submitted, Wish};
use serde_json::{Value, json};
use sim::fault::{Fault, FaultRule};

use super::browser::{client, send, status, with};
use super::page_actions::{at_rest, machine, posted};
use super::rig::Rig;

/// The two wishes that bring a password, and where the panel sets it.
const PASSWORDS: [(&str, &str); 2] = [
    ("resetServerPassword", "reset_server_password"),
    ("resetPassword", "reset_user_password"),
];

/// What a user of the client's account is shown of what an operation brought.
pub async fn reveal(rig: &Rig, operation: &str, user: u64) -> (u64, Value) {
    let message = posted(rig, "revealSecret", &[("operation", operation)]).await;
    let by = |message: &mut Value| message["context"]["user_id"] = json!(user);
    send(rig, &with(message, by)).await
}

fn password(secret: &Value) -> &str {
    assert!(!secret["name"].as_str().unwrap().is_empty(), "{secret}");
    let password = secret["password"].as_str().unwrap();
    assert!(password.len() >= 8, "it is none");
    password
}

#[tokio::test]
async fn vf_130_vf_131_a_new_password_is_shown_once_to_the_user_who_asked() {
    let rig = machine().await;
    for (action, _) in PASSWORDS {
        let (code, body) = send(&rig, &posted(&rig, action, &[]).await).await;
        assert_eq!(code, 200, "{action}: {body}");
        let secret = password(&body["data"]["secret"]).to_owned();
        assert_eq!(body.to_string().matches(&secret).count(), 1, "{action}");
        let operation = body["data"]["operation"].as_str().unwrap();
        for user in [2, 1] {
            let (code, body) = reveal(&rig, operation, user).await;
            assert_eq!(code, 409, "{action} a second time, to user {user}: {body}");
            assert!(body.get("data").is_none());
        }
        let (_, seen) = send(&rig, &client("serverData", "GET")).await;
        let told = rig.effects().await;
        let written = format!("{seen} {told:?} {:?}", rig.view(501).await);
        assert!(!written.contains(&secret), "{action}: it stands nowhere else");
    }
}

#[tokio::test]
async fn vf_130_vf_131_each_password_is_set_where_it_belongs() {
    let rig = machine().await;
    let shown = async |action: &str| {
        let (_, body) = send(&rig, &posted(&rig, action, &[]).await).await;
        body["data"]["secret"].clone()
    };
    let machines = shown("resetServerPassword").await;
    let expected = &rig.panel.servers(rig.clock.now())[0].password;
    assert_eq!(machines, json!({ "name": "root", "password": expected }));
    let calls = rig.panel.calls().into_iter();
    let sent: Vec<_> = calls
        .filter(|call| call.endpoint == "reset_server_password")
        .map(|call| call.body)
        .collect();
    assert_eq!(sent, [json!({ "user": "root", "sendMail": true })]);
    let accounts = shown("resetPassword").await;
    assert!(
        accounts["name"].as_str().unwrap().contains('@'),
        "{}",
        accounts["name"]
    );
    assert_eq!(accounts["password"].as_str().unwrap().len(), 21);
}

#[tokio::test]
async fn vf_130_vf_131_a_password_that_comes_later_is_fetched_once_by_the_user_who_asked() {
    let rig = machine().await;
    for (action, endpoint) in PASSWORDS {
        rig.panel
            .add_fault(FaultRule::once(endpoint, Fault::Locked { seconds: 5 }));
        let hurried = with(posted(&rig, action, &[]).await, |message| {
            message["budget_ms"] = json!(0);
        });
        let (code, body) = send(&rig, &hurried).await;
        assert_eq!((code, &body["data"]["secret"]), (200, &Value::Null), "{action}");
        let operation = body["data"]["operation"].as_str().unwrap();
        at_rest(&rig).await;
        let (code, _) = reveal(&rig, operation, 2).await;
        assert_eq!(code, 409, "{action}: another user of the account");
        let (code, body) = reveal(&rig, operation, 1).await;
        assert_eq!(code, 200, "{action}: {body}");
        password(&body["data"]["secret"]);
        assert_eq!(body["data"]["state"], "succeeded");
        assert_eq!(reveal(&rig, operation, 1).await.0, 409, "{action} a second time");
    }
}

#[tokio::test]
async fn vf_130_vf_131_a_new_password_is_asked_for_once_in_thirty_seconds() {
    for action in ["resetServerPassword", "resetPassword"] {
        let mut rig = machine().await;
        let first = posted(&rig, action, &[]).await;
        let second = posted(&rig, action, &[]).await;
        let third = posted(&rig, action, &[]).await;
        rig.door.stand();
        assert_eq!(status(&rig, first).await, 200, "{action}");
        rig.clock.advance(Duration::from_secs(29));
        assert_eq!(status(&rig, second).await, 429, "{action}");
        rig.door.tick();
        at_rest(&rig).await;
        rig.clock.advance(Duration::from_secs(1));
        assert_eq!(status(&rig, third).await, 200, "{action}");
    }
}

#[tokio::test]
async fn mx_032_a_password_of_an_old_operation_is_shown_whatever_was_asked_for_since() {
    let rig = machine().await;
    let reset = posted(&rig, "resetServerPassword", &[]).await;
    let impatient = with(reset, |message| message["budget_ms"] = json!(300));
    let (_, body) = send(&rig, &impatient).await;
    assert!(
        body["data"]["secret"].is_null(),
        "it does not come within the request: {body}"
    );
    at_rest(&rig).await;
    let operation = body["data"]["operation"].as_str().unwrap();
    for number in 0..21 {
        rig.clock.advance(Duration::from_secs(10));
        let name = format!("web {number}");
        assert_eq!(
            status(&rig, posted(&rig, "rename", &[("name", &name)]).await).await,
            200
        );
        at_rest(&rig).await;
    }
    let recent = rig.view(501).await.unwrap().recent;
    assert!(recent.iter().all(|one| one.id.to_string() != operation));
    let message = posted(&rig, "revealSecret", &[("operation", operation)]).await;
    let (code, body) = send(&rig, &message).await;
    assert_eq!(code, 200, "{body}");
    assert!(body["data"]["secret"]["password"].is_string(), "{body}");
}

#[tokio::test]
async fn mx_032_an_operation_of_another_service_or_of_nobody_shows_nothing() {
    let rig = machine().await;
    for operation in ["", "op_x", "op_01JDZZZZZZZZZZZZZZZZZZZZZZ"] {
        let message = posted(&rig, "revealSecret", &[("operation", operation)]).await;
        assert_eq!(status(&rig, message).await, 409, "{operation}");
    }
    // An operation that brings no password hands out nothing either.
    let (_, body) = send(&rig, &posted(&rig, "rename", &[("name", "web")]).await).await;
    at_rest(&rig).await;
    let operation = body["data"]["operation"].as_str().unwrap();
    let message = posted(&rig, "revealSecret", &[("operation", operation)]).await;
    assert_eq!(status(&rig, message).await, 409);
}

#[tokio::test]
async fn mx_032_what_another_service_of_the_same_user_brought_is_shown_there_alone() {
    let rig = machine().await;
    let (_, body) = send(&rig, &posted(&rig, "resetServerPassword", &[]).await).await;
    let asked = body["data"]["operation"].as_str().unwrap().parse().unwrap();
    let actor = rig.engine.operation(asked).await.unwrap().actor;
    let other = |message: &mut Value| {
        message["params"]["serviceid"] = json!(502);
    };
    assert_eq!(rig.result("CreateAccount", other).await, "success");
    rig.until("the other machine is ready", || async {
        let view = rig.view(502).await;
        view.is_some_and(|view| view.line().next().is_none())
    })
    .await;
    let service = rig.view(502).await.unwrap().service;
    let wish = Wish {
        installation: service.installation,
        billing_id: 502,
        server_id: None,
        told: Told {
            client_id: service.client_id,
            product_id: service.product_id,
            module: service.module,
            status: ServiceStatus::Active,
            hostname: None,
            mapped_id: None,
            called_again: false,
        },
        intent: Intent::ResetPassword,
        actor: actor.clone(),
    };
    let Submitted::Operation(brought) = rig.engine.submit(wish).await.unwrap() else {
        panic!("it is done anew")
    };
    rig.until("the other password is there", || async {
        rig.engine.operation(brought).await.unwrap().state.is_final()
    })
    .await;
    assert_eq!(reveal(&rig, &brought.to_string(), 1).await.0, 409);
    let kept = rig.engine.reveal(brought, &actor).await.unwrap();
    assert!(kept.is_some(), "it still waits on its own page");
}

#[tokio::test]
async fn mx_032_nothing_is_revealed_of_a_service_that_is_not_in_use() {
    let rig = machine().await;
    rig.panel.add_fault(FaultRule::once(
        "reset_server_password",
        Fault::Locked { seconds: 5 },
    ));
    let hurried = with(posted(&rig, "resetServerPassword", &[]).await, |message| {
        message["budget_ms"] = json!(0);
    });
    let (_, body) = send(&rig, &hurried).await;
    let operation = body["data"]["operation"].as_str().unwrap().to_owned();
    at_rest(&rig).await;
    let message = posted(&rig, "revealSecret", &[("operation", &operation)]).await;
    let inactive = with(message, |message| {
        message["row"]["domainstatus"] = json!("Suspended");
    });
    assert_eq!(status(&rig, inactive).await, 400, "by the billing system's word");
    rig.call("SuspendAccount", |_| ()).await;
    assert_eq!(
        reveal(&rig, &operation, 1).await.0,
        400,
        "the engine knows better"
    );
}
