//! The `Retry-After` header: seconds, or a date in one of HTTP's three forms.

use domain::{Moment, whole_seconds};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The forms of a date that RFC 9110 obliges a recipient to read, the present one first.
const DATES: [&str; 3] = [
    "%a, %d %b %Y %H:%M:%S GMT",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %e %H:%M:%S %Y",
];

/// The header's value as whole seconds from `now`, rounded up; `None` when it is neither a number nor a date.
pub fn seconds(value: &str, now: Moment) -> Option<u64> {
    let text = value.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().unwrap_or(u64::MAX));
    }
    let civil = DATES
        .iter()
        .find_map(|form| DateTime::strptime(form, text).ok())?;
    let stamp = civil.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let wait = Moment::from_micros(stamp.as_microsecond()).since(now);
    Some(whole_seconds(wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06T08:49:37Z, the standard's own example.
    const EXAMPLE: i64 = 784_111_777;

    #[test]
    fn seconds_and_all_three_forms_of_a_date_are_read() {
        let now = Moment::from_seconds(EXAMPLE - 90);
        assert_eq!(seconds("120", now), Some(120));
        assert_eq!(seconds(" 0 ", now), Some(0));
        for date in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(seconds(date, now), Some(90), "{date}");
        }
    }

    #[test]
    fn a_past_date_is_no_wait_and_part_of_a_second_is_a_whole_one() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(seconds(date, Moment::from_seconds(EXAMPLE + 5)), Some(0));
        assert_eq!(
            seconds(date, Moment::from_micros(EXAMPLE * 1_000_000 - 1)),
            Some(1)
        );
    }

    #[test]
    fn nonsense_is_no_hint() {
        for text in ["", "soon", "-5", "1.5", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(seconds(text, Moment::from_seconds(0)), None, "{text:?}");
        }
        assert_eq!(
            seconds("99999999999999999999999", Moment::from_seconds(0)),
            Some(u64::MAX)
        );
    }
}
