//! The module's entry files and the nudge.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::json;
use tower::ServiceExt;

use crate::browser::{CLIENT, COOKIE, body, get, order, post, text};
use crate::fake::{Fake, Manner, nudge};

#[tokio::test]
async fn without_the_engine_pages_render_with_one_sentence() {
    let (_, shop) = Fake::start(Manner::Unsigned, false).await;
    let address = order(&shop, "web1.example.test").await;
    let page = body(&shop, &address).await;
    assert!(
        page.contains("The provisioning engine is not reachable right now."),
        "{page}"
    );
    let answer = get(&shop, &format!("{CLIENT}?serviceID=501&action=serverData")).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        text(answer)
            .await
            .starts_with("{\"errors\":\"The server panel cannot be shown")
    );
}

#[tokio::test]
async fn entry_files_forward_as_the_protocol_says() {
    let (fake, shop) = Fake::start(Manner::Good, true).await;
    order(&shop, "web1.example.test").await;
    let request = Request::post(format!("{CLIENT}?serviceID=501&action=power-Action!!&x[]=1"))
        .header(header::COOKIE, COOKIE)
        .header(header::ORIGIN, "http://127.0.0.1:8700")
        .header("x-hostler-token", "abc")
        .body(Body::from("powerAction=restart&hostler_token=t0k3n&list%5B%5D=1"))
        .unwrap();
    let answer = shop.router().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(
        answer.headers()[header::CONTENT_TYPE],
        "application/json; charset=utf-8"
    );
    let asset = get(&shop, &format!("{CLIENT}?asset=hostler.css")).await;
    assert_eq!(asset.headers()[header::CACHE_CONTROL], "max-age=3600");
    assert_eq!(text(asset).await, "body{}");
    let operator = get(&shop, "/modules/servers/VirtFusionDirect/admin.php").await;
    assert_eq!(
        operator.headers()[header::CONTENT_SECURITY_POLICY],
        "default-src 'none'"
    );
    let mind = fake.mind();
    assert_eq!(mind.problems, Vec::<String>::new());
    let sent = &mind.pages[0];
    assert_eq!(sent["target"], json!({ "kind": "action", "name": "powerAction" }));
    assert_eq!(
        sent["query"],
        json!({ "serviceID": "501", "action": "power-Action!!" })
    );
    assert_eq!(
        sent["form"],
        json!({ "powerAction": "restart", "hostler_token": "t0k3n" })
    );
    assert_eq!(sent["row"]["service"], json!(501));
    assert_eq!(sent["context"]["actor"], json!("client"));
    assert_eq!(
        (&sent["context"]["client_id"], &sent["context"]["permissions"]),
        (&json!(1), &json!(["*"]))
    );
    assert_eq!(sent["headers"]["token"], json!("abc"));
    assert_eq!(
        mind.pages[2]["context"]["admin_role"],
        json!("Full Administrator")
    );
    assert_eq!(
        mind.pages[2]["target"],
        json!({ "kind": "page", "name": "operations" })
    );
}

#[tokio::test]
async fn a_browser_without_a_session_gets_one_and_no_entry() {
    let (fake, shop) = Fake::start(Manner::Good, true).await;
    let request = Request::get(format!("{CLIENT}?serviceID=501&action=serverData"))
        .body(Body::empty())
        .unwrap();
    let answer = shop.router().oneshot(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
    assert_eq!(
        text(answer).await,
        "{\"errors\":\"unauthenticated\",\"success\":false}"
    );
    assert!(fake.mind().pages.is_empty());
}

#[tokio::test]
async fn only_a_signed_nudge_is_heard() {
    let (_, shop) = Fake::start(Manner::Good, true).await;
    for (headers, status) in [
        (nudge(""), StatusCode::NO_CONTENT),
        (nudge("x"), StatusCode::UNAUTHORIZED),
    ] {
        let mut request = Request::post("/nudge");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = shop
            .router()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(answer.status(), status);
    }
    assert_eq!(post(&shop, "/nudge", "").await.status(), StatusCode::UNAUTHORIZED);
}
