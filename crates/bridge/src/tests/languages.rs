//! What is refused is said in the language of the billing system's page, whoever refuses it.

use std::sync::Arc;
use std::time::Duration;

use domain::console::Console;
use serde_json::{Value, json};

use super::browser::{client, power, send, token, with};
use super::rig::Rig;
use crate::{BoxFuture, PageAnswer, PageRequest, Pages};

/// Pages in which a sentence is its language, the message's name and what is put into it.
struct Names;

impl Pages for Names {
    fn serve(&self, _request: PageRequest) -> BoxFuture<'_, PageAnswer> {
        Box::pin(async { PageAnswer::sentence(200, "xx", "a page") })
    }

    fn console(&self, _request: PageRequest, _console: Console) -> BoxFuture<'_, PageAnswer> {
        Box::pin(async { PageAnswer::sentence(200, "xx", "a console") })
    }

    fn say(&self, language: &str, key: &str, arguments: &[(&str, &str)]) -> Option<String> {
        let put_in = arguments.iter().map(|(name, value)| format!(" {name}={value}"));
        Some(format!("{language} {key}{}", put_in.collect::<String>()))
    }
}

/// A rig with a machine at a standing clock, and the token of its page.
async fn rig() -> (Rig, String) {
    let mut rig = Rig::start().await;
    rig.create().await;
    let token = token(&rig).await;
    rig.door.stand();
    (rig.with_pages(Arc::new(Names)), token)
}

fn german(message: Value) -> Value {
    with(message, |message| {
        message["context"]["language"] = json!("german");
    })
}

#[tokio::test]
async fn a_gate_that_is_shut_says_so_in_the_language_of_the_page() {
    let (rig, token) = rig().await;
    let asked = |change: fn(&mut Value)| german(with(power(&token), change));
    let posted = |action: &str| {
        with(german(client(action, "POST")), |message| {
            message["form"] = json!({ "hostler_token": token, "name": "web" });
            message["headers"]["origin"] = json!("https://shop.example.test");
        })
    };
    for (message, code, sentence) in [
        (
            german(power("of another session")),
            403,
            "german refused-old-page",
        ),
        (
            asked(|message| message["context"]["permissions"] = json!(["products"])),
            403,
            "german refused-permission",
        ),
        (posted("rename"), 403, "german refused-replayed"),
        (
            asked(|message| message["row"]["domainstatus"] = json!("Suspended")),
            400,
            "german refused-not-active status=suspended",
        ),
    ] {
        let (status, body) = send(&rig, &message).await;
        assert_eq!((status, &body["errors"]), (code, &json!(sentence)));
    }
    let fragment = with(german(client("x", "GET")), |message| {
        message["target"] = json!({ "kind": "fragment", "name": "live" });
        message["context"]["permissions"] = json!([]);
    });
    let (_, wire) = rig.post("/bridge/v1/page", &fragment).await;
    let body = wire["body"].as_str().unwrap();
    assert_eq!(wire["status"], 403, "{wire}");
    assert!(body.contains("<html lang=\"german page-language\">"), "{body}");
    assert!(body.contains("german refused-permission"), "{body}");
}

#[tokio::test]
async fn what_the_engine_refuses_is_said_in_the_language_of_the_page_with_its_seconds() {
    let (rig, token) = rig().await;
    let restart = german(power(&token));
    let (status, body) = send(&rig, &restart).await;
    let said = json!("german said-power-restart");
    assert_eq!((status, &body["data"]["message"]), (200, &said), "{body}");
    rig.clock.advance(Duration::from_millis(7_200));
    let (status, body) = send(&rig, &restart).await;
    let said = json!("german refused-too-soon seconds=3");
    assert_eq!((status, &body["errors"]), (429, &said));
    // From the commit of the intent on, whatever the panel has done by then.
    rig.result("SuspendAccount", |_| ()).await;
    let (status, body) = send(&rig, &restart).await;
    assert_eq!(
        (status, &body["errors"]),
        (400, &json!("german refused-standing"))
    );
}
