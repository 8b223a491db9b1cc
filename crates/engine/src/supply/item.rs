//! What is kept of a group's room or of a package, and how a reading changes it.

use std::time::Duration;

use domain::Moment;
use domain::capacity::{Capacity, Package};
use serde::{Deserialize, Serialize};

/// The version of the stored document.
const VERSION: u32 = 1;

/// How far apart two readings are that both lack what counts as absent then: an answer that left something out may come
/// twice.
const APART: Duration = Duration::from_secs(60);

/// For how long a platform may show a group as it was before a change.
pub const SETTLES: Duration = Duration::from_secs(60);

/// How long readings last before they are made again. Figures are those of the module before us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StockAges {
    /// A group that is asked about.
    pub group: Duration,
    /// A package that is asked about.
    pub package: Duration,
    /// Anything that nobody asks about.
    pub sweep: Duration,
    /// How far apart two readings of one group are at least, however many events there are.
    pub burst: Duration,
    /// When a reading that failed is tried again.
    pub again: Duration,
}

impl Default for StockAges {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            group: seconds(120),
            package: seconds(600),
            sweep: seconds(7_200),
            burst: seconds(30),
            again: seconds(60),
        }
    }
}

/// What was seen of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// A group's room.
    Group(Capacity),
    /// A package.
    Package(Package),
    /// The platform does not have it.
    Absent,
}

/// What is known of an item. A versioned document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ItemState {
    /// The document's version.
    pub version: u32,
    /// What was last seen of it; `None` while nothing was.
    pub seen: Option<Seen>,
    /// When that reading began.
    pub observed_at: Option<Moment>,
    /// Since when every reading lacks it; that it is absent counts from the second one on.
    pub absent_since: Option<Moment>,
    /// When reading was last tried: when the try began.
    pub tried_at: Option<Moment>,
    /// Why what is known is not what is: the last try failed, or a first one lacks it. `None` after a good one.
    pub trouble: Option<String>,
    /// Since when there is a trouble.
    pub troubled_since: Option<Moment>,
}

impl ItemState {
    /// Reads the stored document. One of another version, or that cannot be read, is read anew from the platform.
    pub fn parse(text: &str) -> Self {
        serde_json::from_str::<Self>(text)
            .ok()
            .filter(|state| state.version == VERSION)
            .unwrap_or_default()
    }

    /// Whether the item is to be read now; `changed` is when something last happened to it.
    pub fn is_due(&self, changed: Option<Moment>, ages: &StockAges, now: Moment) -> bool {
        let Some(tried) = self.tried_at else { return true };
        // A clock that was set back makes it due, not silent.
        if now < tried {
            return true;
        }
        if self.trouble.is_some() {
            return now >= tried + ages.again;
        }
        // What changed is read at once, and once more when the platform must show it.
        let unseen = changed.is_some_and(|at| tried < at || (tried < at + SETTLES && now >= at + SETTLES));
        (unseen && now >= tried + ages.burst) || now >= tried + ages.sweep
    }

    /// Whether the item is too old for whoever asks now.
    pub fn is_older_than(&self, age: Duration, now: Moment) -> bool {
        self.trouble.is_some() || self.observed_at.is_none_or(|at| now < at || now >= at + age)
    }

    /// A reading that began at `now` showed this.
    #[must_use]
    pub fn read(self, seen: Seen, now: Moment) -> Self {
        let since = self.absent_since.unwrap_or(now);
        if seen == Seen::Absent && now < since + APART && self.seen != Some(Seen::Absent) {
            let why = "the platform answers that it does not have it, and is asked once more".to_owned();
            return Self {
                absent_since: Some(since),
                ..self.failed(why, now)
            };
        }
        Self {
            version: VERSION,
            absent_since: (seen == Seen::Absent).then_some(since),
            seen: Some(seen),
            observed_at: Some(now),
            tried_at: Some(now),
            trouble: None,
            troubled_since: None,
        }
    }

    /// A reading that began at `now` showed nothing.
    #[must_use]
    pub fn failed(self, why: String, now: Moment) -> Self {
        Self {
            version: VERSION,
            absent_since: None,
            tried_at: Some(now),
            trouble: Some(why),
            troubled_since: self.troubled_since.or(Some(now)),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGES: StockAges = StockAges {
        group: Duration::from_secs(120),
        package: Duration::from_secs(600),
        sweep: Duration::from_secs(7_200),
        burst: Duration::from_secs(30),
        again: Duration::from_secs(60),
    };

    fn at(seconds: i64) -> Moment {
        Moment::from_seconds(seconds)
    }

    fn group() -> Seen {
        Seen::Group(Capacity::default())
    }

    #[test]
    fn vf_171_vf_172_a_burst_is_read_at_its_beginning_and_after_its_end() {
        let read = ItemState::default().read(group(), at(1_000));
        assert!(!read.is_due(None, &AGES, at(1_001)));
        // The first event: at once, but never twice within half a minute.
        assert!(!read.is_due(Some(at(1_010)), &AGES, at(1_010)));
        assert!(read.is_due(Some(at(1_040)), &AGES, at(1_040)));
        let again = read.read(group(), at(1_041));
        // An event right after the reading began is not lost.
        assert!(!again.is_due(Some(at(1_042)), &AGES, at(1_070)));
        assert!(again.is_due(Some(at(1_042)), &AGES, at(1_071)));
        // And once more when the platform must show what happened.
        let last = again.read(group(), at(1_071));
        assert!(!last.is_due(Some(at(1_042)), &AGES, at(1_101)));
        assert!(last.is_due(Some(at(1_042)), &AGES, at(1_102)));
        assert!(
            !last
                .read(group(), at(1_102))
                .is_due(Some(at(1_042)), &AGES, at(1_200))
        );
    }

    #[test]
    fn vf_164_vf_165_what_nobody_asks_about_is_read_every_two_hours_and_a_failure_puts_nothing_off() {
        let read = ItemState::default().read(group(), at(0));
        assert!(!read.is_due(None, &AGES, at(7_199)));
        assert!(read.is_due(None, &AGES, at(7_200)));
        assert!(read.is_due(None, &AGES, at(-5)), "a clock that was set back");
        let failed = read.failed("HTTP 500".to_owned(), at(7_200));
        assert!(!failed.is_due(Some(at(7_210)), &AGES, at(7_259)));
        assert!(failed.is_due(None, &AGES, at(7_260)));
        assert!(ItemState::default().is_due(None, &AGES, at(0)));
    }

    #[test]
    fn vf_236_ages_are_those_of_readings_and_a_troubled_one_is_always_too_old() {
        let read = ItemState::default().read(group(), at(0));
        assert!(!read.is_older_than(AGES.group, at(119)) && read.is_older_than(AGES.group, at(120)));
        assert!(!read.is_older_than(AGES.package, at(599)) && read.is_older_than(AGES.package, at(600)));
        assert!(read.is_older_than(AGES.group, at(-1)));
        assert!(
            read.failed("HTTP 500".to_owned(), at(1))
                .is_older_than(AGES.group, at(2))
        );
    }

    #[test]
    fn vf_235_absent_is_what_two_readings_a_minute_apart_lack() {
        let read = ItemState::default().read(group(), at(0));
        let once = read.read(Seen::Absent, at(100));
        assert_eq!((&once.seen, once.observed_at), (&Some(group()), Some(at(0))));
        assert!(once.trouble.is_some());
        let soon = once.clone().read(Seen::Absent, at(130));
        assert_eq!((&soon.seen, soon.absent_since), (&Some(group()), Some(at(100))));
        let twice = soon.read(Seen::Absent, at(160));
        assert_eq!((&twice.seen, &twice.trouble), (&Some(Seen::Absent), &None));
        // It stays so without another minute, and comes back at once.
        let still = twice.clone().read(Seen::Absent, at(161));
        assert_eq!(still.seen, Some(Seen::Absent));
        assert_eq!(twice.read(group(), at(170)).seen, Some(group()));
        // Between the two nothing may be unknown.
        let broken = once
            .failed("HTTP 500".to_owned(), at(140))
            .read(Seen::Absent, at(170));
        assert_eq!(
            (&broken.seen, broken.absent_since),
            (&Some(group()), Some(at(170)))
        );
    }

    #[test]
    fn a_document_is_read_as_it_was_written_and_another_versions_is_read_anew() {
        let read = ItemState::default()
            .read(group(), at(0))
            .failed("x".to_owned(), at(5));
        let text = serde_json::to_string(&read).expect("a document");
        assert_eq!(ItemState::parse(&text), read);
        assert_eq!(ItemState::parse("{\"version\":9}"), ItemState::default());
        assert_eq!(ItemState::parse("nonsense"), ItemState::default());
    }
}
