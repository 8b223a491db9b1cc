//! Katapult: builds that end badly, tokens, and the limit of requests.

use std::time::Duration;

use domain::Actor;
use domain::record::{BuildHook, EffectBody, InstallationSettings, QuestionKind};
use sim::fault::{Fault, FaultRule, RetryAfter};
use sim::katapult::{Act, Config};
use testkit::rig::{KatapultOptions, Rig};

use super::katapult::{END, HOUR, Kat, asked, builds, done, linked, machines, now, order, succeeds, usual};

#[tokio::test]
async fn kt_068_katapult_a_failed_build_is_asked_about_and_ordered_anew() {
    for with_machine in [false, true] {
        let rig = usual().await;
        rig.act(Act::FailBuilds {
            count: 1,
            with_machine,
        });
        let create = rig.submit(order(&rig, 501, 77)).await;
        let question = asked(&rig, 501, QuestionKind::BuildFailed).await;
        assert!(question.text.contains("build has failed"), "{}", question.text);
        let answered = rig
            .engine
            .answer(question.id, "send-again", &Actor::host("test"))
            .await;
        answered.expect("the answer is taken");
        succeeds(&rig, create).await;
        // What the first build made is removed within the time of the watch for it.
        rig.until("one machine", HOUR, async |rig: &Kat| {
            (machines(rig).len() == 1).then_some(())
        })
        .await;
        assert_eq!(linked(&rig, 501).await, machines(&rig)[0].id, "{with_machine}");
        assert_eq!(builds(&rig), 2, "{with_machine}");
    }
}

/// Waits for the build of that number, stops it where it is, and waits until the billing system is told that it is late.
async fn late(rig: &Kat, number: usize) -> String {
    let build = rig
        .until("the build", HOUR, async |rig: &Kat| {
            let builds = rig.panel.builds(now(rig));
            builds.get(number).map(|build| build.id.clone())
        })
        .await;
    hold(rig, &build, true);
    rig.until("the word that it is late", HOUR, async |rig: &Kat| {
        let open = rig.view(501).await.open;
        let mut steps = open.iter().flat_map(|operation| &operation.steps);
        steps.any(|step| step.told_late).then_some(())
    })
    .await;
    build
}

fn hold(rig: &Kat, build: &str, held: bool) {
    let build = build.to_owned();
    rig.act(Act::HoldBuild { build, held });
}

#[tokio::test]
async fn kt_066_kt_068_katapult_what_is_ordered_anew_is_told_to_be_late_once_more() {
    let rig = usual().await;
    let create = rig.submit(order(&rig, 501, 77)).await;
    let first = late(&rig, 0).await;
    rig.act(Act::FailBuilds {
        count: 1,
        with_machine: false,
    });
    hold(&rig, &first, false);
    let question = asked(&rig, 501, QuestionKind::BuildFailed).await;
    let answered = rig
        .engine
        .answer(question.id, "send-again", &Actor::host("test"))
        .await;
    answered.expect("the answer is taken");
    let operation = rig.engine.operation(create).await.expect("it exists");
    assert!(
        !operation.steps.iter().any(|step| step.told_late),
        "what is ordered anew is not late yet"
    );
    let second = late(&rig, 1).await;
    hold(&rig, &second, false);
    succeeds(&rig, create).await;
    let effects = rig.drain_effects(501).await;
    let late = |effect: &&EffectBody| matches!(effect, EffectBody::RunHook { hook, .. } if hook == BuildHook::TimedOut.as_str());
    assert_eq!(effects.iter().filter(late).count(), 2, "{effects:?}");
}

#[tokio::test]
async fn kt_068_kt_090_katapult_a_failed_build_is_ended_by_a_termination_and_leaves_nothing() {
    for with_machine in [false, true] {
        let rig = usual().await;
        rig.act(Act::FailBuilds {
            count: 1,
            with_machine,
        });
        let create = rig.submit(order(&rig, 501, 77)).await;
        asked(&rig, 501, QuestionKind::BuildFailed).await;
        done(&rig, 501, END).await;
        assert!(rig.ended(create, HOUR).await.state.is_final());
        rig.until("no machine", HOUR, async |rig: &Kat| {
            machines(rig).is_empty().then_some(())
        })
        .await;
        let view = rig.view(501).await;
        assert!(view.questions.is_empty(), "{:?}", view.questions);
        assert_eq!(builds(&rig), 1, "{with_machine}");
    }
}

#[tokio::test]
async fn kt_069_katapult_a_build_lost_upstream_is_found_by_its_machine_or_ordered_anew() {
    for (made, expected) in [(false, 2), (true, 1)] {
        let rig = usual().await;
        let create = rig.submit(order(&rig, 501, 77)).await;
        let build = rig
            .until("the build", HOUR, async |rig: &Kat| {
                let builds = rig.panel.builds(now(rig));
                let stands = builds.into_iter().find(|build| build.machine.is_some() == made);
                stands.map(|build| build.id)
            })
            .await;
        rig.act(Act::LoseBuild { build });
        // A machine whose build is gone does not run by itself: somebody has to start it.
        if made {
            let machine = machines(&rig)[0].id.clone();
            rig.act(Act::Start { machine });
        }
        succeeds(&rig, create).await;
        assert_eq!((machines(&rig).len(), builds(&rig)), (1, expected), "{made}");
        assert_eq!(linked(&rig, 501).await, machines(&rig)[0].id);
    }
}

#[tokio::test]
async fn kt_119_katapult_tokens_of_an_organization_and_of_a_user_do_everything() {
    for (token, account) in [
        (Config::TOKEN, Config::ORGANIZATION),
        (Config::TOKEN, ""),
        (Config::USER_TOKEN, Config::ORGANIZATION),
        (Config::USER_TOKEN, ""),
    ] {
        let rig = Rig::katapult(KatapultOptions {
            token,
            account,
            ..KatapultOptions::default()
        })
        .await;
        rig.ready(501).await;
        let found = rig.engine.reconcile_now(&rig.platform).await;
        let found = found.expect("the store can be read").expect("it can be listed");
        assert_eq!(
            (found.compared, found.suspected),
            (1, Vec::new()),
            "{token} {account}"
        );
        done(&rig, 501, END).await;
        assert_eq!(machines(&rig).len(), 0, "{token} {account}");
    }
}

#[tokio::test]
async fn kt_120_katapult_a_full_minute_delays_an_order_and_sends_it_once() {
    let rig = usual().await;
    for endpoint in ["build_virtual_machine", "get_build"] {
        let retry_after = RetryAfter::Seconds(1);
        rig.panel
            .add_fault(FaultRule::at(endpoint, Fault::RateLimited { retry_after }).times(2));
    }
    let create = rig.submit(order(&rig, 501, 77)).await;
    succeeds(&rig, create).await;
    assert_eq!((machines(&rig).len(), builds(&rig)), (1, 1));
    let refused = rig
        .panel
        .calls()
        .into_iter()
        .filter(|call| call.status == Some(429));
    assert_eq!(refused.count(), 4);
    rig.pass(Duration::from_secs(60)).await;
    assert_eq!(builds(&rig), 1);
}

#[tokio::test]
async fn kt_115_katapult_each_request_is_a_line_of_the_module_log_while_that_is_wanted() {
    let rig = usual().await;
    let logged = async |service| {
        let told = rig.drain_effects(service).await;
        let lines = told.into_iter().filter_map(|body| match body {
            EffectBody::LogModuleCall {
                action,
                request,
                response,
            } => Some((action, format!("{request} {response}"))),
            _ => None,
        });
        lines.collect::<Vec<_>>()
    };
    let create = rig.submit(order(&rig, 501, 77)).await;
    succeeds(&rig, create).await;
    assert_eq!(logged(501).await, [], "nobody wants it yet");

    let settings = InstallationSettings {
        module_log: true,
        ..InstallationSettings::default()
    };
    let host = Actor::host("test");
    let store = rig.engine.store();
    let set = store.set_installation_settings(rig.installation_id(), settings, &host);
    set.await.expect("settings are stored");
    let create = rig.submit(order(&rig, 502, 77)).await;
    succeeds(&rig, create).await;
    let lines = logged(502).await;
    let builds = lines.iter().filter(|(action, _)| action == "build_machine");
    assert_eq!(builds.count(), 1, "{lines:?}");
    let machine = linked(&rig, 502).await;
    let shown = |what: &str| lines.iter().any(|(_, line)| line.contains(what));
    assert!(shown(&machine) && shown("\"status\":200"), "{lines:?}");
    let machines = machines(&rig);
    let made = machines
        .iter()
        .find(|one| one.id == machine)
        .expect("it is there");
    assert!(!made.password.is_empty() && !shown(&made.password), "{lines:?}");
}
