//! What a client asks for on the page beside power: gates, answers, what is shown once, and what is only read.

use std::time::Duration;

use domain::Clock;
use domain::http::Lane;
use domain::observed::FactKind;
use serde_json::{Value, json};
use sim::fault::{Fault, FaultRule};

use super::browser::{client, send, status, token, with};
use super::rig::Rig;

/// Everything that is posted beside the switches, with fields that can be taken.
const ASKED: [(&str, &[(&str, &str)]); 4] = [
    ("rename", &[("name", "web 01")]),
    ("resetServerPassword", &[]),
    ("resetPassword", &[]),
    ("rebuild", &[("osId", "46")]),
];

/// The one-time token of a page that was just made.
async fn once(rig: &Rig) -> String {
    let page = with(client("x", "GET"), |message| {
        message["target"] = json!({ "kind": "fragment", "name": "live" });
        message["query"] = json!({ "serviceID": "501", "fragment": "live" });
    });
    let (_, wire) = rig.post("/bridge/v1/page", &page).await;
    assert_eq!(wire["status"], 200, "{wire}");
    let asked = rig.pages.0.lock().unwrap();
    asked.last().unwrap().once.clone().unwrap()
}

/// A form of our own page, with both tokens.
async fn posted(rig: &Rig, action: &str, fields: &[(&str, &str)]) -> Value {
    let (token, once) = (token(rig).await, once(rig).await);
    with(client(action, "POST"), |message| {
        message["form"] = json!({ "hostler_token": token, "hostler_once": once });
        for (name, value) in fields {
            message["form"][*name] = json!(value);
        }
        message["headers"]["origin"] = json!("https://shop.example.test");
        message["row"]["domainstatus"] = json!("Active");
    })
}

async fn machine() -> Rig {
    let rig = Rig::start().await;
    rig.create().await;
    rig
}

async fn at_rest(rig: &Rig) {
    rig.until("nothing is under way", || async {
        rig.view(501)
            .await
            .is_some_and(|view| view.line().next().is_none())
    })
    .await;
}

#[tokio::test]
async fn mx_106_every_action_is_posted_from_our_page_with_both_tokens_once() {
    let rig = machine().await;
    for (action, fields) in ASKED {
        let good = posted(&rig, action, fields).await;
        let without = |change: fn(&mut Value)| with(good.clone(), change);
        for (what, code, message) in [
            ("by GET", 405, without(|message| message["method"] = json!("GET"))),
            (
                "from nowhere",
                403,
                without(|message| message["headers"]["origin"] = Value::Null),
            ),
            (
                "from elsewhere",
                403,
                without(|message| message["headers"]["origin"] = json!("https://evil.test")),
            ),
            (
                "without a token",
                403,
                without(|message| message["form"]["hostler_token"] = json!("")),
            ),
            (
                "without a one-time token",
                403,
                without(|message| {
                    message["form"].as_object_mut().unwrap().remove("hostler_once");
                }),
            ),
            (
                "by another client",
                403,
                without(|message| message["context"]["client_id"] = json!(99)),
            ),
            (
                "by nobody",
                401,
                without(|message| message["context"]["user_id"] = Value::Null),
            ),
        ] {
            assert_eq!(status(&rig, message).await, code, "{action} {what}");
        }
        assert_eq!(status(&rig, good.clone()).await, 200, "{action}");
        at_rest(&rig).await;
        rig.clock.advance(Duration::from_secs(120));
        assert_eq!(status(&rig, good).await, 403, "{action} again with a spent token");
    }
}

#[tokio::test]
async fn mx_040_a_sub_user_needs_the_permission_to_change_and_looks_without() {
    let rig = machine().await;
    for (action, fields) in ASKED {
        let message = with(posted(&rig, action, fields).await, |message| {
            message["context"]["permissions"] = json!(["products", "productsso"]);
        });
        assert_eq!(status(&rig, message).await, 403, "{action}");
    }
    for look in ["serverData", "trafficStats", "backups", "osTemplates"] {
        let message = with(client(look, "GET"), |message| {
            message["context"]["permissions"] = json!(["products"]);
        });
        assert_eq!(status(&rig, message).await, 200, "{look}");
        let nothing = with(client(look, "GET"), |message| {
            message["context"]["permissions"] = json!(["tickets"]);
        });
        assert_eq!(status(&rig, nothing).await, 403, "{look}");
    }
}

#[tokio::test]
async fn vf_124_vf_125_vf_126_a_name_is_taken_or_refused_before_anything_is_asked() {
    let rig = machine().await;
    let before = rig.panel.calls().len();
    for bad in ["", "   ", "a\nb", &"x".repeat(64)] {
        let (code, body) = send(&rig, &posted(&rig, "rename", &[("name", bad)]).await).await;
        assert_eq!(code, 400, "{bad:?}: {body}");
    }
    assert_eq!(rig.panel.calls().len(), before);
    let (code, body) = send(&rig, &posted(&rig, "rename", &[("name", " 0 ")]).await).await;
    assert_eq!(code, 200, "{body}");
    assert!(
        body["data"]["operation"].as_str().unwrap().starts_with("op_"),
        "{body}"
    );
    rig.until("it has its name", || async {
        rig.panel.servers(rig.clock.now())[0].name == "0"
    })
    .await;
}

#[tokio::test]
async fn vf_130_vf_131_a_new_password_is_shown_once_to_the_user_who_asked() {
    let rig = machine().await;
    for action in ["resetServerPassword", "resetPassword"] {
        let (code, body) = send(&rig, &posted(&rig, action, &[]).await).await;
        assert_eq!(code, 200, "{action}: {body}");
        let operation = body["data"]["operation"].as_str().unwrap().to_owned();
        at_rest(&rig).await;
        let reveal = async |change: fn(&mut Value)| {
            let message = posted(&rig, "revealSecret", &[("operation", &operation)]).await;
            send(&rig, &with(message, change)).await
        };
        let shown = if body["data"]["secret"].is_null() {
            let (code, _) = reveal(|message| message["context"]["user_id"] = json!(2)).await;
            assert_eq!(code, 409, "another user of the account");
            let (code, body) = reveal(|_| ()).await;
            assert_eq!(code, 200, "{action}: {body}");
            body["data"]["secret"].clone()
        } else {
            body["data"]["secret"].clone()
        };
        assert!(!shown["name"].as_str().unwrap().is_empty(), "{action}");
        assert!(shown["password"].as_str().unwrap().len() >= 8, "{action}");
        let (code, body) = reveal(|_| ()).await;
        assert_eq!(code, 409, "{action} a second time: {body}");
        assert!(body.get("data").is_none());
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
async fn vf_120_vf_121_vf_123_a_system_is_chosen_with_key_and_hostname_or_refused() {
    let rig = machine().await;
    let ask = async |fields: &[(&str, &str)]| send(&rig, &posted(&rig, "rebuild", fields).await).await;
    for bad in [
        vec![],
        vec![("osId", "0")],
        vec![("osId", "-1")],
        vec![("osId", "<b>")],
        vec![("osId", "Debian")],
        vec![("osId", "46"), ("sshKey", "__new__")],
        vec![("osId", "46"), ("sshKey", "1; drop")],
        vec![("osId", "46"), ("sshKey", "__new__"), ("newKey", "no key at all")],
    ] {
        let (code, body) = ask(&bad).await;
        assert_eq!(code, 400, "{bad:?}: {body}");
    }
    let (code, body) = ask(&[("osId", "46"), ("hostname", "we_b.example.test!")]).await;
    assert_eq!(code, 200, "{body}");
    at_rest(&rig).await;
    let server = &rig.panel.servers(rig.clock.now())[0];
    assert_eq!(server.hostname.as_deref(), Some("web.example.test"));
}

#[tokio::test]
async fn vf_122_a_system_is_installed_once_a_minute_and_a_refusal_takes_no_turn() {
    let mut rig = machine().await;
    let first = posted(&rig, "rebuild", &[("osId", "46")]).await;
    let second = posted(&rig, "rebuild", &[("osId", "46")]).await;
    let bad = posted(&rig, "rebuild", &[("osId", "0")]).await;
    assert_eq!(status(&rig, bad).await, 400);
    assert_eq!(status(&rig, first).await, 200);
    at_rest(&rig).await;
    rig.door.stand();
    let (code, body) = send(&rig, &second).await;
    // Whichever comes first: the minute is not over, or it took longer than that.
    let created = rig.view(501).await.unwrap().recent[0].created_at;
    let waited = rig.engine.clock().now().since(created);
    let expected = if waited < Duration::from_secs(60) {
        429
    } else {
        200
    };
    assert_eq!(code, expected, "{body}");
}

#[tokio::test]
async fn vf_132_vf_133_vf_141_what_was_read_is_answered_from_the_store_with_its_age() {
    let rig = machine().await;
    let calls = rig.panel.calls().len();
    for look in [
        "osTemplates",
        "trafficStats",
        "backups",
        "selfServiceUsage",
        "selfServiceReport",
    ] {
        let (code, body) = send(&rig, &client(look, "GET")).await;
        assert_eq!((code, &body["data"]), (200, &Value::Null), "{look}: {body}");
    }
    assert_eq!(rig.panel.calls().len(), calls, "nobody asks the panel");
    for kind in [FactKind::Templates, FactKind::Traffic, FactKind::Backups] {
        let read = rig
            .engine
            .read_fact(&rig.installation.id, 501, kind, Lane::Click)
            .await;
        read.unwrap().unwrap();
    }
    let calls = rig.panel.calls().len();
    for (look, field) in [
        ("osTemplates", "categories"),
        ("trafficStats", "months"),
        ("backups", "backups"),
    ] {
        let (_, body) = send(&rig, &client(look, "GET")).await;
        assert!(body["data"][field].is_array(), "{look}: {body}");
        assert!(body["observed_at"].is_string(), "{look}: {body}");
    }
    assert_eq!(rig.panel.calls().len(), calls);
}

#[tokio::test]
async fn vf_114_vf_113_looking_at_a_machine_writes_nothing_to_the_billing_system() {
    let rig = machine().await;
    rig.effects().await;
    for look in ["serverData", "osTemplates", "trafficStats", "backups"] {
        assert_eq!(status(&rig, client(look, "GET")).await, 200, "{look}");
    }
    assert_eq!(rig.effects().await, Vec::<Value>::new());
    // With the panel gone it is answered all the same, from what is known.
    rig.panel.add_fault(FaultRule::anywhere(Fault::Refused));
    assert_eq!(status(&rig, client("serverData", "GET")).await, 200);
}

#[tokio::test]
async fn vf_134_nothing_that_opens_a_console_is_there_to_be_fetched() {
    let rig = machine().await;
    for action in ["vnc", "vncViewer", "toggleVnc", "console", "revealSecret"] {
        let (_, wire) = rig.post("/bridge/v1/page", &client(action, "GET")).await;
        assert!(
            matches!(wire["status"].as_u64(), Some(400 | 405)),
            "{action}: {wire}"
        );
    }
}

#[tokio::test]
async fn people_without_a_script_get_a_page_with_the_way_back() {
    let rig = machine().await;
    let form = |action: &str, message: Value| {
        with(message, |message| {
            message["form"]["hostler_return"] = json!("1");
            message["query"]["action"] = json!(action);
        })
    };
    let message = form(
        "resetServerPassword",
        posted(&rig, "resetServerPassword", &[]).await,
    );
    let (_, wire) = rig.post("/bridge/v1/page", &message).await;
    let body = wire["body"].as_str().unwrap();
    assert_eq!(wire["status"], 200, "{wire}");
    assert!(
        body.contains("clientarea.php?action=productdetails&amp;id=501"),
        "{body}"
    );
    assert!(body.starts_with("<!doctype html><html lang=\"en\">"), "{body}");
    assert!(wire["headers"]["content-security-policy"].is_string());
    assert!(
        wire["headers"]["content-type"]
            .as_str()
            .unwrap()
            .starts_with("text/html")
    );
    let bad = form("rename", posted(&rig, "rename", &[("name", "")]).await);
    let (_, wire) = rig.post("/bridge/v1/page", &bad).await;
    assert_eq!(wire["status"], 400);
    assert!(
        wire["body"]
            .as_str()
            .unwrap()
            .contains("A name has 1 to 63 characters"),
        "{wire}"
    );
    let sign_on = form(
        "loginAsServerOwner",
        posted(&rig, "loginAsServerOwner", &[]).await,
    );
    let (_, wire) = rig.post("/bridge/v1/page", &sign_on).await;
    assert_eq!(wire["status"], 303, "{wire}");
    assert!(
        wire["headers"]["location"]
            .as_str()
            .unwrap()
            .starts_with(rig.panel_address())
    );
}
