//! What a client asks for on the page beside power: gates, answers, what is shown once, and what is only read.

use std::time::Duration;

use domain::Clock;
use domain::http::{Lane, Method};
use domain::observed::{FactKind, Observed};
use domain::record::{FactRecord, OperationKind};
use serde_json::{Value, json};
use sim::fault::{Fault, FaultRule};

use super::browser::{client, send, status, token, with};
use super::page_secrets::reveal;
use super::rig::{Door, Rig};

/// Everything that is posted beside the switches, with fields that can be taken.
const ASKED: [(&str, &[(&str, &str)]); 4] = [
    ("rename", &[("name", "web 01")]),
    ("resetServerPassword", &[]),
    ("resetPassword", &[]),
    ("rebuild", &[("osId", "46")]),
];

/// The one-time token of a page that was just made.
async fn once(rig: &Door) -> String {
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
pub async fn posted(rig: &Door, action: &str, fields: &[(&str, &str)]) -> Value {
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

pub async fn machine() -> Rig {
    let rig = Rig::start().await;
    rig.create().await;
    rig
}

pub async fn at_rest(rig: &Rig) {
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
    let calls = rig.panel.calls().into_iter();
    let sent: Vec<_> = calls
        .filter(|call| call.endpoint == "modify_name")
        .map(|call| (call.method, call.body))
        .collect();
    assert_eq!(sent, [(Method::Put, json!({ "name": "0" }))]);
}

#[tokio::test]
async fn vf_106_what_is_under_way_is_told_without_the_platforms_words() {
    let rig = machine().await;
    rig.panel
        .add_fault(FaultRule::at("power_restart", Fault::Locked { seconds: 600 }));
    let message = posted(&rig, "powerAction", &[("powerAction", "restart")]).await;
    send(&rig, &message).await;
    let view = rig.view(501).await.unwrap();
    let staff = view.line().next().expect("it waits").reason.clone();
    let (_, body) = send(&rig, &client("serverData", "GET")).await;
    let told = body["data"]["operation"]["reason"].as_str().unwrap();
    assert!(told.starts_with("Not done yet: "), "{told}");
    assert!(!told.contains(&staff), "{told}: {staff}");
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
    rig.door.stand();
    let ask = async |image: &str| {
        let hurried = with(posted(&rig, "rebuild", &[("osId", image)]).await, |message| {
            message["budget_ms"] = json!(0);
        });
        send(&rig, &hurried).await
    };
    assert_eq!(ask("0").await.0, 400);
    assert_eq!(ask("46").await.0, 200);
    for (passed, left) in [(0, 60), (59, 1)] {
        rig.clock.advance(Duration::from_secs(passed));
        let (code, body) = ask("46").await;
        assert_eq!(code, 429, "{body}");
        let sentence = body["errors"].as_str().unwrap();
        assert!(sentence.contains(&format!(" {left} s")), "{sentence}");
    }
    rig.clock.advance(Duration::from_secs(1));
    let (code, body) = ask("46").await;
    assert_eq!(code, 200, "{body}");
}

#[tokio::test]
async fn vf_139_signing_on_is_refused_with_the_status_and_the_sentence_of_the_refusal() {
    let mut rig = machine().await;
    rig.door.stand();
    let signed_on = async || send(&rig, &client("loginAsServerOwner", "GET")).await;
    let (code, body) = signed_on().await;
    assert_eq!(code, 200, "{body}");
    let (code, body) = signed_on().await;
    let sentence = "That was done a moment ago. It can be done again in 5 s.";
    assert_eq!((code, &body["errors"]), (429, &json!(sentence)));
    rig.clock.advance(Duration::from_secs(5));
    rig.withhold(OperationKind::SignOn).await;
    let (code, body) = signed_on().await;
    let sentence = "This is not offered for this service.";
    assert_eq!((code, &body["errors"]), (409, &json!(sentence)));
}

/// What the store has of service 501 beside its machine's state, and how many operations.
async fn stored(rig: &Rig) -> (Vec<FactRecord>, usize) {
    let (store, service) = (rig.engine.store(), rig.view(501).await.unwrap().service.id);
    let mut facts = store.facts(service).await.unwrap();
    let looked_at = [
        FactKind::Templates,
        FactKind::Traffic,
        FactKind::Backups,
        FactKind::Usage,
    ];
    facts.retain(|fact| looked_at.iter().any(|kind| fact.kind == kind.as_str()));
    let filter = store::OperationFilter {
        service: Some(service),
        ..store::OperationFilter::default()
    };
    let all = store::PageRequest::first(500);
    let operations = store.operations(&filter, &all).await.unwrap().items;
    (facts, operations.len())
}

#[tokio::test]
async fn vf_132_vf_133_vf_141_what_was_read_is_answered_from_the_store_with_its_age() {
    let mut rig = machine().await;
    rig.door.stand();
    let (calls, before) = (rig.panel.calls().len(), stored(&rig).await);
    assert!(before.0.is_empty(), "nothing was read yet");
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
    assert_eq!(stored(&rig).await, before, "and nothing is stored");
    let mut read = Vec::new();
    for kind in [FactKind::Templates, FactKind::Traffic, FactKind::Backups] {
        let record = rig
            .engine
            .read_fact(&rig.installation.id, 501, kind, Lane::Click)
            .await;
        read.push(record.unwrap().unwrap());
    }
    let (calls, stored_before) = (rig.panel.calls().len(), stored(&rig).await);
    assert_eq!(
        stored_before.0.len(),
        3,
        "each is stored once: {:?}",
        stored_before.0
    );
    for (look, record) in ["osTemplates", "trafficStats", "backups"].iter().zip(read) {
        let (_, body) = send(&rig, &client(look, "GET")).await;
        assert_eq!(body["observed_at"], record.observed_at.to_string(), "{look}");
        match Observed::of_fact(&record.value).known().expect("it was read") {
            Observed::Templates(templates) => {
                let names = body["data"]["categories"].as_array().unwrap().iter();
                let names: Vec<_> = names.map(|group| group["name"].as_str().unwrap()).collect();
                let expected: Vec<_> = templates.groups.iter().map(|group| &group.name).collect();
                assert_eq!(names, expected);
            }
            Observed::Traffic(traffic) => assert_eq!(body["data"], json!(traffic)),
            Observed::Backups(backups) => assert_eq!(body["data"], json!(backups)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(rig.panel.calls().len(), calls);
    assert_eq!(
        stored(&rig).await,
        stored_before,
        "looking changes nothing that is stored"
    );
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
    // The password stands on the page once, and nowhere else: it was shown.
    let secret = rig.panel.servers(rig.clock.now())[0].password.clone();
    assert_eq!(
        body.matches(&format!("<p><code>{secret}</code></p>")).count(),
        1,
        "{body}"
    );
    assert_eq!(wire.to_string().matches(&secret).count(), 1);
    assert_eq!(wire["headers"]["cache-control"], "no-store");
    let view = rig.view(501).await.unwrap();
    let mut known = view.open.iter().chain(&view.recent);
    let reset = known
        .find(|one| one.kind == OperationKind::ResetPassword)
        .unwrap();
    assert_eq!(
        reveal(&rig, &reset.id.to_string(), 1).await.0,
        409,
        "a second time"
    );
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
    let body = wire["body"].as_str().unwrap();
    assert!(body.contains("A name has 1 to 63 characters"), "{wire}");
    assert!(!body.contains("<code>") && !body.contains(&secret), "{wire}");
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
