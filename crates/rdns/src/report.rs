//! [`Report`]: how many pointers a run has changed, and how many not and why.

use std::iter::Sum;
use std::ops::Add;

use serde::{Deserialize, Serialize};

use crate::Decision;

/// What became of the addresses of a run, each counted once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Written where nothing was.
    pub added: u64,
    /// Written over another value.
    pub reset: u64,
    /// Left as it was, whether it is as it should be or something else.
    pub preserved: u64,
    /// Not written, because the hostname does not lead to the address.
    pub forward_missing: u64,
    /// Without a zone.
    pub no_zone: u64,
    /// Removed.
    pub removed: u64,
    /// Not decided, because something is not known.
    pub unknown: u64,
    /// Failed, or without a hostname to point to.
    pub errors: u64,
}

impl Report {
    /// Counts an address by what was decided and, where that is a change, carried out. A change that was not goes to
    /// [`Report::failed`].
    pub fn count(&mut self, decision: &Decision) {
        let counter = match decision {
            Decision::Write { replaces: false, .. } => &mut self.added,
            Decision::Write { replaces: true, .. } => &mut self.reset,
            Decision::Delete => &mut self.removed,
            Decision::Preserve | Decision::Holds => &mut self.preserved,
            Decision::ForwardMissing(_) => &mut self.forward_missing,
            Decision::NoZone => &mut self.no_zone,
            Decision::Wait(_) | Decision::Confirm => &mut self.unknown,
            Decision::NoHostname => &mut self.errors,
        };
        *counter = counter.saturating_add(1);
    }

    /// Counts an address whose change was not carried out.
    pub fn failed(&mut self) {
        self.errors = self.errors.saturating_add(1);
    }

    /// In words, only with what there is: `1 added, 2 preserved`.
    pub fn words(&self) -> String {
        let counters = [
            (self.added, "added"),
            (self.reset, "reset"),
            (self.preserved, "preserved"),
            (self.forward_missing, "without a hostname that leads back"),
            (self.no_zone, "without a zone"),
            (self.removed, "removed"),
            (self.unknown, "not known"),
            (self.errors, "failed"),
        ];
        let some = counters.iter().filter(|(count, _)| *count > 0);
        let words: Vec<String> = some.map(|(count, what)| format!("{count} {what}")).collect();
        if words.is_empty() {
            "no changes needed".to_owned()
        } else {
            words.join(", ")
        }
    }
}

impl Add for Report {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            added: self.added.saturating_add(other.added),
            reset: self.reset.saturating_add(other.reset),
            preserved: self.preserved.saturating_add(other.preserved),
            forward_missing: self.forward_missing.saturating_add(other.forward_missing),
            no_zone: self.no_zone.saturating_add(other.no_zone),
            removed: self.removed.saturating_add(other.removed),
            unknown: self.unknown.saturating_add(other.unknown),
            errors: self.errors.saturating_add(other.errors),
        }
    }
}

/// The report of a run over many services, from those of each.
impl Sum for Report {
    fn sum<I: Iterator<Item = Self>>(reports: I) -> Self {
        reports.fold(Self::default(), Self::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(decisions: &[Decision]) -> Report {
        let mut report = Report::default();
        for decision in decisions {
            report.count(decision);
        }
        report
    }

    fn write(replaces: bool) -> Decision {
        Decision::Write {
            target: "web.example.com".parse().expect("a hostname"),
            replaces,
        }
    }

    #[test]
    fn vf_261_a_report_prints_only_what_there_is() {
        assert_eq!(Report::default().words(), "no changes needed");
        assert_eq!(
            of(&[write(false), Decision::Preserve]).words(),
            "1 added, 1 preserved"
        );
        let mut all = of(&[
            write(false),
            write(true),
            write(true),
            Decision::Holds,
            Decision::Preserve,
            Decision::ForwardMissing(String::new()),
            Decision::NoZone,
            Decision::Delete,
            Decision::Wait(String::new()),
            Decision::NoHostname,
        ]);
        all.failed();
        assert_eq!(
            all.words(),
            "1 added, 2 reset, 2 preserved, 1 without a hostname that leads back, 1 without a zone, 1 removed, \
             1 not known, 2 failed"
        );
    }

    #[test]
    fn vf_255_the_totals_of_a_run_are_the_sums_of_its_services() {
        let one = of(&[write(false), Decision::Preserve, Decision::NoZone]);
        let two = of(&[
            Decision::Holds,
            Decision::Wait(String::new()),
            write(true),
            Decision::Delete,
        ]);
        let three = of(&[Decision::ForwardMissing(String::new()), Decision::NoHostname]);
        let total: Report = [one, two, three].into_iter().sum();
        let expected = Report {
            added: 1,
            reset: 1,
            preserved: 2,
            forward_missing: 1,
            no_zone: 1,
            removed: 1,
            unknown: 1,
            errors: 1,
        };
        assert_eq!(total, expected);
        let full = Report {
            added: u64::MAX,
            ..Report::default()
        };
        assert_eq!((full + one).added, u64::MAX);
    }

    #[test]
    fn a_report_is_kept_as_its_counters() {
        let report = of(&[write(false), Decision::NoZone]);
        let kept = serde_json::to_string(&report).expect("writable");
        assert_eq!(serde_json::from_str::<Report>(&kept).expect("readable"), report);
    }
}
