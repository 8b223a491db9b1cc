//! How long a console may go on: the session's answers, idleness, length. Pure, and measured by the engine's clock.

use domain::Moment;
use engine::Closing;

use super::RelayLimits;

/// The course of one console.
#[derive(Debug)]
pub(super) struct Course {
    limits: RelayLimits,
    begun: Moment,
    /// When somebody last did something.
    active: Moment,
    /// When the session last answered.
    proved: Moment,
    /// What it was asked, and when.
    asked: Option<(String, Moment)>,
}

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Nothing.
    Nothing,
    /// The session is asked.
    Ask,
    /// It is closed.
    Close(Closing),
}

impl Course {
    /// One that begins, its session having just answered.
    pub fn new(limits: RelayLimits, now: Moment) -> Self {
        Self {
            limits,
            begun: now,
            active: now,
            proved: now,
            asked: None,
        }
    }

    /// What is due at a moment.
    pub fn due(&self, now: Moment) -> Due {
        if now.since(self.begun) >= self.limits.total {
            return Due::Close(Closing::TooLong);
        }
        if now.since(self.active) >= self.limits.idle {
            return Due::Close(Closing::Idle);
        }
        match &self.asked {
            Some((_, since)) if now.since(*since) >= self.limits.answer => Due::Close(Closing::SessionOver),
            None if now.since(self.proved) >= self.limits.ask => Due::Ask,
            Some(_) | None => Due::Nothing,
        }
    }

    /// The session was asked.
    pub fn ask(&mut self, nonce: String, now: Moment) {
        self.asked = Some((nonce, now));
    }

    /// What it was asked; only once for each time.
    pub fn take_asked(&mut self) -> Option<String> {
        self.asked.take().map(|(nonce, _)| nonce)
    }

    /// It answered, and says whether somebody has done something meanwhile.
    pub fn answered(&mut self, active: bool, now: Moment) {
        self.proved = now;
        if active {
            self.active = now;
        }
    }

    /// For how long it has been open, in seconds.
    pub fn lasted(&self, now: Moment) -> u64 {
        now.since(self.begun).as_secs()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const BEGUN: Moment = Moment::from_seconds(1_800_000_000);

    fn after(seconds: u64) -> Moment {
        BEGUN + Duration::from_secs(seconds)
    }

    #[test]
    fn mx_046_a_session_that_does_not_answer_is_over() {
        let mut course = Course::new(RelayLimits::default(), BEGUN);
        assert_eq!(course.due(after(29)), Due::Nothing);
        assert_eq!(course.due(after(30)), Due::Ask);
        course.ask("word".to_owned(), after(30));
        assert_eq!(course.due(after(44)), Due::Nothing);
        assert_eq!(course.due(after(45)), Due::Close(Closing::SessionOver));
        assert_eq!(course.take_asked().as_deref(), Some("word"));
        assert_eq!(course.take_asked(), None, "an answer is good once");
        course.answered(false, after(40));
        assert_eq!(course.due(after(69)), Due::Nothing);
        assert_eq!(course.due(after(70)), Due::Ask);
    }

    #[test]
    fn mx_047_a_console_ends_when_nobody_does_anything_and_at_the_latest_after_its_whole_time() {
        let minutes = |minutes: u64| after(60 * minutes);
        let mut course = Course::new(RelayLimits::default(), BEGUN);
        course.answered(false, minutes(14));
        assert_eq!(course.due(minutes(14)), Due::Nothing);
        assert_eq!(course.due(minutes(15)), Due::Close(Closing::Idle));
        course.answered(true, minutes(15));
        assert_eq!(course.due(minutes(15)), Due::Nothing);
        course.answered(true, minutes(8 * 60));
        assert_eq!(course.due(minutes(8 * 60)), Due::Close(Closing::TooLong));
        assert_eq!(course.lasted(minutes(2)), 120);
    }
}
