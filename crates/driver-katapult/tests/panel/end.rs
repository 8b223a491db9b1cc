//! Ending a machine.

use domain::Fact;
use domain::machine::Identity;
use domain::record::{OperationInput, OperationKind};
use driver::{Phase, Verdict};
use driver_kit::{Ended, Scene};
use serde_json::json;

use super::platform::Behaviour;
use super::scenes::{answered, built, create, on, order, play, remarks, start};

fn terminate(identity: &Identity) -> Scene {
    on(
        identity,
        OperationKind::Terminate,
        OperationInput::Terminate { not_before: None },
    )
}

#[test]
fn kt_086_kt_088_a_machine_is_stopped_loses_its_policies_and_goes_into_the_trash() {
    let (platform, identity) = built(Behaviour {
        page: 2,
        ..Behaviour::default()
    });
    let (ended, player) = play(&platform, terminate(&identity));
    assert_eq!(ended, Ended::Done);
    assert_eq!(
        player.changes(),
        [
            "power_stop",
            "delete_policy",
            "delete_policy",
            "delete_policy",
            "delete_machine"
        ]
    );
    let machines = platform.machines(player.scene.now);
    assert!(machines[0].trashed.is_some() && machines[0].policies.is_empty() && !machines[0].running);
    let told = remarks(&player);
    let policies = told
        .iter()
        .filter(|text| text.starts_with("Deleted disk backup policy dbp_"));
    assert_eq!(policies.count(), 3, "{told:?}");
    assert!(told.iter().any(|text| text.contains("trash until")), "{told:?}");
}

#[test]
fn kt_089_a_machine_that_is_gone_or_trashed_already_is_ended_without_a_change() {
    let (platform, identity) = built(Behaviour::default());
    platform.meddle(&identity.id, |vm| vm.trashed = Some(start()));
    let (ended, player) = play(&platform, terminate(&identity));
    assert_eq!((ended, player.changes()), (Ended::Done, Vec::new()));
    platform.purge(&identity.id);
    let (ended, player) = play(&platform, terminate(&identity));
    assert_eq!((ended, player.changes()), (Ended::Done, Vec::new()));
    assert_eq!(
        player.found.last().map(|findings| findings.machine.clone()),
        Some(Fact::Absent)
    );
}

#[test]
fn kt_089_one_answer_that_knows_no_machine_does_not_end_it() {
    let identity = Identity {
        id: "vm_1".to_owned(),
        unchangeable: "vm_1".to_owned(),
        owner: "org_1".to_owned(),
    };
    let scene = terminate(&identity);
    let gone = json!({ "error": { "code": "virtual_machine_not_found", "description": "no", "detail": {} } });
    let Verdict::Next(list, _) = answered(&scene, "delete", Phase::Look, 404, &gone) else {
        panic!("believed at once");
    };
    assert_eq!(list.name, "list_machines");
    let mut at = scene.clone();
    "delete".clone_into(&mut at.step);
    let page = json!({ "pagination": { "current_page": 1, "total_pages": 1 }, "virtual_machines": [{ "id": "vm_1" }] });
    let verdict = super::scenes::interpreted(&at, &list, 200, &page);
    assert!(
        matches!(&verdict, Verdict::Done(findings) if findings.standing == driver::Standing::Missing),
        "{verdict:?}"
    );
    // Refused as trashed, and not in the trash.
    let trashed = json!({ "error": { "code": "object_in_trash", "description": "no", "detail": {} } });
    let Verdict::Next(trash, notes) = answered(&scene, "delete", Phase::Look, 406, &trashed) else {
        panic!("believed at once");
    };
    at.notes.extend(notes);
    let none = json!({ "error": { "code": "trash_object_not_found", "description": "no", "detail": {} } });
    let verdict = super::scenes::interpreted(&at, &trash, 404, &none);
    assert!(
        matches!(&verdict, Verdict::Done(findings) if matches!(findings.standing, driver::Standing::Pending { .. })),
        "{verdict:?}"
    );
}

#[test]
fn kt_089_a_machine_whose_organization_is_gone_too_is_looked_for_in_the_trash() {
    let identity = Identity {
        id: "vm_1".to_owned(),
        unchangeable: "vm_1".to_owned(),
        owner: "org_1".to_owned(),
    };
    let mut at = terminate(&identity);
    let refused = |code: &str| json!({ "error": { "code": code, "description": "no", "detail": {} } });
    let gone = refused("virtual_machine_not_found");
    let Verdict::Next(list, _) = answered(&at, "delete", Phase::Look, 404, &gone) else {
        panic!("believed at once");
    };
    "delete".clone_into(&mut at.step);
    let verdict = super::scenes::interpreted(&at, &list, 404, &refused("organization_not_found"));
    let Verdict::Next(trash, notes) = verdict else {
        panic!("{verdict:?}");
    };
    at.notes.extend(notes);
    let verdict = super::scenes::interpreted(&at, &trash, 404, &refused("trash_object_not_found"));
    assert!(
        matches!(&verdict, Verdict::Done(findings) if findings.machine == Fact::Absent),
        "{verdict:?}"
    );
}

#[test]
fn kt_086_one_answer_that_knows_no_machine_leaves_no_policy_behind() {
    let (_, identity) = built(Behaviour::default());
    let scene = terminate(&identity);
    let gone = json!({ "error": { "code": "virtual_machine_not_found", "description": "no", "detail": {} } });
    let Verdict::Next(read, _) = answered(&scene, "policies", Phase::Look, 404, &gone) else {
        panic!("believed at once");
    };
    let mut at = scene.clone();
    "policies".clone_into(&mut at.step);
    let shown = json!({ "virtual_machine": { "id": identity.id, "organization": { "id": identity.owner } } });
    for (status, body, is_reached) in [(200, &shown, false), (404, &gone, true)] {
        let verdict = super::scenes::interpreted(&at, &read, status, body);
        let Verdict::Done(findings) = verdict else {
            panic!("{verdict:?}");
        };
        assert_eq!(
            findings.standing == driver::Standing::Reached,
            is_reached,
            "{status}"
        );
    }
}

#[test]
fn a_denied_deletion_is_asked_for_again() {
    let (_, identity) = built(Behaviour::default());
    let denied =
        json!({ "error": { "code": "permission_denied", "description": "It is at work", "detail": {} } });
    let verdict = answered(&terminate(&identity), "delete", Phase::Act, 403, &denied);
    let Verdict::Refused(refused) = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(refused.class, driver::RefusalClass::Busy);
    assert!(refused.reason.contains("It is at work"), "{}", refused.reason);
}

#[test]
fn kt_087_a_policy_that_cannot_be_deleted_is_a_no_for_good_in_the_platforms_words() {
    let (_, identity) = built(Behaviour::default());
    let mut scene = terminate(&identity);
    scene.notes.insert("doomed".to_owned(), json!(["dbp_1", "dbp_2"]));
    let denied = json!({ "error": { "code": "permission_denied", "description": "Not yours",
                                    "detail": { "details": "Ask the owner" } } });
    let verdict = answered(&scene, "policies", Phase::Act, 403, &denied);
    let Verdict::Refused(refused) = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(refused.class, driver::RefusalClass::Permanent);
    assert!(
        refused
            .reason
            .contains("Not yours - Ask the owner [http: 403 DELETE"),
        "{}",
        refused.reason
    );
}

#[test]
fn kt_091_after_its_end_a_service_is_built_anew() {
    let (platform, identity) = built(Behaviour::default());
    let (ended, _) = play(&platform, terminate(&identity));
    assert_eq!(ended, Ended::Done);
    let mut again = create(order());
    again.now = start() + std::time::Duration::from_hours(1);
    again.marker.generation = 2;
    let (ended, player) = play(&platform, again);
    assert_eq!((ended, player.changes()), (Ended::Done, vec!["build_machine"]));
    assert_ne!(player.scene.link.expect("a link").identity.id, identity.id);
}

#[test]
fn a_service_without_a_machine_has_none_to_delete() {
    use driver::{Driver, Prepared};
    let mut scene = super::scenes::scene(
        OperationKind::Terminate,
        OperationInput::Terminate { not_before: None },
        start(),
    );
    for step in ["off", "policies", "delete"] {
        step.clone_into(&mut scene.step);
        let prepared = driver_katapult::Katapult.prepare(&scene.context());
        assert!(
            matches!(&prepared, Prepared::Known(findings) if findings.machine == Fact::Absent),
            "{step}: {prepared:?}"
        );
    }
}
