//! Builds whose answers were lost, that failed, or that nobody knows any more.

use domain::Moment;
use domain::http::{Outcome, Request};
use domain::record::{OperationInput, OperationKind};
use driver::{Driver, Phase, Standing, Verdict};
use driver_katapult::Katapult;
use driver_kit::{Ended, Losing, Player, Wire};
use serde_json::json;

use super::platform::{Behaviour, Platform};
use super::scenes::{answered, built, create, order, plain, play, scene, start};

/// The build is the second change of a create, after the organization.
const BUILD: usize = 1;

/// A create that loses the answer to its build.
fn losing(platform: &Platform, reach: bool, effect: bool) -> (Ended, usize) {
    let mut scene = create(order());
    scene.profile.markers_reach_machines = reach;
    let mut wire = Losing::new(platform, BUILD, effect);
    let mut player = Player::new(&Katapult, &mut wire, scene);
    let ended = player.run();
    let machines = platform.machines(player.scene.now).len();
    assert!(wire.has_struck());
    (ended, machines)
}

#[test]
fn kt_053_a_build_whose_answer_was_lost_is_found_by_its_annotation_and_never_made_twice() {
    for filters in [true, false] {
        let platform = Platform::new(Behaviour {
            filters,
            ..Behaviour::default()
        });
        assert_eq!(
            losing(&platform, true, true),
            (Ended::Done, 1),
            "filters {filters}"
        );
    }
}

#[test]
fn kt_053_a_build_that_never_arrived_is_sent_anew_only_where_annotations_reach_machines() {
    assert_eq!(losing(&plain(), true, false), (Ended::Done, 1));
    let platform = plain();
    let (ended, machines) = losing(&platform, false, false);
    assert!(matches!(ended, Ended::Asks(_)), "{ended:?}");
    assert_eq!(machines, 0);
}

#[test]
fn kt_053_where_annotations_do_not_reach_machines_name_and_time_find_the_one_that_was_made() {
    let platform = Platform::new(Behaviour {
        annotations_reach: false,
        ..Behaviour::default()
    });
    assert_eq!(losing(&platform, false, true), (Ended::Done, 1));
}

#[test]
fn a_machine_of_another_service_is_never_taken_for_the_lost_one() {
    // The other service's machine is linked, bears another marker and was made long before.
    let (platform, identity) = built(Behaviour::default());
    let mut lost = create(order());
    lost.now = start() + std::time::Duration::from_mins(2);
    lost.marker.service = 18;
    lost.profile.markers_reach_machines = false;
    let mut wire = Losing::new(&platform, 0, false);
    let mut player = Player::new(&Katapult, &mut wire, lost);
    let ended = player.run();
    assert!(matches!(ended, Ended::Asks(_)), "{ended:?}");
    assert_eq!(platform.machines(player.scene.now).len(), 1);
    assert_ne!(player.scene.link.map(|link| link.identity), Some(identity));
}

#[test]
fn kt_053_a_machine_that_bears_another_services_marker_is_never_taken_for_the_lost_one() {
    for reach in [true, false] {
        let platform = Platform::new(Behaviour {
            filters: false,
            ..Behaviour::default()
        });
        // Made a moment ago, in the same organization, and nobody says that it is linked.
        let mut nameless = order();
        nameless.hostname = None;
        let mut other = create(nameless.clone());
        other.marker.service = 18;
        let (ended, before) = play(&platform, other);
        assert_eq!(ended, Ended::Done);
        let others = before.scene.link.expect("a link").identity;

        let mut lost = create(nameless);
        lost.now = before.scene.now;
        lost.profile.markers_reach_machines = reach;
        let mut wire = Losing::new(&platform, 0, false);
        let mut player = Player::new(&Katapult, &mut wire, lost);
        let ended = player.run();
        let linked = player.scene.link.as_ref().map(|link| link.identity.clone());
        assert_ne!(linked, Some(others));
        assert_eq!(ended == Ended::Done, reach, "{ended:?}");
        assert_eq!(
            platform.machines(player.scene.now).len(),
            if reach { 2 } else { 1 }
        );
    }
}

#[test]
fn kt_068_a_failed_build_is_a_question_and_what_it_made_is_removed_afterwards() {
    let platform = Platform::new(Behaviour {
        builds_fail: true,
        ..Behaviour::default()
    });
    // The build fails before it is looked at again, so that its machine was never linked.
    let mut wire = Slow(&platform);
    let mut player = Player::new(&Katapult, &mut wire, create(order()));
    let ended = player.run();
    assert_eq!(ended, Ended::Asks("The VM build has failed".to_owned()));
    let left = Katapult
        .left_behind(&player.scene.notes)
        .expect("something is left behind");
    assert!(left.id.is_empty());
    let removal = scene(
        OperationKind::RemoveStray,
        OperationInput::Resource { identity: left },
        player.scene.now,
    );
    let (ended, player) = play(&platform, removal);
    assert_eq!(ended, Ended::Done);
    assert_eq!(
        player.changes(),
        [
            "delete_policy",
            "delete_policy",
            "delete_policy",
            "delete_machine"
        ]
    );
    assert!(platform.machines(player.scene.now)[0].trashed.is_some());
}

/// A wire on which a minute passes with every change.
struct Slow<'a>(&'a Platform);

impl Wire for Slow<'_> {
    fn exchange(&mut self, now: Moment, request: &Request) -> (Outcome, std::time::Duration) {
        let (outcome, took) = self.0.exchange(now, request);
        let more = if request.changes() { 60 } else { 0 };
        (outcome, took + std::time::Duration::from_secs(more))
    }
}

#[test]
fn what_a_service_has_is_no_stray_and_neither_is_anybody_elses_machine() {
    let (platform, identity) = built(Behaviour::default());
    let watched = domain::machine::Identity {
        id: String::new(),
        unchangeable: "hostler:main:17:1;vmbuild_0000000000000002".to_owned(),
        owner: identity.owner.clone(),
    };
    let input = OperationInput::Resource { identity: watched };
    let mut scene = scene(OperationKind::RemoveStray, input, start());
    scene.known.linked.insert(identity.id.clone());
    let gone = json!({ "error": { "code": "build_not_found", "description": "no", "detail": {} } });
    let Verdict::Next(list, notes) = answered(&scene, "identify", Phase::Look, 404, &gone) else {
        panic!("the list is not read");
    };
    let mut listing = scene.clone();
    "identify".clone_into(&mut listing.step);
    listing.notes.extend(notes);
    let page = |ids: &[&str]| {
        let rows: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
        json!({ "pagination": { "current_page": 1, "total_pages": 1 }, "virtual_machines": rows })
    };
    let verdict = super::scenes::interpreted(&listing, &list, 200, &page(&[&identity.id]));
    assert!(
        matches!(&verdict, Verdict::Done(findings) if matches!(findings.standing, Standing::Pending { .. })),
        "{verdict:?}"
    );
    // One that the filter let through without bearing the marker.
    let Verdict::Next(read, notes) = super::scenes::interpreted(&listing, &list, 200, &page(&["vm_9"]))
    else {
        panic!("the machine is not read");
    };
    listing.notes.extend(notes);
    let another = json!({ "virtual_machine": { "id": "vm_9", "organization": { "id": identity.owner } },
                          "annotations": [{ "key": "hostler-service", "value": "hostler:main:18:1" }] });
    let verdict = super::scenes::interpreted(&listing, &read, 200, &another);
    assert!(
        matches!(&verdict, Verdict::Done(findings) if matches!(findings.standing, Standing::Pending { .. })),
        "{verdict:?}"
    );
    assert_eq!(platform.machines(start()).len(), 1);
}

#[test]
fn kt_069_a_build_that_nobody_knows_any_more_is_searched_for_like_a_lost_one() {
    let platform = plain();
    let mut wire = Forgetful(&platform);
    let mut scene = create(order());
    scene.profile.markers_reach_machines = true;
    let mut player = Player::new(&Katapult, &mut wire, scene);
    assert_eq!(player.run(), Ended::Done);
    assert_eq!(platform.machines(player.scene.now).len(), 1);
}

/// Forgets a build once its machine is there.
struct Forgetful<'a>(&'a Platform);

impl Wire for Forgetful<'_> {
    fn exchange(&mut self, now: Moment, request: &Request) -> (Outcome, std::time::Duration) {
        if !self.0.machines(now).is_empty() {
            self.0.forget_builds();
        }
        self.0.exchange(now, request)
    }
}
