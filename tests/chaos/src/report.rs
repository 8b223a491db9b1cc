//! What a run came to: figures, and what is wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::look::Hit;

/// Prints one line or block for the person who started the program.
#[expect(clippy::print_stdout, reason = "this program talks to a person at a terminal")]
pub fn say(text: &str) {
    println!("{text}");
}

/// Times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
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
    /// Of any number of times; zeros of none.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let rank = |percent: usize| (times.len() * percent).div_ceil(100).max(1) - 1;
        let at = |index: usize| {
            let time = times.get(index).copied().unwrap_or_default();
            (time.as_secs_f64() * 100_000.0).round() / 100.0
        };
        Self {
            count: times.len(),
            p50_ms: at(rank(50)),
            p99_ms: at(rank(99)),
            max_ms: at(times.len().saturating_sub(1)),
        }
    }
}

/// A killed engine is at work again within this time of its start, 99 times of 100.
const RESUMED_WITHIN_MS: f64 = 1_000.0;

/// Below these a run shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Minima {
    /// Finished operations that changed something.
    pub finished: i64,
    /// Kills that hit an operation in a begun step.
    pub open_steps: u64,
    /// Kills that hit a changing request in `sending`.
    pub sending: u64,
}

impl Minima {
    /// 1,000 operations, 200 and 50 hits in ten minutes and more, and their share in less.
    pub fn of_minutes(minutes: f64) -> Self {
        let share = |whole: f64| (whole * (minutes / 10.0).min(1.0)).floor();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "small positive whole numbers"
        )]
        let minima = Self {
            finished: share(1_000.0) as i64,
            open_steps: share(200.0) as u64,
            sending: share(50.0) as u64,
        };
        minima
    }
}

/// The kills and what they hit.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Kills {
    /// How often the engine was killed.
    pub kills: u64,
    /// Kills that hit at least one operation in a begun step.
    pub hit_open_step: u64,
    /// Kills that hit at least one changing request in `sending`.
    pub hit_sending: u64,
    /// Kills that hit at least one read in `sending`.
    pub hit_sending_read: u64,
    /// Operations in a begun step, over all kills.
    pub open_steps: u64,
    /// Changing requests in `sending`, over all kills.
    pub sending: u64,
    #[serde(skip)]
    ready: Vec<Duration>,
    #[serde(skip)]
    work: Vec<Duration>,
}

impl Kills {
    /// Counts one kill of a process that had been ready after `ready`.
    pub fn count(&mut self, ready: Duration, hit: Hit) {
        self.kills += 1;
        self.hit_open_step += u64::from(hit.open_steps > 0);
        self.hit_sending += u64::from(hit.sending_changes > 0);
        self.hit_sending_read += u64::from(hit.sending_reads > 0);
        self.open_steps += hit.open_steps;
        self.sending += hit.sending_changes;
        self.ready.push(ready);
        self.work.extend(hit.first_work);
    }

    /// From the start of each process to its readiness.
    pub fn ready(&self) -> Times {
        Times::of(self.ready.clone())
    }

    /// From the start of each process to the first request that it committed for an operation it had claimed.
    pub fn work(&self) -> Times {
        Times::of(self.work.clone())
    }
}

/// How the end was reached.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Settled {
    /// Whether the clocks of engine, panel and billing system were moved along, all by the same.
    pub hastened: bool,
    /// By how many seconds they were moved.
    pub moved_seconds: i64,
    /// How many seconds it took.
    pub took_seconds: u64,
    /// Answers that the operator gave.
    pub answers: u64,
    /// Times that the operator had a step sent once more, having looked at the panel.
    pub sent_again: u64,
}

/// What a run came to.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Everything random follows from it.
    pub seed: u64,
    /// How long the engine was killed.
    pub minutes: f64,
    /// Whether the programs were built for speed.
    pub optimised: bool,
    /// The kills.
    #[serde(flatten)]
    pub kills: Kills,
    /// From start to `/readyz`.
    pub ready: Times,
    /// From start to the first request of a claimed operation.
    pub first_work: Times,
    /// Finished operations that change something.
    pub finished: i64,
    /// All finished operations, by kind and state.
    pub finished_by_kind: BTreeMap<String, BTreeMap<String, i64>>,
    /// Services that were ordered.
    pub services: usize,
    /// Machines that exist at the end.
    pub machines: usize,
    /// Operations that the engine named in an answer.
    pub accepted: usize,
    /// Calls of the billing system.
    pub calls: u64,
    /// Effects that it applied.
    pub effects: u64,
    /// Welcome mails that it sent.
    pub mails: usize,
    /// What the panel did wrong, by kind of fault.
    pub faults: BTreeMap<String, u64>,
    /// Accepted operations that are gone or never ended, and services that are not as they were wished.
    pub lost: u64,
    /// Machines, builds, restarts and mails beyond what was ordered.
    pub doubled: u64,
    /// Services whose create was still looked for when a run that was not hastened ended.
    pub unsettled: usize,
    /// Machines that came from an attempt that had been given up, and were removed.
    pub late_machines_removed: i64,
    /// Questions, by kind and answer.
    pub questions: BTreeMap<String, BTreeMap<String, i64>>,
    /// How the end was reached.
    pub settled: Settled,
    /// What a run must reach to count.
    pub minima: Minima,
    /// What is wrong; empty after a good run.
    pub violations: Vec<String>,
}

impl Report {
    /// The figures that are below what a run must reach.
    pub fn shortfalls(&self) -> Vec<String> {
        let minima = self.minima;
        let mut short = Vec::new();
        let mut check = |name: &str, is: u64, least: u64| {
            if is < least {
                short.push(format!(
                    "{name}: {is}, and {least} are needed for the run to count"
                ));
            }
        };
        let whole = |number: i64| u64::try_from(number).unwrap_or(0);
        check(
            "finished operations",
            whole(self.finished),
            whole(minima.finished),
        );
        check(
            "kills that hit an open step",
            self.kills.hit_open_step,
            minima.open_steps,
        );
        check(
            "kills that hit a call in sending",
            self.kills.hit_sending,
            minima.sending,
        );
        // A build that was not made for speed says nothing about time.
        if self.optimised && self.first_work.p99_ms > RESUMED_WITHIN_MS {
            short.push(format!(
                "from start to the first call {} ms (p99), and {RESUMED_WITHIN_MS} ms are the limit",
                self.first_work.p99_ms
            ));
        }
        short
    }

    /// For a person.
    pub fn text(&self) -> String {
        let kills = &self.kills;
        let times = |times: Times| {
            format!(
                "p50 {} ms, p99 {} ms, max {} ms ({})",
                times.p50_ms, times.p99_ms, times.max_ms, times.count
            )
        };
        let nested = |map: &BTreeMap<String, BTreeMap<String, i64>>| {
            let line = |(kind, counts): (&String, &BTreeMap<String, i64>)| {
                let counts: Vec<String> = counts
                    .iter()
                    .map(|(word, count)| format!("{count} {word}"))
                    .collect();
                format!("{kind} {}", counts.join(", "))
            };
            map.iter().map(line).collect::<Vec<_>>().join("; ")
        };
        let mut lines = vec![
            format!("seed                 {}", self.seed),
            format!("minutes of kills     {}", self.minutes),
            format!("kills                {}", kills.kills),
            format!(
                "  hit an open step   {} ({} operations)",
                kills.hit_open_step, kills.open_steps
            ),
            format!(
                "  hit a call sending {} ({} changes)",
                kills.hit_sending, kills.sending
            ),
            format!("  hit a read sending {}", kills.hit_sending_read),
            format!("start to ready       {}", times(self.ready)),
            format!("start to first call  {}", times(self.first_work)),
            format!(
                "finished operations  {} ({})",
                self.finished,
                nested(&self.finished_by_kind)
            ),
            format!("services, machines   {}, {}", self.services, self.machines),
            format!("accepted operations  {}", self.accepted),
            format!("calls, effects       {}, {}", self.calls, self.effects),
            format!("welcome mails        {}", self.mails),
            format!("faults of the panel  {:?}", self.faults),
            format!("questions            {}", nested(&self.questions)),
            format!("late machines gone   {}", self.late_machines_removed),
            format!(
                "settled in           {} s, {}",
                self.settled.took_seconds,
                self.hastened()
            ),
            format!("still looked for     {}", self.unsettled),
            format!("lost, doubled        {}, {}", self.lost, self.doubled),
            format!(
                "needed to count      {} finished operations, {} kills in an open step, {} in sending",
                self.minima.finished, self.minima.open_steps, self.minima.sending
            ),
        ];
        lines.extend(
            self.shortfalls()
                .into_iter()
                .map(|short| format!("SHORT: {short}")),
        );
        lines.extend(self.violations.iter().map(|wrong| format!("WRONG: {wrong}")));
        lines.join("\n")
    }

    fn hastened(&self) -> String {
        if self.settled.hastened {
            format!(
                "with a build whose clock can be moved, by {} s in all",
                self.settled.moved_seconds
            )
        } else {
            "in real time".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measured_times() {
        let times = Times::of((1..=200).rev().map(Duration::from_millis).collect());
        let shown = format!(
            "{} {} {} of {}",
            times.p50_ms, times.p99_ms, times.max_ms, times.count
        );
        assert_eq!(shown, "100 198 200 of 200");
        assert_eq!(Times::of(Vec::new()), Times::default());
    }

    #[test]
    fn a_run_of_ten_minutes_and_more_must_reach_the_whole_and_a_shorter_one_its_share() {
        let whole = Minima {
            finished: 1_000,
            open_steps: 200,
            sending: 50,
        };
        assert_eq!(Minima::of_minutes(10.0), whole);
        assert_eq!(Minima::of_minutes(60.0), whole);
        let fifth = Minima::of_minutes(2.0);
        assert_eq!((fifth.finished, fifth.open_steps, fifth.sending), (200, 40, 10));
    }
}
