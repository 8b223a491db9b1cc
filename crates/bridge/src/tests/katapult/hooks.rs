//! What listeners hear of a build, and what they find in the service's row when they hear it.

use std::time::Duration;

use domain::Clock;
use serde_json::{Value, json};
use sim::katapult::Act;

use super::super::words::context;
use super::{Rig, hooks, lines};

const REQUESTED: &str = "KatapultVirtualMachineBuildRequested";
const BUILT: &str = "KatapultVirtualMachineBuilt";
const TIMED_OUT: &str = "KatapultVirtualMachineBuildTimedOut";
const FAILED: &str = "KatapultVirtualMachineBuildFailed";

fn of_kind<'a>(effects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    effects.iter().filter(|effect| effect["kind"] == kind).collect()
}

fn place(effects: &[Value], fits: impl Fn(&Value) -> bool) -> usize {
    effects.iter().position(fits).expect("it is among the effects")
}

#[tokio::test]
async fn kt_042_kt_043_kt_063_a_build_is_told_when_it_is_taken_and_when_it_is_done_once_each() {
    let rig = Rig::standing().await;
    let ordered = rig.clock.now().as_seconds();
    assert_eq!(rig.result("CreateAccount", |_| ()).await, "success");
    rig.grow().await;
    let effects = rig.effects().await;
    assert_eq!(hooks(&effects), [REQUESTED, BUILT]);
    let requested = &of_kind(&effects, "run_hook")[0]["body"]["vars"];
    let build = rig.kit.panel.builds(rig.clock.now()).remove(0).id;
    let stored = &rig.call("DescribeVm", |_| ()).await["data"];
    for kept in [requested, stored] {
        assert_eq!(
            (&kept["vm_build_id"], &kept["vm_build_started_at"]),
            (&json!(build), &json!(ordered))
        );
    }
    assert_eq!(
        (&requested["vm_id"], &requested["vm_state"]),
        (&Value::Null, &json!("building"))
    );
    let started = format!("[Service ID: 501]: Started VM build: {build}");
    assert!(
        lines(&effects).contains(&started.as_str()),
        "{:?}",
        lines(&effects)
    );
    let built = &of_kind(&effects, "run_hook")[1]["body"]["vars"];
    let machine = &rig.machines()[0];
    assert_eq!(
        (&built["service"], &built["vm_id"]),
        (&json!(501), &json!(machine.id))
    );
    assert_eq!(built["vm_build_id"], build);
    assert!(
        built["hostname"]
            .as_str()
            .unwrap()
            .starts_with("web1-example-test.")
    );
    assert!(!built["ips"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn kt_057_kt_058_kt_062_a_listener_finds_the_login_the_name_and_the_addresses_in_the_row() {
    let rig = Rig::start().await;
    assert_eq!(rig.result("CreateAccount", |_| ()).await, "success");
    rig.is_ready().await;
    let path = "/bridge/v1/effects?protocol=1&limit=50";
    let mut effects = Vec::new();
    let mut password = None;
    rig.clock.advance(Duration::from_secs(61));
    loop {
        let answer = rig.send(rig.signed("GET", path, b"")).await;
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        let fetched = body["effects"].as_array().unwrap().clone();
        if fetched.is_empty() {
            break;
        }
        for effect in &fetched {
            if effect["kind"] == "set_password" {
                let redeem = json!({ "effect": effect["id"], "secret": effect["body"]["secret"], "context": context("cron") });
                let (_, secret) = rig.post("/bridge/v1/secret", &redeem).await;
                password = secret["value"].as_str().map(str::to_owned);
            }
            let acks = json!({ "acks": [{ "id": effect["id"], "outcome": "applied", "reason": "" }], "context": context("cron") });
            rig.post("/bridge/v1/effects/ack", &acks).await;
        }
        effects.extend(fetched);
    }
    let machine = &rig.machines()[0];
    assert_eq!(password.as_ref(), Some(&machine.password));
    let row = of_kind(&effects, "set_hosting").pop().unwrap()["body"].clone();
    assert_eq!(row["username"], "root");
    assert!(
        row["domain"].as_str().unwrap().ends_with(".katapult.cloud"),
        "{row}"
    );
    assert!(row["dedicatedip"].as_str().unwrap().contains('.'), "{row}");
    assert!(
        !row["assignedips"]
            .as_str()
            .unwrap()
            .contains(row["dedicatedip"].as_str().unwrap())
    );
    let last_row = effects
        .iter()
        .rposition(|effect| effect["kind"] == "set_hosting")
        .unwrap();
    let secret = place(&effects, |effect| effect["kind"] == "set_password");
    let line = place(&effects, |effect| {
        effect["body"]["message"] == "[Service ID: 501]: Successfully provisioned"
    });
    let hook = place(&effects, |effect| effect["body"]["hook"] == BUILT);
    assert!(last_row < secret && secret < line && line < hook, "{effects:#?}");
}

/// A service whose build stands still, so long after it was ordered.
async fn held(seconds: u64) -> Rig {
    let rig = Rig::standing().await;
    let asked = rig.result("CreateAccount", |message| message["budget_ms"] = json!(400));
    asked.await;
    // Everything up to the order happens at this moment.
    let mut build = None;
    for _ in 0..100 {
        rig.moment().await;
        let builds = rig.kit.panel.builds(rig.clock.now());
        build = builds.first().map(|build| build.id.clone());
        if build.is_some() {
            break;
        }
    }
    let build = build.expect("a build was ordered");
    let hand = rig.kit.panel.hand(rig.clock.now());
    hand.act(Act::HoldBuild { build, held: true }).unwrap();
    // It is seen to be taken.
    rig.clock.advance(Duration::from_secs(5));
    rig.moment().await;
    rig.clock.advance(Duration::from_secs(seconds - 5));
    rig
}

/// The hooks of service 501 once one of them is there, or after a while of real time.
async fn heard(rig: &Rig, hook: &str) -> Vec<Value> {
    let mut effects = Vec::new();
    for _ in 0..10 {
        rig.moment().await;
        effects.extend(rig.drain().await);
        if hooks(&effects).contains(&hook) {
            break;
        }
    }
    effects
}

#[tokio::test]
async fn kt_065_a_build_is_late_after_fifteen_minutes_and_not_before() {
    let rig = held(900).await;
    let told = heard(&rig, TIMED_OUT).await;
    assert_eq!(hooks(&told), [REQUESTED]);
    let rig = held(901).await;
    let told = heard(&rig, TIMED_OUT).await;
    assert_eq!(hooks(&told), [REQUESTED, TIMED_OUT]);
}

#[tokio::test]
async fn kt_066_kt_067_that_a_build_is_late_is_told_once_and_it_is_delivered_all_the_same() {
    let rig = held(901).await;
    let mut effects = heard(&rig, TIMED_OUT).await;
    for _ in 0..5 {
        rig.clock.advance(Duration::from_secs(300));
        rig.moment().await;
    }
    let sentence = rig
        .result("CreateAccount", |message| {
            message["domainstatus"] = json!("Active");
            message["budget_ms"] = json!(320);
        })
        .await;
    assert!(sentence.contains("timed out"), "{sentence}");
    let now = rig.clock.now();
    let build = rig.kit.panel.builds(now)[0].id.clone();
    rig.kit
        .panel
        .hand(now)
        .act(Act::HoldBuild { build, held: false })
        .unwrap();
    for _ in 0..60 {
        rig.clock.advance(Duration::from_secs(10));
        rig.moment().await;
        if rig
            .view(501)
            .await
            .is_some_and(|view| view.line().next().is_none())
        {
            break;
        }
    }
    effects.extend(rig.effects().await);
    let told = hooks(&effects);
    assert_eq!(
        told.iter().filter(|hook| **hook == TIMED_OUT).count(),
        1,
        "{told:?}"
    );
    assert_eq!(told.last(), Some(&BUILT), "{told:?}");
}

#[tokio::test]
async fn kt_068_a_failed_build_is_told_and_the_service_can_be_ended() {
    let rig = Rig::start().await;
    let now = rig.clock.now();
    let fail = Act::FailBuilds {
        count: 1,
        with_machine: false,
    };
    rig.kit.panel.hand(now).act(fail).unwrap();
    rig.result("CreateAccount", |_| ()).await;
    rig.until("a person is asked", || async {
        rig.view(501).await.is_some_and(|view| !view.questions.is_empty())
    })
    .await;
    let effects = rig.effects().await;
    let told = hooks(&effects);
    assert_eq!(told.iter().filter(|hook| **hook == FAILED).count(), 1, "{told:?}");
    let failed = of_kind(&effects, "run_hook").pop().unwrap();
    assert_eq!(failed["body"]["vars"]["reason"], "The VM build has failed");
    assert!(lines(&effects).contains(&"[Service ID: 501]: The VM build has failed"));
    assert_eq!(rig.result("TerminateAccount", |_| ()).await, "success");
    rig.is_quiet().await;
    let again = |message: &mut Value| message["domainstatus"] = json!("Terminated");
    assert_eq!(rig.result("CreateAccount", again).await, "success");
    rig.is_ready().await;
}
