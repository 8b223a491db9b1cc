//! The shop in a browser.

use axum::http::{StatusCode, header};
use serde_json::json;

use crate::browser::{body, csrf, get, order, post, text};
use crate::fake::{Fake, Manner};

#[tokio::test]
async fn every_page_is_whole_under_a_strict_policy() {
    let (_, shop) = Fake::start(Manner::Good, true).await;
    let service = order(&shop, "web1.example.test").await;
    for path in ["/", "/order?product=2", "/faults", "/nowhere", &service] {
        let answer = get(&shop, path).await;
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let page = text(answer).await;
        assert!(
            page.ends_with("</html>") && page.contains("name=\"viewport\""),
            "{path}: {page}"
        );
        for forbidden in [
            "<style",
            "style=",
            "<script>",
            "onclick",
            "javascript:",
            "http-equiv=\"Content",
        ] {
            assert!(!page.contains(forbidden), "{path} holds {forbidden}");
        }
        assert!(page.contains("href=\"&#x2f;operator\""), "{path}");
    }
}

#[tokio::test]
async fn what_others_wrote_is_escaped() {
    let (_, shop) = Fake::start(Manner::Good, true).await;
    let page = body(&shop, "/").await;
    assert!(page.contains("VPS-1 &lt;with&gt; memory"), "{page}");
    let form = format!(
        "csrf={}&product=1&hostname=%3Cimg%20src%3Dx%3E%22&ssh_key=%3C%2Ftextarea%3E",
        csrf(&shop).await
    );
    let answer = post(&shop, "/order", &form).await;
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = text(answer).await;
    assert!(
        page.contains("&lt;img src=x&gt;&quot;") && page.contains("&lt;&#x2f;textarea&gt;"),
        "{page}"
    );
    assert!(!page.contains("<img"));
    assert_eq!(body(&shop, "/").await.matches("clientarea.php").count(), 0);
}

#[tokio::test]
async fn a_form_without_our_token_changes_nothing() {
    let (fake, shop) = Fake::start(Manner::Good, true).await;
    for form in [
        "product=1&hostname=a.example",
        "csrf=00&product=1&hostname=a.example",
    ] {
        assert_eq!(post(&shop, "/order", form).await.status(), StatusCode::FORBIDDEN);
    }
    let service = order(&shop, "web1.example.test").await;
    assert!(service.ends_with("id=501"));
    assert_eq!(
        post(&shop, "/service/501/terminate", "").await.status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        post(&shop, "/faults/create-reset", "on=yes").await.status(),
        StatusCode::FORBIDDEN
    );
    assert!(fake.mind().faults.is_empty());
    let terminated = fake
        .mind()
        .calls
        .iter()
        .any(|call| call["function"] == json!("TerminateAccount"));
    assert!(!terminated);
}

#[tokio::test]
async fn a_service_page_shows_the_engines_panel_and_keeps_itself_up_to_date() {
    let (_, shop) = Fake::start(Manner::Good, true).await;
    let address = order(&shop, "web1.example.test").await;
    let page = body(&shop, &address).await;
    assert!(
        page.contains("<section>Running<input type=\"hidden\" name=\"hostler_token\""),
        "{page}"
    );
    assert!(page.contains("data-live=\"/live?id=501\""), "{page}");
    let live = body(&shop, "/live?id=501").await;
    assert!(
        live.contains("data-part=\"records\"") && live.contains("data-new-stamp=\""),
        "{live}"
    );
    assert!(!live.contains("<html"));
    assert_eq!(get(&shop, "/live?id=9").await.status(), StatusCode::NOT_FOUND);
    assert!(body(&shop, "/assets/shop.js").await.contains("data-live"));
}

#[tokio::test]
async fn switches_set_and_remove_the_simulators_rules() {
    let (fake, shop) = Fake::start(Manner::Good, true).await;
    let token = csrf(&shop).await;
    let press = async |action: &str, more: &str| {
        let answer = post(
            &shop,
            &format!("/faults/{action}"),
            &format!("csrf={token}&{more}"),
        )
        .await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{action}");
    };
    press("create-reset", "on=yes").await;
    press("locked", "on=yes").await;
    let rules: Vec<_> = fake
        .mind()
        .faults
        .iter()
        .map(|state| state["rule"].clone())
        .collect();
    assert_eq!(rules.len(), 7);
    assert_eq!(
        rules[0],
        json!({ "endpoint": "create_server", "times": 1, "fault": { "kind": "reset_after" } })
    );
    let page = body(&shop, "/faults").await;
    assert_eq!(page.matches("aria-pressed=\"true\"").count(), 2);
    press("locked", "").await;
    assert_eq!(fake.mind().faults.len(), 1);
    press("calm", "").await;
    assert!(fake.mind().faults.is_empty());
    press("hand", "machine=70&do=boot").await;
    assert_eq!(fake.mind().hands, [json!({ "do": "boot", "server": 70 })]);
}
