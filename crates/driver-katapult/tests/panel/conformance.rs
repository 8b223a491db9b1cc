//! The kit's checks.

use domain::http::{Outcome, Response, RetryClass};
use domain::machine::{Power, PowerAction};
use domain::record::{OperationInput, OperationKind};
use driver::{Driver, Standing, Verdict};
use driver_katapult::Katapult;
use driver_kit::{Ended, Heard, Losing, Player, Scene, check, live, termination};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::platform::{Behaviour, Platform};
use super::scenes::{built, create, on, order, plain, play, scene, start};

/// A whole life: created with a disk of its own, changed, power-cycled, suspended, released. Ends before terminate.
fn life() -> Vec<Scene> {
    let mut ordered = order();
    ordered.options.insert("disk_size".to_owned(), "40".to_owned());
    let mut larger = ordered.clone();
    larger.settings.insert("package".to_owned(), "rock-6".to_owned());
    larger.options.insert("disk_size".to_owned(), "80".to_owned());
    let mut all = vec![create(ordered)];
    let mut add = |kind, input| {
        let mut scene = scene(kind, input, start());
        scene.power_before_suspend = Some(Power::On);
        all.push(scene);
    };
    add(OperationKind::ChangePackage, OperationInput::Order(larger));
    for action in [
        PowerAction::Restart,
        PowerAction::Shutdown,
        PowerAction::Boot,
        PowerAction::PowerOff,
    ] {
        add(OperationKind::Power, OperationInput::Power { action });
    }
    let boot = OperationInput::Power {
        action: PowerAction::Boot,
    };
    add(OperationKind::Power, boot);
    add(OperationKind::Refresh, OperationInput::Nothing);
    add(OperationKind::SignOn, OperationInput::Nothing);
    let reason = String::new();
    add(OperationKind::Suspend, OperationInput::Suspend { reason });
    add(OperationKind::Unsuspend, OperationInput::Nothing);
    all
}

/// What is left on the platform, without dates.
fn end_state(platform: &Platform, now: domain::Moment) -> Value {
    let machines: Vec<Value> = platform
        .machines(now)
        .iter()
        .map(|vm| {
            json!([
                vm.hostname,
                vm.package,
                vm.disk,
                vm.running,
                vm.trashed.is_some(),
                vm.policies.len()
            ])
        })
        .collect();
    json!({ "machines": machines, "organizations": platform.organizations().len() })
}

fn whole_life() -> Vec<Heard> {
    let platform = plain();
    let (ended, mut heard, scene) = live(&Katapult, &platform, life(), false);
    assert!(ended.iter().all(|ended| *ended == Ended::Done), "{ended:?}");
    let (ended, mut player) = play(&platform, termination(&scene));
    assert_eq!(ended, Ended::Done);
    heard.append(&mut player.heard);
    heard
}

/// Runs in which things are not as usual, so that every request is made.
fn unusual() -> Vec<Heard> {
    let mut heard = Vec::new();
    for (account, filters) in [("acme", true), ("", false)] {
        let platform = Platform::new(Behaviour {
            filters,
            ..Behaviour::default()
        });
        let mut scene = create(order());
        account.clone_into(&mut scene.account);
        let mut wire = Losing::new(&platform, 1, true);
        let mut player = Player::new(&Katapult, &mut wire, scene);
        assert_eq!(player.run(), Ended::Done);
        heard.append(&mut player.heard);
    }
    let (platform, identity) = built(Behaviour::default());
    platform.meddle(&identity.id, |vm| vm.trashed = Some(start()));
    let mut player = play(
        &platform,
        on(&identity, OperationKind::Unsuspend, OperationInput::Nothing),
    )
    .1;
    heard.append(&mut player.heard);
    heard
}

#[test]
fn the_table_covers_every_request_and_names_none_that_is_never_made() {
    let mut heard = whole_life();
    heard.append(&mut unusual());
    let mut unheard = check::table(&Katapult, &heard);
    let lists = Katapult
        .list("acme")
        .into_iter()
        .chain(Katapult.catalogue("acme"));
    for request in Katapult.probes("acme").into_iter().chain(lists) {
        assert_eq!(request.class, RetryClass::Read);
        unheard.remove(request.name.as_str());
    }
    assert_eq!(unheard.into_iter().collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn every_answer_has_a_verdict_and_no_garbage_passes_for_success() {
    let mut heard = whole_life();
    heard.append(&mut unusual());
    check::verdicts_are_total(&Katapult, &heard, 40);
}

#[test]
fn every_step_can_run_twice_with_the_same_end_state() {
    let once = plain();
    let (_, _, scene) = live(&Katapult, &once, life(), false);
    let expected = end_state(&once, scene.now);
    let twice = plain();
    let (ended, _, scene) = live(&Katapult, &twice, life(), true);
    assert!(ended.iter().all(|ended| *ended == Ended::Done), "{ended:?}");
    assert_eq!(end_state(&twice, scene.now), expected);
    let mut end = Player::new(&Katapult, &twice, termination(&scene)).twice();
    assert_eq!(end.run(), Ended::Done);
    let left = twice.machines(end.scene.now);
    assert!(left.len() == 1 && left[0].trashed.is_some());
}

#[test]
fn an_answer_lost_at_any_point_ends_as_if_none_had_been_or_with_a_question() {
    let clean = plain();
    let (_, heard, scene) = live(&Katapult, &clean, life(), false);
    let expected = end_state(&clean, scene.now);
    let changes = heard.iter().filter(|heard| heard.request.changes()).count();
    assert!(changes > 8, "the life has {changes} changes");
    for at in 0..changes {
        for effect in [true, false] {
            let platform = plain();
            let mut wire = Losing::new(&platform, at, effect);
            let (ended, _, scene) = live(&Katapult, &mut wire, life(), false);
            assert!(wire.has_struck());
            let state = end_state(&platform, scene.now);
            let asks = ended.iter().any(|ended| matches!(ended, Ended::Asks(_)));
            let refused = ended.iter().find(|ended| matches!(ended, Ended::Refused(_)));
            assert!(
                refused.is_none() || asks,
                "change {at}, effect {effect}: {ended:?}"
            );
            assert!(
                asks || state == expected,
                "change {at}, effect {effect}: {state} {expected}"
            );
            assert!(
                platform.machines(scene.now).len() <= 1,
                "change {at}, effect {effect}"
            );
            // Only what must not be done twice is asked about.
            for ended in &ended {
                assert!(
                    !matches!(ended, Ended::Asks(text) if !text.contains("reset")),
                    "change {at}, effect {effect}: {ended:?}"
                );
            }
        }
    }
}

/// One of each kind of request in each step.
fn kinds() -> Vec<Heard> {
    let mut heard = whole_life();
    heard.append(&mut unusual());
    let mut seen = std::collections::BTreeSet::new();
    heard.retain(|one| seen.insert((one.scene.step.clone(), one.request.name.clone())));
    assert!(seen.len() > 30, "{} kinds", seen.len());
    heard
}

/// What a verdict must not be where nothing was said.
fn takes_for_success(one: &Heard, status: u16, body: &str) -> Option<String> {
    let outcome = Outcome::Answered(Response {
        status,
        body: body.to_owned(),
        retry_after: None,
    });
    let verdict = Katapult.interpret(&one.scene.context(), &one.request, &outcome);
    let is_success = match &verdict {
        Verdict::Done(findings) => {
            let links = findings.link.is_some() || findings.milestone.is_some() || findings.login.is_some();
            findings.standing == Standing::Reached || links || findings.machine.is_absent()
        }
        Verdict::Next(..) | Verdict::Wait { .. } | Verdict::Refused(_) | Verdict::Unknown(_) => false,
    };
    let (step, name) = (&one.scene.step, &one.request.name);
    is_success.then(|| {
        format!("{name} in the step {step} took HTTP {status} with {body:?} for success: {verdict:?}")
    })
}

#[test]
fn no_status_says_by_itself_that_anything_was_reached() {
    let refusal =
        json!({ "error": { "code": "something_new", "description": "?", "detail": {} } }).to_string();
    for one in kinds() {
        for status in 100..600 {
            for body in ["", "<html>", "{}", "null", "[]", refusal.as_str()] {
                assert_eq!(takes_for_success(&one, status, body), None);
            }
        }
    }
}

#[test]
fn no_garbage_of_any_status_passes_for_success() {
    let kinds = kinds();
    let garbage = prop_oneof![
        ".{0,80}",
        r#"\{"(task|virtual_machine|build|organization|trash_object|pagination|disks)":(\{\}|\[\]|null|1|"x")\}"#,
        r#"\{"(virtual_machine|virtual_machine_build|task)":\{"id":(null|1|"vm_9"|""),"state":"(started|complete)"\}\}"#,
        r#"\{"error":\{"code":"[a-z_]{0,20}","detail":(\{\}|null|"x")\}\}"#,
    ];
    let mut runner = TestRunner::new(Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    });
    let answers = (
        prop::sample::select(vec![200_u16, 201, 202, 204, 404, 406, 422, 500]),
        garbage,
    );
    let result = runner.run(&answers, |(status, body)| {
        for one in &kinds {
            prop_assert_eq!(takes_for_success(one, status, &body), None);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
