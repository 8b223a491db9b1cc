//! The billing system's daily look at usage, against a real engine.

use domain::http::Lane;
use domain::id::ServiceId;
use domain::observed::FactKind;
use domain::ports::CountingRandom;
use domain::record::ServiceStatus;
use domain::{Change, Clock, Commit};
use http::StatusCode;
use serde_json::{Value, json};
use sim::fault::{Fault, FaultRule};

use super::rig::Rig;
use super::words::message;

/// The row of a service in an answer.
fn of(answer: &Value, service: u64) -> Option<Value> {
    let rows = answer["data"]["services"].as_array().expect("rows");
    rows.iter().find(|row| row["service"] == service).cloned()
}

async fn usage(rig: &Rig) -> Value {
    let answer = rig
        .call("UsageUpdate", |message| {
            message["context"]["actor"] = json!("cron");
        })
        .await;
    assert_eq!(answer["result"], "success", "{answer}");
    answer
}

/// A service whose machine is built and whose billing system has said that it is active.
async fn active(rig: &Rig) {
    rig.create().await;
    put_status(rig, ServiceStatus::Active).await;
}

async fn put_status(rig: &Rig, status: ServiceStatus) {
    let mut service = rig.view(501).await.unwrap().service;
    service.status = status;
    commit(rig, Change::PutService(service)).await;
}

async fn commit(rig: &Rig, change: Change) {
    let commit = Commit {
        changes: vec![change],
        ..Commit::default()
    };
    rig.engine.store().commit(commit).await.unwrap();
}

async fn read(rig: &Rig, kind: FactKind) -> Result<(), String> {
    let read = rig
        .engine
        .read_fact(&rig.installation.id, 501, kind, Lane::Background)
        .await;
    read.unwrap().map(drop)
}

#[tokio::test]
async fn vf_078_vf_080_vf_081_usage_comes_from_the_store_and_asks_no_platform() {
    let mut rig = Rig::start().await;
    active(&rig).await;
    for kind in [FactKind::Live, FactKind::Traffic] {
        read(&rig, kind).await.unwrap();
    }
    rig.door.stand();
    rig.panel.clear_calls();
    let row = of(&usage(&rig).await, 501).expect("the service is active");
    // Of 20 GB an eighth is used; the limits are those of package 1.
    let view = rig.view(501).await.unwrap();
    let machine = view.reading().unwrap();
    let used = (machine.storage_gb.unwrap() * 1_000_000_000 / 8 + (1 << 19)) >> 20;
    assert_eq!(row["diskusage"], used);
    assert_eq!(row["disklimit"], machine.storage_gb.unwrap() * 1024);
    assert_eq!(row["bwlimit"], machine.traffic_gb.unwrap() * 1024);
    assert!(row["bwusage"].is_u64(), "{row}");
    let asked: Vec<_> = rig.panel.calls().into_iter().map(|call| call.path).collect();
    assert_eq!(asked, Vec::<String>::new());
}

#[tokio::test]
async fn vf_078_vf_079_vf_082_what_is_not_known_is_left_out_and_the_limits_are_told_all_the_same() {
    let rig = Rig::start().await;
    active(&rig).await;
    rig.panel
        .add_fault(FaultRule::once("server_traffic", Fault::FalseNotFound));
    read(&rig, FactKind::Traffic).await.unwrap_err();
    // A machine that is off shows no file systems.
    rig.panel
        .hand(rig.clock.now())
        .power_off(
            rig.view(501)
                .await
                .unwrap()
                .link
                .unwrap()
                .identity
                .id
                .parse()
                .unwrap(),
        )
        .unwrap();
    read(&rig, FactKind::Live).await.unwrap();
    let row = of(&usage(&rig).await, 501).expect("the service is active");
    let fields: Vec<&String> = row.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["bwlimit", "disklimit", "service"]);
}

#[tokio::test]
async fn vf_076_vf_077_only_active_services_with_a_machine_on_the_servers_platform_are_told() {
    let rig = Rig::start().await;
    active(&rig).await;
    // One that was ordered and has no machine yet is no reason to leave out the other.
    let mut without = rig.view(501).await.unwrap().service;
    without.id = ServiceId::new(rig.clock.as_ref(), &CountingRandom::new(5_000));
    (without.billing_id, without.version) = (502, 0);
    commit(&rig, Change::InsertService(without)).await;
    let answer = usage(&rig).await;
    assert!(of(&answer, 501).is_some());
    assert_eq!((of(&answer, 502), &answer["data"]["next"]), (None, &Value::Null));
    let said = rig
        .result("UsageUpdate", |message| message["params"]["serverid"] = json!(9))
        .await;
    assert_eq!(said, "No platform stands behind this server.");
    put_status(&rig, ServiceStatus::Suspended).await;
    assert_eq!(of(&usage(&rig).await, 501), None);
}

#[tokio::test]
async fn clients_and_unknown_fields_have_no_part_in_it() {
    let rig = Rig::start().await;
    let by_client = message("UsageUpdate", |message| {
        message["context"]["actor"] = json!("client");
        message["context"]["client_id"] = json!(77);
    });
    let (status, _) = rig.post("/bridge/v1/call", &by_client).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let with_password = message("UsageUpdate", |message| {
        message["params"]["serverpassword"] = json!("x");
    });
    let (status, _) = rig.post("/bridge/v1/call", &with_password).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
