//! The page that shows a machine's screen: what it holds, and whom it may speak to.

use domain::console::{Console, Way};
use domain::{ConsoleAccess, Secret};
use testkit::rig::CLIENT;

use crate::support::{client, pages, resting};

/// The page of a console that was opened.
async fn page(way: Way) -> web::PageAnswer {
    let (rig, _) = resting().await;
    let request = client(&rig, CLIENT, 501, "console");
    let name = "<b>\"web\"</b>.example.test".to_owned();
    pages(&rig).console(&request, &Console { name, way })
}

#[tokio::test]
async fn vf_135_vf_137_the_page_holds_three_hidden_fields_as_text_and_nothing_of_the_panel_where_it_is_relayed()
 {
    let relayed = page(Way::Relayed {
        address: "wss://console.example.test/console".to_owned(),
        ticket: Secret::new("sec_1.\"<x>"),
    })
    .await;
    let body = relayed.body.replace("&#x2f;", "/");
    if relayed.status == 503 {
        // A build without the viewer says so, and hands out nothing.
        assert!(!body.contains("sec_1"), "{body}");
        return;
    }
    assert!(
        body.contains("id=\"con\" value=\"wss://console.example.test/console\""),
        "{body}"
    );
    assert!(
        body.contains("id=\"pass\" value=\"sec_1.&quot;&lt;x&gt;\""),
        "{body}"
    );
    assert!(
        body.contains("id=\"server-name\" value=\"&lt;b&gt;&quot;web&quot;&lt;/b&gt;"),
        "{body}"
    );
    assert!(!body.contains("<b>") && !body.contains("/vnc/"), "{body}");
    assert!(body.contains("<title>Console of &lt;b&gt;"), "{body}");
}

#[tokio::test]
async fn vf_136_the_page_is_kept_by_nobody_framed_by_nobody_and_speaks_to_one_place_besides_ours() {
    let direct = page(Way::Direct(ConsoleAccess {
        address: Secret::new("wss://panel.example.test:8443/vnc/?token=1"),
        password: Secret::new("s3cret"),
    }))
    .await;
    assert_eq!(direct.headers["x-frame-options"], "DENY");
    assert_eq!(direct.headers["cache-control"], "no-store");
    assert_eq!(direct.headers["referrer-policy"], "same-origin");
    let policy = &direct.headers["content-security-policy"];
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    if direct.status == 200 {
        assert!(
            policy.contains("connect-src 'self' wss://panel.example.test:8443;"),
            "{policy}"
        );
        assert!(policy.contains("img-src 'self' data:"), "{policy}");
    }
    let broken = page(Way::Direct(ConsoleAccess {
        address: Secret::new("wss://a; script-src */vnc"),
        password: Secret::new("s3cret"),
    }))
    .await;
    assert_eq!(broken.status, 503);
    assert!(!broken.body.contains("s3cret"));
}
