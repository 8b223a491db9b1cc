//! TestConnection: proposals, approval, and what a test says.

use domain::Clock;
use domain::record::PlatformState;
use serde_json::json;
use sim::fault::{Fault, FaultRule};

use super::rig::{Door, Rig};

#[tokio::test]
async fn vf_005_a_blank_hostname_or_password_fails_without_a_call() {
    let rig = Rig::inert(crate::BridgeConfig::default()).await;
    for (host, password) in [("", "token"), ("  ", ""), ("panel.test", ""), ("panel.test", " ")] {
        let result = rig
            .result("TestConnection", |message| {
                message["params"]["serverhostname"] = json!(host);
                message["params"]["serverpassword"] = json!(password);
            })
            .await;
        assert!(
            result.contains("Hostname and password are both required"),
            "{host:?} {password:?}"
        );
    }
    assert!(rig.panel.calls().is_empty());
    assert_eq!(
        rig.engine.store().platforms().await.unwrap().len(),
        1,
        "the rig's own"
    );
}

#[tokio::test]
async fn gx_011_a_proposal_is_inert_until_it_is_approved_on_the_host() {
    let rig = Rig::inert(crate::BridgeConfig::default()).await;
    let test = async |password: &str| {
        let host = rig.panel_address().to_owned();
        rig.result("TestConnection", |message| {
            message["params"]["serverhostname"] = json!(host);
            message["params"]["serverpassword"] = json!(password);
        })
        .await
    };
    let proposed = test("sim-full-token").await;
    assert!(proposed.contains("hostler platform approve plt_"), "{proposed}");
    assert!(rig.panel.calls().is_empty(), "a proposal makes no call");
    let platform = rig.platform().await.unwrap();
    assert_eq!(platform.state, PlatformState::Proposed);
    rig.engine
        .approve_platform(platform.id, &domain::Actor::host("test"))
        .await
        .unwrap();
    assert_eq!(test("").await, "success");
    // Another token typed later is not believed: the approved one is used.
    assert_eq!(test("a stolen idea").await, "success");
    let elsewhere = rig
        .result("TestConnection", |message| {
            message["params"]["serverhostname"] = json!("evil.test");
            message["params"]["serverpassword"] = json!("x");
        })
        .await;
    assert!(elsewhere.contains("changed on the engine's host"), "{elsewhere}");
    assert_eq!(rig.platform().await.unwrap().credential, platform.credential);
    assert_eq!(rig.engine.store().platforms().await.unwrap().len(), 2);
}

#[tokio::test]
async fn vf_006_vf_013_inside_an_enrol_window_a_proposal_is_approved_and_tested() {
    let rig = Rig::inert(crate::BridgeConfig::default()).await;
    let until = rig.clock.now() + std::time::Duration::from_mins(15);
    rig.engine
        .store()
        .set_enrol_window(&rig.installation.id, Some(until), &domain::Actor::host("test"))
        .await
        .unwrap();
    let host = rig.panel_address().to_owned();
    let result = rig
        .result("TestConnection", |message| {
            message["params"]["serverhostname"] = json!(host);
            message["params"]["serverpassword"] = json!("sim-full-token");
        })
        .await;
    assert_eq!(result, "success");
    let asked: Vec<String> = rig.panel.calls().iter().map(|call| call.path.clone()).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[0].ends_with("/connect"));
    assert!(asked[1].contains("/compute/hypervisors/groups"));
}

/// What a test says with one fault at one of its calls, and which paths were asked.
async fn with_fault(endpoint: &str, fault: Fault) -> (String, Vec<String>) {
    let rig = Rig::start().await;
    rig.panel.add_fault(FaultRule::at(endpoint, fault));
    let host = rig.panel_address().to_owned();
    let sentence = rig
        .result("TestConnection", |message| {
            message["params"]["serverhostname"] = json!(host);
        })
        .await;
    let paths = rig.panel.calls().iter().map(|call| call.path.clone()).collect();
    (sentence, paths)
}

const fn answered(status: u16) -> Fault {
    Fault::ErrorBefore { status, html: false }
}

#[tokio::test]
async fn vf_007_a_refused_token_is_said_and_nothing_more_is_asked() {
    let (sentence, paths) = with_fault("connect", answered(401)).await;
    assert!(sentence.to_lowercase().contains("token"), "{sentence}");
    assert_eq!(paths.len(), 1, "{paths:?}");
}

#[tokio::test]
async fn vf_008_a_failing_transport_is_said_in_its_own_words() {
    let (sentence, _) = with_fault("connect", Fault::ResetBefore).await;
    let (other, _) = with_fault("connect", answered(500)).await;
    assert_ne!(sentence, "success");
    assert_ne!(
        sentence, other,
        "the transport's words and the panel's are told apart"
    );
}

#[tokio::test]
async fn vf_009_another_status_is_named() {
    let (sentence, paths) = with_fault("connect", answered(418)).await;
    assert!(sentence.contains("418"), "{sentence}");
    assert_eq!(paths.len(), 1, "{paths:?}");
}

#[tokio::test]
async fn vf_010_a_token_without_the_compute_scope_is_said_with_the_code() {
    for status in [401, 403] {
        let (sentence, _) = with_fault("list_groups", answered(status)).await;
        assert!(sentence.contains(&status.to_string()), "{sentence}");
        assert!(sentence.to_lowercase().contains("scope"), "{sentence}");
    }
}

#[tokio::test]
async fn vf_011_groups_that_cannot_be_read_are_said_with_the_code() {
    let (sentence, _) = with_fault("list_groups", answered(500)).await;
    assert!(sentence.contains("500"), "{sentence}");
    let (lost, _) = with_fault("list_groups", Fault::ResetBefore).await;
    assert_ne!(lost, "success");
}

#[tokio::test]
async fn an_unsaved_server_is_proposed_and_attached_when_it_is_saved() {
    let rig = Rig::inert(crate::BridgeConfig::default()).await;
    let test = async |server: u64| {
        let host = rig.panel_address().to_owned();
        rig.result("TestConnection", |message| {
            message["params"] =
                json!({ "serverid": server, "serverhostname": host, "serverpassword": "sim-full-token" });
        })
        .await
    };
    assert!(test(0).await.starts_with("Proposed as plt_"));
    assert!(test(2).await.starts_with("Proposed as plt_"));
    let store = rig.engine.store();
    let (platform, attachment) = store.placement(&rig.installation.id, 2).await.unwrap().unwrap();
    assert_eq!(attachment.relation, domain::record::Relation::Integer);
    assert_eq!(rig.platform().await.unwrap().id, platform.id);
    let host = domain::Actor::host("test");
    rig.engine.approve_platform(platform.id, &host).await.unwrap();
    assert_eq!(test(2).await, "success");
}

#[tokio::test]
async fn gx_011_vf_272_a_typed_token_reaches_no_log_line_audit_or_answer() {
    let (_guard, log) = super::log::capture();
    let rig = Rig::inert(crate::BridgeConfig::default()).await;
    let host = rig.panel_address().to_owned();
    let answer = rig
        .call("TestConnection", |message| {
            message["params"] =
                json!({ "serverid": 2, "serverhostname": host, "serverpassword": "hunter2-hunter2" });
        })
        .await;
    let strange = super::words::message("TestConnection", |message| {
        message["params"] =
            json!({ "serverid": "hunter2-hunter2", "serverhostname": [], "serverpassword": 1 });
    });
    let (status, refused) = rig.post("/bridge/v1/call", &strange).await;
    assert_eq!(status, http::StatusCode::BAD_REQUEST);
    let lines = rig
        .engine
        .store()
        .audit_lines(&store::AuditFilter::default(), &store::PageRequest::first(100))
        .await
        .unwrap();
    assert!(lines.items.iter().any(|line| line.action == "platform.proposed"));
    for text in [
        answer.to_string(),
        refused.to_string(),
        format!("{lines:?}"),
        log.text(),
    ] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn refusals_are_logged_by_who_what_and_why_and_never_by_body() {
    let (_guard, log) = super::log::capture();
    let rig = Rig::inert(crate::BridgeConfig::default()).await;
    let body = b"{\"secret\":\"hunter2\"}";
    let now = rig.clock.now();
    let request = Door::signed_with(
        "wrong key",
        "POST",
        "/bridge/v1/call",
        body,
        now,
        "0123456789abcdef",
    );
    rig.send(request).await;
    let text = log.text();
    for part in ["bad_signature", "main", "/bridge/v1/call"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert!(!text.contains("hunter2") && !text.contains("wrong key"), "{text}");
}
