//! What the sweeps remember between rounds. All of it can be forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::Moment;
use domain::id::{PlatformId, ServiceId};
use domain::record::Platform;
use driver::Driver;

use super::Group;
use super::interest::Interest;
use crate::core::{Ages, Subject};
use crate::engine::Engine;
use crate::turn::Turn;

/// Nothing is urgent right after a start, and everybody else starts then too.
const AFTER_START: Duration = Duration::from_secs(60);

/// A list that is due waits this long for a round under way that reads it anyway.
const MAY_COVER: Duration = Duration::from_secs(60);

/// For how long a hypervisor that did not answer is asked for no page.
const SILENT_FOR: Duration = Duration::from_secs(60);

/// So many services are remembered as tried, and as looked at. More are forgotten all at once: a look too many is all that
/// costs.
const MOST_REMEMBERED: usize = 100_000;

/// What the sweeps remember.
#[derive(Debug, Default)]
pub(crate) struct Sweeps {
    pub(super) interest: Interest,
    /// Since when what is running runs.
    running: BTreeMap<Place, Moment>,
    turns: BTreeMap<(PlatformId, Group), Turn>,
    /// How far apart complete lists are.
    listed_every: BTreeMap<PlatformId, Duration>,
    /// On which hypervisor machines stand, as the last list told.
    pub(super) hosts: BTreeMap<PlatformId, BTreeMap<ServiceId, String>>,
    /// What was tried in vain.
    tried: BTreeMap<ServiceId, BTreeMap<Subject, Moment>>,
    /// The row of a list for which a machine was looked at: the same row is no news, even where list and look differ.
    looked: BTreeMap<ServiceId, u64>,
    /// Until when hypervisors are not asked for pages.
    silent: BTreeMap<(PlatformId, String), Moment>,
    /// The kinds that a platform answers for and of which nothing can be kept.
    unkept: BTreeMap<(PlatformId, Subject), Unkept>,
    /// When the sweeps last looked whose turn it is.
    pub(super) beat: Option<Moment>,
}

/// A kind of fact of which nothing was kept for a while, although the platform answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unkept {
    /// Since when.
    pub since: Moment,
    /// The last of them.
    pub last: Moment,
    /// How many answers there were.
    pub answers: u64,
    /// Why the last of them was not kept.
    pub why: String,
}

impl Unkept {
    /// Whether it has gone on for so long. A single answer shows nothing that goes on, however long ago it was.
    pub fn has_lasted(&self, least: Duration) -> bool {
        self.last >= self.since + least
    }
}

/// Whose hypervisor is asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Host {
    /// The one of this name.
    Named(String),
    /// The one of a machine of which no list has told where it stands.
    Of(ServiceId),
}

/// Where only one round runs at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    platform: PlatformId,
    group: Group,
    host: Option<Host>,
}

impl Sweeps {
    /// When a group of a platform comes next, and how it went.
    pub(super) fn turn(&mut self, platform: PlatformId, group: Group, now: Moment, ages: &Ages) -> &mut Turn {
        let first = match group {
            Group::Watch | Group::Hosts => now,
            Group::List | Group::Machines => now + AFTER_START.min(ages.state),
        };
        self.turns
            .entry((platform, group))
            .or_insert_with(|| Turn::first(first, now))
    }

    /// The same of a group that has had a round.
    pub(super) fn turn_of(&self, platform: PlatformId, group: Group) -> Option<&Turn> {
        self.turns.get(&(platform, group))
    }

    /// How far apart a platform's complete lists are.
    pub(super) fn listed_every(&self, platform: PlatformId, ages: &Ages) -> Duration {
        self.listed_every
            .get(&platform)
            .map_or(ages.state, |every| *every)
    }

    pub(super) fn note_listed_every(&mut self, platform: PlatformId, every: Duration) {
        self.listed_every.insert(platform, every);
    }

    /// The groups of a platform that begin now; they count as running.
    pub(super) fn begin(
        &mut self,
        platform: &Platform,
        driver: &dyn Driver,
        now: Moment,
        ages: &Ages,
    ) -> Vec<Group> {
        let watched = self.interest.is_any(platform.id, now);
        let listable = driver.list(&platform.account).is_some();
        let shows = !driver.offers().facts.is_empty();
        let mut begun = Vec::new();
        // Machines first: while that round may cover the list, the list waits for it.
        for group in [Group::Watch, Group::Machines, Group::List] {
            let due = self
                .turn(platform.id, group, now, ages)
                .is_due(now, Group::Machines.most());
            let wanted = match group {
                Group::Watch => watched || due,
                Group::Hosts => false,
                Group::List => listable && due && !self.is_covered(platform.id, now),
                Group::Machines => listable && shows && due,
            };
            if wanted && self.occupy(platform.id, group, None, now) {
                begun.push(group);
            }
        }
        begun
    }

    /// Whether a round under way reads the list as well, and may be through with it soon.
    fn is_covered(&self, platform: PlatformId, now: Moment) -> bool {
        let place = Place {
            platform,
            group: Group::Machines,
            host: None,
        };
        let began = self.running.get(&place);
        began.is_some_and(|began| *began <= now && now < *began + MAY_COVER)
    }

    /// Whether a round may begin there; it counts as running then.
    pub(super) fn occupy(
        &mut self,
        platform: PlatformId,
        group: Group,
        host: Option<Host>,
        now: Moment,
    ) -> bool {
        let place = Place {
            platform,
            group,
            host,
        };
        if self.running.contains_key(&place) {
            return false;
        }
        self.running.insert(place, now);
        true
    }

    /// How many hypervisors of a platform are being asked.
    pub(super) fn asking(&self, platform: PlatformId) -> usize {
        let on_it = |place: &&Place| place.platform == platform && place.group == Group::Hosts;
        self.running.keys().filter(on_it).count()
    }

    pub(super) fn tried(&self, service: ServiceId) -> BTreeMap<Subject, Moment> {
        self.tried.get(&service).cloned().unwrap_or_default()
    }

    pub(super) fn note_tried(&mut self, service: ServiceId, subject: Subject, now: Moment) {
        if self.tried.len() >= MOST_REMEMBERED {
            self.tried.clear();
        }
        self.tried.entry(service).or_default().insert(subject, now);
    }

    /// Something was read. `row` is the row of the list that it settles, where it does.
    pub(super) fn note_read(&mut self, service: ServiceId, subject: Subject, row: Option<u64>) {
        if let Some(tried) = self.tried.get_mut(&service) {
            tried.remove(&subject);
            if tried.is_empty() {
                self.tried.remove(&service);
            }
        }
        if let (Subject::State, Some(row)) = (subject, row) {
            if self.looked.len() >= MOST_REMEMBERED {
                self.looked.clear();
            }
            self.looked.insert(service, row);
        }
    }

    /// Whether no machine was looked at for this row of the list yet.
    pub(super) fn is_news(&self, service: ServiceId, row: u64) -> bool {
        self.looked.get(&service) != Some(&row)
    }

    /// The hypervisors of a platform that are not asked now.
    pub(super) fn silent_hosts(&mut self, platform: PlatformId, now: Moment) -> BTreeSet<String> {
        // None lasts longer than it holds: one that does is of a clock that was set back.
        self.silent
            .retain(|_, until| now < *until && *until <= now + SILENT_FOR);
        let of_it = self.silent.keys().filter(|(of, _)| *of == platform);
        of_it.map(|(_, host)| host.clone()).collect()
    }

    /// Hypervisors were asked and did not answer.
    pub(super) fn note_silent(&mut self, platform: PlatformId, hosts: &BTreeSet<String>, now: Moment) {
        for host in hosts {
            self.silent.insert((platform, host.clone()), now + SILENT_FOR);
        }
    }

    /// Something of a kind was kept: it can be read.
    pub(super) fn note_kept(&mut self, platform: PlatformId, subject: Subject) {
        self.unkept.remove(&(platform, subject));
    }

    /// The platform answered for a kind, and nothing of it could be kept.
    pub(super) fn note_unkept(&mut self, platform: PlatformId, subject: Subject, why: &str, now: Moment) {
        let unkept = self.unkept.entry((platform, subject)).or_insert_with(|| Unkept {
            since: now,
            last: now,
            answers: 0,
            why: String::new(),
        });
        unkept.last = now;
        unkept.answers += 1;
        why.clone_into(&mut unkept.why);
    }

    /// The kinds of a platform of which nothing has been kept since, but for those that nobody has asked for within
    /// `within`.
    pub(super) fn unkept(
        &mut self,
        platform: PlatformId,
        now: Moment,
        within: Duration,
    ) -> impl Iterator<Item = (Subject, &Unkept)> {
        self.unkept
            .retain(|_, unkept| unkept.since <= now && now < unkept.last + within);
        let of_it = self.unkept.iter().filter(move |((of, _), _)| *of == platform);
        of_it.map(|((_, subject), unkept)| (*subject, unkept))
    }
}

/// A round that is running; its place is given back when dropped, whatever became of it.
pub(super) struct Running {
    engine: Engine,
    place: Place,
}

impl Running {
    /// The round that [`Sweeps::occupy`] made room for.
    pub const fn new(engine: Engine, platform: PlatformId, group: Group, host: Option<Host>) -> Self {
        let place = Place {
            platform,
            group,
            host,
        };
        Self { engine, place }
    }

    /// Whose turn it is.
    pub const fn group(&self) -> Group {
        self.place.group
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.engine.sweeps().running.remove(&self.place);
    }
}

#[cfg(test)]
mod tests;
