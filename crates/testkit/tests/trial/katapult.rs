//! Katapult, with annotations that reach machines and with annotations that do not.

use testkit::trial::katapult::KatapultTrials;

use super::{
    Of, a_death_at_every_point, an_error_at_every_point, every_step_twice, published,
    turned_away_for_ten_minutes,
};

const SUBJECT: Of = &KatapultTrials;

#[test]
fn gx_001_kt_053_katapult_a_create_resumes_after_a_death_at_any_point_with_one_machine() {
    a_death_at_every_point(SUBJECT, &["create"]);
}

#[test]
fn gx_004_katapult_a_suspension_and_its_end_resume_after_a_death_at_any_point() {
    a_death_at_every_point(SUBJECT, &["suspend", "unsuspend"]);
}

#[test]
fn gx_001_kt_090_katapult_an_ending_resumes_after_a_death_at_any_point_and_leaves_no_machine() {
    a_death_at_every_point(SUBJECT, &["terminate", "remove_stray"]);
}

#[test]
fn mx_096_katapult_a_change_or_a_reading_resumes_after_a_death_at_any_point() {
    a_death_at_every_point(
        SUBJECT,
        &[
            "change_package",
            "rename",
            "power",
            "refresh",
            "validate",
            "sign_on",
            "adopt",
        ],
    );
}

#[test]
fn gx_001_kt_053_katapult_every_step_of_a_create_can_run_twice_with_one_machine() {
    every_step_twice(SUBJECT, &["create"]);
}

#[test]
fn mx_096_katapult_every_step_of_every_other_operation_can_run_twice() {
    every_step_twice(
        SUBJECT,
        &[
            "suspend",
            "unsuspend",
            "terminate",
            "remove_stray",
            "change_package",
            "rename",
            "power",
            "refresh",
            "validate",
            "sign_on",
            "adopt",
        ],
    );
}

#[test]
fn gx_001_kt_053_katapult_a_create_with_an_error_at_any_request_makes_one_machine() {
    an_error_at_every_point(SUBJECT, &["create"]);
}

#[test]
fn gx_001_kt_089_katapult_an_error_at_any_request_of_an_ending_leaves_no_machine() {
    an_error_at_every_point(SUBJECT, &["terminate", "remove_stray"]);
}

#[test]
fn mx_096_katapult_an_error_at_any_request_of_a_hold_or_a_change_ends_as_if_there_had_been_none() {
    an_error_at_every_point(
        SUBJECT,
        &["suspend", "unsuspend", "change_package", "rename", "power"],
    );
}

#[test]
fn kt_120_katapult_a_request_that_is_turned_away_for_ten_minutes_ends_as_if_it_had_not_been() {
    turned_away_for_ten_minutes(
        SUBJECT,
        &[
            "create",
            "suspend",
            "unsuspend",
            "terminate",
            "change_package",
            "rename",
            "power",
        ],
    );
}

#[test]
fn mx_100_katapult_the_published_fault_matrix_is_what_the_trials_say() {
    published(
        SUBJECT,
        &[
            "create, annotations reach",
            "create, annotations stay",
            "terminate with backup policies",
            "restart",
            "adopt",
        ],
    );
}
