//! What is kept of a platform's catalogue, and how a reading changes it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::Moment;
use domain::catalogue::{Catalogue, Offer};
use serde::{Deserialize, Serialize};

/// The version of the stored document.
const VERSION: u32 = 2;

/// How long a reading is good for.
const EVERY: Duration = Duration::from_secs(24 * 3600);

/// When a reading that failed is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(600);

/// From which age on a reading is an alarm.
const STALE: Duration = Duration::from_secs(36 * 3600);

/// How far apart two readings are that both lack what is withdrawn: an answer that left something out may come twice.
const APART: Duration = Duration::from_secs(60);

/// What is known of a platform's catalogue. A versioned document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CatalogueState {
    /// The document's version.
    pub version: u32,
    /// The last complete reading; `None` while there was none.
    pub catalogue: Option<Catalogue>,
    /// When it was read.
    pub observed_at: Option<Moment>,
    /// Keys of places that are missing and not withdrawn yet, each with the first reading that lacked it.
    pub missing_places: BTreeMap<String, Moment>,
    /// The same of templates.
    pub missing_templates: BTreeMap<String, Moment>,
    /// When reading was first tried.
    pub first_tried_at: Option<Moment>,
    /// When reading was last tried: when the try began.
    pub tried_at: Option<Moment>,
    /// Whether that try has not ended: it is under way, or was broken off.
    pub is_open: bool,
    /// Why the last try failed; `None` after a good one.
    pub trouble: Option<String>,
}

/// What a reading showed that the one before did not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct News {
    /// Places that came; empty at the first reading, when everything is new.
    pub new_places: Vec<String>,
    /// Templates that came.
    pub new_templates: Vec<String>,
    /// Places that two complete readings lacked, a minute or more apart.
    pub withdrawn_places: Vec<String>,
    /// The same of templates.
    pub withdrawn_templates: Vec<String>,
}

impl News {
    /// What of it is news to a billing system that uses other platforms as well: what one of them has is neither new
    /// there nor gone.
    #[must_use]
    pub fn beside(&self, others: &[&CatalogueState]) -> Self {
        let without = |keys: &[String], has: fn(&CatalogueState, &str) -> bool| {
            let own = keys
                .iter()
                .filter(|key| !others.iter().any(|other| has(other, key)));
            own.cloned().collect()
        };
        Self {
            new_places: without(&self.new_places, CatalogueState::has_place),
            new_templates: without(&self.new_templates, CatalogueState::has_template),
            withdrawn_places: without(&self.withdrawn_places, CatalogueState::has_place),
            withdrawn_templates: without(&self.withdrawn_templates, CatalogueState::has_template),
        }
    }

    /// One line for the billing system's log; `None` when there is nothing to say.
    pub fn line(&self) -> Option<String> {
        let join = |a: &[String], b: &[String]| a.iter().chain(b).cloned().collect::<Vec<_>>().join(", ");
        let new = join(&self.new_places, &self.new_templates);
        let gone = join(&self.withdrawn_places, &self.withdrawn_templates);
        let parts = [
            (!new.is_empty()).then(|| format!("new entries stay hidden until they are released: {new}")),
            (!gone.is_empty()).then(|| format!("entries that are not offered any more were hidden: {gone}")),
        ];
        let said: Vec<String> = parts.into_iter().flatten().collect();
        (!said.is_empty()).then(|| format!("Config options: {}", said.join("; ")))
    }
}

impl CatalogueState {
    /// Reads the stored document. One of another version, or that cannot be read, is read anew from the platform.
    pub fn parse(text: &str) -> Self {
        serde_json::from_str::<Self>(text)
            .ok()
            .filter(|state| state.version == VERSION)
            .unwrap_or_default()
    }

    /// Whether the catalogue is to be read now; `wanted` is when somebody last asked for it.
    pub fn is_due(&self, wanted: Option<Moment>, now: Moment) -> bool {
        let Some(tried) = self.tried_at else { return true };
        let every = if self.is_open || self.trouble.is_some() {
            TRY_AGAIN
        } else {
            EVERY
        };
        // A clock that was set back makes it due, not silent.
        self.is_asked(wanted, now) || now >= tried + every || now < tried
    }

    /// Whether somebody has asked for it since the last try began; the first try was always asked for. What was asked for
    /// in the future, before a clock was set back, would be asked for with every try until then: it waits for its day.
    pub fn is_asked(&self, wanted: Option<Moment>, now: Moment) -> bool {
        self.tried_at
            .is_none_or(|tried| wanted.is_some_and(|wanted| wanted >= tried && wanted <= now))
    }

    /// Whether it has not been read for so long that somebody must be told.
    pub fn is_stale(&self, now: Moment) -> bool {
        let since = self.observed_at.or(self.first_tried_at);
        since.is_some_and(|since| now >= since + STALE)
    }

    /// Why it has not been read.
    pub fn delay(&self) -> &str {
        match &self.trouble {
            Some(why) => why,
            None if self.is_open => "the last reading was broken off",
            None => "nobody has read it",
        }
    }

    /// While a reading is under way: what is known stays.
    #[must_use]
    pub fn begun(self, now: Moment) -> Self {
        Self {
            version: VERSION,
            first_tried_at: self.first_tried_at.or(Some(now)),
            tried_at: Some(now),
            is_open: true,
            ..self
        }
    }

    /// Whether a place is on offer: also one that is missing and not withdrawn yet.
    fn has_place(&self, key: &str) -> bool {
        let mut known = self.catalogue.iter().flat_map(|all| &all.places);
        self.missing_places.contains_key(key) || known.any(|offer| offer.key == key)
    }

    /// The same of a template.
    fn has_template(&self, key: &str) -> bool {
        let mut known = self.catalogue.iter().flat_map(|all| &all.templates);
        self.missing_templates.contains_key(key) || known.any(|offer| offer.key == key)
    }

    /// After a complete reading.
    pub fn read(self, catalogue: Catalogue, now: Moment) -> (Self, News) {
        let first = self.catalogue.is_none();
        let before = self.catalogue.unwrap_or_default();
        let (new_places, missing_places, withdrawn_places) =
            compared(&before.places, &catalogue.places, self.missing_places, now);
        let (new_templates, missing_templates, withdrawn_templates) = compared(
            &before.templates,
            &catalogue.templates,
            self.missing_templates,
            now,
        );
        let told = |new: Vec<String>| if first { Vec::new() } else { new };
        let news = News {
            new_places: told(new_places),
            new_templates: told(new_templates),
            withdrawn_places,
            withdrawn_templates,
        };
        let after = Self {
            version: VERSION,
            catalogue: Some(catalogue),
            observed_at: Some(now),
            missing_places,
            missing_templates,
            first_tried_at: self.first_tried_at.or(Some(now)),
            tried_at: Some(now),
            is_open: false,
            trouble: None,
        };
        (after, news)
    }

    /// After a try that failed: what is known stays, and grows older.
    #[must_use]
    pub fn failed(self, why: String, now: Moment) -> Self {
        Self {
            is_open: false,
            trouble: Some(why),
            ..self.begun(now)
        }
    }
}

/// What came, what is missing and since when, and what is withdrawn.
fn compared(
    before: &[Offer],
    offered: &[Offer],
    missing: BTreeMap<String, Moment>,
    now: Moment,
) -> (Vec<String>, BTreeMap<String, Moment>, Vec<String>) {
    let keys =
        |offers: &[Offer]| -> BTreeSet<String> { offers.iter().map(|offer| offer.key.clone()).collect() };
    let (before, offered) = (keys(before), keys(offered));
    // What was missing and is back never went.
    let new = offered
        .difference(&before)
        .filter(|key| !missing.contains_key(*key));
    let new = new.cloned().collect();
    let since = before.difference(&offered).map(|key| (key.clone(), now));
    let longer = missing.into_iter().filter(|(key, _)| !offered.contains(key));
    // A clock that was set back begins the minute anew.
    let (gone, missing) = since
        .chain(longer.map(|(key, since)| (key, since.min(now))))
        .partition::<BTreeMap<_, _>, _>(|(_, since)| now >= *since + APART);
    (new, missing, gone.into_keys().collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn catalogue(keys: &BTreeSet<u8>) -> Catalogue {
        let offer = |key: &u8| Offer {
            key: format!("k{key}"),
            name: format!("Name {key}"),
            least_disk_gb: None,
        };
        Catalogue {
            places: keys.iter().map(offer).collect(),
            templates: keys.iter().rev().map(offer).collect(),
            packages: Vec::new(),
        }
    }

    /// What each reading shows, and how many seconds after the one before it was made.
    fn readings() -> impl Strategy<Value = Vec<(BTreeSet<u8>, i64)>> {
        prop::collection::vec((prop::collection::btree_set(0_u8..6, 0..6), 1_i64..90), 1..12)
    }

    proptest! {
        #[test]
        fn kt_019_kt_022_an_entry_is_withdrawn_once_by_the_first_reading_a_minute_after_one_that_lacked_it(all in readings()) {
            let mut state = CatalogueState::default();
            let seconds = |index: usize| all[..=index].iter().map(|(_, gap)| gap).sum::<i64>();
            for (index, (keys, _)) in all.iter().enumerate() {
                let (after, news) = state.clone().read(catalogue(keys), Moment::from_seconds(seconds(index)));
                let lacked = |key: &u8| {
                    let Some(had) = (0..index).rev().find(|earlier| all[*earlier].0.contains(key)) else {
                        return false;
                    };
                    let missed = |at: usize| seconds(at) - seconds(had + 1);
                    !keys.contains(key) && missed(index) >= 60 && (had + 1..index).all(|earlier| missed(earlier) < 60)
                };
                let expected: Vec<String> = (0..6).filter(lacked).map(|key| format!("k{key}")).collect();
                prop_assert_eq!(&news.withdrawn_places, &expected);
                prop_assert_eq!(&news.withdrawn_templates, &expected);
                // What is on offer is never withdrawn, and never told as new at the first reading.
                prop_assert!(index > 0 || news.new_places.is_empty());
                // The same reading again brings no news of what is there.
                let (_, again) = after.clone().read(catalogue(keys), Moment::EPOCH);
                prop_assert!(again.new_places.is_empty() && again.new_templates.is_empty());
                state = after;
            }
        }

        #[test]
        fn a_state_is_read_as_it_was_written(all in readings()) {
            let state = all.iter().fold(CatalogueState::default(), |state, (keys, _)| state.read(catalogue(keys), Moment::EPOCH).0);
            prop_assert_eq!(CatalogueState::parse(&serde_json::to_string(&state).unwrap()), state);
        }
    }

    #[test]
    fn kt_012_a_reading_is_due_daily_on_demand_and_soon_after_a_failure() {
        let at = Moment::from_seconds;
        assert!(CatalogueState::default().is_due(None, at(0)), "never read");
        let good = CatalogueState::default().read(Catalogue::default(), at(1000)).0;
        assert!(!good.is_due(None, at(1001)));
        assert!(
            !good.is_due(Some(at(999)), at(1001)),
            "asked for before it was read"
        );
        assert!(good.is_due(Some(at(1001)), at(1001)), "asked for since");
        assert!(!good.is_due(None, at(1000 + 86_399)) && good.is_due(None, at(1000 + 86_400)));
        assert!(good.is_due(None, at(10)), "the clock was set back");
        assert!(
            !good.is_due(Some(at(90_000)), at(1001)) && !good.is_asked(Some(at(90_000)), at(1001)),
            "asked for in the future: that would never end"
        );
        assert!(good.is_due(Some(at(1002)), at(1002)), "asked for again");
        let bad = good.failed("403".to_owned(), at(2000));
        assert!(!bad.is_due(None, at(2599)) && bad.is_due(None, at(2600)));
        assert!(bad.catalogue.is_some(), "what was known stays");
        assert!(!bad.is_stale(at(1000 + 36 * 3600 - 1)) && bad.is_stale(at(1000 + 36 * 3600)));
    }

    #[test]
    fn kt_013_a_reading_that_was_broken_off_has_its_turn_again_and_becomes_an_alarm() {
        let at = Moment::from_seconds;
        let open = CatalogueState::default().begun(at(1000));
        assert!(!open.is_due(None, at(1599)) && open.is_due(None, at(1600)));
        assert!(!open.is_stale(at(1000 + 36 * 3600 - 1)) && open.is_stale(at(1000 + 36 * 3600)));
        assert_eq!(open.delay(), "the last reading was broken off");
        let read = open.clone().read(Catalogue::default(), at(1600)).0;
        assert!(!read.is_open && !read.is_due(None, at(1600 + 600)));
        let failed = open.failed("403".to_owned(), at(1600));
        assert_eq!((failed.is_open, failed.delay()), (false, "403"));
        // While the next one is under way, what was known of the trouble is still shown.
        assert_eq!(failed.begun(at(2200)).delay(), "403");
    }

    #[test]
    fn what_another_platform_has_or_lacked_only_once_is_neither_new_nor_gone() {
        let at = Moment::from_seconds;
        let read = |state: CatalogueState, keys: &[u8], when| {
            state.read(catalogue(&keys.iter().copied().collect()), at(when)).0
        };
        let news = News {
            new_places: vec!["k1".to_owned(), "k4".to_owned()],
            withdrawn_places: vec!["k2".to_owned(), "k5".to_owned()],
            withdrawn_templates: vec!["k2".to_owned(), "k3".to_owned()],
            ..News::default()
        };
        let other = read(CatalogueState::default(), &[1, 2, 3], 0);
        let told = news.beside(&[&CatalogueState::default(), &other]);
        assert_eq!(
            (told.new_places, told.withdrawn_places, told.withdrawn_templates),
            (vec!["k4".to_owned()], vec!["k5".to_owned()], Vec::new())
        );
        let missing = read(other, &[1], 100);
        assert!(
            news.beside(&[&missing]).withdrawn_templates.is_empty(),
            "missing once"
        );
        let gone = read(missing, &[1], 160);
        assert_eq!(
            news.beside(&[&gone]).withdrawn_templates,
            news.withdrawn_templates
        );
        assert_eq!(news.beside(&[]), news);
    }

    #[test]
    fn kt_019_a_clock_that_was_set_back_puts_off_a_withdrawal_for_a_minute_and_no_longer() {
        let at = Moment::from_seconds;
        let all = |keys: &[u8]| catalogue(&keys.iter().copied().collect());
        let state = CatalogueState::default().read(all(&[1]), at(5000)).0;
        let state = state.read(all(&[]), at(5010)).0;
        let (state, news) = state.read(all(&[]), at(1000));
        assert!(news.withdrawn_places.is_empty());
        assert_eq!(state.read(all(&[]), at(1060)).1.withdrawn_places, ["k1"]);
    }

    #[test]
    fn news_are_one_line_or_none() {
        assert_eq!(News::default().line(), None);
        let news = News {
            new_places: vec!["de-fra-01".to_owned()],
            withdrawn_templates: vec!["templates/centos".to_owned()],
            ..News::default()
        };
        let line = news.line().unwrap();
        assert!(
            line.contains("released: de-fra-01; ") && line.ends_with("hidden: templates/centos"),
            "{line}"
        );
        assert_eq!(
            CatalogueState::parse("{\"version\":9}"),
            CatalogueState::default()
        );
        assert_eq!(CatalogueState::parse("nonsense"), CatalogueState::default());
    }
}
