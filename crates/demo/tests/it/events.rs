//! What the shop tells, in order and each occurrence under one id.

use std::future::pending;
use std::time::Duration;

use demo::Shop;
use serde_json::{Value, json};

use crate::browser::order;
use crate::fake::{Fake, Manner};

/// Lets the shop do what it does by itself, long enough for one round.
async fn round(shop: &Shop) {
    let _ = tokio::time::timeout(Duration::from_millis(700), shop.run(pending())).await;
}

fn told(fake: &Fake, kind: &str) -> Vec<Value> {
    let mind = fake.mind();
    mind.events
        .iter()
        .filter(|event| event["kind"] == json!(kind))
        .cloned()
        .collect()
}

#[tokio::test]
async fn an_event_that_was_not_acknowledged_comes_again_with_its_id_before_those_behind_it() {
    let (fake, shop) = Fake::start(Manner::Unsigned, false).await;
    order(&shop, "web1.example.test").await;
    assert!(told(&fake, "checkout_done").len() > 1);
    assert_eq!(told(&fake, "order_paid"), Vec::<Value>::new());
    fake.mind().manner = Manner::Good;
    round(&shop).await;
    let first = told(&fake, "checkout_done");
    assert!(
        first
            .iter()
            .all(|event| event["event_id"] == first[0]["event_id"]),
        "{first:?}"
    );
    let paid = told(&fake, "order_paid");
    assert_eq!(paid.len(), 1);
    assert_eq!(paid[0]["body"]["services"][0]["service"], json!(501));
    assert_eq!(fake.mind().problems, Vec::<String>::new());
}

#[tokio::test]
async fn a_snapshot_is_sent_when_the_engine_asks_the_cron_for_one() {
    let (fake, shop) = Fake::start(Manner::Slow, false).await;
    order(&shop, "web1.example.test").await;
    round(&shop).await;
    let cron = told(&fake, "cron");
    assert_eq!((cron.len(), &cron[0]["context"]["actor"]), (1, &json!("cron")));
    let snapshot = told(&fake, "snapshot");
    assert_eq!(snapshot.len(), 1);
    let body = &snapshot[0]["body"];
    assert_eq!((&body["page"], &body["last"]), (&json!(1), &json!(true)));
    assert_eq!(body["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        body["products"][1]["settings"],
        json!(["1", "2", "1", "0", "0", "100", "10"])
    );
    assert_eq!(fake.mind().problems, Vec::<String>::new());
}
