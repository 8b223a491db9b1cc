//! What goes over the wire, byte by byte.

use std::time::Duration;

use domain::http::{Method, Outcome, Request, RetryClass};
use outbound::{Limits, OutboundConfig};
use serde_json::json;

use crate::server::{always, call, endpoint, outbound, patient, send};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/// The header's values, in order.
fn values<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(given, _)| given.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
        .collect()
}

#[tokio::test]
async fn vf_014_kt_029_requests_carry_bearer_json_headers_our_name_and_the_call_id() {
    let (address, seen) = always(OK).await;
    let request = Request::new("create_server", Method::Post, "/servers", RetryClass::Creating)
        .with_body(json!({"packageId": 12}))
        .with_query("dryRun", "true");
    let outcome = send(&outbound(patient()), &endpoint(address), &request).await;
    assert!(matches!(outcome, Outcome::Answered(_)), "{outcome:?}");
    let sent = &seen.all()[0];
    let (head, body) = sent.split_once("\r\n\r\n").expect("a head has an end");
    assert!(
        head.starts_with("POST /api/v1/servers?dryRun=true HTTP/1.1\r\n"),
        "{head}"
    );
    assert_eq!(body, "{\"packageId\":12}");
    for (name, value) in [
        ("host", address.to_string()),
        ("accept", "application/json".to_owned()),
        ("content-type", "application/json; charset=utf-8".to_owned()),
        ("authorization", "Bearer s3cret-token".to_owned()),
        ("user-agent", format!("Hostler/{}", env!("CARGO_PKG_VERSION"))),
        ("x-request-id", call().to_string()),
        ("content-length", "16".to_owned()),
    ] {
        assert_eq!(values(head, name), [value], "{name}");
    }
    for unwanted in ["cookie", "referer", "expect", "transfer-encoding"] {
        assert_eq!(values(head, unwanted), Vec::<&str>::new(), "{unwanted}");
    }
}

#[test]
fn vf_014_ten_seconds_to_connect_and_thirty_in_all_are_the_default() {
    let config = OutboundConfig::default();
    assert_eq!(config.timeouts.connect, Duration::from_secs(10));
    for class in RetryClass::ALL {
        let total = config.total(*class, &Limits::default());
        assert_eq!(total, Duration::from_secs(30), "{class}");
    }
}

#[test]
fn kt_029_a_platforms_own_limit_shortens_the_wait_and_what_is_set_for_a_class_holds_for_all() {
    let seconds = Duration::from_secs;
    let config = OutboundConfig {
        totals: vec![(RetryClass::Creating, seconds(60))],
        ..OutboundConfig::default()
    };
    let within = |exchange| Limits {
        exchange,
        ..Limits::default()
    };
    for (own, class, total) in [
        (Some(5), RetryClass::Read, 5),
        (Some(5), RetryClass::Creating, 60),
        (Some(90), RetryClass::Read, 30),
        (None, RetryClass::Read, 30),
    ] {
        let limits = within(own.map(seconds));
        assert_eq!(config.total(class, &limits), seconds(total), "{own:?} {class}");
    }
}

/// One connection carries all requests, so whatever followed a head as its body would stand before the next request.
#[tokio::test]
async fn vf_015_a_request_without_body_sends_none_and_says_so() {
    let (address, seen) = always(OK).await;
    let outbound = outbound(patient());
    for method in [
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
        Method::Get,
    ] {
        let request = Request::new("suspend", method, "/servers/7/suspend", RetryClass::Convergent);
        let outcome = send(&outbound, &endpoint(address), &request).await;
        assert!(matches!(outcome, Outcome::Answered(_)), "{method}: {outcome:?}");
    }
    let sent = seen.all();
    assert_eq!(sent.len(), 5);
    for (text, method) in sent.iter().zip(["POST", "PUT", "PATCH", "DELETE", "GET"]) {
        assert!(
            text.starts_with(&format!("{method} /api/v1/servers/7/suspend HTTP/1.1\r\n")),
            "{text}"
        );
        assert!(text.ends_with("\r\n\r\n"), "nothing follows the head: {text}");
        let length: &[&str] = if method == "GET" { &[] } else { &["0"] };
        assert_eq!(values(text, "content-length"), length, "{method}");
        assert_eq!(values(text, "transfer-encoding"), Vec::<&str>::new(), "{method}");
    }
}

#[tokio::test]
async fn connections_are_kept_and_shared() {
    let connections = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&connections);
    let (address, seen) = crate::server::start(move |_, mut stream, seen| {
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        async move {
            while seen.read(&mut stream).await.is_some() {
                drop(tokio::io::AsyncWriteExt::write_all(&mut stream, OK.as_bytes()).await);
            }
        }
    })
    .await;
    let outbound = outbound(patient());
    for _ in 0..3 {
        let outcome = send(
            &outbound,
            &endpoint(address),
            &Request::get("connect", "/connect"),
        )
        .await;
        assert!(matches!(outcome, Outcome::Answered(_)), "{outcome:?}");
    }
    assert_eq!(
        (
            seen.count(),
            connections.load(std::sync::atomic::Ordering::SeqCst)
        ),
        (3, 1)
    );
}
