//! The date formats that platforms and HTTP use.

use domain::Moment;
use jiff::Timestamp;

/// Writes dates, off by a fault's skew.
#[derive(Debug, Clone, Copy)]
pub struct Dates {
    skew: i64,
}

impl Dates {
    /// Off by this many seconds.
    pub const fn off_by(skew: i64) -> Self {
        Self { skew }
    }

    fn shown(self, moment: Moment) -> Moment {
        Moment::from_micros(
            moment
                .as_micros()
                .saturating_add(self.skew.saturating_mul(1_000_000)),
        )
    }

    /// `2026-11-20T07:00:00+00:00`.
    pub fn iso(self, moment: Moment) -> String {
        iso(self.shown(moment))
    }

    /// `2026-11-20T07:00:00.000000Z`.
    pub fn micros(self, moment: Moment) -> String {
        iso_micros(self.shown(moment))
    }

    /// `2026-11-20 07:00:00`.
    pub fn plain(self, moment: Moment) -> String {
        plain(self.shown(moment))
    }

    /// `2026-11-20`.
    pub fn day(self, moment: Moment) -> String {
        stamp(self.shown(moment)).strftime("%Y-%m-%d").to_string()
    }

    /// `November 2026`.
    pub fn month(self, moment: Moment) -> String {
        stamp(self.shown(moment)).strftime("%B %Y").to_string()
    }

    /// `1795158000`.
    pub fn unix(self, moment: Moment) -> i64 {
        self.shown(moment).as_seconds()
    }
}

fn stamp(moment: Moment) -> Timestamp {
    Timestamp::from_microsecond(moment.as_micros()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `Fri, 20 Nov 2026 07:00:00 GMT`.
pub fn http(moment: Moment) -> String {
    stamp(moment).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Reads what [`http`] writes.
pub fn parse_http(text: &str) -> Option<Moment> {
    let civil = jiff::civil::DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text).ok()?;
    let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Moment::from_micros(zoned.timestamp().as_microsecond()))
}

/// `2026-11-20T07:00:00+00:00`.
pub fn iso(moment: Moment) -> String {
    stamp(moment).strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// `2026-11-20T07:00:00.123456Z`.
pub fn iso_micros(moment: Moment) -> String {
    stamp(moment).strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}

/// `2026-11-20 07:00:00`.
pub fn plain(moment: Moment) -> String {
    stamp(moment).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_the_forms_of_the_wire() {
        let moment = Moment::from_micros(1_795_158_000_123_456);
        assert_eq!(http(moment), "Fri, 20 Nov 2026 07:00:00 GMT");
        assert_eq!(iso(moment), "2026-11-20T07:00:00+00:00");
        assert_eq!(iso_micros(moment), "2026-11-20T07:00:00.123456Z");
        assert_eq!(plain(moment), "2026-11-20 07:00:00");
        assert_eq!(
            parse_http(&http(moment)),
            Some(Moment::from_seconds(moment.as_seconds()))
        );
    }
}
