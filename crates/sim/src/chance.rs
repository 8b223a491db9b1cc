//! What is drawn from a seed: shares, texts, ids, and how long things take.

use std::time::Duration;

use domain::Random;

/// How long a change stays unseen by reads: log-normal, given by its median and 99th percentile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lag {
    /// The median.
    pub median: Duration,
    /// The 99th percentile.
    pub p99: Duration,
}

impl Lag {
    /// The longest lag: as far back as the past is kept.
    pub(crate) fn longest(self) -> Duration {
        self.p99 * 4
    }

    /// Draws from the distribution (Box and Muller's transform), whose tail is cut off at the longest lag.
    pub(crate) fn draw(self, random: &dyn Random) -> Duration {
        /// The 99th percentile of the standard normal distribution.
        const Z99: f64 = 2.326_347_874;
        let median = self.median.as_secs_f64();
        if median <= 0.0 {
            return Duration::ZERO;
        }
        let sigma = (self.p99.as_secs_f64() / median).max(1.0).ln() / Z99;
        let (first, second) = (1.0 - unit(random), unit(random));
        let normal = (-2.0 * first.ln()).sqrt() * (std::f64::consts::TAU * second).cos();
        Duration::from_secs_f64((median * (sigma * normal).exp()).min(self.longest().as_secs_f64()))
    }
}

/// How long something takes, as it was recorded: the shortest, the median and the longest time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The shortest.
    pub shortest: Duration,
    /// Half of all are shorter.
    pub median: Duration,
    /// The longest.
    pub longest: Duration,
}

impl Span {
    /// Between these numbers of seconds.
    pub const fn seconds(shortest: u64, median: u64, longest: u64) -> Self {
        Self {
            shortest: Duration::from_secs(shortest),
            median: Duration::from_secs(median),
            longest: Duration::from_secs(longest),
        }
    }

    /// Always the same.
    pub const fn fixed(duration: Duration) -> Self {
        Self {
            shortest: duration,
            median: duration,
            longest: duration,
        }
    }

    /// Draws one: the lower half evenly, the upper half thinning out towards the longest.
    pub(crate) fn draw(self, random: &dyn Random) -> Duration {
        let drawn = unit(random);
        if drawn < 0.5 {
            let width = self.median.saturating_sub(self.shortest);
            self.shortest + width.mul_f64(drawn * 2.0)
        } else {
            let width = self.longest.saturating_sub(self.median);
            let share = (drawn - 0.5) * 2.0;
            self.median + width.mul_f64(share * share * share)
        }
    }
}

/// A number in `0.0..1.0`.
#[expect(
    clippy::cast_precision_loss,
    reason = "a draw needs 53 bits, which an f64 holds exactly"
)]
pub fn unit(random: &dyn Random) -> f64 {
    let bits = random.below(1 << 53);
    bits as f64 / (1_u64 << 53) as f64
}

/// Letters and digits.
pub fn text(random: &dyn Random, length: usize) -> String {
    const LETTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut bytes = vec![0_u8; length];
    random.fill(&mut bytes);
    bytes
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]))
        .collect()
}

/// How every secret begins that a simulator makes up. No log, page, effect or error may hold it, and whoever searches them
/// knows it there.
pub const PLANTED: &str = "Pl4nTd";

/// A text that is a secret, and can be told to be one. What is drawn is the same as for any other text.
pub fn secret(random: &dyn Random, length: usize) -> String {
    let drawn = text(random, length);
    let rest = drawn.chars().skip(PLANTED.len());
    PLANTED.chars().chain(rest).take(length).collect()
}

/// A version 4 UUID.
pub fn uuid(random: &dyn Random) -> String {
    let mut bytes = [0_u8; 16];
    random.fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let number = u128::from_be_bytes(bytes);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        number >> 96,
        number >> 80 & 0xFFFF,
        number >> 64 & 0xFFFF,
        number >> 48 & 0xFFFF,
        number & 0xFFFF_FFFF_FFFF
    )
}

#[cfg(test)]
mod tests {
    use domain::ports::CountingRandom;

    use super::*;

    #[test]
    fn lags_have_the_median_and_the_tail_that_were_asked_for() {
        let lag = Lag {
            median: Duration::from_secs(2),
            p99: Duration::from_mins(1),
        };
        let random = CountingRandom::new(3);
        let mut drawn: Vec<f64> = (0..20_000).map(|_| lag.draw(&random).as_secs_f64()).collect();
        drawn.sort_by(f64::total_cmp);
        assert!((1.8..2.2).contains(&drawn[10_000]), "{}", drawn[10_000]);
        assert!((48.0..75.0).contains(&drawn[19_800]), "{}", drawn[19_800]);
    }

    #[test]
    fn secrets_are_told_by_their_beginning_and_differ_in_the_rest() {
        let random = CountingRandom::new(7);
        let (one, other) = (secret(&random, 8), secret(&random, 8));
        assert!(one.starts_with(PLANTED) && other.starts_with(PLANTED));
        assert_eq!((one.len(), one == other), (8, false));
    }

    #[test]
    fn spans_keep_to_their_ends_and_their_median() {
        let span = Span::seconds(17, 37, 67);
        let random = CountingRandom::new(5);
        let mut drawn: Vec<f64> = (0..20_000).map(|_| span.draw(&random).as_secs_f64()).collect();
        drawn.sort_by(f64::total_cmp);
        assert!(drawn[0] >= 17.0 && drawn[19_999] <= 67.0, "{drawn:?}");
        assert!((36.0..38.0).contains(&drawn[10_000]), "{}", drawn[10_000]);
        assert!((42.0..60.0).contains(&drawn[18_000]), "{}", drawn[18_000]);
        let fixed = Duration::from_secs(8);
        assert_eq!(Span::fixed(fixed).draw(&random), fixed);
    }
}
