//! Creating under the list protocol: account, key, machine, build.

use std::time::Duration;

use domain::record::{CreateProtocol, Milestone, OperationKind, Relation};
use driver::{Driver, Phase, RefusalClass, Standing, Verdict};
use driver_kit::{Ended, PanelWire, Player, Scene};
use driver_virtfusion::VirtFusion;
use serde_json::json;
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::{Act, Profile, Stage};

use super::scenes::{PROFILES, answered, create, order, panel, play, start};

fn list(order: domain::Order) -> Scene {
    create(order, CreateProtocol::List)
}

#[test]
fn vf_021_an_unknown_client_gets_an_account_with_name_address_and_relation() {
    let panel = panel(Profile::V7);
    let (ended, player) = play(&panel, list(order()));
    assert_eq!(ended, Ended::Done);
    let body = player
        .last("create_user")
        .and_then(|request| request.body.clone());
    assert_eq!(
        body,
        Some(json!({"name": "Ada Lovelace", "email": "ada@example.com", "extRelationId": 77}))
    );
    let users = panel.users(player.scene.now);
    assert_eq!(
        users.iter().map(|user| user.relation).collect::<Vec<_>>(),
        [Some(77)]
    );
}

#[test]
fn vf_020_an_existing_account_is_used_and_none_is_made() {
    let panel = panel(Profile::V7);
    let act = Act::CreateUser {
        name: "Ada".to_owned(),
        email: "old@example.com".to_owned(),
        relation: Some(77),
        relation_text: None,
    };
    let user = panel.hand(start()).act(act).unwrap();
    let (ended, player) = play(&panel, list(order()));
    assert_eq!(ended, Ended::Done);
    assert!(!player.changes().contains(&"create_user"));
    let owners: Vec<u64> = panel
        .servers(player.scene.now)
        .iter()
        .map(|server| server.owner)
        .collect();
    assert_eq!(owners, [user]);
}

#[test]
fn a_second_installation_names_its_clients_by_text_and_never_meets_the_first() {
    let panel = panel(Profile::V7);
    assert_eq!(play(&panel, list(order())).0, Ended::Done);
    let mut other = list(order());
    other.relation = Relation::Text;
    other.marker.installation = "second".parse().unwrap();
    let domain::record::OperationInput::Order(order) = &mut other.input else {
        panic!("no order");
    };
    order.customer.email = "grace@example.com".to_owned();
    let (ended, player) = play(&panel, other);
    assert_eq!(ended, Ended::Done);
    let relations: Vec<_> = panel
        .users(player.scene.now)
        .into_iter()
        .map(|user| (user.relation, user.relation_text))
        .collect();
    assert_eq!(
        relations,
        [(Some(77), None), (None, Some("second:77".to_owned()))]
    );
}

#[test]
fn vf_022_self_service_is_sent_only_when_it_is_on() {
    for (mode, fields) in [
        ("0|Disabled", (None, None)),
        ("1|Hourly", (Some(json!(1)), Some(json!(true)))),
        ("2", (Some(json!(2)), Some(json!(false)))),
        ("3|Both", (Some(json!(3)), Some(json!(true)))),
    ] {
        let mut order = order();
        order.settings.insert("self_service".to_owned(), mode.to_owned());
        let panel = panel(Profile::V7);
        let (_, player) = play(&panel, list(order));
        let body = player
            .last("create_user")
            .and_then(|request| request.body.clone())
            .unwrap();
        let sent = (
            body.get("selfService").cloned(),
            body.get("selfServiceHourlyCredit").cloned(),
        );
        assert_eq!(sent, fields, "{mode}");
    }
}

#[test]
fn vf_023_a_refused_account_ends_the_create_with_the_code_and_without_a_server() {
    let panel = panel(Profile::V7);
    panel
        .hand(start())
        .create_user("Somebody else", "ada@example.com")
        .unwrap();
    let (ended, player) = play(&panel, list(order()));
    let Ended::Refused(refused) = ended else {
        panic!("{ended:?}");
    };
    assert!(
        refused.reason.contains("already been taken"),
        "{}",
        refused.reason
    );
    assert!(refused.reason.contains("422"), "{}", refused.reason);
    assert!(!player.changes().contains(&"create_server"));
}

#[test]
fn an_account_that_another_order_of_the_client_has_just_made_is_waited_for() {
    let scene = list(order());
    let refused = |field: &str| {
        let body = format!(r#"{{"errors":{{"email":["taken"],"{field}":["has already been taken"]}}}}"#);
        answered(&scene, "account", Phase::Act, 422, &body)
    };
    let Verdict::Done(findings) = refused("extRelationId") else {
        panic!("refused");
    };
    assert!(
        matches!(findings.standing, Standing::Pending { .. }),
        "{findings:?}"
    );
    assert!(matches!(refused("name"), Verdict::Refused(_)));
}

#[test]
fn vf_024_a_failed_look_up_of_the_account_is_unknown_and_names_the_code() {
    let verdict = answered(&list(order()), "account", Phase::Look, 500, "{}");
    assert!(
        matches!(&verdict, Verdict::Unknown(text) if text.contains("500")),
        "{verdict:?}"
    );
    let missing = answered(
        &list(order()),
        "account",
        Phase::Look,
        404,
        r#"{"msg":"ext_relation_id not found"}"#,
    );
    assert!(
        matches!(&missing, Verdict::Done(found) if found.standing == Standing::Missing),
        "{missing:?}"
    );
    let another = answered(
        &list(order()),
        "account",
        Phase::Look,
        200,
        r#"{"data":{"id":9,"extRelationId":78}}"#,
    );
    assert!(matches!(another, Verdict::Unknown(_)), "{another:?}");
}

#[test]
fn vf_025_a_client_without_name_or_address_is_refused_by_id() {
    let mut order = order();
    order.customer.name = " ".to_owned();
    let panel = panel(Profile::V7);
    let (ended, player) = play(&panel, list(order));
    let Ended::Refused(refused) = ended else {
        panic!("{ended:?}");
    };
    assert!(refused.reason.contains("77"), "{}", refused.reason);
    assert_eq!(player.changes(), Vec::<&str>::new());
}

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
fn vf_068_the_dry_run_sends_the_order_and_the_user_when_there_is_one() {
    let panel = panel(Profile::V7);
    let mut scene = list(order());
    scene.kind = OperationKind::Validate;
    let (ended, player) = play(&panel, scene.clone());
    assert!(
        matches!(&ended, Ended::Refused(refused) if refused.reason.contains("user")),
        "{ended:?}"
    );
    let body = player.last("dry_run").and_then(|request| request.body.clone());
    assert_eq!(body, Some(json!({"packageId": 2, "hypervisorId": 1, "ipv4": 1})));

    assert_eq!(play(&panel, list(order())).0, Ended::Done);
    scene.now = start() + Duration::from_mins(5);
    let before = panel.totals(scene.now).servers_created;
    let (ended, player) = play(&panel, scene);
    assert_eq!(ended, Ended::Done);
    let user = panel.users(player.scene.now)[0].id;
    let body = player.last("dry_run").and_then(|request| request.body.clone());
    assert_eq!(
        body,
        Some(json!({"packageId": 2, "hypervisorId": 1, "ipv4": 1, "userId": user}))
    );
    assert_eq!(
        panel.totals(player.scene.now).servers_created,
        before,
        "a dry run made a server"
    );
}

#[test]
fn vf_069_a_dry_run_reports_every_reason_or_the_message_or_the_code() {
    let mut scene = list(order());
    scene.kind = OperationKind::Validate;
    scene.notes.insert("owner".to_owned(), json!(3));
    for status in [200, 201] {
        let verdict = answered(&scene, "dry_run", Phase::Look, status, "{}");
        assert!(
            matches!(&verdict, Verdict::Done(found) if found.standing == Standing::Reached),
            "{verdict:?}"
        );
    }
    for (body, said) in [
        (
            r#"{"errors":["no memory","no address"]}"#,
            "no memory, no address (HTTP 422)",
        ),
        (
            r#"{"errors":{"memory":["too small"],"ipv4":["none left"]}}"#,
            "ipv4: none left, memory: too small (HTTP 422)",
        ),
        (r#"{"msg":"package not found"}"#, "package not found (HTTP 422)"),
        ("", "The panel answered HTTP 422 without a reason"),
    ] {
        let Verdict::Refused(refused) = answered(&scene, "dry_run", Phase::Look, 422, body) else {
            panic!("{body} was not refused");
        };
        assert_eq!(
            (refused.reason.as_str(), refused.class),
            (said, RefusalClass::Permanent)
        );
    }
}

/// A 404 names nothing that an order could lack.
#[test]
fn one_404_to_a_dry_run_refuses_nothing_and_a_second_one_does() {
    let mut scene = list(order());
    scene.kind = OperationKind::Validate;
    scene.notes.insert("owner".to_owned(), json!(3));
    let Verdict::Done(found) = answered(&scene, "dry_run", Phase::Look, 404, "{}") else {
        panic!("one 404 was believed");
    };
    assert!(matches!(found.standing, Standing::Pending { .. }), "{found:?}");
    scene.notes.extend(found.notes);
    let verdict = answered(&scene, "dry_run", Phase::Look, 404, "{}");
    assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
}

/// Of a panel that answers 404 to every dry run nobody learns what an order lacks; it is ordered all the same.
#[test]
fn a_create_goes_on_without_a_dry_run_where_the_panel_has_none() {
    let mut scene = list(order());
    scene.notes.insert("owner".to_owned(), json!(3));
    for body in ["", "{}", r#"{"msg":"not found"}"#] {
        let Verdict::Done(found) = answered(&scene, "validate", Phase::Look, 404, body) else {
            panic!("one 404 was believed");
        };
        assert!(matches!(found.standing, Standing::Pending { .. }), "{found:?}");
        let mut asked = scene.clone();
        asked.notes.extend(found.notes);
        let verdict = answered(&asked, "validate", Phase::Look, 404, body);
        assert!(
            matches!(&verdict, Verdict::Done(found) if found.standing == Standing::Reached),
            "{verdict:?}"
        );
    }
    let refused = answered(
        &scene,
        "validate",
        Phase::Look,
        422,
        r#"{"errors":["no memory"]}"#,
    );
    assert!(matches!(refused, Verdict::Refused(_)), "{refused:?}");
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
