//! What is kept free of each resource.

use std::fmt;

use domain::capacity::Pool;
use serde::{Serialize, Serializer};

/// A part of all of a resource that is not sold, in parts per million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Buffer(u32);

/// Parts per million in one per cent.
const PER_CENT: f64 = 10_000.0;

const WHOLE: u32 = 1_000_000;

const IN_ONE: u32 = WHOLE / 100;

impl Buffer {
    /// Nothing is kept free.
    pub const NONE: Self = Self(0);

    /// What is kept free where nothing is said.
    pub const USUAL: Self = Self(100_000);

    /// A percentage as an operator writes it: more than 100 is 100, less than 0 is 0, and what is no number is the usual
    /// one.
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let plain = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
        let percent = text.parse::<f64>().ok().filter(|_| plain);
        percent.map_or(Self::USUAL, |percent| {
            let millionths = (percent.clamp(0.0, 100.0) * PER_CENT).round();
            // Through text, because no conversion from floating point is without loss for every number.
            Self(format!("{millionths:.0}").parse().unwrap_or(WHOLE))
        })
    }

    /// What can be sold of a limited resource; less than nothing where the buffer is used already.
    pub fn leaves(self, pool: &Pool) -> i128 {
        let kept = (u128::from(pool.max) * u128::from(self.0)).div_ceil(u128::from(WHOLE));
        i128::from(pool.free) - i128::try_from(kept).unwrap_or(i128::MAX)
    }
}

impl fmt::Display for Buffer {
    /// In per cent, as an operator writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / IN_ONE, self.0 % IN_ONE);
        let part = format!("{part:04}");
        match part.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            part => write!(f, "{whole}.{part}"),
        }
    }
}

impl Serialize for Buffer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Default for Buffer {
    fn default() -> Self {
        Self::USUAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vf_227_a_percentage_is_read_as_it_is_written_and_stays_between_none_and_all() {
        for (text, parts) in [
            ("", 100_000),
            ("ten", 100_000),
            ("inf", 100_000),
            ("NaN", 100_000),
            ("10", 100_000),
            (" 5 ", 50_000),
            ("33.3", 333_000),
            ("1e1", 100_000),
            ("0", 0),
            ("-5", 0),
            ("150", 1_000_000),
        ] {
            assert_eq!(Buffer::read(text), Buffer(parts), "{text}");
        }
    }

    #[test]
    fn a_percentage_is_shown_as_an_operator_writes_it() {
        for text in ["0", "10", "33.3", "0.5", "12.3456", "100"] {
            assert_eq!(Buffer::read(text).to_string(), text);
        }
    }

    #[test]
    fn vf_228_what_is_kept_is_rounded_up() {
        let pool = Pool {
            max: 10_240,
            free: 10_240,
        };
        assert_eq!(Buffer::read("33.3").leaves(&pool), 6_830);
        assert_eq!(
            Buffer::USUAL.leaves(&Pool {
                max: 65_536,
                free: 6_000
            }),
            -554
        );
        let largest = Pool {
            max: u64::MAX,
            free: i64::MIN,
        };
        assert!(Buffer::read("100").leaves(&largest) < 0);
    }
}
