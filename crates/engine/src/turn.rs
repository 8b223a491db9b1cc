//! Turns: when something that is done again and again comes next, and how it went.

use std::future::Future;
use std::time::Duration;

use domain::Moment;

use crate::error::EngineError;
use crate::runner::report;

/// When something comes next, when it last came to its end, and what has kept it from that since.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    next: Moment,
    good: Moment,
    trouble: Option<String>,
}

impl Turn {
    /// Comes at `next` for the first time; until then nothing is wrong.
    pub const fn first(next: Moment, now: Moment) -> Self {
        Self {
            next,
            good: now,
            trouble: None,
        }
    }

    /// When it comes next.
    pub const fn next(&self) -> Moment {
        self.next
    }

    /// Whether it comes now. What lies further ahead than `farthest`, which nothing does, was set by a clock that was set
    /// back since.
    pub fn is_due(&self, now: Moment, farthest: Duration) -> bool {
        self.next <= now || self.next > now + farthest
    }

    /// It comes at `next`; how it went before still holds.
    pub const fn put_off(&mut self, next: Moment) {
        self.next = next;
    }

    /// It came to its end.
    pub fn went_well(&mut self, now: Moment, next: Moment) {
        *self = Self::first(next, now);
    }

    /// It did not. Whether that is news: whoever tells of a trouble tells of it once.
    pub fn failed(&mut self, why: String, next: Moment) -> bool {
        self.next = next;
        let is_news = self.trouble.as_ref() != Some(&why);
        self.trouble = Some(why);
        is_news
    }

    /// Since when it has not come to its end, and why, where that is `bound` ago or longer.
    pub fn overdue(&self, now: Moment, bound: Duration) -> Option<(Moment, &str)> {
        let why = self.trouble.as_deref()?;
        (now >= self.good + bound).then_some((self.good, why))
    }
}

/// What came of a turn's work; why nothing did where it could not be done, or hangs for longer than `most`.
pub(crate) async fn in_time<T>(
    most: Duration,
    work: impl Future<Output = Result<Result<T, String>, EngineError>>,
) -> Result<T, String> {
    match tokio::time::timeout(most, work).await {
        Ok(Ok(went)) => went,
        Ok(Err(error)) => Err(report(&error)),
        Err(_) => Err(format!("it took longer than {} s", most.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_seconds(seconds)
    }

    #[test]
    fn a_turn_comes_at_its_moment_and_at_once_where_the_clock_was_set_back() {
        let day = Duration::from_secs(86_400);
        let mut turn = Turn::first(at(100_060), at(100_000));
        assert!(!turn.is_due(at(100_059), day) && turn.is_due(at(100_060), day));
        assert!(turn.is_due(at(10_000), day), "none lies further ahead than a day");
        turn.put_off(at(100_100));
        assert!(!turn.is_due(at(100_099), day) && turn.is_due(at(100_100), day));
    }

    #[test]
    fn what_fails_for_too_long_is_overdue_since_it_last_went_well() {
        let (bound, why) = (Duration::from_secs(300), "503".to_owned());
        let mut turn = Turn::first(at(0), at(0));
        assert_eq!(turn.overdue(at(900), bound), None, "nothing went wrong");
        turn.went_well(at(1_000), at(1_060));
        assert!(turn.failed(why.clone(), at(1_120)));
        assert_eq!(turn.overdue(at(1_299), bound), None);
        assert_eq!(turn.overdue(at(1_300), bound), Some((at(1_000), "503")));
        turn.went_well(at(1_301), at(1_360));
        assert_eq!(turn.overdue(at(1_700), bound), None);
    }

    #[test]
    fn a_trouble_is_news_once_until_it_changes_or_comes_again() {
        let mut turn = Turn::first(at(0), at(0));
        assert!(turn.failed("refused".to_owned(), at(1)));
        assert!(!turn.failed("refused".to_owned(), at(2)));
        assert!(turn.failed("503".to_owned(), at(3)));
        turn.put_off(at(4));
        assert!(
            !turn.failed("503".to_owned(), at(5)),
            "putting it off mends nothing"
        );
        turn.went_well(at(6), at(7));
        assert!(turn.failed("503".to_owned(), at(8)));
    }
}
