//! What is typed into the billing system and taken over, or not, on the engine's host.

use std::fs::{self, OpenOptions};
use std::io::Write as _;

use serde_json::{Value, json};

use crate::billing::Billing;
use crate::support::{Engine, Place, free_port};

/// An approved Katapult that nobody listens behind, with a key that was typed into the billing system.
struct Shop {
    place: Place,
    billing: Billing,
    id: String,
    _engine: Engine,
}

impl Shop {
    fn open() -> Self {
        let place = Place::new();
        let mut config = OpenOptions::new()
            .append(true)
            .open(place.path("hostler.toml"))
            .unwrap();
        write!(
            config,
            "[katapult]\napi_host = \"http://127.0.0.1:{}\"\n",
            free_port()
        )
        .unwrap();
        let billing = Billing::connect(&place);
        let engine = place.serve();
        billing.save_settings("first-key", None);
        let listed = place.ask_json(&["platform", "list"]);
        let id = listed[0]["id"].as_str().unwrap().to_owned();
        place.ask(&["platform", "approve", &id]);
        Self {
            place,
            billing,
            id,
            _engine: engine,
        }
    }

    /// Approves it with more words; what is said, and what the list shows of it then.
    fn approve(&self, more: &[&str]) -> (String, Value) {
        let mut all = vec!["platform", "approve", &self.id];
        all.extend(more);
        let said = self.place.ask(&all);
        let listed = self.place.ask_json(&["platform", "list"]);
        (said, listed[0].clone())
    }
}

#[test]
fn kt_002_kt_010_a_limit_takes_over_nothing_that_was_typed_and_says_what_waits() {
    let shop = Shop::open();
    shop.billing.save_settings("second-key", Some("globex"));
    let (said, shown) = shop.approve(&["--rate", "120"]);
    let remedy = format!("hostler platform approve {} --accept-change", shop.id);
    for part in ["Not in force: an API key and the organization globex", &remedy] {
        assert!(said.contains(part), "{said}");
    }
    assert!(!said.contains("second-key"), "{said}");
    assert_eq!(
        (
            &shown["change_proposed"],
            &shown["account"],
            &shown["rate_per_minute"]
        ),
        (&json!(true), &json!(""), &json!(120))
    );
    let (said, shown) = shop.approve(&["--burst", "7", "--accept-change"]);
    assert!(
        said.contains("In force now") && said.contains("the organization globex"),
        "{said}"
    );
    assert_eq!(
        (&shown["change_proposed"], &shown["account"], &shown["burst"]),
        (&json!(false), &json!("globex"), &json!(7))
    );
}

#[test]
fn kt_002_what_was_typed_is_taken_over_where_nothing_else_is_named_and_dropped_for_a_token() {
    let shop = Shop::open();
    shop.billing.save_settings("", Some("globex"));
    let (said, shown) = shop.approve(&[]);
    assert!(
        said.contains("In force now") && !said.contains("an API key"),
        "{said}"
    );
    assert_eq!(shown["account"], "globex");
    let (said, _) = shop.approve(&[]);
    assert!(!said.contains("billing system"), "nothing was typed: {said}");

    shop.billing.save_settings("third-key", None);
    fs::write(shop.place.path("token"), "given-here\n").unwrap();
    let token = shop.place.path("token").display().to_string();
    let both = [
        "platform",
        "approve",
        &shop.id,
        "--token-file",
        &token,
        "--accept-change",
    ];
    let refused = shop.place.refused(&both);
    assert!(refused.contains("cannot be used with"), "{refused}");
    let (said, shown) = shop.approve(&["--token-file", &token]);
    assert!(said.contains("Dropped") && said.contains("an API key"), "{said}");
    assert_eq!(shown["change_proposed"], false);
    let nothing = shop
        .place
        .refused(&["platform", "approve", &shop.id, "--accept-change"]);
    assert!(nothing.contains("nothing that was typed"), "{nothing}");
}
