//! Suspension, release, power and the console.

use domain::machine::{Identity, Power, PowerAction};
use domain::record::{OperationInput, OperationKind};
use driver::{Phase, RefusalClass, Standing, Verdict};
use driver_kit::{Ended, Scene};
use serde_json::json;

use super::platform::Behaviour;
use super::scenes::{answered, built, on, play, remarks, start};

fn suspend(identity: &Identity) -> Scene {
    let reason = String::new();
    on(
        identity,
        OperationKind::Suspend,
        OperationInput::Suspend { reason },
    )
}

fn release(identity: &Identity, before: Option<Power>) -> Scene {
    let mut scene = on(identity, OperationKind::Unsuspend, OperationInput::Nothing);
    scene.now = scene.now + std::time::Duration::from_hours(1);
    scene.power_before_suspend = before;
    scene
}

fn power(identity: &Identity, action: PowerAction) -> Scene {
    on(identity, OperationKind::Power, OperationInput::Power { action })
}

#[test]
fn kt_080_a_suspended_machine_was_asked_to_shut_down_and_is_off() {
    let (platform, identity) = built(Behaviour::default());
    let (ended, player) = play(&platform, suspend(&identity));
    assert_eq!((ended, player.changes()), (Ended::Done, vec!["power_shutdown"]));
    assert!(!platform.machines(player.scene.now)[0].running);
}

#[test]
fn kt_080_a_guest_that_does_not_listen_is_cut_off_after_its_grace() {
    let (platform, identity) = built(Behaviour::default());
    platform.behave(|behaviour| behaviour.deaf = true);
    let begins = suspend(&identity).now;
    let (ended, player) = play(&platform, suspend(&identity));
    assert_eq!(
        (ended, player.changes()),
        (Ended::Done, vec!["power_shutdown", "power_stop"])
    );
    assert!(!platform.machines(player.scene.now)[0].running);
    let spent = player.scene.now.since(begins).as_secs();
    assert!((90..180).contains(&spent), "{spent} s");
}

#[test]
fn kt_080_suspending_a_machine_that_is_off_succeeds() {
    let (platform, identity) = built(Behaviour::default());
    platform.meddle(&identity.id, |vm| vm.running = false);
    let (ended, player) = play(&platform, suspend(&identity));
    assert_eq!(ended, Ended::Done);
    assert!(!platform.machines(player.scene.now)[0].running);
}

#[test]
fn kt_081_a_release_restores_the_power_that_was_before() {
    for (before, expected) in [(Some(Power::On), true), (Some(Power::Off), false), (None, false)] {
        let (platform, identity) = built(Behaviour::default());
        let (ended, _) = play(&platform, suspend(&identity));
        assert_eq!(ended, Ended::Done);
        let (ended, player) = play(&platform, release(&identity, before));
        assert_eq!(ended, Ended::Done);
        assert_eq!(
            platform.machines(player.scene.now)[0].running,
            expected,
            "{before:?}"
        );
    }
}

#[test]
fn a_machine_that_was_deleted_while_it_was_suspended_is_fetched_back() {
    let (platform, identity) = built(Behaviour::default());
    let (ended, _) = play(&platform, suspend(&identity));
    assert_eq!(ended, Ended::Done);
    platform.meddle(&identity.id, |vm| vm.trashed = Some(start()));
    let (ended, player) = play(&platform, release(&identity, Some(Power::On)));
    assert_eq!(
        (ended, player.changes()),
        (Ended::Done, vec!["restore_machine", "power_start"])
    );
    assert!(platform.machines(player.scene.now)[0].running);
    assert!(remarks(&player).iter().any(|text| text.contains("fetched back")));
    platform.purge(&identity.id);
    let (ended, _) = play(&platform, release(&identity, Some(Power::On)));
    assert!(
        matches!(&ended, Ended::Refused(no) if no.class == RefusalClass::Gone),
        "{ended:?}"
    );
}

#[test]
fn kt_072_kt_073_kt_074_every_switch_ends_in_the_state_that_was_meant() {
    for (action, name, before) in [
        (PowerAction::Boot, "power_start", false),
        (PowerAction::PowerOff, "power_stop", true),
        (PowerAction::Shutdown, "power_shutdown", true),
    ] {
        let (platform, identity) = built(Behaviour::default());
        platform.machines(start() + std::time::Duration::from_mins(5));
        platform.meddle(&identity.id, |vm| vm.running = before);
        let (ended, player) = play(&platform, power(&identity, action));
        assert_eq!((ended, player.changes()), (Ended::Done, vec![name]));
        assert_eq!(platform.machines(player.scene.now)[0].running, !before, "{name}");
    }
}

#[test]
fn kt_075_a_reset_is_sent_once_and_is_done_with_its_task() {
    let (platform, identity) = built(Behaviour::default());
    platform.machines(start() + std::time::Duration::from_mins(5));
    let (ended, player) = play(&platform, power(&identity, PowerAction::Restart));
    assert_eq!((ended, player.changes()), (Ended::Done, vec!["power_reset"]));
    assert_eq!(platform.machines(player.scene.now)[0].resets, 1);
    let mut failing = power(&identity, PowerAction::Restart);
    failing.acted_at = Some(failing.now);
    failing.notes.insert("accepted".to_owned(), json!({ "power": 1 }));
    failing
        .notes
        .insert("task".to_owned(), json!({ "power": "task_1" }));
    for (status, is_broken) in [("failed", true), ("running", false), ("what", false)] {
        let body = json!({ "task": { "id": "task_1", "status": status } });
        let verdict = answered(&failing, "power", Phase::Look, 200, &body);
        let Verdict::Done(findings) = verdict else {
            panic!("{verdict:?}");
        };
        assert_eq!(
            matches!(findings.standing, Standing::Broken(_)),
            is_broken,
            "{status}"
        );
        assert_ne!(findings.standing, Standing::Reached, "{status}");
    }
}

#[test]
fn kt_079_a_refused_action_ends_with_the_platforms_words() {
    for action in [PowerAction::PowerOff, PowerAction::Shutdown, PowerAction::Restart] {
        let (platform, identity) = built(Behaviour::default());
        platform.machines(start() + std::time::Duration::from_mins(5));
        platform.behave(|behaviour| behaviour.refuses_tasks = true);
        let (ended, player) = play(&platform, power(&identity, action));
        let Ended::Refused(refused) = ended else {
            panic!("{action}: {ended:?}");
        };
        let words = "task_queueing_error: The request came to task_queueing_error - The machine cannot do that at present";
        assert!(refused.reason.starts_with(words), "{}", refused.reason);
        assert_eq!(player.changes().len(), 1, "{action}");
    }
}

#[test]
fn switching_to_the_state_that_is_succeeds_whatever_the_platform_answers() {
    let (platform, identity) = built(Behaviour::default());
    platform.machines(start() + std::time::Duration::from_mins(5));
    let (ended, player) = play(&platform, power(&identity, PowerAction::Boot));
    assert_eq!((ended, player.changes()), (Ended::Done, vec!["power_start"]));
}

#[test]
fn an_unfinished_change_is_waited_for_and_an_unknown_state_is_no_goal() {
    let (_, identity) = built(Behaviour::default());
    for state in ["starting", "stopping", "migrating", "paused", "orphaned", ""] {
        for action in [PowerAction::Boot, PowerAction::PowerOff] {
            let scene = power(&identity, action);
            let body = json!({ "virtual_machine": { "id": identity.id, "state": state,
                               "organization": { "id": identity.owner } } });
            let verdict = answered(&scene, "power", Phase::Look, 200, &body);
            assert!(
                matches!(&verdict, Verdict::Done(findings) if matches!(findings.standing, Standing::Pending { .. })),
                "{state} {action}: {verdict:?}"
            );
        }
    }
}

#[test]
fn kt_092_a_console_session_is_a_secret_on_the_platforms_own_host() {
    let (platform, identity) = built(Behaviour::default());
    platform.machines(start() + std::time::Duration::from_mins(5));
    let console = || on(&identity, OperationKind::SignOn, OperationInput::Nothing);
    let (ended, player) = play(&platform, console());
    assert_eq!(ended, Ended::Done);
    let secret = player
        .found
        .iter()
        .find_map(|findings| findings.secret.as_ref())
        .expect("a secret");
    assert_eq!(secret.expose(), "https://console.katapult.io/s/4711");
    platform.behave(|behaviour| behaviour.console = "https://katapult.io.evil.example/s");
    let (ended, player) = play(&platform, console());
    assert!(
        matches!(&ended, Ended::Refused(no) if no.reason.contains("not its own")),
        "{ended:?}"
    );
    assert!(player.found.iter().all(|findings| findings.secret.is_none()));
}

#[test]
fn kt_093_a_console_of_a_machine_that_is_off_is_refused_in_words() {
    let (platform, identity) = built(Behaviour::default());
    platform.machines(start() + std::time::Duration::from_mins(5));
    platform.meddle(&identity.id, |vm| vm.running = false);
    let (ended, _) = play(
        &platform,
        on(&identity, OperationKind::SignOn, OperationInput::Nothing),
    );
    let Ended::Refused(refused) = ended else {
        panic!("{ended:?}");
    };
    assert_eq!(
        refused.reason,
        "The machine must be started before its console can be opened; it is stopped"
    );
}

#[test]
fn a_machine_is_adopted_only_out_of_a_clients_organization() {
    let identity = Identity {
        id: "vm_1".to_owned(),
        unchangeable: String::new(),
        owner: "org_1".to_owned(),
    };
    let input = OperationInput::Resource { identity };
    let scene = super::scenes::scene(OperationKind::Adopt, input, start());
    let read = |organization: serde_json::Value| {
        let body =
            json!({ "virtual_machine": { "id": "vm_1", "state": "started", "organization": organization } });
        answered(&scene, "read", Phase::Look, 200, &body)
    };
    let adopted = read(json!({ "id": "org_1", "managed": true }));
    assert!(
        matches!(&adopted, Verdict::Done(findings) if findings.link.as_ref().is_some_and(|link| link.owner == "org_1")),
        "{adopted:?}"
    );
    for (organization, is_refused) in [
        (json!({ "id": "org_2", "managed": true }), true),
        (json!({ "id": "org_1", "managed": false }), true),
        (json!({ "id": "org_1" }), false),
    ] {
        let verdict = read(organization);
        let refused = matches!(&verdict, Verdict::Refused(no) if no.class == RefusalClass::Permanent);
        assert_eq!(refused, is_refused, "{verdict:?}");
        assert!(refused || matches!(verdict, Verdict::Unknown(_)), "{verdict:?}");
    }
}
