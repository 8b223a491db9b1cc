//! Creating under the list protocol: key, machine, build.

use std::time::Duration;

use domain::record::Milestone;
use driver::{Driver, Phase, Verdict};
use driver_kit::{Ended, PanelWire, Player};
use driver_virtfusion::VirtFusion;
use serde_json::json;
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::{Act, Profile, Stage};

use super::scenes::{PROFILES, answered, list, order, panel, play, start};

#[test]
fn vf_040_the_build_sends_the_hostname_or_a_name_of_eight_digits() {
    let panel = panel(Profile::V7);
    let (_, player) = play(&panel, list(order()));
    let body = player
        .last("build_server")
        .and_then(|request| request.body.clone());
    let expected = json!({"operatingSystemId": 49, "name": "web.example.net", "hostname": "web.example.net", "email": true});
    assert_eq!(body, Some(expected));

    let mut order = order();
    order.hostname = None;
    let second = super::scenes::panel(Profile::V7);
    let (_, player) = play(&second, list(order));
    let body = player
        .last("build_server")
        .and_then(|request| request.body.clone())
        .unwrap();
    let name = body["name"].as_str().unwrap();
    let digits = name.strip_prefix("vps-").unwrap();
    assert!(
        digits.len() == 8 && digits.chars().all(|c| c.is_ascii_hexdigit()),
        "{name}"
    );
    assert_eq!(body.get("hostname"), None);
}

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ada@home";

#[test]
fn vf_042_a_pasted_key_is_uploaded_once_with_a_dated_name_and_used_again() {
    let panel = panel(Profile::V7);
    let mut with_key = order();
    with_key.ssh_key = Some(format!("  {KEY}\n"));
    let (ended, first) = play(&panel, list(with_key.clone()));
    assert_eq!(ended, Ended::Done);
    let keys = panel.keys(first.scene.now);
    let owner = panel.users(first.scene.now)[0].id;
    assert_eq!(keys.len(), 1);
    assert_eq!(
        (keys[0].user, keys[0].name.as_str(), keys[0].public.as_str()),
        (owner, "WHMCS-2027-01-15", KEY)
    );
    assert_eq!(
        first.last("build_server").unwrap().body.as_ref().unwrap()["sshKeys"],
        json!([keys[0].id])
    );

    let mut again = list(with_key);
    again.now = first.scene.now;
    let (ended, second) = play(&panel, again);
    assert_eq!(ended, Ended::Done);
    assert_eq!(
        panel.keys(second.scene.now).len(),
        1,
        "the same key was uploaded again"
    );
    assert_eq!(
        second.last("build_server").unwrap().body.as_ref().unwrap()["sshKeys"],
        json!([keys[0].id])
    );
}

#[test]
fn vf_041_a_key_by_number_is_used_only_when_the_account_owns_it() {
    let panel = panel(Profile::V7);
    let mut pasted = order();
    pasted.ssh_key = Some(KEY.to_owned());
    let (_, first) = play(&panel, list(pasted));
    let key = panel.keys(first.scene.now)[0].id;

    let mut own = order();
    own.ssh_key = Some(key.to_string());
    let mut scene = list(own.clone());
    scene.now = first.scene.now;
    let (ended, second) = play(&panel, scene);
    assert_eq!(ended, Ended::Done);
    assert_eq!(
        second.last("build_server").unwrap().body.as_ref().unwrap()["sshKeys"],
        json!([key])
    );

    own.customer.email = "eve@example.com".to_owned();
    let mut foreign = list(own);
    foreign.now = second.scene.now;
    foreign.client_id = 78;
    let (ended, third) = play(&panel, foreign);
    let Ended::Refused(refused) = ended else {
        panic!("{ended:?}");
    };
    assert!(refused.reason.contains(&key.to_string()), "{}", refused.reason);
    assert!(
        !third.changes().contains(&"create_server"),
        "a machine was made for a key that is not the client's"
    );
}

#[test]
fn vf_043_a_key_that_cannot_be_used_is_refused_before_anything_is_made() {
    let mut order = order();
    order.ssh_key = Some("ssh-ed25519 AAAA".to_owned());
    let panel = panel(Profile::V7);
    let (ended, player) = play(&panel, list(order));
    assert!(matches!(ended, Ended::Refused(_)), "{ended:?}");
    assert!(player.heard.is_empty());
}

#[test]
fn vf_044_a_missing_system_is_refused_before_and_a_failed_build_is_told_after() {
    let mut without = order();
    without.image = None;
    let panel = panel(Profile::V7);
    let (ended, player) = play(&panel, list(without));
    assert!(
        matches!(&ended, Ended::Refused(refused) if refused.reason.contains("operating system")),
        "{ended:?}"
    );
    assert!(player.heard.is_empty());

    panel.hand(start()).fail_builds(1).unwrap();
    let (ended, player) = play(&panel, list(order()));
    assert!(
        matches!(&ended, Ended::Asks(text) if text.contains("build failed")),
        "{ended:?}"
    );
    assert_eq!(panel.servers(player.scene.now)[0].stage, Stage::Failed);
}

#[test]
fn a_create_reaches_its_milestones_in_order_and_links_what_it_made() {
    let scene = list(order());
    let plan = VirtFusion.plan(&scene.plan_input()).unwrap();
    let milestones: Vec<Milestone> = plan.steps.iter().filter_map(|step| step.milestone).collect();
    assert_eq!(
        milestones,
        [Milestone::Accepted, Milestone::Created, Milestone::Ready]
    );
    assert_eq!(plan.exclusive.as_deref(), Some("owner:77"));
    for profile in PROFILES {
        let panel = panel(profile);
        let (ended, player) = play(&panel, scene.clone());
        assert_eq!(ended, Ended::Done);
        let servers = panel.servers(player.scene.now);
        let link = player.scene.link.as_ref().expect("a link");
        assert_eq!(link.identity.id, servers[0].id.to_string());
        assert_eq!(link.identity.unchangeable, servers[0].uuid);
        assert_eq!(link.identity.owner, servers[0].owner.to_string());
        assert_eq!(player.changes(), ["create_user", "create_server", "build_server"]);
    }
}

#[test]
fn vf_036_a_lost_answer_to_a_create_that_took_effect_never_makes_a_second_server() {
    for fault in [
        Fault::TimeoutAfter,
        Fault::ResetAfter,
        Fault::TruncatedBody,
        Fault::TruncatedJson,
        Fault::HtmlAnswer,
        Fault::ErrorAfter {
            status: 500,
            html: true,
        },
        Fault::WrongSuccess {
            status: 200,
            effect: true,
        },
        Fault::EffectLater { seconds: 240 },
    ] {
        let panel = panel(Profile::V7);
        panel.add_fault(FaultRule::once("create_server", fault.clone()));
        let (ended, player) = play(&panel, list(order()));
        assert_eq!(ended, Ended::Done, "{fault:?}");
        assert_eq!(panel.totals(player.scene.now).servers_created, 1, "{fault:?}");
    }
}

#[test]
fn a_lost_create_without_effect_is_asked_about_and_never_sent_again() {
    let panel = panel(Profile::V7);
    panel.add_fault(FaultRule::once("create_server", Fault::ResetBefore));
    let (ended, player) = play(&panel, list(order()));
    assert!(matches!(ended, Ended::Asks(_)), "{ended:?}");
    let sent = player
        .changes()
        .iter()
        .filter(|name| **name == "create_server")
        .count();
    assert_eq!(sent, 1);
}

/// What a person makes by hand in the panel for the same client in the same minute is told apart by anything at all.
#[test]
fn a_hand_made_server_is_no_candidate_when_anything_tells_it_apart() {
    for (what, group, package) in [
        ("another package", 1, 3),
        ("another group", 2, 2),
        ("nothing but its name", 1, 2),
    ] {
        let panel = panel(Profile::V7);
        panel.add_fault(FaultRule::once("create_server", Fault::ResetBefore));
        let scene = list(order());
        // The account exists already, so that the hand can be quicker than the create.
        let act = Act::CreateUser {
            name: "Ada".to_owned(),
            email: "ada@example.com".to_owned(),
            relation: Some(77),
            relation_text: None,
        };
        let owner = panel.hand(start()).act(act).unwrap();
        let mut player = Player::new(
            &VirtFusion,
            Meddling {
                panel: &panel,
                owner,
                group,
                package,
                what,
            },
            scene,
        );
        let ended = player.run();
        assert!(matches!(ended, Ended::Asks(_)), "{what}: {ended:?}");
        assert!(player.scene.link.is_none(), "{what} was adopted");
    }
}

/// Makes a server by hand right after the create was sent.
struct Meddling<'a> {
    panel: &'a sim::virtfusion::Panel,
    owner: u64,
    group: u64,
    package: u64,
    what: &'static str,
}

impl driver_kit::Wire for Meddling<'_> {
    fn exchange(
        &mut self,
        now: domain::Moment,
        request: &domain::http::Request,
    ) -> (domain::http::Outcome, Duration) {
        let answer = PanelWire::new(self.panel).exchange(now, request);
        if request.name == "create_server" {
            let hand = self.panel.hand(now);
            let made = hand.create_server(self.owner, self.group, self.package);
            let server = made.expect("room for a server made by hand");
            if self.what == "nothing but its name" {
                let name = "by-hand".to_owned();
                hand.act(Act::Rename { server, name })
                    .expect("a server to rename");
            }
        }
        answer
    }
}

#[test]
fn an_identical_hand_made_server_beside_the_lost_one_is_a_question_and_not_a_guess() {
    let panel = panel(Profile::V7);
    panel.add_fault(FaultRule::once("create_server", Fault::TimeoutAfter));
    let act = Act::CreateUser {
        name: "Ada".to_owned(),
        email: "ada@example.com".to_owned(),
        relation: Some(77),
        relation_text: None,
    };
    let owner = panel.hand(start()).act(act).unwrap();
    let wire = Meddling {
        panel: &panel,
        owner,
        group: 1,
        package: 2,
        what: "nothing",
    };
    let mut player = Player::new(&VirtFusion, wire, list(order()));
    let ended = player.run();
    assert!(
        matches!(&ended, Ended::Asks(text) if text.contains("2 candidates")),
        "{ended:?}"
    );
}

#[test]
fn an_answer_that_names_another_services_server_is_searched_for_instead() {
    let panel = panel(Profile::V7);
    panel.add_fault(FaultRule::once("create_server", Fault::DuplicatedAnswer));
    let (_, first) = play(&panel, list(order()));
    let linked = first.scene.link.expect("a link").identity.id;
    let mut second = list(order());
    second.now = first.scene.now;
    second.known.linked.insert(linked.clone());
    let (ended, second) = play(&panel, second);
    assert_eq!(ended, Ended::Done);
    assert_ne!(second.scene.link.expect("a link").identity.id, linked);
    assert_eq!(panel.servers(second.scene.now).len(), 2);
}

#[test]
fn a_refusal_that_cannot_be_read_to_its_end_is_none() {
    let scene = list(order());
    let mut owned = scene.clone();
    owned.notes.insert("owner".to_owned(), json!(3));
    for body in [
        r#"{"errors":{"email":["The email has"#,
        "<h1>Oops</h1>",
        "Unprocessable",
    ] {
        for (scene, step) in [(&scene, "account"), (&owned, "machine")] {
            let verdict = answered(scene, step, Phase::Act, 422, body);
            assert!(
                matches!(verdict, Verdict::Unknown(_)),
                "{step} {body}: {verdict:?}"
            );
        }
        // Nor is it the panel's word that something is not there.
        let verdict = answered(&scene, "account", Phase::Look, 404, body);
        assert!(matches!(verdict, Verdict::Unknown(_)), "404 {body}: {verdict:?}");
    }
}
