//! The console: opened, closed, in both dialects, and only on the panel itself.

use domain::ConsoleAccess;
use domain::http::{Outcome, Response};
use domain::machine::Identity;
use domain::record::{OperationInput, OperationKind};
use driver::{Driver, Phase, RefusalClass, Verdict};
use driver_kit::{Ended, Scene};
use driver_virtfusion::VirtFusion;
use serde_json::{Value, json};
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::{ConsoleDialect, Panel, PanelConfig, Profile};

use super::scenes::{PROFILES, answered, built, lost, on, play};

fn console(identity: &Identity, open: bool) -> Scene {
    on(identity, OperationKind::Console, OperationInput::Console { open })
}

/// What the panel answers for a console at a path.
fn body(path: &Value, password: &Value) -> String {
    json!({ "data": { "vnc": { "password": password, "wss": { "token": "t", "url": path } } } }).to_string()
}

/// The way to the screen that a verdict found.
fn found(verdict: &Verdict) -> ConsoleAccess {
    let Verdict::Done(findings) = verdict else {
        panic!("{verdict:?}");
    };
    let secret = findings.secret.as_ref().expect("the way to the screen");
    ConsoleAccess::read(secret).expect("it was sealed")
}

#[test]
fn vf_135_opening_a_console_rotates_its_token_and_finds_its_socket_on_the_panel() {
    for profile in PROFILES {
        let (panel, identity) = built(profile);
        let mut addresses = Vec::new();
        for _ in 0..2 {
            let (ended, player) = play(&panel, console(&identity, true));
            assert_eq!(ended, Ended::Done);
            assert_eq!(player.changes(), ["open_console"]);
            let sent = player.last("open_console").expect("it was sent");
            assert_eq!(sent.body, Some(json!({ "vnc": true })));
            let access = player.found.iter().find_map(|found| found.secret.as_ref());
            let access = ConsoleAccess::read(access.expect("the way")).expect("it was sealed");
            let address = access.address.expose().to_owned();
            assert!(
                address.starts_with("wss://cp.example.com/vnc/?token="),
                "{address}"
            );
            assert_eq!(access.password.expose().len(), 8);
            addresses.push(address);
        }
        assert_ne!(addresses[0], addresses[1]);
        let (ended, player) = play(&panel, console(&identity, false));
        assert_eq!((ended, player.changes()), (Ended::Done, vec!["close_console"]));
        let server = panel.server(player.scene.now, identity.id.parse().unwrap());
        assert!(!server.expect("it is there").console);
    }
}

#[test]
fn vf_135_a_panel_that_reads_the_switch_from_another_field_is_asked_in_its_own_words() {
    for dialect in [ConsoleDialect::Action, ConsoleDialect::Flag] {
        let (mut panel, identity) = built(Profile::V7);
        let books = sim::platform::Platform::books(&panel, super::scenes::start());
        let config = PanelConfig {
            console: dialect,
            ..PanelConfig::default()
        };
        panel = Panel::restored(config, &books).expect("its own books");
        for open in [true, false] {
            let (ended, player) = play(&panel, console(&identity, open));
            assert_eq!(ended, Ended::Done, "{dialect:?}");
            let name = if open { "open_console" } else { "close_console" };
            let last = player
                .last(name)
                .expect("it was sent")
                .body
                .clone()
                .expect("a body");
            let expected = match (dialect, open) {
                (ConsoleDialect::Action, true) => json!({ "action": "enable" }),
                (ConsoleDialect::Action, false) => json!({ "action": "disable" }),
                _ => json!({ "vnc": open }),
            };
            assert_eq!(last, expected);
        }
    }
}

#[test]
fn vf_135_where_the_switch_fails_the_console_is_asked_for_as_it_is() {
    let (panel, identity) = built(Profile::V6);
    for fault in [
        Fault::ErrorBefore {
            status: 500,
            html: true,
        },
        Fault::Locked { seconds: 90 },
        Fault::InvalidJson,
    ] {
        panel.add_fault(FaultRule::at("set_vnc", fault.clone()).times(1));
        let (ended, player) = play(&panel, console(&identity, true));
        assert_eq!(ended, Ended::Done, "{fault:?}");
        assert!(player.last("read_console").is_some(), "{fault:?}");
        assert!(
            player.found.iter().any(|found| found.secret.is_some()),
            "{fault:?}"
        );
    }
    let scene = console(&identity, true);
    for (status, class) in [(401, RefusalClass::Credential), (429, RefusalClass::Throttled)] {
        let verdict = answered(&scene, "console", Phase::Act, status, "{}");
        assert!(
            matches!(&verdict, Verdict::Refused(no) if no.class == class),
            "{verdict:?}"
        );
    }
    let gone = answered(
        &scene,
        "console",
        Phase::Act,
        404,
        r#"{"msg":"server not found"}"#,
    );
    assert!(
        matches!(&gone, Verdict::Refused(no) if no.class == RefusalClass::Gone),
        "{gone:?}"
    );
    let lost = lost(&scene, "console", Phase::Act);
    assert!(
        matches!(&lost, Verdict::Next(next, _) if next.name == "read_console"),
        "{lost:?}"
    );
}

#[test]
fn vf_138_a_console_without_an_address_or_a_password_is_none() {
    let (_, identity) = built(Profile::V7);
    let scene = console(&identity, true);
    let (path, password) = (json!("/vnc/?token=1"), json!("s3cret"));
    let good = answered(&scene, "console", Phase::Act, 200, &body(&path, &password));
    assert_eq!(found(&good).address.expose(), "wss://cp.example.com/vnc/?token=1");
    let bare = json!({ "vnc": { "password": password, "wss": { "url": path } } }).to_string();
    let bare = answered(&scene, "console", Phase::Act, 201, &bare);
    assert_eq!(found(&bare).password.expose(), "s3cret", "without the envelope");
    for elsewhere in [
        "//evil.example/",
        "@evil.example/",
        "wss://evil.example/",
        ".evil.example",
        "/a b",
        "",
    ] {
        let verdict = answered(
            &scene,
            "console",
            Phase::Act,
            200,
            &body(&json!(elsewhere), &password),
        );
        assert!(
            matches!(&verdict, Verdict::Refused(no) if no.class == RefusalClass::Permanent),
            "{elsewhere}: {verdict:?}"
        );
    }
    for body in [body(&Value::Null, &password), body(&path, &Value::Null)] {
        let verdict = answered(&scene, "console", Phase::Act, 200, &body);
        assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
    }
    let empty = answered(&scene, "console", Phase::Act, 204, "");
    assert!(
        matches!(&empty, Verdict::Next(next, _) if next.name == "read_console"),
        "{empty:?}"
    );
}

#[test]
fn a_closed_console_is_one_whose_switch_was_answered() {
    let (_, identity) = built(Profile::V7);
    let scene = console(&identity, false);
    for (status, body) in [(204, ""), (200, r#"{"data":{"vnc":{"enabled":false}}}"#)] {
        let verdict = answered(&scene, "console", Phase::Act, status, body);
        assert!(
            matches!(&verdict, Verdict::Done(findings) if findings.secret.is_none()),
            "{verdict:?}"
        );
    }
    for (status, body) in [(200, "<html>"), (500, ""), (200, "{}")] {
        let verdict = answered(&scene, "console", Phase::Act, status, body);
        assert!(
            matches!(verdict, Verdict::Unknown(_)),
            "{status} {body}: {verdict:?}"
        );
    }
}

#[test]
fn nothing_of_a_consoles_secrets_is_journalled() {
    let (_, identity) = built(Profile::V7);
    let mut scene = console(&identity, true);
    "console".clone_into(&mut scene.step);
    scene.phase = Phase::Act;
    let driver::Prepared::Send(request) = VirtFusion.prepare(&scene.context()) else {
        panic!("it is sent");
    };
    let mut answer: Value =
        serde_json::from_str(&body(&json!("/vnc/?token=hunter2"), &json!("hunter2"))).unwrap();
    VirtFusion.mask(&request, &mut answer);
    assert!(!answer.to_string().contains("hunter2"), "{answer}");
    let outcome = Outcome::Answered(Response {
        status: 200,
        body: body(&json!("/vnc/?token=hunter2"), &json!("hunter2")),
        retry_after: None,
    });
    let verdict = VirtFusion.interpret(&scene.context(), &request, &outcome);
    assert!(!format!("{verdict:?}").contains("hunter2"), "{verdict:?}");
}
