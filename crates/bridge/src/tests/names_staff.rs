//! What administrators see of the names of a machine's addresses, and have done about them: on a real name server.

use domain::ActorKind;
use serde_json::{Value, json};
use testkit::dns::{Mode, Stage};
use testkit::rig::RigOptions;

use super::browser::{admin, send, status, token, with};
use super::names::House;

/// A form of the administrator's page, with its token.
async fn posted(house: &House, fields: &[(&str, &str)]) -> Value {
    let token = token(house).await;
    with(admin("rdnsReconcile", "POST"), |message| {
        message["form"] = json!({ "hostler_token": token });
        for (name, value) in fields {
            message["form"][*name] = json!(value);
        }
    })
}

async fn reconciled(house: &House, fields: &[(&str, &str)]) -> Value {
    let (code, body) = send(house, &posted(house, fields).await).await;
    assert_eq!(code, 200, "{body}");
    body["data"].clone()
}

#[tokio::test]
async fn vf_159_without_a_name_server_the_status_is_off_and_nothing_is_looked_after() {
    let house = House::off(Stage::unapproved(RigOptions::default()).await);
    for method in ["GET", "POST"] {
        let (code, body) = send(&house, &admin("rdnsStatus", method)).await;
        assert_eq!(
            (code, &body["data"]),
            (200, &json!({ "enabled": false, "ips": [] }))
        );
    }
    let (code, body) = send(&house, &posted(&house, &[]).await).await;
    assert_eq!(code, 400, "{body}");
}

#[tokio::test]
async fn vf_159_vf_257_the_status_is_read_now_and_says_what_is_wrong_in_the_staffs_words() {
    let house = House::start().await;
    house.stage.point_to(&["elsewhere.example.test."]).await;
    let (code, body) = send(&house, &admin("rdnsStatus", "GET")).await;
    assert_eq!(code, 200, "{body}");
    let row = &body["data"]["ips"][0];
    assert_eq!(
        (&row["ip"], &row["status"]),
        (&json!(house.address()), &json!("unverified"))
    );
    assert!(row["age"].as_u64().unwrap() < 60, "{row}");
    assert!(row["why"].as_str().unwrap().contains("no A record"), "{row}");
    for (code, message) in [
        (
            401,
            with(admin("rdnsStatus", "GET"), |message| {
                message["context"]["admin_id"] = Value::Null;
            }),
        ),
        (
            404,
            with(admin("rdnsStatus", "GET"), |message| message["row"] = Value::Null),
        ),
    ] {
        assert_eq!(status(&house, message).await, code);
    }
}

#[tokio::test]
async fn vf_145_vf_159_a_name_server_that_does_not_answer_is_a_502_and_no_empty_list() {
    let mut house = House::start().await;
    house.read().await;
    house.door.stand();
    house.stage.proxy.set(Mode::Close);
    let (code, body) = send(&house, &admin("rdnsStatus", "GET")).await;
    assert_eq!(code, 502, "{body}");
    assert!(
        body["errors"].as_str().unwrap().contains("could not be read"),
        "{body}"
    );
}

#[tokio::test]
async fn vf_160_names_are_looked_after_by_a_guarded_post_and_a_preview_changes_nothing() {
    let house = House::start().await;
    house.stage.confirm().await;
    let good = posted(&house, &[]).await;
    let but = |change: fn(&mut Value)| with(good.clone(), change);
    for (code, message) in [
        (405, but(|message| message["method"] = json!("GET"))),
        (403, but(|message| message["headers"]["origin"] = Value::Null)),
        (
            403,
            but(|message| message["headers"]["origin"] = json!("https://evil.test")),
        ),
        (403, but(|message| message["form"] = json!({}))),
        (404, but(|message| message["row"] = Value::Null)),
        (401, but(|message| message["context"]["admin_id"] = Value::Null)),
    ] {
        assert_eq!(status(&house, message).await, code);
    }
    let preview = reconciled(&house, &[("force", "0"), ("preview", "1")]).await;
    assert_eq!((&preview["added"], &preview["done"]), (&json!(1), &json!(true)));
    assert_eq!(preview["message"], "Preview: 1 added.");
    assert_eq!(house.stage.proxy.writes().len(), 0);
    assert!(house.audit("reverse_dns.reconcile").await.is_empty());

    let done = reconciled(&house, &[("force", "0"), ("preview", "0")]).await;
    assert_eq!(
        (&done["added"], &done["done"]),
        (&json!(1), &json!(true)),
        "{done}"
    );
    assert_eq!(done["message"], "1 added.");
    let named = format!("{}.", Stage::HOST);
    assert_eq!(house.stage.held(house.stage.address).await, [named]);
    let lines = house.audit("reverse_dns.reconcile").await;
    assert_eq!(lines.len(), 1);
    assert_eq!(
        (lines[0].actor.kind, &lines[0].detail["reset"]),
        (ActorKind::Admin, &json!(false))
    );
    let again = reconciled(&house, &[]).await;
    assert_eq!(
        (&again["added"], &again["preserved"]),
        (&json!(0), &json!(1)),
        "{again}"
    );
}

#[tokio::test]
async fn vf_160_vf_261_only_force_writes_over_what_is_there_and_the_report_counts_it() {
    let house = House::start().await;
    let stage = &house.stage;
    stage.confirm().await;
    stage.point_to(&["mail.customer.example."]).await;
    for force in ["", "0"] {
        let kept = reconciled(&house, &[("force", force)]).await;
        assert_eq!(
            (&kept["preserved"], &kept["reset"]),
            (&json!(1), &json!(0)),
            "{kept}"
        );
        assert_eq!(kept["message"], "1 preserved.");
    }
    let seen = reconciled(&house, &[("force", "1"), ("preview", "1")]).await;
    assert_eq!(seen["message"], "Preview: 1 reset.");
    assert_eq!(stage.held(stage.address).await, ["mail.customer.example."]);
    let reset = reconciled(&house, &[("force", "1")]).await;
    assert_eq!(
        (&reset["reset"], &reset["done"]),
        (&json!(1), &json!(true)),
        "{reset}"
    );
    let named = format!("{}.", Stage::HOST);
    assert_eq!(stage.held(stage.address).await, [named]);
}
