//! A server's life without a person, and how its failures are told.

use std::time::Duration;

use demo::{Shop, SmokeConfig, SmokeReport, smoke};
use serde_json::{Value, json};

use crate::fake::{Fake, Manner};

fn plan(shop: &Shop) -> SmokeConfig {
    SmokeConfig {
        shop: shop.clone(),
        product: 1,
        upgrade: 2,
        hostname: "smoke.example.test".to_owned(),
        template: Some(49),
        deadline: Duration::from_secs(20),
    }
}

async fn run(manner: Manner, with_sim: bool) -> (Fake, SmokeReport) {
    let (fake, shop) = Fake::start(manner, with_sim).await;
    let report = smoke(plan(&shop)).await;
    (fake, report)
}

fn names(report: &SmokeReport) -> Vec<&str> {
    report.steps.iter().map(|step| step.name.as_str()).collect()
}

#[tokio::test]
async fn a_whole_life_goes_through_in_the_protocols_own_words() {
    let (fake, report) = run(Manner::Good, true).await;
    assert!(report.ok, "{report:?}");
    assert_eq!(report.machines_created, 1);
    assert_eq!(
        names(&report),
        [
            "connect",
            "panel",
            "order",
            "ready",
            "change package",
            "power cycle",
            "suspend",
            "power refused",
            "unsuspend",
            "terminate"
        ]
    );
    let mind = fake.mind();
    assert_eq!(mind.problems, Vec::<String>::new());
    let functions: Vec<&str> = mind
        .calls
        .iter()
        .map(|call| call["function"].as_str().unwrap())
        .filter(|function| *function != "ClientArea")
        .collect();
    assert_eq!(
        functions,
        [
            "TestConnection",
            "CreateAccount",
            "CreateAccount",
            "ChangePackage",
            "SuspendAccount",
            "UnsuspendAccount",
            "TerminateAccount"
        ]
    );
    let call = |function: &str| {
        mind.calls
            .iter()
            .rfind(|call| call["function"] == json!(function))
            .unwrap()
    };
    assert_eq!(call("ChangePackage")["params"]["configoption2"], json!("2"));
    assert_eq!(call("ChangePackage")["domainstatus"], json!("Active"));
    assert_eq!(call("ChangePackage")["params"]["mapped_id"], json!(70));
    assert_eq!(call("UnsuspendAccount")["domainstatus"], json!("Suspended"));
    assert_eq!(
        call("CreateAccount")["applying"],
        json!("eff_0199c0de00007000a000000000000111")
    );
    assert_eq!(
        call("CreateAccount")["params"]["customfields"]["Initial Operating System"],
        json!("49")
    );
}

#[tokio::test]
async fn the_welcome_mail_is_held_until_the_engine_sends_it_and_the_order_is_accepted() {
    let (fake, report) = run(Manner::Good, true).await;
    assert!(report.ok, "{report:?}");
    let mind = fake.mind();
    let held: Vec<(Value, Value)> = mind
        .events
        .iter()
        .filter(|event| event["kind"] == json!("mail_pre_send"))
        .map(|event| {
            (
                event["body"]["create_ran_in_this_request"].clone(),
                event["body"]["applying"].clone(),
            )
        })
        .collect();
    assert_eq!(
        held,
        [
            (json!(true), Value::Null),
            (json!(false), Value::Null),
            (json!(false), json!("eff_0199c0de00007000a000000000000112")),
        ]
    );
    let outcome = |id: &str| {
        mind.acks
            .iter()
            .find(|ack| ack["id"] == json!(id))
            .map(|ack| ack["outcome"].clone())
    };
    assert_eq!(
        outcome("eff_0199c0de00007000a000000000000110"),
        Some(json!("applied"))
    );
    assert_eq!(
        outcome("eff_0199c0de00007000a000000000000112"),
        Some(json!("applied"))
    );
    assert!(mind.queue.is_empty(), "{:?}", mind.queue);
}

#[tokio::test]
async fn without_a_simulators_books_the_machines_are_counted_by_their_links() {
    let (_, report) = run(Manner::Good, false).await;
    assert!(report.ok, "{report:?}");
    assert_eq!(report.machines_created, 1);
}

#[tokio::test]
async fn a_refusal_ends_the_run_at_once_with_the_engines_sentence() {
    let (fake, report) = run(Manner::NoPlatform, true).await;
    assert!(!report.ok);
    let error = report.error.unwrap();
    assert!(
        error.starts_with("order: No platform is approved for server 2."),
        "{error}"
    );
    assert_eq!(report.steps.last().unwrap().name, "clean up");
    let last = fake.mind().calls.last().unwrap()["function"].clone();
    assert_eq!(last, json!("TerminateAccount"));
}

#[tokio::test]
async fn a_suspended_server_that_boots_fails_the_run_and_is_ended() {
    let (_, report) = run(Manner::Lenient, true).await;
    assert!(!report.ok);
    let error = report.error.clone().unwrap();
    assert!(
        error.starts_with("power refused: a suspended server was booted by its client"),
        "{error}"
    );
    assert_eq!(names(&report).last(), Some(&"clean up"));
}

#[tokio::test]
async fn what_is_never_ready_fails_at_the_deadline_with_the_last_sentence() {
    let (_, shop) = Fake::start(Manner::Slow, true).await;
    let report = smoke(SmokeConfig {
        deadline: Duration::from_secs(1),
        ..plan(&shop)
    })
    .await;
    assert!(!report.ok);
    let error = report.error.unwrap();
    assert!(
        error.starts_with("ready: the 1 s of the whole run are over"),
        "{error}"
    );
    assert!(
        error.contains("CreateAccount last said: Still being set up: build"),
        "{error}"
    );
    assert!(report.elapsed_ms < 15_000, "{}", report.elapsed_ms);
}

#[tokio::test]
async fn answers_that_are_not_signed_for_this_request_are_not_believed() {
    for (manner, reason) in [
        (Manner::Unsigned, "is not signed"),
        (Manner::OtherNonce, "does not fit"),
        (Manner::OtherClock, "does not fit"),
    ] {
        let (_, shop) = Fake::start(manner, false).await;
        let report = smoke(SmokeConfig {
            deadline: Duration::from_millis(700),
            ..plan(&shop)
        })
        .await;
        assert!(!report.ok);
        assert_eq!(names(&report), ["connect"]);
        assert_eq!(report.machines_created, 0);
        let page = crate::browser::body(&shop, "/faults").await;
        assert!(page.contains(reason), "{manner:?}: {page}");
    }
}
