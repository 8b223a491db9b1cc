//! Amounts, shares and flags as pages show them. Numbers have a point; the page's language puts its own mark there.

use domain::observed::GB;

/// Units of bytes, each 1024 times the one before.
const UNITS: [&str; 6] = ["B", "KB", "MB", "GB", "TB", "PB"];

/// A count as a number to calculate with.
#[expect(
    clippy::cast_precision_loss,
    reason = "what is shown has three or four digits"
)]
pub(crate) const fn number(count: u64) -> f64 {
    count as f64
}

/// Bytes in the largest unit that leaves a whole part: `1.36 TB`, `12.5 MB`, `512 KB`.
pub(crate) fn bytes(count: f64) -> String {
    let mut rest = if count.is_finite() && count > 0.0 {
        count
    } else {
        0.0
    };
    let mut unit = 0;
    while rest >= 1_024.0 && unit + 1 < UNITS.len() {
        rest /= 1_024.0;
        unit += 1;
    }
    format!("{} {}", rounded(rest), UNITS[unit])
}

/// Gigabytes (2^30 bytes), from 1024 on terabytes: `0.04 GB`, `19.53 TB`.
pub(crate) fn gigabytes(count: f64) -> String {
    if count >= 1_024.0 {
        return format!("{:.2} TB", count / 1_024.0);
    }
    format!("{} GB", rounded(count))
}

/// Bytes as gigabytes.
pub(crate) fn in_gigabytes(count: u64) -> f64 {
    number(count) / number(GB)
}

/// Three digits that tell something: 2 decimals below 10, one below 100, none above.
fn rounded(count: f64) -> String {
    if count >= 100.0 {
        format!("{count:.0}")
    } else if count >= 10.0 {
        format!("{count:.1}")
    } else {
        format!("{count:.2}")
    }
}

/// How much of something is used, in whole per cent; at most 100, and nothing where there is nothing to use.
pub(crate) fn percent(used: u64, total: u64) -> Option<u8> {
    let (used, total) = (u128::from(used), u128::from(total));
    let share = (used * 200 + total).checked_div(total * 2)?;
    Some(u8::try_from(share).unwrap_or(100).min(100))
}

/// A decimal number with its cents: at least two decimals, and no more than say something. What is no plain decimal number
/// stays as it is written.
pub(crate) fn cents(written: &str) -> String {
    let (whole, decimals) = written.split_once('.').unwrap_or((written, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = whole.strip_prefix('-').unwrap_or(whole);
    if unsigned.is_empty() || !digits(unsigned) || !digits(decimals) {
        return written.to_owned();
    }
    format!("{whole}.{:0<2}", decimals.trim_end_matches('0'))
}

/// How a bar looks: above what it warns and above what it alarms.
pub(crate) const fn level(percent: f64, warns: f64, alarms: f64) -> &'static str {
    if percent > alarms {
        "danger"
    } else if percent > warns {
        "warning"
    } else {
        "ok"
    }
}

/// The flag of a country by its two letters.
pub(crate) fn flag(code: &str) -> Option<String> {
    let letters = code.as_bytes();
    if letters.len() != 2 || !letters.iter().all(u8::is_ascii_alphabetic) {
        return None;
    }
    let regional = |letter: &u8| char::from_u32(0x1F1E6 + u32::from(letter.to_ascii_uppercase() - b'A'));
    letters.iter().map(regional).collect()
}

/// What brand a system is of, for its colour: the first of these words that its name has.
pub(crate) fn brand(name: &str) -> &'static str {
    const WORDS: [(&str, &str); 20] = [
        ("ubuntu", "ubuntu"),
        ("debian", "debian"),
        ("rocky", "rocky"),
        ("centos", "centos"),
        ("alma", "alma"),
        ("windows", "windows"),
        ("fedora", "fedora"),
        ("arch", "arch"),
        ("opensuse", "suse"),
        ("suse", "suse"),
        ("freebsd", "freebsd"),
        ("oracle", "oracle"),
        ("rhel", "redhat"),
        ("red hat", "redhat"),
        ("cloudlinux", "cloudlinux"),
        ("gentoo", "gentoo"),
        ("slackware", "slackware"),
        ("nixos", "nixos"),
        ("alpine", "alpine"),
        ("", "other"),
    ];
    let name = name.to_lowercase();
    let found = WORDS.iter().find(|(word, _)| name.contains(word));
    found.map_or("other", |(_, brand)| brand)
}

/// Year and month of a moment as it is written: `("2025", 1)`.
pub(crate) fn year_and_month(written: &str) -> Option<(&str, u8)> {
    let (year, rest) = written.split_once('-')?;
    let month = rest
        .get(..2)?
        .parse()
        .ok()
        .filter(|month| (1..=12).contains(month))?;
    Some((year, month))
}

/// A moment for people who want to know it exactly: `2026-11-20 07:00 UTC`.
pub(crate) fn stamp(moment: domain::Moment) -> String {
    let written = moment.to_string();
    let mut stamp: String = written
        .chars()
        .take(16)
        .map(|c| if c == 'T' { ' ' } else { c })
        .collect();
    stamp.push_str(" UTC");
    stamp
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vf_207_bytes_and_gigabytes_have_digits_that_tell_something() {
        for (count, shown) in [
            (0.0, "0.00 B"),
            (10.0, "10.0 B"),
            (100.0, "100 B"),
            (1_023.0, "1023 B"),
            (1_024.0, "1.00 KB"),
            (1_048_576.0, "1.00 MB"),
            (1.5e12, "1.36 TB"),
            (1.2e18, "1066 PB"),
            (-5.0, "0.00 B"),
            (f64::NAN, "0.00 B"),
            (f64::INFINITY, "0.00 B"),
        ] {
            assert_eq!(bytes(count), shown, "{count}");
        }
        for (count, shown) in [
            (0.04, "0.04 GB"),
            (9.999, "10.00 GB"),
            (99.95, "100.0 GB"),
            (1_023.6, "1024 GB"),
            (20_000.0, "19.53 TB"),
        ] {
            assert_eq!(gigabytes(count), shown, "{count}");
        }
    }

    #[test]
    fn vf_199_a_flag_is_made_of_two_letters() {
        assert_eq!(flag("us").as_deref(), Some("🇺🇸"));
        assert_eq!(flag("DE").as_deref(), Some("🇩🇪"));
        for other in ["usa", "u1", "", "u", "🇺🇸", "<b"] {
            assert_eq!(flag(other), None, "{other}");
        }
    }

    #[test]
    fn vf_219_a_share_is_rounded_bounded_and_warns_above_its_thresholds() {
        assert_eq!(percent(1, 3), Some(33));
        assert_eq!(percent(2, 3), Some(67));
        assert_eq!(percent(0, 5), Some(0));
        assert_eq!(percent(7, 5), Some(100));
        assert_eq!(percent(u64::MAX, 1), Some(100));
        assert_eq!(percent(1, 0), None);
        let levels = [75.0, 75.1, 90.0, 90.1].map(|percent| level(percent, 75.0, 90.0));
        assert_eq!(levels, ["ok", "warning", "warning", "danger"]);
    }

    #[test]
    fn vf_220_money_has_its_cents_and_nothing_of_it_is_rounded() {
        for (written, shown) in [
            ("12.3400", "12.34"),
            ("0.1", "0.10"),
            ("7", "7.00"),
            ("7.", "7.00"),
            ("-3.5", "-3.50"),
            ("0.005", "0.005"),
            ("90071992547409931234.10", "90071992547409931234.10"),
            ("1e3", "1e3"),
            (".5", ".5"),
            ("-", "-"),
            ("<b>", "<b>"),
        ] {
            assert_eq!(cents(written), shown, "{written}");
        }
    }

    #[test]
    fn months_and_stamps_are_read_from_what_is_written() {
        assert_eq!(year_and_month("2025-01-06T00:00:00Z"), Some(("2025", 1)));
        for none in ["2025-13-01T00:00:00Z", "soon", "2025-0", "12us"] {
            assert_eq!(year_and_month(none), None, "{none}");
        }
        let moment = domain::Moment::from_seconds(1_768_489_249);
        assert_eq!(stamp(moment), "2026-01-15 15:00 UTC");
    }

    #[test]
    fn a_system_has_the_colour_of_the_first_brand_in_its_name() {
        for (name, expected) in [
            ("Ubuntu 24.04", "ubuntu"),
            ("AlmaLinux 9", "alma"),
            ("openSUSE Leap", "suse"),
            ("Red Hat Enterprise Linux", "redhat"),
            ("Windows Server 2022", "windows"),
            ("TempleOS", "other"),
            ("", "other"),
        ] {
            assert_eq!(brand(name), expected, "{name}");
        }
    }
}
