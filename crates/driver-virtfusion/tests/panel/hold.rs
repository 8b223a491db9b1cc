//! Suspension and power.

use domain::Fact;
use domain::machine::{Power, PowerAction};
use domain::record::{OperationInput, OperationKind};
use driver::{Driver, Phase, RefusalClass, Standing, Verdict};
use driver_kit::Ended;
use driver_virtfusion::VirtFusion;
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::Profile;

use super::scenes::{PROFILES, answered, built, lost, on, play};

fn suspend_input() -> OperationInput {
    OperationInput::Suspend {
        reason: "unpaid".to_owned(),
    }
}

#[test]
fn vf_047_suspending_posts_without_a_body_and_is_read_back() {
    for profile in PROFILES {
        let (panel, identity) = built(profile);
        let (ended, player) = play(&panel, on(&identity, OperationKind::Suspend, suspend_input()));
        assert_eq!(ended, Ended::Done);
        let sent = player.last("suspend_server").expect("a suspend");
        assert_eq!(sent.path, format!("/servers/{}/suspend", identity.id));
        assert_eq!(sent.body, None);
        let server = panel
            .server(player.scene.now, identity.id.parse().unwrap())
            .unwrap();
        assert!(server.suspended && !server.running);
        // The first reading shows the power before the suspension, for the way back.
        let first = player
            .found
            .iter()
            .find_map(|found| found.machine.known())
            .unwrap();
        assert_eq!(first.power, Fact::Known(Power::On));
    }
}

#[test]
fn vf_053_unsuspending_gives_back_the_power_that_was() {
    for (before, running) in [(Some(Power::On), true), (Some(Power::Off), false), (None, false)] {
        let (panel, identity) = built(Profile::V7);
        let (_, held) = play(&panel, on(&identity, OperationKind::Suspend, suspend_input()));
        let mut scene = on(&identity, OperationKind::Unsuspend, OperationInput::Nothing);
        scene.now = held.scene.now;
        scene.power_before_suspend = before;
        let (ended, player) = play(&panel, scene);
        assert_eq!(ended, Ended::Done);
        assert_eq!(player.last("unsuspend_server").unwrap().body, None);
        let server = panel
            .server(player.scene.now, identity.id.parse().unwrap())
            .unwrap();
        assert_eq!((server.suspended, server.running), (false, running), "{before:?}");
    }
}

#[test]
fn gx_009_a_suspension_that_lands_during_its_release_is_lifted_and_the_machine_runs() {
    let mut lifted_again = 0;
    for seconds in 31..60 {
        let (panel, identity) = built(Profile::V7);
        let id = identity.id.parse().unwrap();
        panel.add_fault(FaultRule::once("suspend_server", Fault::EffectLater { seconds }));
        let (_, held) = play(&panel, on(&identity, OperationKind::Suspend, suspend_input()));
        let mut scene = on(&identity, OperationKind::Unsuspend, OperationInput::Nothing);
        scene.now = held.scene.now;
        scene.power_before_suspend = Some(Power::On);
        let (ended, player) = play(&panel, scene);
        assert_eq!(ended, Ended::Done, "{seconds} s");
        let released = player
            .changes()
            .iter()
            .filter(|name| **name == "unsuspend_server")
            .count();
        lifted_again += usize::from(released > 1);
        // What lands after the end is watched for by the engine.
        let server = panel.server(player.scene.now, id).unwrap();
        assert_eq!((server.suspended, server.running), (false, true), "{seconds} s");
    }
    assert!(lifted_again > 0, "none landed between release and boot");
}

#[test]
fn suspending_a_suspended_machine_that_is_off_switches_nothing() {
    let (panel, identity) = built(Profile::V7);
    let (_, held) = play(&panel, on(&identity, OperationKind::Suspend, suspend_input()));
    let mut again = on(&identity, OperationKind::Suspend, suspend_input());
    again.now = held.scene.now;
    let (ended, player) = play(&panel, again);
    assert_eq!(ended, Ended::Done);
    // The request is repeated, since what is read may be older than a release just before; it has no effect.
    assert_eq!(player.changes(), ["suspend_server"]);
    let called = panel
        .calls()
        .into_iter()
        .filter(|call| call.endpoint == "suspend_server");
    assert_eq!(
        called.map(|call| call.effect.happened()).collect::<Vec<_>>(),
        [true, false]
    );
}

#[test]
fn a_suspended_machine_that_was_booted_by_hand_is_switched_off_again() {
    let (panel, identity) = built(Profile::V7);
    let (_, held) = play(&panel, on(&identity, OperationKind::Suspend, suspend_input()));
    let id = identity.id.parse().unwrap();
    panel.hand(held.scene.now).boot(id).unwrap();
    let mut again = on(&identity, OperationKind::Suspend, suspend_input());
    again.now = held.scene.now + std::time::Duration::from_secs(30);
    assert!(panel.server(again.now, id).unwrap().running);
    let (ended, player) = play(&panel, again);
    assert_eq!(ended, Ended::Done);
    assert!(!panel.server(player.scene.now, id).unwrap().running);
}

#[test]
fn vf_048_vf_049_a_404_loses_nothing_and_says_what_it_said() {
    let (_, identity) = built(Profile::V7);
    for (kind, step) in [
        (OperationKind::Suspend, "suspend"),
        (OperationKind::Unsuspend, "unsuspend"),
    ] {
        let scene = on(&identity, kind, suspend_input());
        let named = answered(&scene, step, Phase::Act, 404, r#"{"msg":"server not found"}"#);
        assert!(
            matches!(&named, Verdict::Refused(refused) if refused.class == RefusalClass::Gone),
            "{named:?}"
        );
        let other = answered(&scene, step, Phase::Act, 404, r#"{"msg":"tenant not found"}"#);
        assert!(
            matches!(&other, Verdict::Refused(refused)
                if refused.class == RefusalClass::Permanent && refused.reason.contains("tenant not found")),
            "{other:?}"
        );
        let bare = answered(&scene, step, Phase::Act, 404, "");
        assert!(
            matches!(&bare, Verdict::Unknown(text) if text.contains("404 ") && text.contains("without details"))
        );
        // A look that does not find the machine is one observation and no more.
        let look = answered(&scene, step, Phase::Look, 404, r#"{"msg":"server not found"}"#);
        assert!(
            matches!(&look, Verdict::Refused(refused) if refused.class == RefusalClass::Gone),
            "{look:?}"
        );
    }
}

#[test]
fn vf_050_vf_051_a_lock_says_its_message_and_other_answers_their_code() {
    let (_, identity) = built(Profile::V7);
    for (kind, step) in [
        (OperationKind::Suspend, "suspend"),
        (OperationKind::Unsuspend, "unsuspend"),
    ] {
        let scene = on(&identity, kind, suspend_input());
        for (body, said) in [
            (r#"{"msg":"backup is running"}"#, "backup is running"),
            ("", "locked"),
        ] {
            let Verdict::Refused(refused) = answered(&scene, step, Phase::Act, 423, body) else {
                panic!("a lock is no refusal");
            };
            assert_eq!(refused.class, RefusalClass::Busy);
            assert!(refused.reason.contains(said), "{}", refused.reason);
        }
        let refused = answered(&scene, step, Phase::Act, 418, "");
        assert!(
            matches!(&refused, Verdict::Refused(no) if no.reason.contains("418")),
            "{refused:?}"
        );
        let failed = answered(&scene, step, Phase::Act, 500, "");
        assert!(
            matches!(&failed, Verdict::Unknown(text) if text.contains("500")),
            "{failed:?}"
        );
        assert!(matches!(lost(&scene, step, Phase::Act), Verdict::Unknown(_)));
    }
}

#[test]
fn a_locked_server_is_suspended_when_the_lock_is_gone() {
    let (panel, identity) = built(Profile::V6);
    panel.add_fault(FaultRule::once("suspend_server", Fault::Locked { seconds: 40 }));
    let (ended, player) = play(&panel, on(&identity, OperationKind::Suspend, suspend_input()));
    assert_eq!(ended, Ended::Done);
    assert!(
        panel
            .server(player.scene.now, identity.id.parse().unwrap())
            .unwrap()
            .suspended
    );
}

#[test]
fn a_success_code_without_effect_is_not_taken_for_a_suspension() {
    let (panel, identity) = built(Profile::V7);
    panel.add_fault(FaultRule::once(
        "suspend_server",
        Fault::WrongSuccess {
            status: 204,
            effect: false,
        },
    ));
    let (ended, player) = play(&panel, on(&identity, OperationKind::Suspend, suspend_input()));
    assert_eq!(ended, Ended::Done);
    assert!(
        panel
            .server(player.scene.now, identity.id.parse().unwrap())
            .unwrap()
            .suspended
    );
    assert_eq!(
        player
            .changes()
            .iter()
            .filter(|name| **name == "suspend_server")
            .count(),
        2
    );
}

#[test]
fn vf_117_a_power_action_is_taken_with_200_and_204_and_ends_in_its_goal() {
    let (panel, identity) = built(Profile::V7);
    let id = identity.id.parse().unwrap();
    let mut now = None;
    for (action, running) in [
        (PowerAction::Restart, true),
        (PowerAction::Shutdown, false),
        (PowerAction::Boot, true),
        (PowerAction::PowerOff, false),
    ] {
        let mut scene = on(&identity, OperationKind::Power, OperationInput::Power { action });
        scene.now = now.unwrap_or(scene.now);
        for (status, body) in [
            (200, r#"{"data":{"queueId":5}}"#),
            (204, ""),
            (200, r#"{"data":{"queueId":null}}"#),
        ] {
            let verdict = answered(&scene, "power", Phase::Act, status, body);
            assert!(
                matches!(&verdict, Verdict::Done(found) if matches!(found.standing, Standing::Pending { .. })),
                "{action}: {verdict:?}"
            );
        }
        let (ended, player) = play(&panel, scene);
        assert_eq!(ended, Ended::Done, "{action}");
        assert_eq!(player.changes(), [format!("power_{action}")]);
        assert_eq!(
            panel.server(player.scene.now, id).unwrap().running,
            running,
            "{action}"
        );
        now = Some(player.scene.now);
    }
}

#[test]
fn a_lost_restart_is_never_repeated() {
    let (panel, identity) = built(Profile::V7);
    panel.add_fault(FaultRule::once("power_restart", Fault::TimeoutAfter));
    let action = PowerAction::Restart;
    let (ended, player) = play(
        &panel,
        on(&identity, OperationKind::Power, OperationInput::Power { action }),
    );
    assert!(matches!(ended, Ended::Asks(_)), "{ended:?}");
    assert_eq!(player.changes(), ["power_restart"]);
}

#[test]
fn vf_067_a_reading_that_fails_carries_the_code() {
    let (panel, identity) = built(Profile::V7);
    let scene = on(&identity, OperationKind::Refresh, OperationInput::Nothing);
    let failed = answered(&scene, "read", Phase::Look, 503, "<html>");
    assert!(
        matches!(&failed, Verdict::Unknown(text) if text.contains("503")),
        "{failed:?}"
    );
    let (ended, player) = play(&panel, scene);
    assert_eq!(ended, Ended::Done);
    let machine = player.found[0].machine.known().expect("a machine");
    assert_eq!(machine.identity, identity);
    assert!(machine.raw.is_object() && !machine.ipv4.is_empty());
}

#[test]
fn vf_074_vf_075_the_sign_on_address_lies_on_the_panel_and_needs_a_200() {
    let (panel, identity) = built(Profile::V7);
    let scene = on(&identity, OperationKind::SignOn, OperationInput::Nothing);
    let (ended, player) = play(&panel, scene.clone());
    assert_eq!(ended, Ended::Done);
    let secret = player.found[0].secret.as_ref().expect("an address");
    assert!(
        secret
            .expose()
            .starts_with("https://cp.example.com/token_authenticate/?1=")
    );
    let body = |path: &str| format!(r#"{{"data":{{"authentication":{{"endpoint_complete":"{path}"}}}}}}"#);
    for path in [".evil.com/", "@evil.com/", "//evil.com/", "https://evil.com/"] {
        let verdict = answered(&scene, "sign_on", Phase::Look, 200, &body(path));
        assert!(matches!(verdict, Verdict::Refused(_)), "{path}: {verdict:?}");
    }
    let created = answered(&scene, "sign_on", Phase::Look, 201, &body("/x"));
    assert!(matches!(created, Verdict::Unknown(_)), "{created:?}");
}

#[test]
fn every_harming_step_of_a_plan_stands_behind_an_identity_step() {
    let (_, identity) = built(Profile::V7);
    for (kind, input) in [
        (OperationKind::Suspend, suspend_input()),
        (OperationKind::Unsuspend, OperationInput::Nothing),
        (
            OperationKind::Terminate,
            OperationInput::Terminate { not_before: None },
        ),
    ] {
        let plan = VirtFusion.plan(&on(&identity, kind, input).plan_input()).unwrap();
        assert_eq!(plan.steps[0].name, "identify");
        assert!(plan.steps.iter().any(|step| step.harms), "{kind}");
    }
}

#[test]
fn an_old_reading_of_the_time_before_the_installation_does_not_end_a_release() {
    let (_, identity) = built(Profile::V7);
    let mut scene = on(&identity, OperationKind::Unsuspend, OperationInput::Nothing);
    scene.power_before_suspend = Some(Power::On);
    let unbuilt = serde_json::json!({ "data": {
        "id": identity.id.parse::<u64>().unwrap(), "uuid": identity.unchangeable,
        "ownerId": identity.owner.parse::<u64>().unwrap(), "name": "", "buildFailed": false, "built": null,
        "commissionStatus": 0, "suspended": false, "state": "allocated",
    }});
    for acted in [None, Some(scene.now)] {
        scene.acted_at = acted;
        let verdict = answered(&scene, "restore_power", Phase::Look, 200, &unbuilt.to_string());
        assert!(
            matches!(&verdict, Verdict::Done(found) if matches!(found.standing, Standing::Pending { .. })),
            "{verdict:?}"
        );
    }
    // A client who presses a button hears at once that there is nothing to switch on.
    let action = PowerAction::Boot;
    let press = on(&identity, OperationKind::Power, OperationInput::Power { action });
    let verdict = answered(&press, "power", Phase::Look, 200, &unbuilt.to_string());
    assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
}
