//! Changing the package.

use domain::Order;
use domain::record::{OperationInput, OperationKind};
use driver::{Driver, Phase, RefusalClass, Verdict};
use driver_kit::Ended;
use driver_virtfusion::VirtFusion;
use serde_json::json;
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::Profile;

use super::scenes::{PROFILES, answered, built, on, order, play};

/// An order for another package, with these choices beyond it.
fn upgrade(package: &str, options: &[(&str, &str)]) -> Order {
    let mut order = order();
    order.settings.insert("package".to_owned(), package.to_owned());
    order.options = options
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    order
}

fn change(order: Order) -> OperationInput {
    OperationInput::Order(order)
}

#[test]
fn vf_060_a_package_change_is_taken_with_200_and_204_and_its_remarks_are_kept() {
    for profile in PROFILES {
        let (panel, identity) = built(profile);
        let (ended, player) = play(
            &panel,
            on(&identity, OperationKind::ChangePackage, change(upgrade("3", &[]))),
        );
        assert_eq!(ended, Ended::Done, "{profile:?}");
        let sent = player.last("change_package").expect("a change");
        assert_eq!(
            (sent.path.clone(), sent.body.clone()),
            (format!("/servers/{}/package/3", identity.id), None)
        );
        let server = panel
            .server(player.scene.now, identity.id.parse().unwrap())
            .unwrap();
        assert_eq!(
            (server.package, server.memory, server.cores, server.storage),
            (3, 4096, 4, 80)
        );
    }
    // A smaller package leaves the disk as it is, and version 7 says so.
    let (panel, identity) = built(Profile::V7);
    let (ended, player) = play(
        &panel,
        on(&identity, OperationKind::ChangePackage, change(upgrade("1", &[]))),
    );
    assert_eq!(ended, Ended::Done);
    let remarks: Vec<&String> = player.found.iter().flat_map(|found| &found.remarks).collect();
    assert!(
        remarks.iter().any(|remark| remark.contains("disk not updated")),
        "{remarks:?}"
    );
}

#[test]
fn vf_061_missing_locked_and_other_refusals_are_told_apart() {
    let (panel, identity) = built(Profile::V7);
    let scene = on(&identity, OperationKind::ChangePackage, change(upgrade("3", &[])));
    let verdict = |status, body| answered(&scene, "package", Phase::Act, status, body);
    let refused = |verdict: Verdict| match verdict {
        Verdict::Refused(refused) => (refused.class, refused.reason),
        other => panic!("{other:?}"),
    };
    let gone = refused(verdict(404, r#"{"msg":"server not found"}"#));
    assert_eq!(gone.0, RefusalClass::Gone);
    let package = refused(verdict(404, r#"{"msg":"package not found"}"#));
    assert_eq!(package.0, RefusalClass::Permanent);
    assert!(package.1.contains("package not found"), "{}", package.1);
    let locked = refused(verdict(423, r#"{"msg":"task is running"}"#));
    assert_eq!(
        (locked.0, locked.1.contains("task is running")),
        (RefusalClass::Busy, true)
    );
    assert!(matches!(verdict(500, ""), Verdict::Unknown(text) if text.contains("500")));

    let (ended, _) = play(
        &panel,
        on(
            &identity,
            OperationKind::ChangePackage,
            change(upgrade("999", &[])),
        ),
    );
    assert!(
        matches!(&ended, Ended::Refused(refused) if refused.reason.contains("package not found")),
        "{ended:?}"
    );
}

#[test]
fn vf_062_further_changes_are_sent_only_for_numbers() {
    let (_, identity) = built(Profile::V7);
    for (options, steps) in [
        (&[][..], &["identify", "package"][..]),
        (
            &[("memory", "2 GB"), ("traffic", "Unlimited")],
            &["identify", "package"],
        ),
        (
            &[("memory", "8"), ("cpuCores", "3"), ("traffic", "500")],
            &["identify", "package", "memory", "cores", "traffic"],
        ),
    ] {
        let scene = on(
            &identity,
            OperationKind::ChangePackage,
            change(upgrade("3", options)),
        );
        let plan = VirtFusion.plan(&scene.plan_input()).unwrap();
        assert_eq!(plan.steps.iter().map(|step| step.name).collect::<Vec<_>>(), steps);
    }
}

#[test]
fn vf_063_vf_065_cores_go_out_as_cores_and_memory_in_the_same_unit_as_at_create() {
    for profile in PROFILES {
        let (panel, identity) = built(profile);
        let order = upgrade("3", &[("memory", "0.5"), ("cpuCores", "3"), ("traffic", "500")]);
        let (ended, player) = play(&panel, on(&identity, OperationKind::ChangePackage, change(order)));
        assert_eq!(ended, Ended::Done, "{profile:?}");
        assert_eq!(
            player.last("modify_cores").unwrap().body,
            Some(json!({"cores": 3}))
        );
        assert_eq!(
            player.last("modify_memory").unwrap().body,
            Some(json!({"memory": 512}))
        );
        let server = panel
            .server(player.scene.now, identity.id.parse().unwrap())
            .unwrap();
        assert_eq!((server.memory, server.cores, server.traffic), (512, 3, 500));
    }
}

#[test]
fn vf_064_a_further_change_that_is_refused_is_reported() {
    let (panel, identity) = built(Profile::V7);
    let order = upgrade("3", &[("cpuCores", "900")]);
    let (ended, player) = play(&panel, on(&identity, OperationKind::ChangePackage, change(order)));
    assert!(
        matches!(&ended, Ended::Refused(refused) if refused.reason.contains("422")),
        "{ended:?}"
    );
    let server = panel
        .server(player.scene.now, identity.id.parse().unwrap())
        .unwrap();
    assert_eq!(server.package, 3, "the package itself was changed before");
}

#[test]
fn a_success_code_without_effect_is_not_taken_for_a_change() {
    for endpoint in ["change_package", "modify_memory"] {
        let (panel, identity) = built(Profile::V7);
        panel.add_fault(FaultRule::once(
            endpoint,
            Fault::WrongSuccess {
                status: 200,
                effect: false,
            },
        ));
        let order = upgrade("3", &[("memory", "8")]);
        let (ended, player) = play(&panel, on(&identity, OperationKind::ChangePackage, change(order)));
        assert_eq!(ended, Ended::Done);
        let server = panel
            .server(player.scene.now, identity.id.parse().unwrap())
            .unwrap();
        assert_eq!((server.package, server.memory), (3, 8192), "{endpoint}");
    }
}

#[test]
fn what_no_request_can_change_is_told() {
    let (panel, identity) = built(Profile::V7);
    let order = upgrade("3", &[("storage", "500"), ("ipv4", "4")]);
    let (ended, player) = play(&panel, on(&identity, OperationKind::ChangePackage, change(order)));
    assert_eq!(ended, Ended::Done);
    let remarks: Vec<String> = player
        .found
        .iter()
        .flat_map(|found| found.remarks.clone())
        .collect();
    assert!(
        remarks
            .iter()
            .any(|remark| remark.contains("Storage was not changed")),
        "{remarks:?}"
    );
    assert!(
        remarks.iter().any(|remark| remark.contains("IPv4")),
        "{remarks:?}"
    );
}
