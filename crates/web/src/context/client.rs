//! The client's page: state, addresses, power, and what is under way.

use domain::case::ServiceView;
use domain::machine::{Machine, MachineStatus, Power, PowerAction};
use domain::record::{Operation, OperationState, Standing};
use domain::{Fact, Moment};
use serde::Serialize;

use super::{Context, Progress, When, sample};

mod extras;
mod figures;
mod history;
mod manage;
mod names;
mod overview;
mod panels;
mod reinstall;
mod sections;
mod seen;
mod traffic;
mod usage;

pub use extras::{ConsolePanel, LoginPanel, StateWord};
pub use figures::{FiguresPanel, FileSystemRow, Meter, ResourcesPanel, Share};
pub use history::{HistoryPanel, HistoryRow};
pub use manage::{BackupRow, ManagePanel, SecretOffer};
pub use names::{NameLine, NamesPanel};
pub(crate) use names::{name_id, name_standing};
pub use overview::{Overview, PlaceChip, RenameField};
pub(crate) use panels::Around;
pub use panels::Panels;
pub use reinstall::{KeyChoice, ReinstallPanel, SystemCard, SystemGroup};
pub use sections::{SECTIONS, Section};
pub(crate) use seen::Seen;
pub use traffic::{MonthRow, TrafficPanel};
pub use usage::{Money, PeriodRow, SpentRow, UsagePanel};

/// How many operations come with a service, and how many lines of the history are shown at once.
pub(crate) const HISTORY: usize = 20;

/// How long an ended operation is still shown, in seconds.
const SHOWN_AFTER_END: u64 = 300;
/// How often the live part is fetched, in milliseconds: while something runs, and otherwise.
const EVERY_BUSY: u32 = 2_000;
const EVERY_QUIET: u32 = 15_000;

/// The page around the live part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientPage {
    /// The part that is fetched again and again.
    pub live: ClientLive,
    /// The parts of the page, for its navigation.
    pub sections: [Section; 11],
}

impl ClientPage {
    /// The page around a live part.
    pub const fn new(live: ClientLive) -> Self {
        Self {
            live,
            sections: SECTIONS,
        }
    }
}

/// A word for the state, and how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Badge {
    /// The end of the message's key.
    pub key: &'static str,
    /// `good`, `busy`, `quiet`, `warning` or `bad`.
    pub tone: &'static str,
}

/// Addresses, with what is known of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Addresses {
    /// Whether they are known at all.
    pub known: bool,
    /// IPv4, the primary one first.
    pub ipv4: Vec<String>,
    /// IPv6.
    pub ipv6: Vec<String>,
}

/// One power button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PowerButton {
    /// What is posted, and the end of the label's key.
    pub action: PowerAction,
    /// Whether it can be pressed now.
    pub enabled: bool,
    /// Whether a person is asked once more.
    pub confirm: bool,
}

/// The power buttons, or why there is nothing to press.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PowerPanel {
    /// The buttons.
    pub buttons: Vec<PowerButton>,
    /// Why they cannot be pressed: the end of the message's key.
    pub note: Option<&'static str>,
}

/// The live part of the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientLive {
    /// The service's billing id.
    pub service: u64,
    /// The hostname, where there is one.
    pub hostname: Option<String>,
    /// The state.
    pub badge: Badge,
    /// When the platform was last seen to say so.
    pub as_of: Option<When>,
    /// Whether that is long ago.
    pub stale: bool,
    /// What is under way, or has just ended.
    pub progress: Option<Progress>,
    /// The addresses.
    pub addresses: Addresses,
    /// The power buttons.
    pub power: PowerPanel,
    /// The platform's own word for the state, where it has one.
    pub state: Option<StateWord>,
    /// How the owner logs in, where a machine comes with a login.
    pub login: Option<LoginPanel>,
    /// The console, where there is one.
    pub console: Option<ConsolePanel>,
    /// What else the platform's machines have.
    pub panels: Panels,
    /// When to fetch again, in milliseconds.
    pub every: u32,
}

impl ClientLive {
    /// What a client sees of the service. `may` says whether this user may change it.
    pub fn new(view: &ServiceView, may: bool, now: Moment) -> Self {
        let fact = view.machine.as_ref();
        let machine = view.reading();
        let running = shown(view, now);
        let busy = view
            .open
            .iter()
            .any(|operation| operation.kind.changes() || names::is_edit(operation));
        Self {
            service: view.service.billing_id,
            hostname: view.service.hostname.clone(),
            badge: badge(view, machine.as_ref()),
            as_of: fact.map(|fact| When::new(now, fact.observed_at)),
            stale: false,
            progress: running.map(|operation| Progress::for_client(operation, now)),
            addresses: addresses(view, machine.as_ref()),
            power: power(view, may),
            state: None,
            login: None,
            console: None,
            panels: Panels::default(),
            every: if busy { EVERY_BUSY } else { EVERY_QUIET },
        }
    }

    /// With a later moment at which the state was still as it was read, where there is one, and with whether that is too
    /// long ago.
    #[must_use]
    pub(crate) fn seen(mut self, confirmed: Option<When>, stale: bool) -> Self {
        self.as_of = confirmed.or(self.as_of);
        self.stale = stale;
        self
    }

    /// The page of a service that the engine has never heard of.
    pub fn unknown(billing_id: u64, hostname: Option<String>) -> Self {
        Self {
            service: billing_id,
            hostname,
            badge: Badge {
                key: "none",
                tone: "quiet",
            },
            as_of: None,
            stale: false,
            progress: None,
            addresses: Addresses {
                known: false,
                ipv4: Vec::new(),
                ipv6: Vec::new(),
            },
            power: PowerPanel {
                buttons: buttons(false),
                note: Some("none"),
            },
            state: None,
            login: None,
            console: None,
            panels: Panels::default(),
            every: EVERY_QUIET,
        }
    }
}

/// The operation that the page is about: the one at work, else the first that waits, else one that has just ended.
fn shown(view: &ServiceView, now: Moment) -> Option<&Operation> {
    let open = || view.open.iter().filter(|operation| operation.kind.changes());
    open()
        .find(|operation| operation.state != OperationState::Queued)
        .or_else(|| open().next())
        .or_else(|| {
            view.recent
                .iter()
                .find(|operation| operation.kind.changes())
                .filter(|operation| {
                    operation
                        .finished_at
                        .is_some_and(|ended| now.since(ended).as_secs() <= SHOWN_AFTER_END)
                })
        })
}

fn badge(view: &ServiceView, machine: Option<&Machine>) -> Badge {
    let (key, tone) = match view.service.standing {
        Standing::Vacant => ("none", "quiet"),
        Standing::Building => ("building", "busy"),
        Standing::Suspended => ("suspended", "warning"),
        Standing::Ending => ("ending", "warning"),
        Standing::Ended => ("ended", "quiet"),
        Standing::Live => live_badge(view, machine),
    };
    Badge { key, tone }
}

fn live_badge(view: &ServiceView, machine: Option<&Machine>) -> (&'static str, &'static str) {
    let absent = view.machine.as_ref().is_some_and(|fact| fact.value.is_absent());
    match machine {
        None if absent => ("missing", "bad"),
        None => ("unknown", "quiet"),
        Some(machine) if machine.status == MachineStatus::Failed => ("failed", "bad"),
        Some(machine) if machine.suspended == Fact::Known(true) => ("held", "warning"),
        Some(machine) => match machine.power {
            Fact::Known(Power::On) => ("running", "good"),
            Fact::Known(Power::Off) => ("off", "quiet"),
            Fact::Absent | Fact::Unknown => ("ready", "good"),
        },
    }
}

/// Addresses are shown while the machine is the client's, even when it is held.
fn addresses(view: &ServiceView, machine: Option<&Machine>) -> Addresses {
    let theirs = matches!(
        view.service.standing,
        Standing::Building | Standing::Live | Standing::Suspended
    );
    machine.filter(|_| theirs).map_or(
        Addresses {
            known: false,
            ipv4: Vec::new(),
            ipv6: Vec::new(),
        },
        |machine| Addresses {
            known: true,
            ipv4: machine.ipv4.clone(),
            ipv6: machine.ipv6.clone(),
        },
    )
}

/// All four are offered whatever the last reading says: it may be old, and a machine that is on may hang.
fn power(view: &ServiceView, may: bool) -> PowerPanel {
    let note = match view.service.standing {
        _ if !may => Some("permission"),
        Standing::Vacant => Some("none"),
        Standing::Building => Some("building"),
        Standing::Suspended => Some("suspended"),
        Standing::Ending => Some("ending"),
        Standing::Ended => Some("ended"),
        Standing::Live if view.link.is_none() => Some("none"),
        Standing::Live if view.holding().next().is_some() => Some("question"),
        Standing::Live if view.open.iter().any(|operation| operation.kind.changes()) => Some("busy"),
        Standing::Live => None,
    };
    PowerPanel {
        buttons: buttons(note.is_none()),
        note,
    }
}

fn buttons(enabled: bool) -> Vec<PowerButton> {
    let order = [
        PowerAction::Boot,
        PowerAction::Restart,
        PowerAction::Shutdown,
        PowerAction::PowerOff,
    ];
    order
        .map(|action| PowerButton {
            action,
            enabled,
            confirm: action == PowerAction::PowerOff,
        })
        .into()
}

impl Context for ClientLive {
    const TEMPLATE: &'static str = "client/live.html";

    fn samples(now: Moment) -> Vec<Self> {
        let mut samples: Vec<_> = sample::views(now)
            .iter()
            .flat_map(|view| [true, false].map(|may| Self::new(view, may, now)))
            .collect();
        samples.push(Self::unknown(12, Some(sample::TEXT.to_owned())));
        samples.push(Self::new(&sample::live(now), true, now).seen(None, true));
        samples.extend(sample::offering(now));
        samples.extend(sample::complete(now));
        samples
    }
}

impl Context for ClientPage {
    const TEMPLATE: &'static str = "client/page.html";

    fn samples(now: Moment) -> Vec<Self> {
        ClientLive::samples(now).into_iter().map(Self::new).collect()
    }
}

#[cfg(test)]
mod tests;
