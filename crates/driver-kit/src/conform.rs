//! What every driver must do on its simulated platform: a table of trials, the same for all.
//!
//! A driver takes part by describing itself as [`Subject`]s, one for each way in which its platform may be set up, and by
//! naming the function that gives them to [`conforms!`](crate::conforms). Everything else is here.
//!
//! | trial | in words |
//! |---|---|
//! | [`a_whole_life`] | create, change, switch, suspend, release and end all reach their goals, and nothing is left |
//! | [`every_step_twice`] | each step sent and looked at twice ends in the same state |
//! | [`a_lost_answer_anywhere`] | as if no answer had been lost, or with a question where nobody can know |
//! | [`every_fault_anywhere`] | whatever strikes one request, there is one machine, and what claims success has it |
//! | [`suspension`] | a suspended machine is off, and comes back as it was |
//! | [`an_end_at_any_moment`] | a create that is ended after any of its requests leaves nothing |
//! | [`identity_before_harm`] | nothing is done to a machine that is another's by now |
//! | [`adoption`] | a machine made by hand is linked as it is, and another owner's is not |
//! | [`readings`] | what is read for clients' eyes is the machine's own, and reading changes nothing |
//! | [`answers`] | the table covers every request, every answer has a verdict, garbage is no success |

mod life;
mod loss;
mod order;

use std::time::Duration;

use domain::Order;
use domain::machine::{Identity, Power, PowerAction};
use domain::record::{OperationInput, OperationKind};
use driver::Driver;

use crate::scene::Scene;
use crate::site::{Made, Site, Whose};
use crate::wire::SiteWire;
use crate::{Ended, Heard, Player, live, termination};

pub use life::{
    a_whole_life, adoption, an_end_at_any_moment, every_step_twice, identity_before_harm, readings,
    suspension,
};
pub use loss::{a_lost_answer_anywhere, every_fault_anywhere};
pub use order::answers;

/// How long what attempts left behind is watched for: longer than anything takes that may still come.
const WATCHED: Duration = Duration::from_hours(1);

/// A driver and a simulated platform that is set up in one way.
#[derive(Clone, Copy)]
pub struct Subject {
    /// What it is called where something does not hold.
    pub name: &'static str,
    /// The driver.
    pub driver: &'static dyn Driver,
    /// A platform that behaves.
    pub site: fn() -> Box<dyn Site>,
    /// An operation of the trial's service, as the platform is configured.
    pub scene: fn(OperationKind, OperationInput) -> Scene,
    /// What is ordered.
    pub order: fn() -> Order,
    /// What is ordered later, when more is wanted.
    pub larger: fn() -> Order,
    /// What clients may ask for on this platform beside switching their machine and signing on.
    pub acts: fn() -> Vec<(OperationKind, OperationInput)>,
    /// Whether a person may be asked with this text after a lost answer: only where nobody else can know.
    pub asks: fn(&str) -> bool,
}

impl Subject {
    fn site(&self) -> Box<dyn Site> {
        (self.site)()
    }

    fn scene(&self, kind: OperationKind, input: OperationInput) -> Scene {
        let mut scene = (self.scene)(kind, input);
        scene.power_before_suspend = Some(Power::On);
        scene
    }

    fn create(&self) -> Scene {
        self.scene(OperationKind::Create, OperationInput::Order((self.order)()))
    }

    fn power(&self, action: PowerAction) -> Scene {
        self.scene(OperationKind::Power, OperationInput::Power { action })
    }

    fn suspend(&self) -> Scene {
        let reason = String::new();
        self.scene(OperationKind::Suspend, OperationInput::Suspend { reason })
    }

    fn unsuspend(&self) -> Scene {
        self.scene(OperationKind::Unsuspend, OperationInput::Nothing)
    }

    fn acts(&self) -> Vec<Scene> {
        let acts = (self.acts)().into_iter();
        acts.map(|(kind, input)| self.scene(kind, input)).collect()
    }

    /// A machine's life until before its end.
    fn life(&self) -> Vec<Scene> {
        let larger = OperationInput::Order((self.larger)());
        let mut all = vec![self.create(), self.scene(OperationKind::ChangePackage, larger)];
        let switches = [
            PowerAction::Restart,
            PowerAction::Shutdown,
            PowerAction::Boot,
            PowerAction::PowerOff,
            PowerAction::Boot,
        ];
        all.extend(switches.map(|action| self.power(action)));
        all.push(self.scene(OperationKind::Refresh, OperationInput::Nothing));
        all.push(self.scene(OperationKind::SignOn, OperationInput::Nothing));
        all.extend(self.acts());
        all.push(self.suspend());
        all.push(self.unsuspend());
        all
    }

    /// A platform with the service's machine on it, built and running, and the scene at which it was.
    fn built(&self) -> (Box<dyn Site>, Scene) {
        let site = self.site();
        let (ended, _, scene) = live(self.driver, SiteWire(site.as_ref()), vec![self.create()], false);
        assert_eq!(ended, [Ended::Done], "{}: the create", self.name);
        (site, scene)
    }

    /// Plays one operation on the machine of a scene, a minute after it.
    fn play(&self, site: &dyn Site, at: &Scene, mut scene: Scene) -> (Ended, Vec<Heard>, Scene) {
        scene.link.clone_from(&at.link);
        scene.now = at.now + Duration::from_mins(1);
        let mut player = Player::new(self.driver, SiteWire(site), scene);
        let ended = player.run();
        (ended, player.heard, player.scene)
    }

    /// Ends the machine of a scene, which must succeed and leave nothing.
    fn end(&self, site: &dyn Site, at: &Scene) -> Vec<Heard> {
        let (ended, heard, scene) = self.play(site, at, termination(at));
        assert_eq!(ended, Ended::Done, "{}: the end", self.name);
        assert_eq!(ours(site, &scene), Vec::new(), "{}: after the end", self.name);
        assert_eq!(
            site.left_over(scene.now),
            Vec::<String>::new(),
            "{}: after the end",
            self.name
        );
        heard
    }

    /// Watches for what attempts left behind and removes it, as the engine does, with what such a removal leaves in its
    /// turn. Gives the scene at which nothing is on its way any more.
    fn clear_away(&self, site: &dyn Site, at: &Scene, mut left: Vec<Identity>) -> Scene {
        let mut late = at.clone();
        while let Some(identity) = left.pop() {
            let input = OperationInput::Resource { identity };
            let mut removal = self.scene(OperationKind::RemoveStray, input);
            removal.now = late.now;
            let linked = at.link.iter().map(|link| link.identity.id.clone());
            removal.known.linked.extend(linked);
            let mut player = Player::new(self.driver, SiteWire(site), removal).for_at_most(WATCHED);
            let ended = player.run();
            assert!(
                matches!(ended, Ended::Done | Ended::Waits(_)),
                "{}: the removal of what was left behind: {ended:?}",
                self.name
            );
            late.now = player.scene.now;
            left.extend(player.found.into_iter().filter_map(|found| found.stray));
        }
        late.now = late.now + WATCHED * 2;
        late
    }
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The machines of the trial, whoever has them upstream.
fn ours(site: &dyn Site, at: &Scene) -> Vec<Made> {
    let all = site.machines(at.now).into_iter();
    all.filter(|made| made.whose != Whose::Stranger).collect()
}

/// The machine that a scene is linked to, as it is.
fn linked(site: &dyn Site, at: &Scene) -> Option<Made> {
    let link = at.link.as_ref()?;
    let mut all = site.machines(at.now).into_iter();
    all.find(|made| made.id == link.identity.id)
}

fn identity(at: &Scene) -> Identity {
    at.link.as_ref().expect("a link").identity.clone()
}

/// Makes the trials of this module tests of a driver. The function gives its [`Subject`]s; the names at the end are those
/// of the requests that only tests of the driver's own make.
#[macro_export]
macro_rules! conforms {
    ($subjects:path $(, except $unheard:literal)*) => {
        #[test]
        fn a_whole_life_reaches_its_goals_and_leaves_nothing() {
            $subjects().iter().for_each($crate::conform::a_whole_life);
        }

        #[test]
        fn every_step_can_run_twice_with_the_same_end_state() {
            $subjects().iter().for_each($crate::conform::every_step_twice);
        }

        #[test]
        fn an_answer_lost_at_any_point_ends_as_if_none_had_been_or_with_a_question() {
            $subjects().iter().for_each($crate::conform::a_lost_answer_anywhere);
        }

        #[test]
        fn whatever_strikes_one_request_there_is_one_machine_and_no_false_success() {
            $subjects().iter().for_each($crate::conform::every_fault_anywhere);
        }

        #[test]
        fn a_suspended_machine_is_off_and_comes_back_as_it_was() {
            $subjects().iter().for_each($crate::conform::suspension);
        }

        #[test]
        fn a_create_that_is_ended_at_any_moment_leaves_nothing() {
            $subjects().iter().for_each($crate::conform::an_end_at_any_moment);
        }

        #[test]
        fn nothing_is_done_to_a_machine_that_is_anothers_by_now() {
            $subjects().iter().for_each($crate::conform::identity_before_harm);
        }

        #[test]
        fn a_machine_made_by_hand_is_adopted_from_its_owner_only() {
            $subjects().iter().for_each($crate::conform::adoption);
        }

        #[test]
        fn what_is_read_for_clients_is_the_machines_own_and_reading_changes_nothing() {
            $subjects().iter().for_each($crate::conform::readings);
        }

        #[test]
        fn the_table_covers_every_request_and_every_answer_has_a_verdict() {
            let unheard = $crate::conform::answers(&$subjects());
            assert_eq!(unheard, std::collections::BTreeSet::from([$($unheard),*]));
        }
    };
}
