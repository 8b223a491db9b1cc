//! What a driver answers.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::capacity::{Hypervisor, Package};
use domain::catalogue::Catalogue;
use domain::http::Request;
use domain::machine::{Identity, Machine};
use domain::record::{FactRecord, Milestone, Notes};
use domain::{Fact, Secret};

/// Why a platform, or the driver on its behalf, says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalClass {
    /// It will not work however often it is tried: invalid, unknown package, out of capacity for good.
    Permanent,
    /// Not now: locked (423), conflict with running work (409), maintenance.
    Busy,
    /// Too many requests (429).
    Throttled,
    /// The credential is refused or lacks a scope.
    Credential,
    /// The target is not there (a 404 that names it). Absence by id; never yet proof.
    Gone,
}

/// A refusal in words that may be shown to the billing system's staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// What kind of no.
    pub class: RefusalClass,
    /// One sentence: the platform's own message where it sent one, otherwise what happened, with the code.
    pub reason: String,
    /// Where the platform named a wait.
    pub retry_after: Option<Duration>,
}

impl Answered {
    /// A permanent no.
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self {
            class: RefusalClass::Permanent,
            reason: reason.into(),
            retry_after: None,
        }
    }
}

/// What a step's request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prepared {
    /// Send this.
    Send(Request),
    /// There is nothing to ask or to do: what is already known answers (a look may find the goal in the notes; a
    /// step without a wish is reached).
    Known(Box<Findings>),
    /// It cannot be asked or done.
    Refused(Answered),
}

/// Where a step's goal stands, as a look shows it. After an act, [`Standing::Pending`] asks for a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Reached.
    Reached,
    /// Not there: the act is needed.
    Missing,
    /// On its way upstream: look again.
    Pending {
        /// What it waits for, for people.
        hint: String,
        /// When to look again at the earliest; the engine's schedule where `None`.
        after: Option<Duration>,
    },
    /// Objects that may be what a lost act made. The engine drops linked ones and decides: none, one for long enough,
    /// or more than one.
    Candidates(Vec<Machine>),
    /// It ended badly upstream and a person must decide (a failed build).
    Broken(String),
}

/// How the owner of a new machine logs in to it.
#[derive(Debug, Clone)]
pub struct Login {
    /// The user on the machine (`root`).
    pub user: String,
    /// The first password.
    pub password: Secret,
}

impl PartialEq for Login {
    /// Passwords are not compared.
    fn eq(&self, other: &Self) -> bool {
        self.user == other.user
    }
}

impl Eq for Login {}

/// What a request brought to light.
#[derive(Debug, Clone)]
pub struct Findings {
    /// Where the goal stands.
    pub standing: Standing,
    /// Entries to add to the notes (`null` removes one).
    pub notes: Notes,
    /// The service's machine, where this request read it. `Absent` is one observation of absence.
    pub machine: Fact<Machine>,
    /// The service's resource, once it is certain which one it is: the engine commits the link.
    pub link: Option<Identity>,
    /// An undelivered machine that provably came from an older attempt: the engine has it removed.
    pub stray: Option<Identity>,
    /// A secret result (a sign-on address), revealed once.
    pub secret: Option<Secret>,
    /// How its owner logs in to a machine that was just built: stored encrypted and handed to the billing system.
    pub login: Option<Login>,
    /// A milestone of a create that this look shows to be reached although its step is not done: a platform that makes
    /// and builds in one call has taken the order long before there is a machine.
    pub milestone: Option<Milestone>,
    /// Remarks of the platform worth keeping (`info[]` of a package change).
    pub remarks: Vec<String>,
    /// What else was seen, of whichever service.
    pub facts: Vec<FactRecord>,
}

impl PartialEq for Findings {
    /// Secrets are compared by presence only.
    fn eq(&self, other: &Self) -> bool {
        self.standing == other.standing
            && self.notes == other.notes
            && self.machine == other.machine
            && self.link == other.link
            && self.stray == other.stray
            && self.secret.is_some() == other.secret.is_some()
            && self.login == other.login
            && self.milestone == other.milestone
            && self.remarks == other.remarks
            && self.facts == other.facts
    }
}

impl Eq for Findings {}

impl Findings {
    /// A bare standing.
    pub fn of(standing: Standing) -> Self {
        Self {
            standing,
            notes: Notes::new(),
            machine: Fact::Unknown,
            link: None,
            stray: None,
            secret: None,
            login: None,
            milestone: None,
            remarks: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// With one more note.
    #[must_use]
    pub fn note(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        self.notes.insert(key.to_owned(), value.into());
        self
    }

    /// With the machine that was read.
    #[must_use]
    pub fn with_machine(mut self, machine: Machine) -> Self {
        self.machine = Fact::Known(machine);
        self
    }
}

/// One page of a platform's complete list of machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage {
    /// The machines on this page, as far as the list shows them.
    pub machines: Vec<Machine>,
    /// The next page's request; `None` on the last page.
    pub next: Option<Request>,
    /// Further lists that this page calls for, each read in the same way: the machines of each account on it, where a
    /// platform lists them by account.
    pub more: Vec<Request>,
    /// On which hypervisor each machine stands, by the machine's id, as far as the list tells: one that does not answer is
    /// then not asked for each of its machines.
    pub hosts: BTreeMap<String, String>,
}

/// One page of what a platform has on offer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CataloguePage {
    /// What is on this page.
    pub part: Catalogue,
    /// The operator's account upstream, where the page shows which one the credential means.
    pub account: Option<String>,
    /// The requests that follow from it, each read in the same way.
    pub more: Vec<Request>,
}

/// What an answer tells of a platform's stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StockPage {
    /// Some hypervisors of a group, and the request for the next ones; the whole group where there is none.
    Group(Vec<Hypervisor>, Option<Request>),
    /// A package.
    Package(Package),
    /// There is no such group or package: one observation of absence, and no proof.
    Absent,
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was understood.
    Done(Box<Findings>),
    /// The next request of the same look or act (paging, a follow-up read), with notes to keep.
    Next(Request, Notes),
    /// The platform is at work; ask again.
    Wait {
        /// Not before this long from now.
        not_before: Duration,
        /// What it waits for, for people.
        hint: String,
    },
    /// It said no, without effect.
    Refused(Answered),
    /// No telling: no answer, an unreadable one, a 5xx. The text says what came back.
    Unknown(String),
}

impl Verdict {
    /// Understood, with these findings.
    pub fn done(findings: Findings) -> Self {
        Self::Done(Box::new(findings))
    }

    /// Why an answer could not be read, in one sentence: for a reading, which has no other verdict than that.
    pub fn into_words(self) -> String {
        match self {
            Self::Refused(answered) => answered.reason,
            Self::Unknown(text) => text,
            Self::Done(_) | Self::Next(..) | Self::Wait { .. } => "The answer cannot be read".to_owned(),
        }
    }
}
