//! A client hears the engine in the language of the billing system's page: from the door through the pages and back.

use serde_json::{Value, json};

use crate::shop::Shop;

/// A switch that is posted with a page's token.
fn restart(token: &str) -> impl FnOnce(&mut Value) {
    let form = json!({ "powerAction": "restart", "hostler_token": token });
    move |message| {
        message["target"] = json!({ "kind": "action", "name": "powerAction" });
        message["method"] = json!("POST");
        message["form"] = form;
    }
}

/// The status and the sentence of an action's answer.
fn said(answer: &Value) -> (u64, String) {
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    let sentence = body["errors"]
        .as_str()
        .or_else(|| body["data"]["message"].as_str());
    (
        answer["status"].as_u64().unwrap(),
        sentence.unwrap_or_else(|| panic!("{body}")).to_owned(),
    )
}

/// The token that the client's page puts into its forms.
fn token(page: &Value) -> String {
    let html = page["body"].as_str().unwrap();
    let (_, rest) = html
        .split_once("name=\"hostler_token\" value=\"")
        .unwrap_or_else(|| panic!("{html}"));
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn a_client_is_answered_in_its_pages_language_by_the_gates_and_by_the_engine() {
    let shop = Shop::open(1);
    for (language, old_page) in [
        (
            "german",
            "Diese Seite ist veraltet. Laden Sie sie neu und versuchen Sie es noch einmal.",
        ),
        ("english", "This page is out of date. Reload it and try again."),
    ] {
        let answer = shop.billing.page(language, 501, restart("of no page"));
        assert_eq!(said(&answer), (403, old_page.to_owned()));
    }
    let without = |message: &mut Value| message["context"]["permissions"] = json!([]);
    let answer = shop.billing.page("german", 501, without);
    let body = answer["body"].as_str().unwrap();
    assert_eq!(answer["status"], 403, "{answer}");
    assert!(body.contains("<html lang=\"de\">"), "{body}");
    assert!(body.contains("Ihr Benutzer darf das nicht."), "{body}");

    shop.sell(501);
    let page = shop.billing.page("german", 501, |_| ());
    let token = token(&page);
    let answer = shop.billing.page("german", 501, restart(&token));
    assert_eq!(said(&answer), (200, "Der Neustart läuft.".to_owned()));
    let (status, sentence) = said(&shop.billing.page("german", 501, restart(&token)));
    assert_eq!(status, 429, "{sentence}");
    let seconds = sentence
        .strip_prefix("Das wurde eben erst getan. Es geht wieder in ")
        .and_then(|rest| rest.strip_suffix(" s."));
    let seconds: u64 = seconds
        .expect("a time")
        .parse()
        .unwrap_or_else(|_| panic!("{sentence}"));
    assert!((1..=10).contains(&seconds), "{sentence}");
}
