//! Sweeps: what pages show is read before anybody asks, in the background, and sooner where somebody looks.
//!
//! Three kinds of rounds go over each platform, each in a task of its own, so that one platform's silence delays no other's
//! and a long round delays no short one:
//!
//! * [`Group::Watch`]: what people have open ([`Engine::show_interest`]) and what operations are at work on;
//! * [`Group::List`]: the platform's complete list, page by page. A row that is as it was says until when the stored
//!   reading holds; one that is different has its machine looked at;
//! * [`Group::Machines`]: what no list shows, machine by machine, oldest first.
//!
//! All of it is reading, in the lane behind clicks and changes, at the platform's own pace. What a round was at when the
//! engine stops is due again after its start: nothing here has to survive.
//!
//! **The invariant:** showing a page asks no platform for anything. It raises interest, and shows what is stored.
//!
//! Rejected: a row per reading in the store (ten thousand writes to plan what may be forgotten), and reading when a page is
//! opened (a dead platform would hold the page).

mod board;
mod interest;
mod list;
mod report;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::Moment;
use domain::id::{PlatformId, ServiceId};
use domain::record::{Platform, PlatformState};
use driver::Driver;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::interest::Interest;
use crate::core::{Ages, Subject};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::runner::report as chain;

pub use interest::MOST_WATCHED;
pub use report::Shown;

/// Nothing is urgent right after a start, and everybody else starts then too.
const AFTER_START: Duration = Duration::from_secs(60);

/// How often readings of single machines are gone over.
const MACHINES_EVERY: Duration = Duration::from_secs(300);

/// When a round that was cut short is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// How often operations at work are looked for.
const BUSY_EVERY: Duration = Duration::from_secs(5);

/// For how long a hypervisor that did not answer is asked for no page.
const SILENT_FOR: Duration = Duration::from_secs(60);

/// A list takes at most one part in so many of a platform's time: where listing is dear, it is done more rarely.
const PART: u32 = 10;

/// What is gone over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// What somebody looks at, or an operation works on.
    Watch,
    /// The platform's list.
    List,
    /// Machine by machine.
    Machines,
}

impl Group {
    const ALL: [Self; 3] = [Self::Watch, Self::List, Self::Machines];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::List => "list",
            Self::Machines => "machines",
        }
    }

    /// A round that takes longer hangs: every request in it has a deadline, and there are so many at most.
    const fn most(self) -> Duration {
        Duration::from_secs(match self {
            Self::Watch => 300,
            Self::List => 3 * 3600,
            Self::Machines => 6 * 3600,
        })
    }
}

/// When a platform's rounds come, and how they went.
#[derive(Debug, Clone)]
struct Turn {
    /// When each group is due.
    next: BTreeMap<Group, Moment>,
    /// When each last came to its end.
    good: BTreeMap<Group, Moment>,
    /// Why one did not, since.
    trouble: BTreeMap<Group, String>,
    /// How far apart complete lists are.
    listed_every: Duration,
}

/// So many services are remembered as tried, and as looked at. More are forgotten all at once: a look too many is all that
/// costs.
const MOST_REMEMBERED: usize = 100_000;

/// What the sweeps remember between rounds. All of it can be forgotten.
#[derive(Debug, Default)]
pub(crate) struct Sweeps {
    interest: Interest,
    running: BTreeSet<(PlatformId, Group)>,
    turns: BTreeMap<PlatformId, Turn>,
    /// On which hypervisor machines stand, as the last list told.
    hosts: BTreeMap<PlatformId, BTreeMap<ServiceId, String>>,
    /// What was tried in vain.
    tried: BTreeMap<ServiceId, BTreeMap<Subject, Moment>>,
    /// The row of a list for which a machine was looked at: the same row is no news, even where list and look differ.
    looked: BTreeMap<ServiceId, u64>,
    /// Until when hypervisors are not asked for pages.
    silent: BTreeMap<(PlatformId, String), Moment>,
    /// When the sweeps last looked whose turn it is.
    beat: Option<Moment>,
}

impl Sweeps {
    fn turn(&mut self, platform: PlatformId, now: Moment, ages: &Ages) -> &mut Turn {
        self.turns.entry(platform).or_insert_with(|| {
            let soon = now + AFTER_START.min(ages.state);
            Turn {
                next: [
                    (Group::Watch, now),
                    (Group::List, soon),
                    (Group::Machines, soon + ages.state_attended),
                ]
                .into(),
                good: Group::ALL.map(|group| (group, now)).into(),
                trouble: BTreeMap::new(),
                listed_every: ages.state,
            }
        })
    }

    /// The groups of a platform that begin now; they count as running.
    fn begin(&mut self, platform: &Platform, driver: &dyn Driver, now: Moment, ages: &Ages) -> Vec<Group> {
        let watched = self.interest.is_any(platform.id, now);
        let listable = driver.list(&platform.account).is_some();
        let shows = !driver.offers().facts.is_empty();
        let next = self.turn(platform.id, now, ages).next.clone();
        let mut begun = Vec::new();
        for group in Group::ALL {
            // A turn that lies further ahead than any can is one of a clock that was set back.
            let due = next
                .get(&group)
                .is_none_or(|next| *next <= now || *next > now + Group::Machines.most());
            let wanted = match group {
                Group::Watch => watched || due,
                Group::List => listable && due,
                Group::Machines => listable && shows && due,
            };
            if wanted && self.running.insert((platform.id, group)) {
                begun.push(group);
            }
        }
        begun
    }

    fn note_tried(&mut self, service: ServiceId, subject: Subject, now: Moment) {
        if self.tried.len() >= MOST_REMEMBERED {
            self.tried.clear();
        }
        self.tried.entry(service).or_default().insert(subject, now);
    }

    fn note_read(&mut self, service: ServiceId, subject: Subject, row: Option<u64>) {
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

    fn silent_hosts(&mut self, platform: PlatformId, now: Moment) -> BTreeSet<String> {
        self.silent.retain(|_, until| now < *until);
        let of_it = self.silent.keys().filter(|(of, _)| *of == platform);
        of_it.map(|(_, host)| host.clone()).collect()
    }

    fn note_silent(&mut self, platform: PlatformId, hosts: &BTreeSet<String>, now: Moment) {
        for host in hosts {
            self.silent
                .entry((platform, host.clone()))
                .or_insert(now + SILENT_FOR);
        }
    }
}

/// A group that is running; given back when dropped, whatever became of it.
struct Running {
    engine: Engine,
    platform: PlatformId,
    group: Group,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.engine.sweeps().running.remove(&(self.platform, self.group));
    }
}

impl Engine {
    /// Begins rounds as they come due, until `stop`. What is under way then is dropped: it only reads.
    pub(crate) async fn run_sweeps(&self, stop: &CancellationToken) {
        if !self.config().sweep {
            return;
        }
        let mut rounds = JoinSet::new();
        while !stop.is_cancelled() {
            while let Some(ended) = rounds.try_join_next() {
                if let Err(error) = ended {
                    tracing::error!(%error, "a sweep broke off");
                }
            }
            match self.begin_rounds(&mut rounds).await {
                Ok(()) => self.sweeps().beat = Some(self.now()),
                Err(error) => tracing::error!(error = %chain(&error), "no sweep can begin"),
            }
            tokio::select! {
                () = tokio::time::sleep(self.config().duty_poll) => {}
                () = self.interest_raised() => {}
                () = stop.cancelled() => {}
            }
        }
        rounds.shutdown().await;
    }

    async fn begin_rounds(&self, rounds: &mut JoinSet<()>) -> Result<(), EngineError> {
        if self.recovering().is_some() {
            // No link can be relied on until the recovery has ended.
            return Ok(());
        }
        let (now, ages) = (self.now(), self.config().ages);
        for platform in self.store().platforms().await? {
            let Some(driver) = self.drivers().of(platform.kind) else {
                continue;
            };
            if platform.state != PlatformState::Approved {
                continue;
            }
            let begun = self.sweeps().begin(&platform, driver, now, &ages);
            for group in begun {
                let (engine, platform) = (self.clone(), platform.clone());
                let running = Running {
                    engine: engine.clone(),
                    platform: platform.id,
                    group,
                };
                rounds.spawn(async move {
                    let _running = running;
                    Box::pin(engine.go_round(&platform, group)).await;
                });
            }
        }
        Ok(())
    }

    /// One round, and the note of how it went.
    async fn go_round(&self, platform: &Platform, group: Group) {
        let began = self.now();
        let round = async {
            match group {
                Group::Watch => self.watch(platform).await,
                Group::List => self.sweep(platform, false).await,
                Group::Machines => self.sweep(platform, true).await,
            }
        };
        let went = match tokio::time::timeout(group.most(), round).await {
            Ok(Ok(went)) => went,
            Ok(Err(error)) => Err(chain(&error)),
            Err(_) => Err(format!("it took longer than {} s", group.most().as_secs())),
        };
        if let Err(why) = &went {
            tracing::warn!(platform.name = %platform.name, sweep = group.as_str(), "a sweep was cut short: {why}");
        }
        self.took_turn(platform, group, began, went);
    }

    fn took_turn(&self, platform: &Platform, group: Group, began: Moment, went: Result<(), String>) {
        let (now, ages) = (self.now(), self.config().ages);
        let mut sweeps = self.sweeps();
        let turn = sweeps.turn(platform.id, now, &ages);
        let every = match group {
            Group::Watch => BUSY_EVERY,
            Group::List => {
                turn.listed_every = ages.state.max(now.since(began) * (PART - 1));
                turn.listed_every
            }
            Group::Machines => MACHINES_EVERY,
        };
        match went {
            Ok(()) => {
                turn.next.insert(group, now + every);
                turn.good.insert(group, now);
                turn.trouble.remove(&group);
            }
            Err(why) => {
                turn.next.insert(group, now + every.min(TRY_AGAIN));
                turn.trouble.insert(group, why);
            }
        }
    }
}
