//! Katapult: the engine watches the builds that are under way. Nothing runs in batches: what becomes of a build is told of
//! its service, and where there is none nothing is asked and nothing told.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::record::{EffectBody, OperationState, QuestionKind};
use sim::katapult::{Act, Build};

use super::katapult::{END, HOUR, Kat, asked, done, now, order, succeeds, suspension, usual, wish};

/// Three rounds of a cron that runs every five minutes, as the original's did.
const ROUNDS: Duration = Duration::from_mins(15);

/// Waits for the build of a service's order.
async fn build_of(rig: &Kat, service: u64) -> Build {
    let marker = format!("hostler:main:{service}:1");
    rig.until("the build", HOUR, async |rig: &Kat| {
        let mut builds = rig.panel.builds(now(rig)).into_iter();
        builds.find(|build| build.annotations.iter().any(|note| note.value == marker))
    })
    .await
}

/// The builds that were asked about since the calls were cleared.
fn asked_about(rig: &Kat) -> BTreeSet<String> {
    let calls = rig.panel.calls().into_iter();
    let reads = calls.filter(|call| call.endpoint == "get_build");
    let ids = reads.flat_map(|call| call.query).map(|(_, value)| value);
    ids.filter(|value| value.starts_with("vmbuild_")).collect()
}

/// What the log of the billing system was told of a service.
async fn told(rig: &Kat, service: u64) -> Vec<String> {
    let effects = rig.drain_effects(service).await.into_iter();
    effects
        .filter_map(|effect| match effect {
            EffectBody::LogActivity { message } => Some(message),
            _ => None,
        })
        .collect()
}

/// A build of a service that is suspended meanwhile is watched too: it would be paid for and never delivered.
#[tokio::test]
async fn kt_054_katapult_the_builds_under_way_are_asked_about_and_no_other() {
    let rig = usual().await;
    for service in [501, 502] {
        rig.ready(service).await;
    }
    done(&rig, 502, END).await;
    let (mut creates, mut under_way) = (Vec::new(), BTreeSet::new());
    for (service, client) in [(503, 78), (504, 79)] {
        creates.push(rig.submit(order(&rig, service, client)).await);
        let build = build_of(&rig, service).await.id;
        rig.act(Act::HoldBuild {
            build: build.clone(),
            held: true,
        });
        under_way.insert(build);
    }
    let suspend = rig.submit(wish(&rig, 504, 79, suspension())).await;
    rig.panel.clear_calls();
    rig.pass(Duration::from_mins(5)).await;
    assert_eq!(asked_about(&rig), under_way);
    for build in under_way {
        rig.act(Act::HoldBuild { build, held: false });
    }
    for create in creates {
        succeeds(&rig, create).await;
    }
    succeeds(&rig, suspend).await;
    rig.panel.clear_calls();
    rig.pass(ROUNDS).await;
    assert_eq!(asked_about(&rig), BTreeSet::new(), "all are delivered");
}

#[tokio::test]
async fn kt_055_katapult_each_build_is_told_of_by_itself_and_one_that_fails_stops_no_other() {
    let rig = usual().await;
    let mut creates = Vec::new();
    for service in [501, 502, 503] {
        creates.push(rig.submit(order(&rig, service, 1_000 + service)).await);
    }
    let build = build_of(&rig, 502).await.id;
    rig.act(Act::FailBuild { build });
    asked(&rig, 502, QuestionKind::BuildFailed).await;
    for create in [creates[0], creates[2]] {
        succeeds(&rig, create).await;
    }
    for (service, end) in [
        (501, "Successfully provisioned"),
        (502, "The VM build has failed"),
        (503, "Successfully provisioned"),
    ] {
        let told = told(&rig, service).await;
        let build = build_of(&rig, service).await.id;
        let begun = format!("[Service ID: {service}]: Started VM build: {build}");
        let times = told.iter().filter(|line| **line == begun).count();
        assert_eq!(times, 1, "{told:?}");
        assert_eq!(
            told.last(),
            Some(&format!("[Service ID: {service}]: {end}")),
            "{told:?}"
        );
    }
    let failed = rig.engine.operation(creates[1]).await.expect("it exists");
    assert_eq!(
        failed.state,
        OperationState::Asking,
        "it is watched until a person decides"
    );
}

#[tokio::test]
async fn kt_056_katapult_without_a_build_under_way_nothing_is_asked_and_nothing_told() {
    let rig = usual().await;
    rig.ready(501).await;
    // The first reading of what is on offer is told once, too.
    rig.read_anew(rig.platform.id).await;
    rig.told().await;
    rig.panel.clear_calls();
    rig.pass(ROUNDS).await;
    assert_eq!(rig.lines().await, Vec::<String>::new());
    assert_eq!(asked_about(&rig), BTreeSet::new());
}
