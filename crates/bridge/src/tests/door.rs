//! Who comes in, and how what is refused is refused.

use std::time::Duration;

use crate::BridgeConfig;
use crate::sign::{self, canonical, mac};
use domain::{Clock, Moment, Secret};
use http::StatusCode;
use serde_json::{Value, json};

use super::rig::{Door, Rig};
use super::words::{context, message};

fn code(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["error"]["code"].as_str().unwrap_or_default().to_owned()
}

async fn rig() -> Rig {
    Rig::inert(BridgeConfig::default()).await
}

#[tokio::test]
async fn gx_011_what_is_not_signed_rightly_is_refused_and_changes_nothing() {
    let rig = rig().await;
    let body = message("CreateAccount", |_| ()).to_string().into_bytes();
    let (path, now) = ("/bridge/v1/call", rig.clock.now());
    let nonce = "0123456789abcdef";
    let signed = |key, path, at| Door::signed_with(key, "POST", path, &body, at, nonce);

    let mut unsigned = signed("bridge-key-of-a-test", path, now);
    unsigned.headers_mut().remove(sign::HEADER_SIGNATURE);
    let mut stranger = signed("bridge-key-of-a-test", path, now);
    stranger
        .headers_mut()
        .insert(sign::HEADER_INSTALLATION, "nobody".parse().unwrap());
    let mut elsewhere = signed("bridge-key-of-a-test", "/bridge/v1/event", now);
    *elsewhere.uri_mut() = path.parse().unwrap();
    let old = now - Duration::from_secs(301);
    let future = now + Duration::from_secs(301);
    for (request, wanted) in [
        (unsigned, "unsigned"),
        (stranger, "unknown_installation"),
        (elsewhere, "bad_signature"),
        (signed("another key", path, now), "bad_signature"),
        (signed("bridge-key-of-a-test", path, old), "stale_timestamp"),
        (signed("bridge-key-of-a-test", path, future), "stale_timestamp"),
    ] {
        let answer = rig.send(request).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{wanted}");
        assert_eq!(code(answer.body()), wanted);
        assert!(!answer.headers().contains_key(sign::HEADER_SIGNATURE), "{wanted}");
    }
    assert!(rig.view(501).await.is_none());
}

#[tokio::test]
async fn gx_011_a_message_is_taken_once_and_never_from_before_the_start() {
    let rig = rig().await;
    let start = rig.clock.now();
    let send = |at: Moment, nonce: &'static str| {
        let path = "/bridge/v1/effects?protocol=1&limit=5";
        rig.send(Door::signed_with(
            "bridge-key-of-a-test",
            "GET",
            path,
            b"",
            at,
            nonce,
        ))
    };
    rig.clock.advance(Duration::from_secs(100));
    let before = send(start - Duration::from_secs(1), "aaaaaaaaaaaaaaaa").await;
    assert_eq!(code(before.body()), "stale_timestamp");
    assert_eq!(send(start, "bbbbbbbbbbbbbbbb").await.status(), StatusCode::OK);
    let again = send(start, "bbbbbbbbbbbbbbbb").await;
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(code(again.body()), "replayed_nonce");
    assert!(
        again.headers().contains_key(sign::HEADER_SIGNATURE),
        "its signature was good"
    );
}

#[tokio::test]
async fn every_answer_to_a_good_signature_is_signed_over_nonce_status_and_body() {
    let rig = rig().await;
    for (method, path, body, status) in [
        ("GET", "/bridge/v1/effects?protocol=1", "", 200),
        ("GET", "/bridge/v1/effects?protocol=9", "", 400),
        ("GET", "/bridge/v1/call", "", 405),
        ("POST", "/bridge/v1/nowhere", "{}", 404),
        ("POST", "/bridge/v1/call", "{", 400),
    ] {
        let request = rig.signed(method, path, body.as_bytes());
        let nonce = request.headers()[sign::HEADER_NONCE].clone();
        let answer = rig.send(request).await;
        assert_eq!(answer.status().as_u16(), status, "{method} {path}");
        let headers = answer.headers();
        assert_eq!(headers[sign::HEADER_NONCE], nonce);
        let at: i64 = headers[sign::HEADER_TIMESTAMP].to_str().unwrap().parse().unwrap();
        let text = canonical::answer(
            &"main".parse().unwrap(),
            nonce.to_str().unwrap(),
            status,
            Moment::from_seconds(at),
            answer.body(),
        );
        let expected = mac::sign_all(&[Secret::new("bridge-key-of-a-test")], &text);
        assert_eq!(headers[sign::HEADER_SIGNATURE].to_str().unwrap(), expected);
    }
}

#[tokio::test]
async fn during_a_rotation_both_keys_are_good_and_both_sign() {
    let rig = rig().await;
    let store = rig.engine.store();
    let host = domain::Actor::host("test");
    let fresh = domain::id::SecretId::new(rig.clock.as_ref(), rig.engine.random().as_ref());
    store
        .rotate_key(&rig.installation.id, fresh, &Secret::new("the-next-key"), &host)
        .await
        .unwrap();
    let path = "/bridge/v1/effects?protocol=1";
    let now = rig.clock.now();
    let sent = |key, nonce| rig.send(Door::signed_with(key, "GET", path, b"", now, nonce));
    let old = sent("bridge-key-of-a-test", "aaaaaaaaaaaaaaaa").await;
    assert_eq!(old.status(), StatusCode::OK);
    let signatures = old.headers()[sign::HEADER_SIGNATURE].to_str().unwrap();
    assert_eq!(signatures.split(',').count(), 2);
    assert_eq!(
        sent("the-next-key", "bbbbbbbbbbbbbbbb").await.status(),
        StatusCode::OK
    );
    store
        .finish_key_rotation(&rig.installation.id, &host)
        .await
        .unwrap();
    let late = sent("bridge-key-of-a-test", "cccccccccccccccc").await;
    assert_eq!(code(late.body()), "bad_signature");
}

#[tokio::test]
async fn gx_011_a_body_over_the_limit_is_refused_whether_announced_or_not() {
    let rig = rig().await;
    let large = vec![b' '; 1024 * 1024 + 1];
    let whole = rig.signed("POST", "/bridge/v1/event", &large);
    let answer = rig.send(whole).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(code(answer.body()), "too_large");
    let mut announced = rig.signed("POST", "/bridge/v1/event", b"{}");
    announced
        .headers_mut()
        .insert(http::header::CONTENT_LENGTH, "1048577".parse().unwrap());
    assert_eq!(code(rig.send(announced).await.body()), "too_large");
}

#[tokio::test]
async fn gx_011_unknown_words_are_refused_in_one_plain_sentence() {
    let rig = rig().await;
    let post = async |path, body: Value| {
        let (status, answer) = rig.post(path, &body).await;
        (
            status.as_u16(),
            answer["error"]["code"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let call = |change: fn(&mut Value)| message("CreateAccount", change);
    let refused = |code: &str| (400, code.to_owned());
    let path = "/bridge/v1/call";
    assert_eq!(
        post(path, call(|m| m["module"] = json!("cpanel"))).await,
        refused("unknown_module")
    );
    assert_eq!(
        post(path, call(|m| m["function"] = json!("Renew"))).await,
        refused("unknown_function")
    );
    assert_eq!(
        post(path, call(|m| m["params"]["serverpassword"] = json!("x"))).await,
        refused("bad_request")
    );
    assert_eq!(
        post(path, call(|m| m["params"]["suspendreason"] = json!("x"))).await,
        refused("bad_request")
    );
    assert_eq!(
        post(path, call(|m| m["context"]["protocol"] = json!(2))).await,
        refused("unsupported_protocol")
    );
    assert_eq!(
        post(path, call(|m| m["context"]["actor"] = json!("host"))).await,
        refused("bad_request")
    );
    let event = |kind: &str| json!({ "event_id": "0123456789abcdef", "kind": kind, "occurred_at": 1, "body": {}, "context": context("cron") });
    assert_eq!(
        post("/bridge/v1/event", event("party")).await,
        refused("unknown_kind")
    );
    assert_eq!(
        post("/bridge/v1/event", event("cron")).await,
        refused("bad_request")
    );
}

#[tokio::test]
async fn a_full_waiting_room_says_so_at_once() {
    let config = BridgeConfig {
        waiting: 0,
        ..BridgeConfig::default()
    };
    let rig = Rig::inert(config).await;
    let answer = rig.call("CreateAccount", |_| ()).await;
    assert!(answer["result"].as_str().unwrap().starts_with("Hostler is busy"));
    assert!(rig.view(501).await.is_none());
    let (status, body) = rig.event("cron", &json!({ "waiting": 0 })).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(body["error"]["code"], "too_many");
}

/// Pages that fall over.
struct Falling;

impl crate::Pages for Falling {
    fn serve(&self, _request: crate::PageRequest) -> crate::BoxFuture<'_, crate::PageAnswer> {
        panic!("a page fell over its own feet")
    }

    fn console(
        &self,
        _request: crate::PageRequest,
        _console: domain::console::Console,
    ) -> crate::BoxFuture<'_, crate::PageAnswer> {
        panic!("a page fell over its own feet")
    }
}

#[tokio::test]
async fn a_panic_is_one_answer_and_not_the_end() {
    let rig = rig().await.with_pages(std::sync::Arc::new(Falling));
    let asset = json!({
        "module": "VirtFusionDirect", "surface": "client", "target": { "kind": "asset", "name": "x.css" },
        "method": "GET", "base": "/client.php", "context": context("client"),
    });
    for _ in 0..2 {
        let (status, body) = rig.post("/bridge/v1/page", &asset).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(body["error"]["code"], "internal");
        assert!(!body.to_string().contains("feet"), "{body}");
    }
    assert_eq!(rig.event("daily", &json!({})).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_call_is_finished_when_its_caller_has_gone() {
    let rig = Rig::start().await;
    let body = message("CreateAccount", |_| ()).to_string().into_bytes();
    let request = rig.signed("POST", "/bridge/v1/call", &body);
    // The caller leaves as soon as its wish is taken.
    let taken = async {
        while rig.view(501).await.is_none() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::select! {
        _ = rig.send(request) => panic!("the answer came before its caller left"),
        () = taken => {}
    }
    rig.until("the machine is ready", || async {
        rig.view(501)
            .await
            .is_some_and(|view| view.line().next().is_none() && view.link.is_some())
    })
    .await;
    // Nobody heard the success, so the billing system is made to ask again.
    let effects = rig.effects().await;
    let rerun = effects.iter().find(|effect| effect["kind"] == "rerun").unwrap();
    assert_eq!(rerun["body"], json!({ "function": "create" }));
    assert_eq!(rerun["guard"]["domainstatus"], json!(["Pending"]));
}
