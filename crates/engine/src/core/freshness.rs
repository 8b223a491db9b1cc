//! What is due to be read of which service, and in which order.
//!
//! Each kind of fact has a greatest age, and a smaller one while somebody looks at it. What somebody looks at comes first,
//! then what a list showed to be different, then whatever is the oldest in proportion to its greatest age: a traffic figure
//! of two hours is as late as a state of twenty minutes.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use domain::Moment;
use domain::id::ServiceId;
use domain::observed::FactKind;

/// What failed is not tried again before this time, however small its greatest age: a platform that says no is not asked
/// in a loop.
const TRY_AGAIN: Duration = Duration::from_secs(15);

/// What is read of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// Its machine's state, as the platform shows it without asking the hypervisor.
    State,
    /// One of the facts that are read of it.
    Fact(FactKind),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Subject {
    /// One word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Fact(kind) => kind.as_str(),
        }
    }

    /// Whether the platform has to ask the machine's hypervisor for it.
    pub const fn asks_host(self) -> bool {
        matches!(self, Self::Fact(FactKind::Live))
    }
}

/// Who cares about a service now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Attention {
    /// Nobody in particular.
    #[default]
    Nobody,
    /// An operation is at work on it.
    Operation,
    /// Somebody has its page open.
    Page,
}

/// The greatest ages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    /// Of a machine's state, from the platform's list.
    pub state: Duration,
    /// The same while an operation runs or a page is open.
    pub state_attended: Duration,
    /// Of what a machine transferred.
    pub traffic: Duration,
    /// The same while a page is open.
    pub traffic_attended: Duration,
    /// Of what the hypervisor says, for the billing system's daily look at the disks; zero where nobody is asked for it.
    pub live: Duration,
    /// The same while a page is open.
    pub live_attended: Duration,
    /// Of a machine's backups, which come and go without anybody's asking, and are read only while a page is open.
    pub backups_attended: Duration,
    /// Of what can be installed, keys and self-service, which are read only while a page is open.
    pub lists_attended: Duration,
}

impl Default for Ages {
    fn default() -> Self {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        Self {
            state: minutes(10),
            state_attended: Duration::from_secs(15),
            traffic: minutes(60),
            traffic_attended: minutes(2),
            live: minutes(24 * 60),
            live_attended: Duration::from_secs(30),
            backups_attended: minutes(2),
            lists_attended: minutes(10),
        }
    }
}

impl Ages {
    /// How old a subject may become; `None` where nobody needs it read of this one service. The state of a service that
    /// nobody attends to comes with the platform's list.
    pub fn of(&self, subject: Subject, attention: Attention) -> Option<Duration> {
        match (subject, attention) {
            (Subject::State, Attention::Nobody) => None,
            (Subject::State, _) => Some(self.state_attended),
            (Subject::Fact(FactKind::Traffic), Attention::Page) => Some(self.traffic_attended),
            (Subject::Fact(FactKind::Traffic), _) => Some(self.traffic),
            (Subject::Fact(FactKind::Live), Attention::Page) => Some(self.live_attended),
            (Subject::Fact(FactKind::Live), _) => Some(self.live).filter(|age| !age.is_zero()),
            (Subject::Fact(FactKind::Backups), Attention::Page) => Some(self.backups_attended),
            (Subject::Fact(_), Attention::Page) => Some(self.lists_attended),
            (Subject::Fact(_), _) => None,
        }
    }
}

/// One service, as far as it matters here.
#[derive(Debug, Clone)]
pub struct Known {
    /// Which one.
    pub service: ServiceId,
    /// What its platform shows of it beside its state.
    pub shows: &'static [FactKind],
    /// Who cares.
    pub attention: Attention,
    /// Whether a list showed something else than what is stored.
    pub changed: bool,
    /// When each subject was last seen.
    pub seen: BTreeMap<Subject, Moment>,
    /// When it was last tried in vain.
    pub tried: BTreeMap<Subject, Moment>,
}

/// Why something is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Somebody looks at it.
    Attended,
    /// A list showed that it is not as it was.
    Changed,
    /// It is old.
    Old,
}

/// Something to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Of which service.
    pub service: ServiceId,
    /// What.
    pub subject: Subject,
    /// Why.
    pub cause: Cause,
    /// Its age in thousandths of its greatest age; the most there is for what was never seen.
    pub lateness: u64,
}

/// Everything that is due, the most urgent first. The same input gives the same order.
pub fn due(known: &[Known], ages: &Ages, now: Moment) -> Vec<Due> {
    let late = late(known, ages, now).filter(|late| !late.rests);
    let mut due: Vec<Due> = late.map(|late| late.due).collect();
    due.sort_by_key(|due| (due.cause, Reverse(due.lateness), due.subject, due.service));
    due
}

/// What would be due, had it not been tried in vain a moment ago.
pub fn resting(known: &[Known], ages: &Ages, now: Moment) -> Vec<Subject> {
    let late = late(known, ages, now).filter(|late| late.rests);
    late.map(|late| late.due.subject).collect()
}

/// What is older than it may become, and whether it was tried in vain a moment ago.
struct Late {
    due: Due,
    rests: bool,
}

fn late<'k>(known: &'k [Known], ages: &'k Ages, now: Moment) -> impl Iterator<Item = Late> + 'k {
    let subjects = move |one: &'k Known| {
        let facts = one.shows.iter().map(|kind| Subject::Fact(*kind));
        let all = std::iter::once(Subject::State).chain(facts);
        all.filter_map(move |subject| late_subject(one, subject, ages, now))
    };
    known.iter().flat_map(subjects)
}

fn late_subject(one: &Known, subject: Subject, ages: &Ages, now: Moment) -> Option<Late> {
    let most = ages.of(subject, one.attention);
    let different = one.changed && subject == Subject::State;
    let most = most.or_else(|| different.then_some(ages.state))?;
    let lateness = one
        .seen
        .get(&subject)
        .map_or(u64::MAX, |seen| thousandths(now.since(*seen), most));
    if lateness < 1_000 && !different {
        return None;
    }
    let rests = one
        .tried
        .get(&subject)
        .is_some_and(|tried| *tried <= now && now < *tried + most.clamp(TRY_AGAIN, TRY_AGAIN * 4));
    let cause = match one.attention {
        Attention::Nobody if different => Cause::Changed,
        Attention::Nobody => Cause::Old,
        Attention::Operation | Attention::Page => Cause::Attended,
    };
    let due = Due {
        service: one.service,
        subject,
        cause,
        lateness,
    };
    Some(Late { due, rests })
}

fn thousandths(age: Duration, most: Duration) -> u64 {
    let parts = age.as_micros().saturating_mul(1_000) / most.as_micros().max(1);
    u64::try_from(parts).unwrap_or(u64::MAX - 1)
}

#[cfg(test)]
mod tests;
