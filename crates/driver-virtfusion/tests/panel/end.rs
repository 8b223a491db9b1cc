//! Terminating, adopting, listing.

use domain::machine::Identity;
use domain::record::{OperationInput, OperationKind};
use driver::{Driver, Phase, RefusalClass, Verdict};
use driver_kit::{Ended, PanelWire, Scene, Wire};
use driver_virtfusion::VirtFusion;
use sim::fault::{Fault, FaultRule};
use sim::virtfusion::{Panel, Profile};

use super::scenes::{PROFILES, answered, built, on, order, play};

fn terminate(identity: &Identity) -> Scene {
    on(
        identity,
        OperationKind::Terminate,
        OperationInput::Terminate { not_before: None },
    )
}

#[test]
fn a_terminated_server_is_gone_by_id_and_from_the_list() {
    for profile in PROFILES {
        let (panel, identity) = built(profile);
        let (ended, player) = play(&panel, terminate(&identity));
        assert_eq!(ended, Ended::Done);
        assert!(panel.servers(player.scene.now).is_empty());
        let sent = player.last("delete_server").expect("a deletion");
        assert_eq!(sent.query, [("delay".to_owned(), "0".to_owned())]);
        assert!(player.found.last().expect("findings").machine.is_absent());
        let names: Vec<&str> = player
            .heard
            .iter()
            .map(|heard| heard.request.name.as_str())
            .collect();
        assert_eq!(
            names.last(),
            Some(&"list_user_servers"),
            "the list is the second observation"
        );
    }
}

#[test]
fn vf_056_a_locked_server_says_its_message_and_is_ended_later() {
    let (panel, identity) = built(Profile::V7);
    let locked = answered(
        &terminate(&identity),
        "delete",
        Phase::Act,
        423,
        r#"{"msg":"backup is running"}"#,
    );
    assert!(
        matches!(&locked, Verdict::Refused(refused)
            if refused.class == RefusalClass::Busy && refused.reason.contains("backup is running")),
        "{locked:?}"
    );
    panel.add_fault(FaultRule::once("delete_server", Fault::Locked { seconds: 30 }));
    let (ended, player) = play(&panel, terminate(&identity));
    assert_eq!(ended, Ended::Done);
    assert!(panel.servers(player.scene.now).is_empty());
}

#[test]
fn a_false_404_ends_nothing_and_a_success_without_effect_neither() {
    for (endpoint, fault) in [
        ("get_server", Fault::FalseNotFound),
        ("delete_server", Fault::FalseNotFound),
        (
            "delete_server",
            Fault::WrongSuccess {
                status: 204,
                effect: false,
            },
        ),
        ("delete_server", Fault::ResetBefore),
    ] {
        let (panel, identity) = built(Profile::V7);
        panel.add_fault(FaultRule::once(endpoint, fault.clone()));
        let (ended, player) = play(&panel, terminate(&identity));
        assert_eq!(ended, Ended::Done, "{fault:?}");
        assert!(
            panel.servers(player.scene.now).is_empty(),
            "{endpoint}: {fault:?} was believed"
        );
    }
}

#[test]
fn a_server_that_was_deleted_by_hand_is_proven_gone_without_a_deletion() {
    let (panel, identity) = built(Profile::V7);
    let scene = terminate(&identity);
    panel
        .hand(scene.now)
        .delete(identity.id.parse().unwrap())
        .unwrap();
    let (ended, player) = play(&panel, scene);
    assert_eq!(ended, Ended::Done);
    assert_eq!(player.changes(), Vec::<&str>::new());
    assert!(player.found.last().unwrap().machine.is_absent());
}

#[test]
fn absence_is_proven_by_the_panels_whole_list_where_the_owner_is_gone_too() {
    let (panel, mut identity) = built(Profile::V7);
    identity.owner = "4711".to_owned();
    let scene = terminate(&identity);
    panel
        .hand(scene.now)
        .delete(identity.id.parse().unwrap())
        .unwrap();
    let (ended, player) = play(&panel, scene);
    assert_eq!(ended, Ended::Done);
    assert!(player.last("list_servers").is_some());
}

#[test]
fn a_machine_is_adopted_only_for_the_client_that_owns_it() {
    let (panel, identity) = built(Profile::V7);
    let input = OperationInput::Resource {
        identity: identity.clone(),
    };
    let mut scene = on(&identity, OperationKind::Adopt, input);
    scene.link = None;
    let (ended, player) = play(&panel, scene.clone());
    assert_eq!(ended, Ended::Done);
    assert_eq!(player.scene.link.map(|link| link.identity), Some(identity));

    scene.client_id = 78;
    let (ended, player) = play(&panel, scene.clone());
    assert!(
        matches!(&ended, Ended::Refused(refused) if refused.reason.contains("no account")),
        "{ended:?}"
    );
    assert!(player.scene.link.is_none());

    let mut other = super::scenes::create(order(), domain::record::CreateProtocol::List);
    other.client_id = 78;
    other.now = scene.now;
    let OperationInput::Order(order) = &mut other.input else {
        panic!("no order");
    };
    order.customer.email = "eve@example.com".to_owned();
    assert_eq!(play(&panel, other).0, Ended::Done);
    let (ended, player) = play(&panel, scene);
    assert!(
        matches!(&ended, Ended::Refused(refused) if refused.reason.contains("belongs to")),
        "{ended:?}"
    );
    assert!(player.scene.link.is_none());
}

#[test]
fn the_complete_list_has_every_machine_over_all_pages() {
    let (panel, identity) = built(Profile::V7);
    let now = super::scenes::start() + std::time::Duration::from_mins(10);
    let owner = identity.owner.parse().unwrap();
    for _ in 0..230 {
        panel.hand(now).create_server(owner, 1, 1).unwrap();
    }
    let ids = all(&panel, now);
    assert_eq!(ids.len(), 231);
    assert!(ids.contains(&identity.id));
}

fn all(panel: &Panel, now: domain::Moment) -> std::collections::BTreeSet<String> {
    let mut ids = std::collections::BTreeSet::new();
    let mut next = VirtFusion.list("");
    while let Some(request) = next {
        let (outcome, _) = PanelWire::new(panel).exchange(now, &request);
        let page = VirtFusion.read_list(&request, &outcome).expect("a page");
        ids.extend(page.machines.into_iter().map(|machine| machine.identity.id));
        next = page.next;
    }
    ids
}
