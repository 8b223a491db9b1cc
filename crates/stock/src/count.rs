//! A number of machines.

use std::ops::Add;

use serde::{Deserialize, Serialize};

/// How many. Without a limit is more than every number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// So many.
    Of(u64),
    /// As many as one likes.
    Unlimited,
}

impl Count {
    /// None at all.
    pub const NONE: Self = Self::Of(0);

    /// The number where there is one, otherwise `most`; never more than `most`. For counters that know no other numbers.
    pub fn capped(self, most: u64) -> u64 {
        match self {
            Self::Of(count) => count.min(most),
            Self::Unlimited => most,
        }
    }
}

impl Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        match (self, other) {
            (Self::Of(one), Self::Of(two)) => Self::Of(one.saturating_add(two)),
            _ => Self::Unlimited,
        }
    }
}

impl std::iter::Sum for Count {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::NONE, Self::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_limit_is_more_than_every_number_and_stays_so() {
        assert!(Count::Unlimited > Count::Of(u64::MAX));
        assert_eq!(Count::Unlimited + Count::Of(3), Count::Unlimited);
        assert_eq!(Count::Of(u64::MAX) + Count::Of(3), Count::Of(u64::MAX));
        assert_eq!(
            [Count::Of(2), Count::Of(3)].into_iter().sum::<Count>(),
            Count::Of(5)
        );
        assert_eq!(
            (Count::Unlimited.capped(9_999), Count::Of(12).capped(10)),
            (9_999, 10)
        );
    }
}
