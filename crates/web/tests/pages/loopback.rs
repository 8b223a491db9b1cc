//! The loopback listener's own gates, and the probes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::resting;
use axum::Router;
use axum::body::Body;
use domain::Secret;
use domain::record::OperationState;
use engine::core::Intent;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use testkit::rig::order;
use tower::ServiceExt;
use web::{Probes, RouterConfig, router};

const HOST: &str = "127.0.0.1:8700";

async fn ask(app: &Router, request: http::request::Builder, body: &str) -> (Response<()>, String) {
    let request = request
        .body(Body::from(body.to_owned()))
        .expect("the test builds sound requests");
    let (parts, body) = app
        .clone()
        .oneshot(request)
        .await
        .expect("a router does not fail")
        .into_parts();
    let bytes = body
        .collect()
        .await
        .expect("a body in memory is whole")
        .to_bytes();
    (
        Response::from_parts(parts, ()),
        String::from_utf8(bytes.to_vec()).expect("pages are UTF-8"),
    )
}

fn get(uri: &str) -> http::request::Builder {
    Request::get(uri).header("host", HOST)
}

#[tokio::test]
async fn pages_are_shown_on_loopback_names_only() {
    let (_rig, pages) = resting().await;
    let app = router(RouterConfig {
        pages,
        token_key: Secret::new("key"),
    });
    for host in [HOST, "localhost:1", "[::1]:8700", "LOCALHOST"] {
        let (answer, body) = ask(&app, Request::get("/operator").header("host", host), "").await;
        assert_eq!(answer.status(), 200, "{host}");
        assert!(body.contains("Overview"));
        assert!(
            answer.headers()["content-security-policy"]
                .to_str()
                .unwrap()
                .contains("script-src 'self'")
        );
    }
    for host in ["rebound.example:8700", "127.0.0.1.example", "10.0.0.1", ""] {
        let (answer, body) = ask(&app, Request::get("/operator").header("host", host), "").await;
        assert_eq!(answer.status(), 403, "{host}");
        assert!(!body.contains("Overview"));
    }
    let (answer, _) = ask(&app, get("/operator?page=operations&state=all"), "").await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn assets_and_links_of_a_page_lead_somewhere() {
    let (_rig, pages) = resting().await;
    let app = router(RouterConfig {
        pages,
        token_key: Secret::new("key"),
    });
    let (_, body) = ask(&app, get("/operator"), "").await;
    let body = body.replace("&#x2f;", "/").replace("&amp;", "&");
    let mut led = 0;
    for attribute in ["href=\"", "src=\""] {
        for link in body
            .split(attribute)
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
        {
            if link.starts_with('#') {
                continue;
            }
            let (answer, _) = ask(&app, get(link), "").await;
            assert_eq!(answer.status(), 200, "{link}");
            led += 1;
        }
    }
    assert!(led > 10, "{led}");
}

#[tokio::test]
async fn forms_need_own_origin_session_and_token() {
    let (rig, pages) = resting().await;
    let operation = rig.submit(rig.wish(501, Intent::Create(order()))).await;
    let app = router(RouterConfig {
        pages,
        token_key: Secret::new("key"),
    });
    let (answer, body) = ask(&app, get(&format!("/operator?page=operations/{operation}")), "").await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let token = body.split("name=\"hostler_token\" value=\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap();
    let form = format!("operation={operation}&hostler_token={token}");

    let post = |origin: Option<&str>, cookie: Option<&str>| {
        let mut request = Request::post("/operator?action=cancel")
            .header("host", HOST)
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        request
    };
    let own = Some("http://127.0.0.1:8700");
    let other_session = format!("hostler_operator={}", "0".repeat(32));
    let refused = [
        (post(Some("https://evil.example"), Some(&cookie)), form.clone()),
        (post(Some("http://127.0.0.1:9999"), Some(&cookie)), form.clone()),
        (post(Some("null"), Some(&cookie)), form.clone()),
        (post(None, Some(&cookie)), form.clone()),
        (post(own, None), form.clone()),
        (post(own, Some(&other_session)), form.clone()),
        (post(own, Some(&cookie)), format!("operation={operation}")),
        (
            post(own, Some(&cookie)),
            format!("operation={operation}&hostler_token={}", "0".repeat(64)),
        ),
    ];
    for (number, (request, body)) in refused.into_iter().enumerate() {
        let (answer, _) = ask(&app, request, &body).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{number}");
    }
    assert!(!rig.engine.operation(operation).await.unwrap().state.is_final());

    let (answer, _) = ask(&app, post(own, Some(&cookie)), &form).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let ended = rig.engine.operation(operation).await.unwrap();
    assert_eq!(ended.state, OperationState::Cancelled);
}

#[tokio::test]
async fn probes_tell_life_readiness_and_metrics() {
    let (rig, _pages) = resting().await;
    let taking = Arc::new(AtomicBool::new(true));
    let flag = Arc::clone(&taking);
    let app = Probes {
        engine: rig.engine.clone(),
        taking_work: Arc::new(move || flag.load(Ordering::SeqCst)),
        metrics: Arc::new(|| "hostler_operations_open 3\n".to_owned()),
    }
    .router();
    assert_eq!(ask(&app, get("/healthz"), "").await.0.status(), 200);
    assert_eq!(ask(&app, get("/readyz"), "").await.0.status(), 200);
    let (answer, body) = ask(&app, get("/metrics"), "").await;
    assert!(
        answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/plain; version=0.0.4")
    );
    assert_eq!(body, "hostler_operations_open 3\n");
    taking.store(false, Ordering::SeqCst);
    assert_eq!(ask(&app, get("/readyz"), "").await.0.status(), 503);
    assert_eq!(ask(&app, get("/healthz"), "").await.0.status(), 200);
    taking.store(true, Ordering::SeqCst);
    rig.engine.store().close().await.unwrap();
    assert_eq!(ask(&app, get("/readyz"), "").await.0.status(), 503);
}
