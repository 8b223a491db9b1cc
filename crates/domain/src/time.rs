//! [`Moment`]: microseconds since 1970 in UTC, the one form of time that is stored and compared.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A time in whole seconds, rounded up: whoever waits for them has waited long enough.
pub const fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + (time.subsec_nanos() > 0) as u64
}

/// A point in time, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    /// The beginning of 1970: "since ever".
    pub const EPOCH: Self = Self(0);

    /// From microseconds since 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// From whole seconds since 1970.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// The time from `earlier` to here; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Reads an RFC 3339 time, or `YYYY-MM-DD HH:MM:SS` taken as UTC (platforms send both).
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>()
            .ok()
            .or_else(|| {
                let civil = text.trim().parse::<jiff::civil::DateTime>().ok()?;
                civil
                    .to_zoned(jiff::tz::TimeZone::UTC)
                    .ok()
                    .map(|zoned| zoned.timestamp())
            })
            .map(|stamp| Self(stamp.as_microsecond()))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(rhs.as_micros()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub<Duration> for Moment {
    type Output = Self;

    fn sub(self, rhs: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(rhs.as_micros()).unwrap_or(i64::MAX)),
        )
    }
}

/// RFC 3339 in UTC, to the second: `2026-11-20T07:00:00Z`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.as_seconds()) {
            Ok(stamp) => write!(f, "{stamp}"),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platform_dates_of_three_shapes_are_read() {
        let expected = Moment::from_seconds(1_768_489_249);
        for text in [
            "2026-01-15T15:00:49+00:00",
            "2026-01-15T15:00:49.000000Z",
            "2026-01-15 15:00:49",
        ] {
            assert_eq!(Moment::parse(text), Some(expected), "{text}");
        }
        assert_eq!(Moment::parse("yesterday"), None);
        assert_eq!(expected.to_string(), "2026-01-15T15:00:49Z");
    }

    #[test]
    fn time_never_runs_backwards_in_since() {
        assert_eq!(
            Moment::from_seconds(5).since(Moment::from_seconds(9)),
            Duration::ZERO
        );
    }
}
