//! What a platform says of its own limit with every answer: how many requests a minute allows, and how many of them are
//! left (`X-RateLimit-Permitted`, `X-RateLimit-Remaining`).
//!
//! The operator's setting says how fast a platform may be asked at most. What the platform itself permits may be less,
//! and is known with the first answer, so that nobody has to find it out by being refused.

use std::num::NonZeroU32;
use std::time::Duration;

use reqwest::header::HeaderMap;

use crate::limits::{Limits, Rate};

const PERMITTED: &str = "x-ratelimit-permitted";
const REMAINING: &str = "x-ratelimit-remaining";

const MINUTE: Duration = Duration::from_mins(1);

/// The share of a minute's requests that may leave at once after a quiet time.
const AT_ONCE: u32 = 10;

/// What one answer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Requests per minute.
    pub permitted: NonZeroU32,
    /// How many of the present minute are left.
    pub remaining: Option<u32>,
}

impl Allowance {
    /// Reads it from an answer's headers. A limit of nothing is no limit that anybody means.
    pub fn told(headers: &HeaderMap) -> Option<Self> {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
        Some(Self {
            permitted: NonZeroU32::new(number(PERMITTED)?)?,
            remaining: number(REMAINING),
        })
    }

    /// Limits that keep within what is permitted, whenever the platform's minute begins: what leaves at once and what
    /// follows evenly are together no more than a minute allows.
    pub fn within(&self, limits: &Limits) -> Limits {
        let permitted = self.permitted.get();
        let at_once = limits.burst.get().min((permitted / AT_ONCE).max(1));
        let evenly = Rate::per_minute((permitted - at_once).max(1));
        let rate = if limits.rate.interval() < evenly.interval() {
            evenly
        } else {
            limits.rate
        };
        let each_minute = MINUTE.as_nanos().div_ceil(rate.interval().as_nanos().max(1));
        let each_minute = u32::try_from(each_minute).unwrap_or(u32::MAX);
        let rest = permitted.saturating_sub(each_minute).max(1);
        limits.clone().with_rate(rate, limits.burst.get().min(rest))
    }

    /// What holds beyond the present minute.
    #[must_use]
    pub const fn lasting(mut self) -> Self {
        self.remaining = None;
        self
    }

    /// Whether the present minute allows no more.
    pub const fn is_spent(&self) -> bool {
        matches!(self.remaining, Some(0))
    }
}

/// How long nothing leaves once a minute allows no more. When it ends is not told, so that the next answer is asked soon.
pub const PAUSE_WHEN_SPENT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                let value = value.parse().expect("a legal value");
                (HeaderName::from_static(name), value)
            })
            .collect()
    }

    #[test]
    fn kt_120_what_is_permitted_is_read_and_anything_else_says_nothing() {
        let told = |pairs: &[(&'static str, &'static str)]| Allowance::told(&headers(pairs));
        let both = told(&[("x-ratelimit-permitted", "200"), ("x-ratelimit-remaining", "0")]);
        let both = both.expect("both are told");
        assert_eq!((both.permitted.get(), both.remaining), (200, Some(0)));
        assert!(both.is_spent());
        let one = told(&[("x-ratelimit-permitted", " 1000 ")]).expect("it is told");
        assert!(!one.is_spent());
        for wrong in ["0", "-5", "many", "", "99999999999"] {
            assert_eq!(told(&[("x-ratelimit-permitted", wrong)]), None, "{wrong}");
        }
        assert_eq!(told(&[("x-ratelimit-remaining", "3")]), None);
    }

    #[test]
    fn kt_120_a_burst_and_what_follows_are_together_no_more_than_permitted() {
        for permitted in [1, 2, 9, 10, 60, 200, 599, 1_000, 100_000] {
            let allowance = Allowance {
                permitted: NonZeroU32::new(permitted).expect("not nothing"),
                remaining: None,
            };
            let limits = Limits::default();
            let within = allowance.within(&limits);
            let minute =
                within.rate.requests.get() * 60 / u32::try_from(within.rate.per.as_secs()).expect("short");
            if within == limits {
                assert!(permitted > 600, "{permitted}");
            } else {
                assert!(minute + within.burst.get() <= permitted.max(2), "{permitted}");
            }
        }
    }
}
