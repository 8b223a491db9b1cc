//! What a browser makes a service do: the console in its frame, the first login, the token that is good once.

use domain::record::OperationKind;
use serde_json::{Value, json};
use sim::katapult::Power as Runs;

use super::super::browser::{client, send, token, with};
use super::power::{by_client, looks};
use super::{Rig, service_row};

/// A request of our own page, posted, with both tokens.
async fn posted(rig: &Rig, action: &str, once: &str) -> Value {
    let session = token(rig).await;
    let once = once.to_owned();
    with(client(action, "POST"), |message| {
        message["module"] = json!("katapult");
        message["row"] = service_row();
        message["form"] = json!({ "hostler_token": session, "hostler_once": once });
        message["headers"]["origin"] = json!("https://shop.example.test");
    })
}

/// The one-time token of a page that was just made.
async fn once(rig: &Rig) -> String {
    let page = with(client("x", "GET"), |message| {
        message["module"] = json!("katapult");
        message["row"] = service_row();
        message["target"] = json!({ "kind": "fragment", "name": "live" });
        message["query"] = json!({ "serviceID": "501", "fragment": "live" });
    });
    let (_, wire) = rig.post("/bridge/v1/page", &page).await;
    assert_eq!(wire["status"], 200, "{wire}");
    let asked = rig.pages.0.lock().unwrap();
    asked.last().unwrap().once.clone().unwrap()
}

#[tokio::test]
async fn kt_092_kt_097_a_console_is_opened_in_its_frame_and_leaves_the_other_forms_their_token() {
    let rig = Rig::start().await;
    rig.create().await;
    rig.until("it runs", || async { rig.machines()[0].power == Runs::Started })
        .await;
    let (first, second) = (once(&rig).await, once(&rig).await);
    let (_, wire) = rig
        .post("/bridge/v1/page", &posted(&rig, "console", &first).await)
        .await;
    assert_eq!(wire["status"], 303, "{wire}");
    let address = wire["headers"]["location"].as_str().unwrap();
    assert!(address.starts_with(&rig.kit.platform.endpoint), "{address}");
    assert_eq!(wire["body"], "");
    // The same form once more is a replay, readable in its frame; the page's other forms still work, and so does another
    // tab.
    let (_, wire) = rig
        .post("/bridge/v1/page", &posted(&rig, "console", &first).await)
        .await;
    assert_eq!(wire["status"], 403);
    assert!(
        wire["body"].as_str().unwrap().contains("Replay detected"),
        "{wire}"
    );
    let stop = with(posted(&rig, "powerAction", &first).await, |message| {
        message["form"]["powerAction"] = json!("poweroff");
    });
    let (status, body) = send(&rig, &stop).await;
    assert_eq!(status, 200, "{body}");
    let (status, _) = send(&rig, &posted(&rig, "revealLogin", &second).await).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn kt_093_a_console_that_is_refused_says_why_in_its_frame_with_the_status_of_the_refusal() {
    let mut rig = Rig::start().await;
    rig.create().await;
    rig.until("it runs", || async { rig.machines()[0].power == Runs::Started })
        .await;
    rig.door.stand();
    let opened = async || {
        let message = posted(&rig, "console", &once(&rig).await).await;
        let (_, wire) = rig.post("/bridge/v1/page", &message).await;
        let body = wire["body"].as_str().unwrap().to_owned();
        (wire["status"].as_u64().unwrap(), body)
    };
    assert_eq!(opened().await.0, 303);
    let (status, body) = opened().await;
    assert_eq!(status, 429, "{body}");
    assert!(body.contains("It can be done again in 5 s."), "{body}");
    rig.clock.advance(std::time::Duration::from_secs(5));
    rig.withhold(OperationKind::Console).await;
    let (status, body) = opened().await;
    assert_eq!(status, 409, "{body}");
    assert!(body.contains("This is not offered for this service."), "{body}");
}

#[tokio::test]
async fn kt_095_a_switch_is_posted_once_per_page_however_its_word_is_spelt() {
    let rig = Rig::start().await;
    rig.create().await;
    let once = once(&rig).await;
    let boot = async |word: &str| {
        let message = with(posted(&rig, "powerAction", &once).await, |message| {
            message["form"]["powerAction"] = json!(word);
        });
        send(&rig, &message).await.0
    };
    assert_eq!(boot("boot").await, 200);
    rig.clock.advance(std::time::Duration::from_secs(11));
    assert_eq!(boot("boot").await, 403);
    assert_eq!(boot("bo-ot!").await, 403);
    let bare = with(posted(&rig, "powerAction", "").await, |message| {
        message["form"]["powerAction"] = json!("boot");
    });
    assert_eq!(send(&rig, &bare).await.0, 403);
}

#[tokio::test]
async fn kt_094_a_spent_token_is_not_good_again_under_the_name_of_a_switch() {
    let rig = Rig::start().await;
    rig.create().await;
    rig.until("it runs", || async { rig.machines()[0].power == Runs::Started })
        .await;
    let once = once(&rig).await;
    let asked = async |action: &str, field: &str| {
        let message = with(posted(&rig, action, &once).await, |message| {
            message["form"]["powerAction"] = json!(field);
        });
        let (_, wire) = rig.post("/bridge/v1/page", &message).await;
        wire["status"].as_u64().unwrap()
    };
    assert_eq!(asked("console", "").await, 303);
    assert_eq!(asked("revealLogin", "").await, 200);
    for word in ["boot", "restart", "shutdown", "poweroff"] {
        assert_eq!(asked("console", word).await, 403, "{word}");
        assert_eq!(asked("revealLogin", word).await, 403, "{word}");
    }
    // None of that used up a switch.
    assert_eq!(asked("powerAction", "poweroff").await, 200);
}

#[tokio::test]
async fn kt_072_kt_077_a_client_switches_once_in_ten_seconds_whichever_way_the_clicks_come() {
    let mut rig = Rig::start().await;
    rig.create().await;
    rig.until("it runs", || async { rig.machines()[0].power == Runs::Started })
        .await;
    let tokens = [once(&rig).await, once(&rig).await, once(&rig).await];
    rig.door.stand();
    assert_eq!(rig.result("StopVm", by_client(&tokens[0])).await, "success");
    assert_eq!(
        rig.result("StartVm", by_client(&tokens[1])).await,
        "Module command: That was done a moment ago. It can be done again in 10 s."
    );
    let boot = with(posted(&rig, "powerAction", &tokens[2]).await, |message| {
        message["form"]["powerAction"] = json!("boot");
    });
    let (code, body) = send(&rig, &boot).await;
    assert_eq!(code, 429, "{body}");
    assert_eq!((rig.sent("POST", "/stop"), rig.sent("POST", "/start")), (1, 0));
}

#[tokio::test]
async fn kt_078_a_clients_switch_of_a_service_that_is_not_active_is_refused_whichever_way_it_comes() {
    let rig = Rig::start().await;
    rig.create().await;
    for word in ["Suspended", "Pending", "Terminated", "Cancelled", "Fraud"] {
        let once = once(&rig).await;
        let sentence = rig
            .result("StopVm", |message| {
                by_client(&once)(message);
                message["domainstatus"] = json!(word);
            })
            .await;
        assert_eq!(
            sentence, "Module command: This service is not currently active",
            "{word}"
        );
        let boot = with(posted(&rig, "powerAction", &once).await, |message| {
            message["form"]["powerAction"] = json!("boot");
            message["row"]["domainstatus"] = json!(word);
        });
        let (code, body) = send(&rig, &boot).await;
        assert_eq!(
            (code, &body["errors"]),
            (400, &json!(format!("This service is {word}.")))
        );
    }
    assert_eq!((rig.sent("POST", "/stop"), rig.sent("POST", "/start")), (0, 0));
}

#[tokio::test]
async fn kt_104_the_login_is_answered_with_a_place_for_the_password_and_written_down() {
    let rig = Rig::start().await;
    rig.create().await;
    let once = once(&rig).await;
    let (_, wire) = rig
        .post("/bridge/v1/page", &posted(&rig, "revealLogin", &once).await)
        .await;
    let body: Value = serde_json::from_str(wire["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["data"]["username"], "root");
    assert_eq!(body["data"]["password"], wire["fill"]["placeholder"]);
    assert_eq!(
        (&wire["fill"]["service"], &wire["fill"]["field"]),
        (&json!(501), &json!("password"))
    );
    assert!(!wire.to_string().contains(&rig.machines()[0].password));
    let filter = store::AuditFilter::default();
    let written = rig
        .engine
        .store()
        .audit_lines(&filter, &store::PageRequest::first(100))
        .await
        .unwrap();
    assert!(written.items.iter().any(|line| line.action == "login.revealed"));
    let looking = with(posted(&rig, "revealLogin", "").await, |message| {
        message["context"]["permissions"] = json!(["products"]);
    });
    assert_eq!(send(&rig, &looking).await.0, 403);
}

#[tokio::test]
async fn the_actions_of_one_module_are_not_another_ones() {
    let rig = Rig::start().await;
    rig.create().await;
    let once = once(&rig).await;
    let (status, body) = send(&rig, &posted(&rig, "loginAsServerOwner", &once).await).await;
    assert_eq!(
        (status, &body["errors"]),
        (400, &json!("There is no such action."))
    );
}

#[tokio::test]
async fn kt_109_the_admin_tab_begins_with_what_the_pages_say_and_has_the_machines_id_behind_it() {
    let rig = Rig::start().await;
    rig.create().await;
    let answer = rig.call("AdminServicesTabFields", |_| ()).await;
    let fields = answer["data"]["fields"].as_array().unwrap();
    assert_eq!(fields[1]["label"], "Virtual Machine ID");
    assert!(
        fields[1]["html"]
            .as_str()
            .unwrap()
            .contains(&rig.machines()[0].id)
    );
    let saved = async |id: &str| {
        rig.result("AdminServicesTabFieldsSave", |message| {
            message["params"]["modulefields"] = json!([id]);
        })
        .await
    };
    assert_eq!(saved("71").await, "success", "no machine is called that");
    assert!(
        saved("vm_Qm3kT8Zr1LwYp0Xa")
            .await
            .starts_with("Nothing was changed.")
    );
}

#[tokio::test]
async fn kt_112_an_operators_own_frame_is_told_the_machines_id_and_state_as_the_originals_was() {
    let rig = Rig::standing().await;
    let shown = async || {
        let data = rig.call("ClientArea", looks).await["data"].clone();
        ["vm_id", "vm_state"].map(|field| data[field].clone())
    };
    assert_eq!(shown().await, [Value::Null, json!("unknown")]);
    assert_eq!(rig.result("CreateAccount", |_| ()).await, "success");
    assert_eq!(shown().await, [Value::Null, json!("building")]);
    rig.grow().await;
    let machine = &rig.machines()[0];
    let read = rig.view(501).await.expect("the service").state_word();
    assert_eq!(shown().await, [json!(machine.id), json!(read)]);
}
