//! A moment as pages show it: how long ago, or how soon.

use std::time::Duration;

use domain::Moment;
use serde::Serialize;

/// A moment with its distance from now, in a unit that a person would choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct When {
    /// RFC 3339, for the `datetime` attribute and the title.
    pub at: String,
    /// `seconds`, `minutes`, `hours`, `days`, `weeks`, `months` or `years`: the end of a message's key.
    pub unit: &'static str,
    /// How many of them.
    pub n: u64,
    /// Whether it is still to come.
    pub ahead: bool,
}

impl When {
    /// How far `moment` is from `now`.
    pub fn new(now: Moment, moment: Moment) -> Self {
        let ahead = moment > now;
        let seconds = if ahead {
            moment.since(now)
        } else {
            now.since(moment)
        }
        .as_secs();
        let (unit, n) = match seconds {
            0..=119 => ("seconds", seconds),
            120..=7_199 => ("minutes", seconds / 60),
            7_200..=172_799 => ("hours", seconds / 3_600),
            _ => ("days", seconds / 86_400),
        };
        Self {
            at: moment.to_string(),
            unit,
            n,
            ahead,
        }
    }
}

/// Units of a calendar, with their seconds; a month is the twelfth part of a year.
const CALENDAR: [(&str, u64); 7] = [
    ("years", 31_557_600),
    ("months", 2_629_800),
    ("weeks", 604_800),
    ("days", 86_400),
    ("hours", 3_600),
    ("minutes", 60),
    ("seconds", 1),
];

impl When {
    /// How far `moment` is from `now` in the largest unit of a calendar, at least one of it: for what lasts.
    pub fn calendar(now: Moment, moment: Moment) -> Self {
        let ahead = moment > now;
        let distance = if ahead {
            moment.since(now)
        } else {
            now.since(moment)
        };
        let seconds = (distance + HALF).as_secs();
        let (unit, length) = CALENDAR
            .into_iter()
            .find(|(_, length)| seconds >= *length)
            .unwrap_or(("seconds", 1));
        Self {
            at: moment.to_string(),
            unit,
            n: (seconds / length).max(1),
            ahead,
        }
    }
}

/// Half a second, from which on the next one counts.
const HALF: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vf_200_what_lasts_is_told_in_units_of_a_calendar() {
        let now = Moment::from_seconds(1_800_000_000);
        let told = |seconds: f64| {
            #[expect(clippy::cast_possible_truncation, reason = "whole microseconds of a test")]
            let micros = (seconds * 1e6) as i64;
            let when = When::calendar(now, Moment::from_micros(now.as_micros() - micros));
            (when.n, when.unit, when.ahead)
        };
        for (seconds, n, unit) in [
            (0.0, 1, "seconds"),
            (0.4, 1, "seconds"),
            (1.0, 1, "seconds"),
            (60.0, 1, "minutes"),
            (119.0, 1, "minutes"),
            (604_800.0, 1, "weeks"),
            (2_629_799.0, 4, "weeks"),
            (2_629_800.0, 1, "months"),
            (31_557_599.0, 11, "months"),
            (63_115_200.0, 2, "years"),
        ] {
            assert_eq!(told(seconds), (n, unit, false), "{seconds}");
        }
        assert_eq!(told(-30.0), (30, "seconds", true));
        assert_eq!(told(-7_200.0), (2, "hours", true));
    }

    #[test]
    fn distances_are_told_in_the_unit_a_person_would_choose() {
        let now = Moment::from_seconds(1_000_000);
        let told = |seconds: i64| {
            let when = When::new(now, Moment::from_seconds(1_000_000 + seconds));
            (when.n, when.unit, when.ahead)
        };
        assert_eq!(told(0), (0, "seconds", false));
        assert_eq!(told(-12), (12, "seconds", false));
        assert_eq!(told(-119), (119, "seconds", false));
        assert_eq!(told(-120), (2, "minutes", false));
        assert_eq!(told(-7_300), (2, "hours", false));
        assert_eq!(told(-200_000), (2, "days", false));
        assert_eq!(told(30), (30, "seconds", true));
    }
}
