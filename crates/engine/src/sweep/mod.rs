//! Sweeps: what pages show is read before anybody asks, in the background, and sooner where somebody looks.
//!
//! Rounds go over each platform, each in a task of its own, so that one platform's silence delays no other's and a long
//! round delays no short one:
//!
//! * [`Group::Watch`]: what people have open ([`Engine::show_interest`]) and what operations are at work on;
//! * [`Group::Hosts`]: of the same, what a platform has to ask a hypervisor for. Each hypervisor has a round of its own, so
//!   that one that does not answer keeps only its own machines' pages waiting;
//! * [`Group::List`]: the platform's complete list, page by page. A row that is as it was says until when the stored
//!   reading holds; one that is different has its machine looked at;
//! * [`Group::Machines`]: the same list, and with each page what no list shows of the machines on it, machine by machine.
//!
//! All of it is reading, in the lane behind clicks and changes, at the platform's own pace. What a round was at when the
//! engine stops is due again after its start: nothing here has to survive.
//!
//! A round that was cut short, or that learned nothing although there was something to learn, is a trouble, and one that
//! lasts is an alarm. So is a kind of fact that the platform answers for and of which nothing can be kept.
//!
//! **The invariant:** showing a page asks no platform for anything. It raises interest, and shows what is stored.
//!
//! Rejected: a row per reading in the store (ten thousand writes to plan what may be forgotten), and reading when a page is
//! opened (a dead platform would hold the page).

mod board;
mod interest;
mod list;
mod memory;
mod report;
mod rounds;
mod watch;

use std::time::Duration;

pub(crate) use memory::Sweeps;

pub use interest::MOST_WATCHED;
pub use report::Shown;

/// What is gone over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// What somebody looks at, or an operation works on, as the platform knows it by itself.
    Watch,
    /// The same, as their hypervisors know it.
    Hosts,
    /// The platform's list.
    List,
    /// Machine by machine.
    Machines,
}

impl Group {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::Hosts => "hosts",
            Self::List => "list",
            Self::Machines => "machines",
        }
    }

    /// A round that takes longer hangs, or goes at a pace at which what it reads is out of date before it ends.
    const fn most(self) -> Duration {
        Duration::from_secs(match self {
            Self::Watch | Self::Hosts => 300,
            Self::List => 3 * 3600,
            Self::Machines => 6 * 3600,
        })
    }
}
