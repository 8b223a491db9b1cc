//! Every kind of operation with every step twice, an error at every request and a death at every point; and the
//! published fault matrix.

use std::collections::BTreeSet;

use domain::http::RetryClass;
use sim::fault::Fault;
use testkit::trial::points::Points;
use testkit::trial::virtfusion::VirtFusionTrials;
use testkit::trial::{Disturbance, End, Scene, Settled, Subject, matrix, page, run};

const SUBJECT: &dyn Subject = &VirtFusionTrials;

/// The scenes of some kinds of operations, each with its undisturbed end.
fn scenes(kinds: &[&str]) -> Vec<(Scene, Points)> {
    let all = SUBJECT.scenes().into_iter();
    let wanted: Vec<Scene> = all.filter(|scene| kinds.contains(&scene.kind.as_str())).collect();
    assert!(!wanted.is_empty(), "no scene of {kinds:?}");
    wanted
        .into_iter()
        .map(|scene| {
            (
                scene,
                Points::of(SUBJECT, &scene).unwrap_or_else(|failure| panic!("{failure}")),
            )
        })
        .collect()
}

fn tried(scene: &Scene, disturbance: &Disturbance) -> End {
    let end = run(SUBJECT, scene, disturbance).unwrap_or_else(|failure| panic!("{failure}"));
    assert!(end.struck, "{}, {disturbance}: nothing was disturbed", scene.name);
    end
}

/// Nobody is asked, and everything is as if nothing had been done twice.
fn every_step_twice(kinds: &[&str]) {
    for (scene, points) in scenes(kinds) {
        let all = points.again(&scene);
        assert!(all.len() >= points.baseline.steps.len(), "{}", scene.name);
        for disturbance in all {
            let end = tried(&scene, &disturbance);
            assert_eq!(
                end.likeness(),
                points.baseline.likeness(),
                "{}, {disturbance}",
                scene.name
            );
            assert_eq!(
                end.settled, points.baseline.settled,
                "{}, {disturbance}",
                scene.name
            );
        }
    }
}

/// Everything is as if the engine had not died. A person is asked only where the request that may have left makes
/// something or hurts twice, and cannot be told from its repetition.
fn a_death_at_every_point(kinds: &[&str]) {
    for (scene, points) in scenes(kinds) {
        let deaths = points.deaths();
        assert!(
            deaths.len() >= 3 * points.baseline.requests.len(),
            "{}",
            scene.name
        );
        let mut asked = 0;
        for disturbance in deaths {
            let end = tried(&scene, &disturbance);
            assert_eq!(
                end.likeness(),
                points.baseline.likeness(),
                "{}, {disturbance}",
                scene.name
            );
            asked += usize::from(end.settled != points.baseline.settled);
        }
        let classes = matrix::classes(SUBJECT);
        let once = |name: &&String| matches!(classes[*name], RetryClass::Creating | RetryClass::Disruptive);
        // Of the two points at which a request of these classes may be on its way, at most one loses it for good; a
        // restart, whose effect nobody can see, is asked about at each.
        let most = 3 * points.baseline.requests.iter().filter(once).count();
        assert!(asked <= most, "{}: a person was asked {asked} times", scene.name);
    }
}

/// Errors without an effect, with it, and of which nobody knows.
fn an_error_at_every_point(kinds: &[&str]) {
    let faults = [
        (
            "500 before",
            Fault::ErrorBefore {
                status: 500,
                html: false,
            },
        ),
        ("reset after", Fault::ResetAfter),
        ("timeout before", Fault::TimeoutBefore),
    ];
    for (scene, points) in scenes(kinds) {
        for (_, disturbance) in points.strikes(&faults) {
            let end = tried(&scene, &disturbance);
            assert_eq!(
                end.likeness(),
                points.baseline.likeness(),
                "{}, {disturbance}",
                scene.name
            );
            assert_ne!(end.settled, Settled::Refused, "{}, {disturbance}", scene.name);
        }
    }
}

#[test]
fn mx_096_gx_001_a_create_resumes_after_a_death_at_any_point_with_one_machine() {
    a_death_at_every_point(&["create"]);
}

#[test]
fn mx_096_a_suspension_and_its_end_resume_after_a_death_at_any_point() {
    a_death_at_every_point(&["suspend", "unsuspend"]);
}

#[test]
fn mx_096_gx_001_an_ending_resumes_after_a_death_at_any_point_and_leaves_no_machine() {
    a_death_at_every_point(&["terminate", "remove_stray", "close_accounts"]);
}

#[test]
fn mx_096_a_change_resumes_after_a_death_at_any_point() {
    a_death_at_every_point(&["change_package", "power"]);
}

#[test]
fn mx_096_a_reading_resumes_after_a_death_at_any_point() {
    a_death_at_every_point(&["refresh", "validate", "sign_on", "adopt"]);
}

#[test]
fn mx_096_gx_001_every_step_of_a_create_can_run_twice_with_one_machine() {
    every_step_twice(&["create"]);
}

#[test]
fn mx_096_every_step_of_every_other_operation_can_run_twice() {
    every_step_twice(&[
        "suspend",
        "unsuspend",
        "terminate",
        "remove_stray",
        "close_accounts",
        "change_package",
        "power",
        "refresh",
        "validate",
        "sign_on",
        "adopt",
    ]);
}

#[test]
fn gx_001_a_create_with_an_error_at_any_request_makes_one_machine() {
    an_error_at_every_point(&["create"]);
}

#[test]
fn gx_001_an_error_at_any_request_of_an_ending_leaves_no_machine() {
    an_error_at_every_point(&["terminate", "remove_stray", "close_accounts"]);
}

#[test]
fn an_error_at_any_request_of_a_hold_or_a_change_ends_as_if_there_had_been_none() {
    an_error_at_every_point(&["suspend", "unsuspend", "change_package", "power"]);
}

/// A platform that is at its limit, or out of order, for ten minutes, for one kind of request after the other.
#[test]
fn a_request_that_is_turned_away_for_ten_minutes_ends_as_if_it_had_not_been() {
    let time = std::time::Duration::from_secs(600);
    let faults = [
        Fault::RateLimited {
            retry_after: sim::fault::RetryAfter::Missing,
        },
        Fault::Refused,
    ];
    for (scene, points) in scenes(&[
        "create",
        "suspend",
        "unsuspend",
        "terminate",
        "change_package",
        "power",
    ]) {
        let free = points.baseline.requests.iter().enumerate();
        let free = free.filter(|(at, _)| !points.baseline.given.contains(at));
        let names: BTreeSet<&String> = free.map(|(_, name)| name).collect();
        for (name, fault) in names
            .iter()
            .flat_map(|name| faults.iter().map(move |fault| (name, fault)))
        {
            let (name, fault) = ((*name).clone(), fault.clone());
            let end = tried(&scene, &Disturbance::Lasting { name, time, fault });
            assert_eq!(end.likeness(), points.baseline.likeness(), "{}", scene.name);
            assert_eq!(end.settled, Settled::Itself, "{}", scene.name);
        }
    }
}

/// The whole file is compared by `cargo xtask faults --check`; here some of its tables are made anew.
#[test]
fn mx_100_the_published_fault_matrix_is_what_the_trials_say() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/fault-matrix.md");
    let published = std::fs::read_to_string(file).expect("the matrix is published");
    let (classes, scenes) = (matrix::classes(SUBJECT), SUBJECT.scenes());
    for name in [
        "create, list protocol",
        "terminate",
        "change package, version 6",
        "restart",
        "adopt",
    ] {
        let scene = scenes.iter().find(|scene| scene.name == name).expect("the scene");
        let result = matrix::one_scene(SUBJECT, scene).unwrap_or_else(|failures| panic!("{}", failures[0]));
        let section = page::section(&classes, &result);
        assert!(
            published.contains(&section),
            "run `cargo xtask faults`; it should say:\n{section}"
        );
    }
    let missing: BTreeSet<&str> = classes
        .keys()
        .map(String::as_str)
        .filter(|name| !published.contains(&format!("\n| `{name}` | ")))
        .collect();
    assert_eq!(
        missing,
        BTreeSet::new(),
        "requests of the driver that no trial makes"
    );
}

/// A rule that a trial breaks is told, with what led there.
#[test]
fn a_trial_that_is_never_settled_says_so() {
    let scenes = SUBJECT.scenes();
    let scene = scenes
        .iter()
        .find(|scene| scene.name == "suspend")
        .expect("the scene");
    // A scene that says wrongly where its operation leads.
    let wrong = Scene {
        goal: domain::record::Standing::Live,
        ..*scene
    };
    let failure = run(SUBJECT, &wrong, &Disturbance::None).expect_err("the goal is another one");
    assert!(failure.rule.contains("not live"), "{failure}");
    assert!(failure.to_string().contains("suspend_server"), "{failure}");
}
