//! Another package, another size of the disk, another name.

use domain::machine::Identity;
use domain::record::{OperationInput, OperationKind};
use driver::{Phase, Standing, Verdict};
use driver_kit::{Ended, Scene};
use serde_json::json;

use super::platform::Behaviour;
use super::scenes::{answered, built, on, order, play, remarks, start};

fn change(identity: &Identity, options: &[(&str, &str)]) -> Scene {
    let mut larger = order();
    larger.settings.insert("package".to_owned(), "rock-6".to_owned());
    for (key, value) in options {
        larger.options.insert((*key).to_owned(), (*value).to_owned());
    }
    on(
        identity,
        OperationKind::ChangePackage,
        OperationInput::Order(larger),
    )
}

#[test]
fn kt_083_a_package_is_changed_by_its_permalink_and_read_back() {
    let (platform, identity) = built(Behaviour::default());
    let (ended, player) = play(&platform, change(&identity, &[]));
    assert_eq!((ended, player.changes()), (Ended::Done, vec!["change_package"]));
    let body = player
        .last("change_package")
        .and_then(|request| request.body.clone())
        .expect("a body");
    assert_eq!(
        body,
        json!({ "virtual_machine": { "id": identity.id }, "virtual_machine_package": { "permalink": "rock-6" } })
    );
    assert_eq!(platform.machines(player.scene.now)[0].package, "rock-6");
    assert_eq!(remarks(&player), Vec::<&str>::new());
}

#[test]
fn kt_084_a_larger_disk_is_made_a_smaller_one_is_refused_clearly() {
    let (platform, identity) = built(Behaviour::default());
    let (ended, player) = play(&platform, change(&identity, &[("disk_size", "60")]));
    assert_eq!(
        (ended, player.changes()),
        (Ended::Done, vec!["change_package", "resize_disk"])
    );
    assert_eq!(platform.machines(player.scene.now)[0].disk, 60);
    let method = |player: &super::scenes::Run<'_>| {
        let sent = player
            .last("resize_disk")
            .and_then(|request| request.body.clone());
        sent.expect("a body")["resize_method"].clone()
    };
    assert_eq!(method(&player), "online", "it runs");
    platform.meddle(&identity.id, |vm| vm.running = false);
    let (ended, player) = play(&platform, change(&identity, &[("disk_size", "70")]));
    assert_eq!((ended, method(&player)), (Ended::Done, json!("offline")));
    platform.meddle(&identity.id, |vm| vm.disk = 60);
    let (ended, _) = play(&platform, change(&identity, &[("disk_size", "40")]));
    let Ended::Refused(refused) = ended else {
        panic!("{ended:?}");
    };
    assert!(refused.reason.contains("60 GB, and 40 GB"), "{}", refused.reason);
    assert_eq!(platform.machines(player.scene.now)[0].disk, 60);
}

#[test]
fn kt_084_what_cannot_be_changed_is_told() {
    let (platform, identity) = built(Behaviour::default());
    let (ended, player) = play(&platform, change(&identity, &[("data_center", "nl-ams-01")]));
    assert_eq!(ended, Ended::Done);
    let told = remarks(&player);
    assert!(
        told[0].contains("stays in uk-lon-01") && told.len() == 1,
        "{told:?}"
    );
}

#[test]
fn a_failed_task_is_a_question_and_a_queued_one_no_success() {
    let (_, identity) = built(Behaviour::default());
    let mut scene = change(&identity, &[]);
    scene.acted_at = Some(scene.now);
    scene.notes.insert("accepted".to_owned(), json!({ "package": 1 }));
    scene
        .notes
        .insert("task".to_owned(), json!({ "package": "task_1" }));
    let old = json!({ "virtual_machine": { "id": identity.id, "package": { "permalink": "rock-3" },
                      "organization": { "id": identity.owner } } });
    let Verdict::Next(task, _) = answered(&scene, "package", Phase::Look, 200, &old) else {
        panic!("the task is not read");
    };
    "package".clone_into(&mut scene.step);
    for (status, expected) in [
        ("failed", "Broken"),
        ("pending", "Pending"),
        ("completed", "Missing"),
        ("?", "Pending"),
    ] {
        let body = json!({ "task": { "id": "task_1", "status": status } });
        let Verdict::Done(findings) = super::scenes::interpreted(&scene, &task, 200, &body) else {
            panic!("{status}");
        };
        let shown = match findings.standing {
            Standing::Broken(_) => "Broken",
            Standing::Pending { .. } => "Pending",
            Standing::Missing => "Missing",
            Standing::Reached | Standing::Candidates(_) => "something else",
        };
        assert_eq!(shown, expected, "{status}");
    }
}

#[test]
fn mx_031_a_machine_is_renamed_and_its_hostname_stays() {
    let (platform, identity) = built(Behaviour::default());
    let before = platform.machines(start())[0].hostname.clone();
    let name = "Web server of Ada".parse().expect("a name");
    let (ended, player) = play(
        &platform,
        on(&identity, OperationKind::Rename, OperationInput::Rename { name }),
    );
    assert_eq!((ended, player.changes()), (Ended::Done, vec!["rename_machine"]));
    let body = player
        .last("rename_machine")
        .and_then(|request| request.body.clone());
    assert_eq!(
        body.expect("a body"),
        json!({ "virtual_machine": { "id": identity.id }, "properties": { "name": "Web server of Ada" } })
    );
    let vm = &platform.machines(player.scene.now)[0];
    assert_eq!((vm.name.as_str(), &vm.hostname), ("Web server of Ada", &before));
}

#[test]
fn what_katapult_has_nothing_for_is_refused_before_anything_is_asked() {
    let (platform, identity) = built(Behaviour::default());
    for kind in [
        OperationKind::ResetPassword,
        OperationKind::ResetAccountPassword,
        OperationKind::Reinstall,
        OperationKind::Console,
    ] {
        let (ended, player) = play(&platform, on(&identity, kind, OperationInput::Nothing));
        assert!(matches!(&ended, Ended::Refused(_)), "{kind}: {ended:?}");
        assert!(player.heard.is_empty(), "{kind}");
    }
}
