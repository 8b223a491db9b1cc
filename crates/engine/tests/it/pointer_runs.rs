//! Looking after the names of many machines at once.

use std::net::IpAddr;
use std::time::Duration;

use domain::Actor;
use engine::{Goal, NameRun, Report};
use rdns::pointer_name;
use testkit::dns::{RecordSet, Stage};
use testkit::rig::{Rig, RigOptions};

use crate::names::stage;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Five machines, by their services.
async fn five(stage: &Stage) -> Vec<(u64, IpAddr)> {
    let mut addresses = vec![(501, stage.address)];
    for service in 502..506 {
        addresses.push((service, Stage::machine(&stage.rig, service).await));
    }
    addresses
}

/// Has names looked after, and waits for all of it.
async fn carried_out(stage: &Stage, run: &NameRun) -> Report {
    let begun = stage
        .rig
        .engine
        .look_after_names(run, &Actor::host("tester"))
        .await;
    let begun = begun.expect("it begins");
    stage
        .rig
        .until("the run", HOUR, async |rig: &Rig| {
            let (report, done) = rig.engine.names_done(&begun).await.expect("it can be read");
            done.then_some(report)
        })
        .await
}

#[tokio::test]
async fn vf_254_vf_255_mx_059_a_run_adds_what_is_missing_in_one_request_per_zone_and_a_second_one_writes_nothing()
 {
    let stage = stage().await;
    let addresses = five(&stage).await;
    for (service, address) in &addresses {
        stage
            .lead(&format!("web{service}.example.test"), &[*address])
            .await;
    }
    stage.point_to(&["mail.customer.example."]).await;
    for (service, address) in &addresses[1..] {
        let host = format!("web{service}.example.test.");
        stage.leads_to(*address, &[&host], HOUR).await;
    }
    for (service, _) in &addresses[1..] {
        stage
            .rig
            .until("its operation to end", HOUR, async |_: &Rig| {
                stage.latest(*service).await.state.is_final().then_some(())
            })
            .await;
    }
    // What the machines' own operations wrote is taken away again.
    for (_, address) in &addresses[1..] {
        let record = pointer_name(*address).to_string();
        stage
            .server
            .put(&stage.zone, &[RecordSet::pointers(&record, &[])])
            .await;
    }
    let before = stage.proxy.writes().len();
    let run = async |reset: bool| {
        let run = NameRun {
            reset,
            ..NameRun::default()
        };
        carried_out(&stage, &run).await.words()
    };
    assert_eq!(run(false).await, "4 added, 1 preserved");
    let writes = stage.proxy.writes();
    let methods: Vec<_> = writes[before..].iter().map(|one| one.method.as_str()).collect();
    assert_eq!(
        methods,
        ["PATCH", "PUT"],
        "one change of the zone, one notification"
    );
    for (service, address) in &addresses[1..] {
        assert_eq!(
            stage.held(*address).await,
            [format!("web{service}.example.test.")]
        );
    }
    assert_eq!(stage.held(stage.address).await, ["mail.customer.example."]);
    assert_eq!(run(false).await, "5 preserved");
    assert_eq!(stage.proxy.writes().len(), before + 2);
    assert_eq!(run(true).await, "1 reset, 4 preserved");
    assert_eq!(stage.held(stage.address).await, ["web501.example.test."]);
}

#[tokio::test]
async fn vf_255_one_name_that_the_server_refuses_keeps_no_other_from_being_written() {
    let stage = stage().await;
    let addresses = five(&stage).await;
    // Beside an alias no other record may be.
    let ill = pointer_name(addresses[2].1).to_string();
    stage
        .server
        .put(
            &stage.zone,
            &[RecordSet::new(&ill, "CNAME", &["elsewhere.example.test."])],
        )
        .await;
    for (service, address) in &addresses {
        stage
            .lead(&format!("web{service}.example.test"), &[*address])
            .await;
    }
    carried_out(&stage, &NameRun::default()).await;
    for (service, address) in &addresses {
        if pointer_name(*address).to_string() != ill {
            assert_eq!(
                stage.held(*address).await,
                [format!("web{service}.example.test.")]
            );
        }
    }
}

#[tokio::test]
async fn vf_163_names_are_looked_after_once_a_day_and_only_where_there_is_a_name_server() {
    let off = Box::pin(Stage::unapproved(RigOptions::default())).await;
    off.confirm().await;
    off.rig.pass(Duration::from_secs(700)).await;
    assert_eq!(off.proxy.received(), 0);
    let stage = stage().await;
    stage.confirm().await;
    assert_eq!(stage.held(stage.address).await, Vec::<String>::new());
    stage
        .leads_to(stage.address, &["web501.example.test."], DAY)
        .await;
    let wait = stage
        .rig
        .engine
        .wait(
            stage.latest_of_all().await.id,
            Goal::Final,
            Duration::from_secs(5),
        )
        .await;
    assert!(wait.expect("it is read").met);
}
