//! Katapult: it has no suspension of its own, so that a suspended machine is one that is kept off.

use std::time::Duration;

use domain::machine::PowerAction;
use domain::record::{OperationState, QuestionKind, ServiceStatus, Standing};
use domain::{Actor, ActorKind};
use engine::core::Intent;
use sim::katapult::{Act, BuildState, Power, Span};
use testkit::rig::{KatapultOptions, Rig};

use super::katapult::{
    END, HOUR, Kat, asked, builds, done, linked, machines, now, order, runs, succeeds, suspension, usual,
    wish,
};

/// Off again within this after it was started behind our back: the watch's interval and the guest's shutdown.
const HELD_WITHIN: Duration = Duration::from_secs(60);

/// A platform whose machines take half a minute to start or to be shut down.
async fn slow() -> Kat {
    let mut options = KatapultOptions::default();
    let takes = Span::fixed(Duration::from_secs(30));
    let timings = &mut options.platform.timings;
    (timings.boot, timings.start, timings.shutdown) = (takes, takes, takes);
    Rig::katapult(options).await
}

/// What the platform shows of the machine's power.
fn power(rig: &Kat, machine: &str) -> Power {
    rig.panel.machine(now(rig), machine).expect("it is there").power
}

/// Waits until the machine's first run, which goes on after its build is complete.
async fn running(rig: &Kat, service: u64) -> String {
    rig.ready(service).await;
    let machine = linked(rig, service).await;
    rig.until("its first run", HOUR, async |rig: &Kat| {
        (power(rig, &machine) == Power::Started).then_some(())
    })
    .await;
    machine
}

#[tokio::test]
async fn gx_004_kt_080_katapult_a_suspended_machine_started_on_the_platform_is_off_again_within_a_minute() {
    let rig = usual().await;
    let machine = running(&rig, 501).await;
    done(&rig, 501, suspension()).await;
    assert!(!runs(&rig, &machine));
    for _ in 0..3 {
        rig.act(Act::Start {
            machine: machine.clone(),
        });
        rig.until("off again", HELD_WITHIN, async |rig: &Kat| {
            (!runs(rig, &machine)).then_some(())
        })
        .await;
        rig.until("the operation's end", HOUR, async |rig: &Kat| {
            rig.view(501).await.line().next().is_none().then_some(())
        })
        .await;
    }
    // The fourth time within a day a person is asked.
    rig.act(Act::Start {
        machine: machine.clone(),
    });
    let question = asked(&rig, 501, QuestionKind::SuspensionBroken).await;
    let answered = rig.engine.answer(question.id, "hold", &Actor::host("test")).await;
    answered.expect("the answer is taken");
    rig.until("off again", HOUR, async |rig: &Kat| {
        (!runs(rig, &machine)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn gx_004_kt_080_katapult_a_guest_that_ignores_the_shutdown_is_cut_off() {
    let rig = usual().await;
    let machine = running(&rig, 501).await;
    let ignore = true;
    rig.act(Act::IgnoreShutdown {
        machine: machine.clone(),
        ignore,
    });
    done(&rig, 501, suspension()).await;
    assert!(!runs(&rig, &machine));
}

#[tokio::test]
async fn gx_004_kt_081_katapult_a_release_starts_the_machine_while_the_billing_system_says_suspended() {
    let rig = usual().await;
    let machine = running(&rig, 501).await;
    done(&rig, 501, suspension()).await;
    let mut release = rig.wish(501, Intent::Unsuspend);
    release.told.status = ServiceStatus::Suspended;
    let release = rig.submit(release).await;
    succeeds(&rig, release).await;
    assert!(runs(&rig, &machine));
    assert_eq!(rig.view(501).await.service.standing, Standing::Live);
    rig.pass(Duration::from_secs(120)).await;
    assert!(runs(&rig, &machine), "nothing holds it any more");
}

#[tokio::test]
async fn kt_082_katapult_the_cron_suspends_releases_and_ends_without_a_client() {
    let rig = usual().await;
    running(&rig, 501).await;
    for intent in [suspension(), Intent::Unsuspend, END] {
        let mut wish = rig.wish(501, intent);
        wish.actor = Actor {
            kind: ActorKind::Cron,
            id: String::new(),
            ip: None,
            correlation: None,
        };
        let operation = rig.submit(wish).await;
        succeeds(&rig, operation).await;
    }
    assert_eq!(machines(&rig).len(), 0);
}

#[tokio::test]
async fn kt_082_katapult_a_machine_that_was_starting_when_it_was_suspended_runs_after_the_release() {
    let rig = slow().await;
    // How far its first run has come when its build is complete differs from machine to machine.
    let mut services = 501..540;
    let (service, machine) = loop {
        let service = services.next().expect("one of them is starting");
        rig.ready(service).await;
        let machine = linked(&rig, service).await;
        if power(&rig, &machine) == Power::Starting {
            break (service, machine);
        }
    };
    done(&rig, service, suspension()).await;
    assert!(!runs(&rig, &machine));
    done(&rig, service, Intent::Unsuspend).await;
    assert_eq!(power(&rig, &machine), Power::Started);
}

#[tokio::test]
async fn kt_082_katapult_a_machine_that_was_being_shut_down_when_it_was_suspended_stays_off_after_the_release()
 {
    let rig = slow().await;
    let machine = running(&rig, 501).await;
    let shutdown = rig.wish(501, Intent::Power(PowerAction::Shutdown));
    rig.submit(shutdown).await;
    rig.until("it shuts down", HOUR, async |rig: &Kat| {
        (power(rig, &machine) == Power::ShuttingDown).then_some(())
    })
    .await;
    done(&rig, 501, suspension()).await;
    assert!(!runs(&rig, &machine));
    done(&rig, 501, Intent::Unsuspend).await;
    rig.pass(Duration::from_secs(120)).await;
    assert_eq!(power(&rig, &machine), Power::Stopped);
}

#[tokio::test]
async fn kt_082_katapult_a_machine_suspended_during_its_build_runs_after_the_release() {
    let rig = usual().await;
    let services = [501, 502, 503, 504];
    let client = |service: u64| 1_000 + service;
    let mut under_way = Vec::new();
    for service in services {
        under_way.push(rig.submit(order(&rig, service, client(service))).await);
    }
    is_building(&rig, services.len()).await;
    for service in services {
        under_way.push(
            rig.submit(wish(&rig, service, client(service), suspension()))
                .await,
        );
    }
    for operation in under_way {
        succeeds(&rig, operation).await;
    }
    rig.pass(HELD_WITHIN * 2).await;
    for service in services {
        let machine = linked(&rig, service).await;
        assert!(!runs(&rig, &machine), "{service}");
        let release = rig
            .submit(wish(&rig, service, client(service), Intent::Unsuspend))
            .await;
        succeeds(&rig, release).await;
        assert_eq!(power(&rig, &machine), Power::Started, "{service}");
    }
}

/// Waits until as many machines are being built.
async fn is_building(rig: &Kat, machines: usize) {
    rig.until("the build", HOUR, async |rig: &Kat| {
        let builds = rig.panel.builds(now(rig));
        let building = builds.iter().filter(|build| build.state == BuildState::Building);
        (building.count() == machines).then_some(())
    })
    .await;
}

#[tokio::test]
async fn gx_004_katapult_suspended_during_its_build_it_ends_powered_off_and_stays_so() {
    let rig = usual().await;
    let create = rig.submit(order(&rig, 501, 77)).await;
    is_building(&rig, 1).await;
    let suspend = rig.submit(rig.wish(501, suspension())).await;
    let create = rig.ended(create, HOUR).await;
    assert_eq!(create.state, OperationState::Succeeded, "{}", create.reason);
    succeeds(&rig, suspend).await;
    let machine = linked(&rig, 501).await;
    // Whatever its first run and the watch do to each other is over.
    rig.pass(HELD_WITHIN * 2).await;
    for _ in 0..10 {
        assert!(!runs(&rig, &machine));
        rig.pass(Duration::from_secs(30)).await;
    }
    assert_eq!(rig.view(501).await.service.standing, Standing::Suspended);
    assert_eq!(builds(&rig), 1);
}
