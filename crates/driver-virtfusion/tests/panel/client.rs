//! What clients ask for on their own page: another name, new passwords, another system, the console.

use std::time::Duration;

use domain::given::Reinstall;
use domain::http::{Method, RetryClass};
use domain::machine::Identity;
use domain::record::{CreateProtocol, OperationInput, OperationKind};
use domain::{Access, Moment};
use driver::{Driver, Phase, RefusalClass, Standing, Verdict};
use driver_kit::{Ended, PanelWire, Player, Scene};
use driver_virtfusion::VirtFusion;
use serde_json::json;
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::{ConsoleDialect, Panel, PanelConfig, Profile, Server};

use super::scenes::{PROFILES, answered, built, create, lost, on, order, panel, play};

type Run<'p> = Player<'static, VirtFusion, PanelWire<'p>>;

fn rename(identity: &Identity, name: &str) -> Scene {
    let name = name.parse().expect("a name");
    on(identity, OperationKind::Rename, OperationInput::Rename { name })
}

fn plain(identity: &Identity, kind: OperationKind) -> Scene {
    on(identity, kind, OperationInput::Nothing)
}

fn console(identity: &Identity, open: bool) -> Scene {
    on(identity, OperationKind::Console, OperationInput::Console { open })
}

fn system(image: &str) -> Reinstall {
    Reinstall {
        image: image.to_owned(),
        hostname: None,
        keys: Vec::new(),
        new_key: None,
    }
}

fn reinstall(identity: &Identity, how: Reinstall) -> Scene {
    on(identity, OperationKind::Reinstall, OperationInput::Reinstall(how))
}

fn server(panel: &Panel, at: Moment, identity: &Identity) -> Server {
    let id = identity.id.parse().expect("an id of this panel");
    panel.server(at, id).expect("the server is there")
}

/// What a run brought to be shown once.
fn shown(player: &Run<'_>) -> Option<Access> {
    let mut found = player.found.iter().rev();
    found
        .find_map(|found| found.secret.as_ref())
        .and_then(Access::open)
}

#[test]
fn vf_126_a_name_is_put_and_every_code_of_success_is_read_back() {
    for profile in PROFILES {
        let (panel, identity) = built(profile);
        let (ended, player) = play(&panel, rename(&identity, "Ada's web server"));
        assert_eq!(ended, Ended::Done, "{profile:?}");
        let sent = player.last("rename_server").expect("a change");
        assert_eq!(
            (sent.method, sent.path.clone(), sent.body.clone()),
            (
                Method::Put,
                format!("/servers/{}/modify/name", identity.id),
                Some(json!({ "name": "Ada's web server" }))
            )
        );
        let server = server(&panel, player.scene.now, &identity);
        assert_eq!(server.name, "Ada's web server");
        assert_eq!(server.hostname.as_deref(), Some("web.example.net"));
    }
    for status in [200, 201, 204] {
        let (panel, identity) = built(Profile::V7);
        panel.add_fault(FaultRule::once(
            "modify_name",
            Fault::WrongSuccess { status, effect: true },
        ));
        let (ended, player) = play(&panel, rename(&identity, "x"));
        assert_eq!(ended, Ended::Done, "{status}");
        assert_eq!(player.changes(), ["rename_server"], "{status}");
        let mut heard = player.heard.iter().map(|one| one.request.name.as_str());
        assert!(heard.any(|name| name == "rename_server"), "{status}");
        assert_eq!(heard.next(), Some("read_server"), "{status}: it is read back");
        assert_eq!(server(&panel, player.scene.now, &identity).name, "x", "{status}");
    }
}

#[test]
fn vf_127_after_a_rename_the_machine_is_known_by_its_new_name() {
    let (panel, identity) = built(Profile::V7);
    let (_, player) = play(&panel, rename(&identity, "0"));
    let last = player.found.iter().rev().find_map(|found| found.machine.known());
    assert_eq!(last.expect("it was read").name, "0");
    // A success that changed nothing is no rename.
    panel.add_fault(FaultRule::once(
        "modify_name",
        Fault::WrongSuccess {
            status: 201,
            effect: false,
        },
    ));
    let (ended, player) = play(&panel, rename(&identity, "again"));
    assert_eq!(ended, Ended::Done);
    assert_eq!(player.changes(), ["rename_server", "rename_server"]);
    assert_eq!(server(&panel, player.scene.now, &identity).name, "again");
}

#[test]
fn vf_131_a_new_root_password_is_asked_for_with_user_and_mail_and_shown() {
    let (panel, identity) = built(Profile::V7);
    let (ended, player) = play(&panel, plain(&identity, OperationKind::ResetPassword));
    assert_eq!(ended, Ended::Done);
    let sent = player.last("reset_password").expect("a change");
    assert_eq!(sent.path, format!("/servers/{}/resetPassword", identity.id));
    assert_eq!(sent.body, Some(json!({ "user": "root", "sendMail": true })));
    assert_eq!(sent.class, RetryClass::Disruptive);
    let access = shown(&player).expect("a password");
    let server = server(&panel, player.scene.now, &identity);
    assert_eq!(
        (access.name.as_str(), access.password.expose()),
        ("root", server.password.as_str())
    );
    // It is done when the panel's job is.
    assert!(player.heard.iter().any(|heard| heard.request.name == "read_job"));
}

#[test]
fn vf_131_on_windows_the_administrator_gets_the_password() {
    let panel = panel(Profile::V7);
    let mut windows = order();
    windows.image = Some("70".to_owned());
    let (_, player) = play(&panel, create(windows, CreateProtocol::List));
    let identity = player.scene.link.expect("a link").identity;
    let (ended, player) = play(&panel, plain(&identity, OperationKind::ResetPassword));
    assert_eq!(ended, Ended::Done);
    assert_eq!(
        player.last("reset_password").expect("a change").body,
        Some(json!({ "user": "Administrator", "sendMail": true }))
    );
    assert_eq!(shown(&player).expect("a password").name, "Administrator");
}

#[test]
fn a_machine_that_is_off_gets_no_password_and_its_client_hears_why() {
    let (panel, identity) = built(Profile::V7);
    let id = identity.id.parse().expect("an id of this panel");
    let scene = plain(&identity, OperationKind::ResetPassword);
    panel.hand(scene.now).power_off(id).expect("it is there");
    let (ended, player) = play(&panel, scene);
    let Ended::Refused(refused) = ended else {
        panic!("{ended:?}")
    };
    assert!(refused.reason.contains("switched off"), "{}", refused.reason);
    assert_eq!(player.changes(), Vec::<&str>::new());
}

#[test]
fn a_password_whose_answer_was_lost_is_asked_about_and_one_that_was_refused_is_not() {
    for (kind, step) in [
        (OperationKind::ResetPassword, "password"),
        (OperationKind::ResetAccountPassword, "account_password"),
    ] {
        let (panel, identity) = built(Profile::V7);
        let mut scene = plain(&identity, kind);
        assert!(matches!(lost(&scene, step, Phase::Act), Verdict::Unknown(_)));
        // A refusal for good ends with the panel's words.
        let verdict = answered(&scene, step, Phase::Act, 422, r#"{"errors":["not today"]}"#);
        let Verdict::Done(findings) = verdict else {
            panic!("{verdict:?}")
        };
        scene.notes.extend(findings.notes);
        scene.acted_at = Some(scene.now);
        step.clone_into(&mut scene.step);
        scene.phase = Phase::Look;
        let driver::Prepared::Refused(refused) = VirtFusion.prepare(&scene.context()) else {
            panic!("{kind}: it is not over")
        };
        assert!(refused.reason.contains("not today"), "{}", refused.reason);
        let name = if step == "password" {
            "reset_server_password"
        } else {
            "reset_user_password"
        };
        panel.add_fault(FaultRule::once(name, Fault::ResetAfter));
        let (ended, player) = play(&panel, plain(&identity, kind));
        assert!(
            matches!(&ended, Ended::Asks(text) if text.contains("password was lost")),
            "{kind}: {ended:?}"
        );
        assert_eq!(player.changes().len(), 1, "{kind}");
        assert!(shown(&player).is_none(), "{kind}");
    }
}

#[test]
fn vf_130_only_201_carries_an_accounts_password_and_address_and_password_are_shown() {
    let (panel, identity) = built(Profile::V7);
    let scene = plain(&identity, OperationKind::ResetAccountPassword);
    let (ended, player) = play(&panel, scene.clone());
    assert_eq!(ended, Ended::Done);
    let sent = player.last("reset_user_password").expect("a change");
    assert_eq!(
        (sent.path.as_str(), &sent.body),
        ("/users/77/byExtRelation/resetPassword", &None)
    );
    let access = shown(&player).expect("a password");
    assert_eq!(access.name, "ada@example.com");
    assert_eq!(access.password.expose().len(), 21);
    let body = r#"{"data":{"email":"a@example.com","password":"hunter2"}}"#;
    for status in [200, 202, 204] {
        let verdict = answered(&scene, "account_password", Phase::Act, status, body);
        assert!(matches!(verdict, Verdict::Unknown(_)), "{status}: {verdict:?}");
    }
    // The account is there: a 404 says nothing for good.
    let missing = answered(
        &scene,
        "account_password",
        Phase::Act,
        404,
        r#"{"msg":"ext_relation_id not found"}"#,
    );
    assert!(
        matches!(&missing, Verdict::Refused(no) if no.class == RefusalClass::Busy),
        "{missing:?}"
    );
}

#[test]
fn an_account_that_is_not_found_is_looked_for_again_a_minute_later_and_not_sooner() {
    let (_, identity) = built(Profile::V7);
    let mut scene = plain(&identity, OperationKind::ResetAccountPassword);
    let look = |scene: &mut Scene, status: u16, body: &str| {
        let verdict = answered(scene, "account_password", Phase::Look, status, body);
        if let Verdict::Done(findings) = &verdict {
            scene.notes.extend(findings.notes.clone());
        }
        verdict
    };
    let waits = |verdict: &Verdict| match verdict {
        Verdict::Done(findings) => match &findings.standing {
            Standing::Pending { after, .. } => *after,
            _ => None,
        },
        _ => None,
    };
    let missing = r#"{"msg":"ext_relation_id not found"}"#;
    let (minute, begun) = (Duration::from_mins(1), scene.now);
    assert_eq!(waits(&look(&mut scene, 404, missing)), Some(minute));
    // A look that comes early proves nothing more.
    scene.now = begun + Duration::from_secs(20);
    assert_eq!(
        waits(&look(&mut scene, 404, missing)),
        Some(Duration::from_secs(40))
    );
    // One that finds it ends the doubt, and another one is another doubt.
    let found = format!(r#"{{"data":{{"id":{},"extRelationId":77}}}}"#, identity.owner);
    let verdict = look(&mut scene, 200, &found);
    assert!(
        matches!(&verdict, Verdict::Done(findings) if findings.standing == Standing::Missing),
        "{verdict:?}"
    );
    scene.now = begun + minute;
    assert_eq!(waits(&look(&mut scene, 404, missing)), Some(minute));
    scene.now = begun + minute * 2;
    let verdict = look(&mut scene, 404, missing);
    assert!(
        matches!(&verdict, Verdict::Refused(no) if no.class == RefusalClass::Permanent),
        "{verdict:?}"
    );
}

#[test]
fn an_account_that_is_not_the_machines_owner_keeps_its_password() {
    let (panel, identity) = built(Profile::V7);
    let other = panel
        .hand(super::scenes::start())
        .create_user("Some Stranger", "stranger@example.com")
        .expect("a free address");
    let id: u64 = identity.id.parse().expect("an id of this panel");
    let scene = plain(&identity, OperationKind::ResetAccountPassword);
    panel
        .hand(scene.now)
        .change_owner(id, other)
        .expect("both are there");
    let (ended, player) = play(&panel, scene.clone());
    assert!(matches!(ended, Ended::Another(_)), "{ended:?}");
    assert_eq!(player.changes(), Vec::<&str>::new());
    // Also where the link says so.
    let body = r#"{"data":{"id":9999,"extRelationId":77}}"#;
    let verdict = answered(&scene, "account_password", Phase::Look, 200, body);
    assert!(
        matches!(&verdict, Verdict::Refused(no) if no.class == RefusalClass::Permanent),
        "{verdict:?}"
    );
}

#[test]
fn vf_120_vf_123_another_system_is_installed_under_the_machines_names_and_with_the_clients_keys() {
    for profile in PROFILES {
        let panel = panel(profile);
        let mut ordered = order();
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f a";
        ordered.ssh_key = Some(key.to_owned());
        let (_, player) = play(&panel, create(ordered, CreateProtocol::List));
        let identity = player.scene.link.expect("a link").identity;
        let how = Reinstall {
            hostname: "anew.example.net".to_owned().try_into().ok(),
            keys: vec!["1".to_owned()],
            new_key: Some(key.replace("AAAAIAAB", "AAAAIAAC")),
            ..system("46|Debian 12")
        };
        let (ended, player) = play(&panel, reinstall(&identity, how));
        assert_eq!(ended, Ended::Done, "{profile:?}");
        assert_eq!(
            player.last("build_server").expect("a build").body,
            Some(json!({
                "operatingSystemId": 46, "name": "web.example.net", "hostname": "anew.example.net", "email": true,
                "sshKeys": [1, 2],
            }))
        );
        let server = server(&panel, player.scene.now, &identity);
        assert_eq!((server.template, server.keys.len()), (Some(46), 2));
        assert_eq!(server.name, "web.example.net");
        let access = shown(&player).expect("the new system's password");
        assert_eq!(
            (access.name.as_str(), access.password.expose()),
            ("root", server.password.as_str())
        );
    }
}

#[test]
fn vf_121_vf_123_what_is_not_offered_and_whose_key_it_is_not_is_refused_before_the_machine_is_touched() {
    let (panel, identity) = built(Profile::V7);
    // 90 is switched off, 999 is not there.
    for image in ["90", "999"] {
        let (ended, player) = play(&panel, reinstall(&identity, system(image)));
        assert!(
            matches!(&ended, Ended::Refused(no) if no.reason.contains("is not offered")),
            "{image}: {ended:?}"
        );
        assert_eq!(player.changes(), Vec::<&str>::new(), "{image}");
    }
    let strangers = Reinstall {
        keys: vec!["17".to_owned()],
        ..system("46")
    };
    let (ended, player) = play(&panel, reinstall(&identity, strangers));
    assert!(
        matches!(&ended, Ended::Refused(no) if no.reason.contains("does not belong")),
        "{ended:?}"
    );
    assert_eq!(player.changes(), Vec::<&str>::new());
    // What can be no id is refused without a question to the panel.
    for how in [
        system("0"),
        system("x"),
        Reinstall {
            keys: vec!["ssh-rsa AAAA".to_owned()],
            ..system("46")
        },
    ] {
        let scene = reinstall(&identity, how);
        assert!(VirtFusion.plan(&scene.plan_input()).is_err());
    }
}

#[test]
fn a_reinstallation_whose_answer_was_lost_is_found_or_asked_about_and_never_sent_again() {
    for (fault, ends) in [(Fault::ResetAfter, true), (Fault::TimeoutBefore, false)] {
        let (panel, identity) = built(Profile::V7);
        panel.add_fault(FaultRule::once("build_server", fault.clone()));
        let (ended, player) = play(&panel, reinstall(&identity, system("46")));
        assert_eq!(ended == Ended::Done, ends, "{fault:?}: {ended:?}");
        assert!(ends || matches!(ended, Ended::Asks(_)), "{ended:?}");
        assert_eq!(player.changes(), ["build_server"], "{fault:?}");
        let template = server(&panel, player.scene.now, &identity).template;
        assert_eq!(template, Some(if ends { 46 } else { 49 }));
    }
}

#[test]
fn the_system_of_before_is_never_taken_for_the_new_one() {
    let (panel, identity) = built(Profile::V7);
    // What is shown after the installation was taken is from before it.
    panel.add_fault(FaultRule::at("get_server", Fault::StaleRead { seconds: 45 }).times(12));
    let (ended, player) = play(&panel, reinstall(&identity, system("46")));
    assert_eq!(ended, Ended::Done);
    let server = server(&panel, player.scene.now, &identity);
    assert!(server.running && server.job.is_none(), "it was not finished");
    assert_eq!(player.changes(), ["build_server"]);
}

#[test]
fn an_installation_that_fails_is_asked_about_also_where_the_one_before_had_failed() {
    let (panel, identity) = built(Profile::V7);
    for turn in 1..=2 {
        let mut scene = reinstall(&identity, system("46"));
        scene.now = scene.now + Duration::from_mins(turn * 10);
        panel.hand(scene.now).fail_builds(1).expect("the next one fails");
        let (ended, _) = play(&panel, scene);
        assert!(
            matches!(&ended, Ended::Asks(text) if text.contains("failed on the panel")),
            "{ended:?}"
        );
    }
    let mut scene = reinstall(&identity, system("46"));
    scene.now = scene.now + Duration::from_mins(30);
    let (ended, _) = play(&panel, scene);
    assert_eq!(ended, Ended::Done, "and a third one mends it");
}

#[test]
fn vf_135_a_console_is_opened_anew_and_read_where_the_answer_brought_nothing() {
    let (panel, identity) = built(Profile::V7);
    let at = |player: &Run<'_>| server(&panel, player.scene.now, &identity).console_secret;
    let (ended, player) = play(&panel, console(&identity, true));
    assert_eq!(ended, Ended::Done);
    assert_eq!(
        player.last("open_console").expect("a change").body,
        Some(json!({ "action": "enable" }))
    );
    let first = shown(&player).expect("a console");
    let (token, password) = at(&player);
    assert_eq!(first.name, format!("wss://cp.example.com/vnc/?token={token}"));
    assert_eq!(first.password.expose(), password);
    // Lost, or refused: the console that is there can be used.
    for fault in [
        Fault::ResetAfter,
        Fault::ErrorBefore {
            status: 410,
            html: false,
        },
    ] {
        panel.add_fault(FaultRule::once("set_vnc", fault.clone()));
        let (ended, player) = play(&panel, console(&identity, true));
        assert_eq!(ended, Ended::Done, "{fault:?}");
        assert!(player.last("read_console").is_some(), "{fault:?}");
        let (token, _) = at(&player);
        let access = shown(&player).expect("a console");
        assert!(access.name.ends_with(&token), "{fault:?}");
    }
}

#[test]
fn vf_135_vf_140_a_panel_that_reads_the_switch_from_another_field_is_asked_in_its_own_words() {
    for dialect in [ConsoleDialect::Action, ConsoleDialect::Flag] {
        let (panel, identity) = built(Profile::V7);
        let books = sim::platform::Platform::books(&panel, super::scenes::start());
        let config = PanelConfig {
            console: dialect,
            ..PanelConfig::default()
        };
        let panel = Panel::restored(config, &books).expect("its own books");
        for (open, action) in [(true, "enable"), (false, "disable")] {
            let (ended, player) = play(&panel, console(&identity, open));
            assert_eq!(ended, Ended::Done, "{dialect:?}");
            assert_eq!(shown(&player).is_some(), open, "{dialect:?}");
            let name = if open { "open_console" } else { "close_console" };
            let understood = match dialect {
                ConsoleDialect::Flag => json!({ "vnc": open }),
                _ => json!({ "action": action }),
            };
            let sent = player.last(name).expect("it was sent");
            assert_eq!(sent.body, Some(understood), "{dialect:?}");
        }
    }
}

#[test]
fn vf_138_without_an_address_on_the_panel_there_is_no_console() {
    let (_, identity) = built(Profile::V7);
    let scene = console(&identity, true);
    for vnc in [
        json!({ "password": "x", "wss": null }),
        json!({ "password": "x", "wss": { "token": "t" } }),
        json!({ "wss": { "url": "/vnc/?token=t" } }),
        json!({ "password": "x", "wss": { "url": "//evil.example/vnc" } }),
        json!({ "password": "x", "wss": { "url": "@evil.example/vnc" } }),
    ] {
        let body = json!({ "data": { "vnc": vnc, "queueId": null } }).to_string();
        let verdict = answered(&scene, "console", Phase::Act, 200, &body);
        assert!(
            matches!(&verdict, Verdict::Refused(no) if no.class == RefusalClass::Permanent),
            "{vnc}: {verdict:?}"
        );
    }
}

#[test]
fn vf_140_a_console_is_closed_when_the_panel_took_it() {
    for profile in PROFILES {
        let (panel, identity) = built(profile);
        play(&panel, console(&identity, true));
        let (ended, player) = play(&panel, console(&identity, false));
        assert_eq!(ended, Ended::Done, "{profile:?}");
        assert_eq!(
            player.last("close_console").expect("a change").body,
            Some(json!({ "action": "disable" }))
        );
        assert!(
            !server(&panel, player.scene.now, &identity).console,
            "{profile:?}"
        );
        assert!(shown(&player).is_none());
    }
}
