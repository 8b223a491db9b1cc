//! A moment as pages show it: how long ago, or how soon.

use domain::Moment;
use serde::Serialize;

/// A moment with its distance from now, in a unit that a person would choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct When {
    /// RFC 3339, for the `datetime` attribute and the title.
    pub at: String,
    /// `seconds`, `minutes`, `hours` or `days`: the end of a message's key.
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

#[cfg(test)]
mod tests {
    use super::*;

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
