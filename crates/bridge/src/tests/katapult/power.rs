//! The four power functions, the console, and who may use them.

use domain::Clock;
use serde_json::{Value, json};
use sim::fault::{Fault, FaultRule};
use sim::katapult::Power as Runs;

use super::super::words::SESSION;
use super::{Rig, lines};

const REPLAYED: &str = "Module command: Replay detected, please click the button again. You may need to refresh the page \
                        first.";

/// A client's own request, with a token of the form that was posted.
pub fn by_client(token: &str) -> impl FnOnce(&mut Value) {
    let token = token.to_owned();
    move |message| {
        let context = &mut message["context"];
        context["actor"] = json!("client");
        context["client_id"] = json!(77);
        context["user_id"] = json!(1);
        context["admin_id"] = Value::Null;
        context["permissions"] = json!(["*"]);
        context["session"] = json!(SESSION);
        message["params"]["token"] = json!(token);
    }
}

/// A client's look at the page.
pub fn looks(message: &mut Value) {
    by_client("")(message);
    message["params"].as_object_mut().unwrap().remove("token");
}

/// The one-time token of a page that the client looks at.
async fn token(rig: &Rig) -> String {
    assert_eq!(rig.result("ClientArea", looks).await, "success");
    let asked = rig.pages.0.lock().unwrap();
    asked.last().unwrap().once.clone().unwrap()
}

#[tokio::test]
async fn kt_072_kt_073_kt_074_switches_reach_the_machine_and_are_told() {
    let rig = Rig::start().await;
    rig.create().await;
    rig.until("it runs", || async { rig.machines()[0].power == Runs::Started })
        .await;
    for (function, path, ends, line) in [
        ("StopVm", "/stop", Runs::Stopped, "VM stopped"),
        ("StartVm", "/start", Runs::Started, "VM started"),
        ("ShutdownVm", "/shutdown", Runs::Stopped, "VM shutdown"),
    ] {
        assert_eq!(rig.result(function, |_| ()).await, "success", "{function}");
        rig.is_quiet().await;
        assert_eq!(rig.machines()[0].power, ends, "{function}");
        assert_eq!(rig.sent("POST", path), 1, "{function}");
        let line = format!("[Service ID: 501]: {line}");
        assert_eq!(lines(&rig.effects().await), [line.as_str()]);
    }
}

#[tokio::test]
async fn kt_075_a_reset_is_sent_once_and_told() {
    let rig = Rig::start().await;
    rig.create().await;
    rig.until("it runs", || async { rig.machines()[0].power == Runs::Started })
        .await;
    assert_eq!(rig.result("ResetVm", |_| ()).await, "success");
    rig.is_quiet().await;
    assert_eq!(rig.sent("POST", "/reset"), 1);
    assert_eq!(lines(&rig.effects().await), ["[Service ID: 501]: VM reset"]);
}

#[tokio::test]
async fn kt_077_kt_078_without_an_active_service_or_a_machine_nothing_is_sent() {
    let rig = Rig::start().await;
    assert_eq!(
        rig.result("StartVm", |_| ()).await,
        "Module command: There is no VM ID set for this service"
    );
    rig.create().await;
    let before = rig.kit.panel.calls().len();
    for status in ["Suspended", "Pending", "Terminated"] {
        let sentence = rig
            .result("StopVm", |message| message["domainstatus"] = json!(status))
            .await;
        assert_eq!(
            sentence, "Module command: This service is not currently active",
            "{status}"
        );
    }
    assert_eq!(rig.kit.panel.calls().len(), before);
}

/// A machine that runs and takes no switch.
async fn locked() -> Rig {
    let rig = Rig::start().await;
    rig.create().await;
    rig.until("it runs", || async { rig.machines()[0].power == Runs::Started })
        .await;
    let machine = rig.machines()[0].id.clone();
    let lock = sim::katapult::Act::Lock {
        machine,
        seconds: 100_000,
    };
    let now = rig.clock.now();
    rig.kit.panel.hand(now).act(lock).unwrap();
    rig
}

#[tokio::test]
async fn kt_079_a_switch_that_the_platform_refuses_is_told_to_the_person_and_to_the_log() {
    let rig = locked().await;
    let sentence = rig.result("StopVm", |_| ()).await;
    assert!(
        sentence.starts_with("Module command: ") && sentence.contains("task_queueing_error"),
        "{sentence}"
    );
    assert!(sentence.contains("[http: 406 POST /core/v1/"), "{sentence}");
    let effects = rig.effects().await;
    let told = lines(&effects);
    assert!(
        told[0].starts_with("[Service ID: 501]: The VM could not be stopped: "),
        "{told:?}"
    );
}

#[tokio::test]
async fn kt_079_a_client_hears_of_a_refused_switch_without_the_platforms_words() {
    let rig = locked().await;
    let token = token(&rig).await;
    let sentence = rig.result("StopVm", by_client(&token)).await;
    assert!(sentence.starts_with("Module command: "), "{sentence}");
    for theirs in ["task_queueing_error", "http", "/core/v1/", "success"] {
        assert!(!sentence.contains(theirs), "{sentence}");
    }
}

#[tokio::test]
async fn kt_094_kt_095_kt_096_a_clients_switch_needs_a_token_that_is_good_once() {
    let rig = Rig::start().await;
    rig.create().await;
    rig.until("it runs", || async { rig.machines()[0].power == Runs::Started })
        .await;
    for wrong in ["", "1.2.3", "no token"] {
        assert_eq!(rig.result("StopVm", by_client(wrong)).await, REPLAYED, "{wrong}");
    }
    assert_eq!(rig.sent("POST", "/stop"), 0);
    let token = token(&rig).await;
    assert_eq!(rig.result("StopVm", by_client(&token)).await, "success");
    assert_eq!(rig.result("StopVm", by_client(&token)).await, REPLAYED);
    rig.is_quiet().await;
    assert_eq!(rig.sent("POST", "/stop"), 1);
}

#[tokio::test]
async fn kt_098_kt_099_staff_the_cron_and_what_whmcs_does_by_itself_need_no_token() {
    let rig = Rig::start().await;
    rig.create().await;
    for actor in ["admin", "cron", "system", "api"] {
        let sentence = rig
            .result("StartVm", |message| message["context"]["actor"] = json!(actor))
            .await;
        assert_eq!(sentence, "success", "{actor}");
        rig.is_quiet().await;
    }
    // A payment in a client's request suspends and releases without anybody's click.
    for function in ["SuspendAccount", "UnsuspendAccount"] {
        let sentence = rig
            .result(function, |message| {
                by_client("")(message);
                message["params"].as_object_mut().unwrap().remove("token");
            })
            .await;
        assert_eq!(sentence, "success", "{function}");
        rig.is_quiet().await;
    }
}

#[tokio::test]
async fn a_user_without_the_permission_switches_nothing() {
    let rig = Rig::start().await;
    rig.create().await;
    let token = token(&rig).await;
    let sentence = rig
        .result("StopVm", |message| {
            by_client(&token)(message);
            message["context"]["permissions"] = json!(["products"]);
        })
        .await;
    assert!(sentence.contains("Your login may not do this"), "{sentence}");
    assert_eq!(rig.sent("POST", "/stop"), 0);
}

#[tokio::test]
async fn kt_092_mx_047_a_console_is_opened_at_the_platforms_own_address_told_and_written_down() {
    let rig = Rig::start().await;
    rig.create().await;
    rig.until("it runs", || async { rig.machines()[0].power == Runs::Started })
        .await;
    let answer = rig.call("ServiceSingleSignOn", |_| ()).await;
    assert_eq!(answer["result"], "success", "{answer}");
    let address = answer["data"]["redirect_to"].as_str().unwrap();
    assert!(address.starts_with(&rig.kit.platform.endpoint), "{address}");
    assert_eq!(
        lines(&rig.effects().await),
        ["[Service ID: 501]: Created console session for VM"]
    );
    let (filter, all) = (store::AuditFilter::default(), store::PageRequest::first(1000));
    let audit = rig.engine.store().audit_lines(&filter, &all).await.unwrap().items;
    let opened = audit.iter().filter(|line| line.action == "console.opened");
    let details: Vec<_> = opened.map(|line| line.detail.clone()).collect();
    assert_eq!(details, [json!({ "way": "page", "service": 501 })]);
    assert!(
        !format!("{audit:?}").contains(address),
        "its address is not written down"
    );
}

#[tokio::test]
async fn kt_093_a_console_that_cannot_be_opened_is_a_readable_sentence() {
    let rig = Rig::start().await;
    rig.create().await;
    rig.until("it runs", || async { rig.machines()[0].power == Runs::Started })
        .await;
    assert_eq!(rig.result("StopVm", |_| ()).await, "success");
    rig.is_quiet().await;
    let answer = rig.call("ServiceSingleSignOn", |_| ()).await;
    assert_eq!(
        answer["result"],
        "Module command: The machine must be started before its console can be opened; it is stopped."
    );
    assert!(answer.get("data").is_none(), "{answer}");
    rig.kit.panel.add_fault(FaultRule::at(
        "create_console_session",
        Fault::ErrorBefore {
            status: 503,
            html: true,
        },
    ));
    let answer = rig
        .call("ServiceSingleSignOn", |message| {
            message["budget_ms"] = json!(3200);
        })
        .await;
    let sentence = answer["result"].as_str().unwrap();
    assert!(
        sentence.starts_with("Module command: ") && sentence.ends_with('.'),
        "{sentence}"
    );
    assert!(answer.get("data").is_none(), "{answer}");
}
