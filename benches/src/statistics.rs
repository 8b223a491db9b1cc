//! Percentiles of measured times.

use std::time::Duration;

use serde::Serialize;

/// Times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Times {
    /// How many.
    pub count: usize,
    /// Half took at most this.
    pub p50_ms: f64,
    /// Ninety-nine of a hundred took at most this.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

impl Times {
    /// Of at least one time.
    pub fn of(mut times: Vec<Duration>) -> anyhow::Result<Self> {
        times.sort_unstable();
        let longest = times.last().copied();
        let longest = longest.ok_or_else(|| anyhow::anyhow!("nothing was measured"))?;
        Ok(Self {
            count: times.len(),
            p50_ms: milliseconds(percentile(&times, 50)),
            p99_ms: milliseconds(percentile(&times, 99)),
            max_ms: milliseconds(longest),
        })
    }
}

/// The nearest rank of sorted times; zero of none.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// In milliseconds, to a hundredth.
pub fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 100_000.0).round() / 100.0
}

/// How many per second, to a tenth.
pub fn per_second(count: u64, time: Duration) -> f64 {
    let count = u32::try_from(count).map_or(f64::MAX, f64::from);
    (count / time.as_secs_f64().max(1e-9) * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(times: Vec<Duration>) -> String {
        let times = Times::of(times).unwrap();
        format!(
            "{} {} {} of {}",
            times.p50_ms, times.p99_ms, times.max_ms, times.count
        )
    }

    #[test]
    fn percentiles_are_measured_times() {
        let times: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(shown(times), "100 198 200 of 200");
        assert_eq!(shown(vec![Duration::from_micros(1_234)]), "1.23 1.23 1.23 of 1");
        assert!(Times::of(Vec::new()).is_err());
    }
}
