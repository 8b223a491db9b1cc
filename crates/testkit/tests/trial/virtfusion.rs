//! VirtFusion.

use std::collections::BTreeSet;

use domain::observed::FactKind;
use testkit::trial::virtfusion::VirtFusionTrials;
use testkit::trial::{Disturbance, Scene, readings, run};

use super::{
    Of, a_death_at_every_point, an_error_at_every_point, every_step_twice, published,
    turned_away_for_ten_minutes,
};

const SUBJECT: Of = &VirtFusionTrials;

/// What clients ask for beside switching their machine and signing on.
const ACTS: [&str; 5] = [
    "rename",
    "reset_password",
    "reset_account_password",
    "reinstall",
    "console",
];

#[test]
fn mx_096_gx_001_a_create_resumes_after_a_death_at_any_point_with_one_machine() {
    a_death_at_every_point(SUBJECT, &["create"]);
}

#[test]
fn mx_096_a_suspension_and_its_end_resume_after_a_death_at_any_point() {
    a_death_at_every_point(SUBJECT, &["suspend", "unsuspend"]);
}

#[test]
fn mx_096_gx_001_an_ending_resumes_after_a_death_at_any_point_and_leaves_no_machine() {
    a_death_at_every_point(SUBJECT, &["terminate", "remove_stray", "close_accounts"]);
}

#[test]
fn mx_096_a_change_resumes_after_a_death_at_any_point() {
    a_death_at_every_point(SUBJECT, &["change_package", "power"]);
}

#[test]
fn mx_096_what_a_client_asks_for_resumes_after_a_death_at_any_point() {
    a_death_at_every_point(SUBJECT, &ACTS);
}

#[test]
fn mx_096_a_reading_resumes_after_a_death_at_any_point() {
    a_death_at_every_point(SUBJECT, &["refresh", "validate", "sign_on", "adopt"]);
}

#[test]
fn mx_096_gx_001_every_step_of_a_create_can_run_twice_with_one_machine() {
    every_step_twice(SUBJECT, &["create"]);
}

#[test]
fn mx_096_every_step_of_every_other_operation_can_run_twice() {
    every_step_twice(
        SUBJECT,
        &[
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
        ],
    );
}

#[test]
fn mx_096_every_step_of_what_a_client_asks_for_can_run_twice() {
    every_step_twice(SUBJECT, &ACTS);
}

#[test]
fn gx_001_a_create_with_an_error_at_any_request_makes_one_machine() {
    an_error_at_every_point(SUBJECT, &["create"]);
}

#[test]
fn gx_001_an_error_at_any_request_of_an_ending_leaves_no_machine() {
    an_error_at_every_point(SUBJECT, &["terminate", "remove_stray", "close_accounts"]);
}

#[test]
fn an_error_at_any_request_of_a_hold_or_a_change_ends_as_if_there_had_been_none() {
    an_error_at_every_point(SUBJECT, &["suspend", "unsuspend", "change_package", "power"]);
}

#[test]
fn an_error_at_any_request_of_what_a_client_asks_for_ends_as_if_there_had_been_none() {
    an_error_at_every_point(SUBJECT, &ACTS);
}

#[test]
fn what_a_client_asks_for_is_done_although_its_requests_are_turned_away_for_ten_minutes() {
    // A console is opened at once or not at all.
    let patient: Vec<&str> = ACTS.into_iter().filter(|act| *act != "console").collect();
    turned_away_for_ten_minutes(SUBJECT, &patient);
}

#[test]
fn a_request_that_is_turned_away_for_ten_minutes_ends_as_if_it_had_not_been() {
    turned_away_for_ten_minutes(
        SUBJECT,
        &[
            "create",
            "suspend",
            "unsuspend",
            "terminate",
            "change_package",
            "power",
        ],
    );
}

#[test]
fn vf_113_vf_129_what_is_read_for_clients_is_read_at_the_second_try_after_any_fault() {
    let variants: BTreeSet<&str> = SUBJECT
        .scenes()
        .iter()
        .map(|scene| scene.variant.version)
        .collect();
    for version in variants {
        let scenes = SUBJECT.scenes();
        let scene = scenes.iter().find(|scene| scene.variant.version == version);
        let rows = readings::rows(SUBJECT, scene.expect("a scene").variant);
        let kinds: BTreeSet<FactKind> = rows.iter().map(|row| row.kind).collect();
        assert_eq!(kinds.len(), FactKind::ALL.len(), "{version}");
        // A fault that hides the answer is no answer.
        assert!(rows.iter().all(|row| row.seen.contains(&false)), "{version}");
    }
}

#[test]
fn mx_100_the_published_fault_matrix_is_what_the_trials_say() {
    published(
        SUBJECT,
        &[
            "create, list protocol",
            "terminate",
            "change package, version 6",
            "restart",
            "new password",
            "adopt",
        ],
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
