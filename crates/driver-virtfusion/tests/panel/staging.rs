//! Creating under the staging protocol.

use std::time::Duration;

use domain::http::{Outcome, Request, Response};
use domain::machine::Identity;
use domain::record::{CreateProtocol, OperationInput, OperationKind};
use driver::{Driver, Phase, RefusalClass, Standing, Verdict};
use driver_kit::{Ended, PanelWire, Player, Scene, Wire};
use driver_virtfusion::VirtFusion;
use serde_json::json;
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::Profile;

use super::scenes::{PROFILES, answered, create, order, panel, play};

fn staged() -> Scene {
    create(order(), CreateProtocol::Staging)
}

#[test]
fn a_staged_create_lands_with_the_customer_and_mails_nobody_before() {
    for profile in PROFILES {
        let panel = panel(profile);
        let (ended, player) = play(&panel, staged());
        assert_eq!(ended, Ended::Done);
        let users = panel.users(player.scene.now);
        let customer = users
            .iter()
            .find(|user| user.relation == Some(77))
            .expect("the customer");
        let staging = users
            .iter()
            .find(|user| user.relation.is_none())
            .expect("the staging account");
        assert_eq!(staging.relation_text.as_deref(), Some("hostler:main:17:1:1"));
        assert_eq!(staging.email, "hostler-main-17-1-1@staging.example.net");
        let servers = panel.servers(player.scene.now);
        assert_eq!(servers.len(), 1);
        assert_eq!(servers[0].owner, customer.id);
        let link = player.scene.link.as_ref().expect("a link");
        assert_eq!(link.identity.owner, customer.id.to_string());
        assert_eq!(link.identity.unchangeable, servers[0].uuid);
        let to_staging = panel
            .mails(player.scene.now)
            .iter()
            .any(|mail| mail.to.contains("staging"));
        assert!(!to_staging, "the staging account was written to");
    }
}

#[test]
fn the_staging_protocol_needs_no_lease_and_a_domain() {
    let mut scene = staged();
    assert_eq!(VirtFusion.plan(&scene.plan_input()).unwrap().exclusive, None);
    scene.profile.staging_domain = None;
    let refused = VirtFusion.plan(&scene.plan_input()).unwrap_err();
    assert!(refused.reason.contains("staging_domain"), "{}", refused.reason);
}

#[test]
fn vf_036_whatever_becomes_of_the_answer_one_machine_is_made_and_linked() {
    for fault in [
        Fault::ResetBefore,
        Fault::TimeoutBefore,
        Fault::ResetAfter,
        Fault::TimeoutAfter,
        Fault::TruncatedBody,
        Fault::HtmlAnswer,
        Fault::ErrorBefore {
            status: 500,
            html: false,
        },
        Fault::ErrorAfter {
            status: 502,
            html: true,
        },
        Fault::EffectLater { seconds: 200 },
        Fault::BareNotFound,
    ] {
        let panel = panel(Profile::V7);
        panel.add_fault(FaultRule::once("create_server", fault.clone()));
        let (ended, player) = play(&panel, staged());
        assert_eq!(ended, Ended::Done, "{fault:?}");
        let servers = panel.servers(player.scene.now);
        assert_eq!(servers.len(), 1, "{fault:?}");
        assert_eq!(
            player.scene.link.as_ref().unwrap().identity.id,
            servers[0].id.to_string()
        );
    }
}

#[test]
fn a_machine_that_appears_after_its_attempt_was_given_up_is_told_as_a_stray_and_removed() {
    let panel = panel(Profile::V7);
    // The effect comes when the second attempt is already under way.
    panel.add_fault(FaultRule::once(
        "create_server",
        Fault::EffectLater { seconds: 612 },
    ));
    let mut player = Player::new(&VirtFusion, Slow(PanelWire::new(&panel)), staged());
    assert_eq!(player.run(), Ended::Done);
    let now = player.scene.now;
    assert_eq!(panel.servers(now).len(), 2);
    let stray = player.found.iter().find_map(|found| found.stray.clone());
    let link = player.scene.link.clone().expect("a link");
    let (ended, removed) = play(&panel, removal(stray.expect("a watch"), &link.identity, now));
    assert_eq!(ended, Ended::Done);
    assert_eq!(removed.changes(), ["delete_server"]);
    let left: Vec<String> = panel
        .servers(removed.scene.now)
        .iter()
        .map(|server| server.id.to_string())
        .collect();
    assert_eq!(
        left,
        [link.identity.id],
        "the linked machine is the one that stays"
    );
}

/// The removal of what older attempts made, beside the service's own machine.
fn removal(stray: Identity, linked: &Identity, now: domain::Moment) -> Scene {
    let mut scene = Scene::new(
        OperationKind::RemoveStray,
        OperationInput::Resource { identity: stray },
        now,
    );
    scene.open_link(linked.clone());
    scene
}

#[test]
fn a_machine_that_appears_hours_later_in_an_old_account_is_removed_undelivered() {
    let panel = panel(Profile::V7);
    panel.add_fault(FaultRule::once(
        "create_server",
        Fault::EffectLater { seconds: 7_200 },
    ));
    let (ended, player) = play(&panel, staged());
    assert_eq!(ended, Ended::Done);
    let now = player.scene.now;
    assert_eq!(panel.servers(now).len(), 1);
    let link = player.scene.link.clone().expect("a link").identity;
    let watch = player
        .found
        .iter()
        .find_map(|found| found.stray.clone())
        .expect("a watch");
    let (ended, removed) = play(&panel, removal(watch, &link, now));
    assert_eq!(ended, Ended::Done);
    let servers = panel.servers(removed.scene.now);
    assert_eq!(
        servers
            .iter()
            .map(|server| server.id.to_string())
            .collect::<Vec<_>>(),
        [link.id]
    );
    assert_eq!(panel.totals(removed.scene.now).servers_created, 2);
    assert!(removed.scene.now > now + Duration::from_mins(100));
}

#[test]
fn a_create_that_needed_one_attempt_leaves_nothing_to_watch() {
    let panel = panel(Profile::V7);
    let (_, player) = play(&panel, staged());
    assert!(player.found.iter().all(|found| found.stray.is_none()));
}

/// A panel that takes twenty seconds for each create.
struct Slow<W>(W);

impl<W: Wire> Wire for Slow<W> {
    fn exchange(
        &mut self,
        now: domain::Moment,
        request: &domain::http::Request,
    ) -> (domain::http::Outcome, Duration) {
        let (outcome, took) = self.0.exchange(now, request);
        let slow = if request.name == "create_server" {
            Duration::from_secs(20)
        } else {
            took
        };
        (outcome, slow)
    }
}

#[test]
fn a_machine_that_left_the_old_account_meanwhile_is_not_removed() {
    let panel = panel(Profile::V7);
    panel.add_fault(FaultRule::once(
        "create_server",
        Fault::EffectLater { seconds: 612 },
    ));
    let mut player = Player::new(&VirtFusion, Slow(PanelWire::new(&panel)), staged());
    assert_eq!(player.run(), Ended::Done);
    let now = player.scene.now;
    let link = player.scene.link.clone().expect("a link").identity;
    let watch = player
        .found
        .iter()
        .find_map(|found| found.stray.clone())
        .expect("a watch");
    let late = panel
        .servers(now)
        .into_iter()
        .find(|server| server.id.to_string() != link.id);
    let late = late.expect("a late machine").id;
    let mut scene = removal(watch, &link, now);
    // A person gives it to the customer between the finding and the deleting.
    scene.notes.insert("machine".to_owned(), json!(late));
    panel
        .hand(now)
        .change_owner(late, link.owner.parse().unwrap())
        .unwrap();
    let request = Request::get("read_server", format!("/servers/{late}"));
    let (outcome, _) = PanelWire::new(&panel).exchange(now, &request);
    "delete".clone_into(&mut scene.step);
    let verdict = VirtFusion.interpret(&scene.context(), &request, &outcome);
    assert!(
        matches!(&verdict, driver::Verdict::Refused(refused) if refused.reason.contains("left alone")),
        "{verdict:?}"
    );
}

/// An attempt that landed in the account of the one before it could not be told apart from it.
#[test]
fn an_answer_that_names_the_account_of_another_attempt_creates_nothing() {
    let mut scene = staged();
    "machine".clone_into(&mut scene.step);
    scene.phase = Phase::Act;
    scene.marker.attempt = 2;
    scene.notes.insert("owner".to_owned(), json!(2));
    scene.notes.insert("staging".to_owned(), json!({"1": 3}));
    let address = |attempt: u32| format!("hostler-main-17-1-{attempt}@staging.example.net");
    for (user, email) in [(3, None), (2, None), (4, Some(address(1))), (3, Some(address(2)))] {
        let body = json!({"data": {"id": user, "email": email}}).to_string();
        let verdict = answered(&scene, "machine", Phase::Act, 201, &body);
        assert!(
            matches!(verdict, Verdict::Unknown(_)),
            "{user} {email:?}: {verdict:?}"
        );
    }
    let body = json!({"data": {"id": 4, "email": address(2)}}).to_string();
    let Verdict::Next(request, _) = answered(&scene, "machine", Phase::Act, 201, &body) else {
        panic!("the attempt's own account was not taken");
    };
    assert_eq!(request.body.expect("a body")["userId"], json!(4));
}

#[test]
fn a_staging_account_that_the_panel_has_and_does_not_show_yet_is_waited_for() {
    let scene = staged();
    let taken = |field: &str| {
        json!({ "message": "x", "errors": { field: ["It has already been taken."] } }).to_string()
    };
    for field in ["email", "relStr"] {
        let verdict = answered(&scene, "staging", Phase::Act, 422, &taken(field));
        assert!(
            matches!(&verdict, Verdict::Done(found) if matches!(found.standing, Standing::Pending { .. })),
            "{field}: {verdict:?}"
        );
    }
    let verdict = answered(&scene, "staging", Phase::Act, 422, &taken("name"));
    assert!(matches!(verdict, Verdict::Refused(_)), "{verdict:?}");
}

#[test]
fn a_staging_account_that_the_panel_calls_gone_is_read_back() {
    let mut scene = staged();
    scene.kind = OperationKind::CloseAccounts;
    scene.input = OperationInput::Accounts { attempts: 1 };
    let verdict = answered(
        &scene,
        "close",
        Phase::Act,
        404,
        r#"{"msg":"ext_relation_id not found"}"#,
    );
    assert!(
        matches!(&verdict, Verdict::Done(found) if matches!(found.standing, Standing::Pending { .. })),
        "{verdict:?}"
    );
}

#[test]
fn a_machine_that_is_gone_before_its_handover_is_said_to_be_gone() {
    let mut scene = staged();
    scene.notes.insert("owner".to_owned(), json!(2));
    scene.notes.insert("machine".to_owned(), json!(9));
    let verdict = answered(
        &scene,
        "handover",
        Phase::Look,
        404,
        r#"{"msg":"server not found"}"#,
    );
    let Verdict::Refused(refused) = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(refused.class, RefusalClass::Gone);
}

#[test]
fn what_keeps_a_closing_account_is_handed_on_once_unless_a_service_has_it() {
    let mut scene = staged();
    scene.kind = OperationKind::CloseAccounts;
    scene.input = OperationInput::Accounts { attempts: 1 };
    scene.notes.insert("closing".to_owned(), json!(1));
    scene.notes.insert("closing_user".to_owned(), json!(4));
    let refused = answered(&scene, "close", Phase::Act, 409, r#"{"msg":"user has servers"}"#);
    let Verdict::Next(list, _) = refused else {
        panic!("{refused:?}");
    };
    "close".clone_into(&mut scene.step);
    scene.phase = Phase::Act;
    let listed = |scene: &Scene| {
        let outcome = Outcome::Answered(Response {
            status: 200,
            body: json!({"data": [{"id": 9}]}).to_string(),
            retry_after: None,
        });
        match VirtFusion.interpret(&scene.context(), &list, &outcome) {
            Verdict::Done(found) => *found,
            verdict => panic!("{verdict:?}"),
        }
    };
    let found = listed(&scene);
    assert!(matches!(found.standing, Standing::Pending { .. }), "{found:?}");
    assert_eq!(found.stray.expect("it is handed on").owner, "4");
    let mut again = scene.clone();
    again.notes.extend(found.notes);
    assert_eq!(listed(&again).stray, None);
    scene.known.linked.insert("9".to_owned());
    assert_eq!(listed(&scene).stray, None);
}
