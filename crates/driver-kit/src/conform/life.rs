//! A life as it should be, twice, cut short, and under another name.

use domain::machine::{Power, PowerAction};
use domain::record::{OperationInput, OperationKind};

use super::{Subject, identity, linked, ours};
use crate::scene::Scene;
use crate::site::{Made, Site, Tally};
use crate::wire::SiteWire;
use crate::{Ended, Player, live, read_fact, termination};

/// What two runs have in common that came to the same: the trial's machines without their ids, and what was made.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct State {
    machines: Vec<Made>,
    pub(super) tally: Tally,
}

/// The state at a scene.
pub(super) fn state(site: &dyn Site, at: &Scene) -> State {
    let mut machines = ours(site, at);
    for machine in &mut machines {
        machine.id.clear();
    }
    State {
        machines,
        tally: site.tally(at.now),
    }
}

/// Create, change, switch, suspend, release and end all reach their goals, and nothing is left.
pub fn a_whole_life(subject: &Subject) {
    let site = subject.site();
    let (ended, _, scene) = live(subject.driver, SiteWire(site.as_ref()), subject.life(), false);
    assert!(
        ended.iter().all(|ended| *ended == Ended::Done),
        "{}: {ended:?}",
        subject.name
    );
    let machines = ours(site.as_ref(), &scene);
    assert_eq!(machines.len(), 1, "{}", subject.name);
    assert!(
        machines[0].built && machines[0].running && machines[0].suspended != Some(true),
        "{}: {machines:?}",
        subject.name
    );
    subject.end(site.as_ref(), &scene);
}

/// Each step sent and looked at twice ends in the same state.
pub fn every_step_twice(subject: &Subject) {
    let once = subject.site();
    let (_, _, scene) = live(subject.driver, SiteWire(once.as_ref()), subject.life(), false);
    let expected = state(once.as_ref(), &scene);
    let twice = subject.site();
    let (ended, _, scene) = live(subject.driver, SiteWire(twice.as_ref()), subject.life(), true);
    assert!(
        ended.iter().all(|ended| *ended == Ended::Done),
        "{}: {ended:?}",
        subject.name
    );
    assert_eq!(state(twice.as_ref(), &scene), expected, "{}", subject.name);
    let mut end = Player::new(subject.driver, SiteWire(twice.as_ref()), termination(&scene)).twice();
    assert_eq!(end.run(), Ended::Done, "{}: the end", subject.name);
    assert_eq!(ours(twice.as_ref(), &end.scene), Vec::new(), "{}", subject.name);
}

/// What is on offer to be read is read of the machine and tells that it is this one, or whose it is by now; reading
/// changes nothing.
pub fn readings(subject: &Subject) {
    let (site, at) = subject.built();
    let before = state(site.as_ref(), &at);
    let linked = identity(&at);
    let read = |kind| read_fact(subject.driver, SiteWire(site.as_ref()), &at, kind);
    for kind in subject.driver.offers().facts {
        let what = format!("{}: {kind}", subject.name);
        let ending = read(*kind);
        let seen = ending.seen.unwrap_or_else(|why| panic!("{what}: {why}"));
        assert_eq!(seen.kind(), *kind, "{what}");
        let whose = kind.is_of_machine().then(|| linked.clone());
        assert_eq!(ending.identity, whose, "{what}");
    }
    assert_eq!(state(site.as_ref(), &at), before, "{}", subject.name);
    site.estrange(at.now, &linked.id);
    for kind in subject.driver.offers().facts {
        let ending = read(*kind);
        let is_told = ending.seen.is_err() || ending.identity.as_ref() != Some(&linked);
        assert!(is_told, "{}: {kind} of another's machine", subject.name);
    }
}

/// A suspended machine is off, and held where that can be; it comes back as it was.
pub fn suspension(subject: &Subject) {
    for before in [Power::On, Power::Off] {
        let (site, mut at) = subject.built();
        if before == Power::Off {
            let (ended, _, scene) = subject.play(site.as_ref(), &at, subject.power(PowerAction::PowerOff));
            assert_eq!(ended, Ended::Done, "{}: off", subject.name);
            at = scene;
        }
        let (ended, _, at) = subject.play(site.as_ref(), &at, subject.suspend());
        assert_eq!(ended, Ended::Done, "{}: the suspension", subject.name);
        let held = linked(site.as_ref(), &at).expect("the machine is there");
        assert!(held.is_held(), "{}: {held:?}", subject.name);
        // Again, as a watch does that cannot tell: it changes nothing.
        let (ended, _, at) = subject.play(site.as_ref(), &at, subject.suspend());
        assert_eq!(ended, Ended::Done, "{}: the second suspension", subject.name);
        let mut release = subject.unsuspend();
        release.power_before_suspend = Some(before);
        let (ended, _, at) = subject.play(site.as_ref(), &at, release);
        assert_eq!(ended, Ended::Done, "{}: the release", subject.name);
        let released = linked(site.as_ref(), &at).expect("the machine is there");
        assert_eq!(
            released.running,
            before == Power::On,
            "{}: {released:?}",
            subject.name
        );
        assert_ne!(released.suspended, Some(true), "{}", subject.name);
    }
}

/// A create that is ended after any of its requests leaves nothing. What was sent is settled first, as the engine does:
/// a machine that was found is deleted, and what may still come is watched for and removed.
pub fn an_end_at_any_moment(subject: &Subject) {
    let site = subject.site();
    let (_, heard, _) = live(
        subject.driver,
        SiteWire(site.as_ref()),
        vec![subject.create()],
        false,
    );
    for requests in 0..=heard.len() {
        let site = subject.site();
        let mut create =
            Player::new(subject.driver, SiteWire(site.as_ref()), subject.create()).stopping_after(requests);
        let ended = create.run();
        let at = create.scene;
        assert!(
            matches!(ended, Ended::Stopped | Ended::Done),
            "{} after {requests}: {ended:?}",
            subject.name
        );
        if at.link.is_some() {
            subject.end(site.as_ref(), &at);
            continue;
        }
        let left = subject.driver.left_behind(&at.notes);
        let late = subject.clear_away(site.as_ref(), &at, left.into_iter().collect());
        assert_eq!(
            ours(site.as_ref(), &late),
            Vec::new(),
            "{} after {requests}",
            subject.name
        );
    }
}

/// Nothing is done to a machine that is another's by now.
pub fn identity_before_harm(subject: &Subject) {
    let larger = OperationInput::Order((subject.larger)());
    let mut harming = vec![
        subject.suspend(),
        subject.unsuspend(),
        subject.scene(
            OperationKind::Terminate,
            OperationInput::Terminate { not_before: None },
        ),
        subject.scene(OperationKind::ChangePackage, larger),
        subject.power(PowerAction::PowerOff),
        subject.power(PowerAction::Shutdown),
        subject.power(PowerAction::Restart),
    ];
    harming.extend(subject.acts());
    for scene in harming {
        let (site, at) = subject.built();
        let id = identity(&at).id;
        site.estrange(at.now, &id);
        let kind = scene.kind;
        let (ended, heard, _) = subject.play(site.as_ref(), &at, scene);
        assert!(
            matches!(ended, Ended::Another(_)),
            "{}: {kind}: {ended:?}",
            subject.name
        );
        let changes: Vec<&str> = heard
            .iter()
            .filter(|heard| heard.request.changes())
            .map(|heard| heard.request.name.as_str())
            .collect();
        assert_eq!(changes, Vec::<&str>::new(), "{}: {kind}", subject.name);
    }
}

/// A machine made by hand is linked as it is, and another owner's is not.
pub fn adoption(subject: &Subject) {
    let site = subject.site();
    let begins = subject.create();
    let identity = site.make(begins.now);
    let adopt = |identity| subject.scene(OperationKind::Adopt, OperationInput::Resource { identity });
    let (ended, heard, at) = subject.play(site.as_ref(), &begins, adopt(identity.clone()));
    assert_eq!(ended, Ended::Done, "{}", subject.name);
    assert_eq!(super::identity(&at), identity, "{}", subject.name);
    assert!(
        heard.iter().all(|heard| !heard.request.changes()),
        "{}: an adoption changes nothing",
        subject.name
    );
    site.estrange(at.now, &identity.id);
    let (ended, _, at) = subject.play(site.as_ref(), &begins, adopt(identity));
    assert!(
        matches!(ended, Ended::Refused(_) | Ended::Asks(_)),
        "{}: {ended:?}",
        subject.name
    );
    assert_eq!(at.link, None, "{}", subject.name);
}
