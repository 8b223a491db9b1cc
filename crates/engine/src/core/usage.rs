//! The billing system's usage columns, from what is stored of a service. MB are 2^20 bytes, GB are 1024 MB.
//!
//! What is not known is left out, so that the column keeps its value: a machine without a guest agent shows no file
//! systems, which does not mean that its disk is empty.

use domain::machine::Identity;
use domain::observed::{FileSystem, Observed, TrafficMonth, traffic_limit};
use domain::record::FactRecord;
use domain::{Fact, Moment};
use serde::Serialize;

use super::sight::newest;

/// Bytes in an MB.
const MB: u64 = 1 << 20;

/// MB in a GB.
const MB_PER_GB: u64 = 1024;

/// One service's columns, in MB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct UsageColumns {
    /// Disk used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diskusage: Option<u64>,
    /// Disk allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disklimit: Option<u64>,
    /// Traffic of the present month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bwusage: Option<u64>,
    /// Traffic allowed; 0 is unmetered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bwlimit: Option<u64>,
}

/// The columns of the service with this link, opened at `opened_at`: what was observed before is another machine's.
pub fn usage_columns(linked: &Identity, opened_at: Moment, facts: &[FactRecord]) -> UsageColumns {
    let machine = newest(linked, facts).map(|newest| newest.machine);
    let mut columns = UsageColumns {
        disklimit: machine
            .as_ref()
            .and_then(|machine| machine.storage_gb)
            .map(megabytes_of),
        bwlimit: traffic_limit(None, machine.as_ref()).map(megabytes_of),
        ..UsageColumns::default()
    };
    for fact in facts.iter().filter(|fact| fact.observed_at >= opened_at) {
        match Observed::of_fact(&fact.value) {
            Fact::Known(Observed::Live(live)) => {
                columns.diskusage = live.file_systems.as_deref().and_then(disk_used);
            }
            Fact::Known(Observed::Traffic(traffic)) => {
                let month = traffic.present();
                columns.bwusage = month.and_then(TrafficMonth::used).map(rounded);
                columns.bwlimit = traffic_limit(month, machine.as_ref()).map(megabytes_of);
            }
            _ => {}
        }
    }
    columns
}

/// Nothing where there is nothing: file systems without a used byte are those of an agent that says nothing. Where one of
/// them is silent, the sum of the others is not what is used.
fn disk_used(systems: &[FileSystem]) -> Option<u64> {
    let used = systems
        .iter()
        .try_fold(0_u64, |sum, system| Some(sum.saturating_add(system.used?)))?;
    (used > 0).then(|| rounded(used))
}

const fn megabytes_of(gigabytes: u64) -> u64 {
    gigabytes.saturating_mul(MB_PER_GB)
}

const fn rounded(bytes: u64) -> u64 {
    bytes.saturating_add(MB / 2) / MB
}

#[cfg(test)]
mod tests {
    use domain::id::ServiceId;
    use domain::machine::Machine;
    use domain::observed::{Live, Traffic};
    use domain::ports::CountingRandom;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const OPENED: Moment = Moment::from_seconds(100);

    fn linked() -> Identity {
        Identity {
            id: "70".to_owned(),
            unchangeable: "u".to_owned(),
            owner: "3".to_owned(),
        }
    }

    fn record(kind: &str, value: Fact<serde_json::Value>, at: i64) -> FactRecord {
        FactRecord {
            service: ServiceId::at(Moment::from_seconds(1), &CountingRandom::new(1)),
            kind: kind.to_owned(),
            value,
            observed_at: Moment::from_seconds(at),
        }
    }

    fn machine(storage: Option<u64>, traffic: Option<u64>) -> FactRecord {
        let value =
            json!({ "identity": linked(), "status": "ready", "storage_gb": storage, "traffic_gb": traffic });
        let machine: Machine = serde_json::from_value(value).expect("a machine");
        record(FactRecord::MACHINE, Fact::Known(json!(machine)), 150)
    }

    fn live(used: Option<&[u64]>, at: i64) -> FactRecord {
        let told: Option<Vec<_>> = used.map(|used| used.iter().copied().map(Some).collect());
        live_told(told.as_deref(), at)
    }

    fn live_told(used: Option<&[Option<u64>]>, at: i64) -> FactRecord {
        let system = |used: Option<u64>| FileSystem {
            name: "vda1".to_owned(),
            mount: "/".to_owned(),
            kind: "ext4".to_owned(),
            used,
            total: Some(u64::MAX),
        };
        let file_systems = used.map(|used| used.iter().copied().map(system).collect());
        let live = Observed::Live(Live {
            file_systems,
            ..Live::default()
        });
        record("live", live.to_fact(), at)
    }

    fn traffic(total: Option<u64>, limit_gb: Option<u64>) -> FactRecord {
        let month = TrafficMonth {
            total,
            limit_gb,
            ..TrafficMonth::default()
        };
        let older = TrafficMonth {
            total: Some(7 * MB),
            ..TrafficMonth::default()
        };
        let traffic = Observed::Traffic(Traffic {
            months: vec![month, older],
        });
        record("traffic", traffic.to_fact(), 160)
    }

    fn columns(facts: &[FactRecord]) -> UsageColumns {
        usage_columns(&linked(), OPENED, facts)
    }

    #[test]
    fn vf_078_disk_is_the_rounded_sum_of_the_guests_file_systems_and_left_alone_without_an_agent() {
        let used = |systems: Option<&[u64]>| columns(&[live(systems, 160)]).diskusage;
        assert_eq!(used(Some(&[MB, MB / 2])), Some(2), "a half is rounded up");
        assert_eq!(used(Some(&[MB, MB / 2 - 1])), Some(1));
        assert_eq!(used(Some(&[u64::MAX, u64::MAX])), Some(u64::MAX / MB));
        for silent in [None, Some(&[][..]), Some(&[0, 0][..])] {
            assert_eq!(used(silent), None, "{silent:?}");
        }
        let partly = [live_told(Some(&[Some(MB), None]), 160)];
        assert_eq!(columns(&partly).diskusage, None, "one of two is silent");
        assert_eq!(
            columns(&[live(Some(&[MB]), 99)]).diskusage,
            None,
            "another machine's"
        );
    }

    #[test]
    fn vf_079_vf_081_limits_are_gigabytes_times_1024_and_0_where_traffic_is_unmetered() {
        let limits = |facts: &[FactRecord]| (columns(facts).disklimit, columns(facts).bwlimit);
        assert_eq!(
            limits(&[machine(Some(80), Some(1_000))]),
            (Some(81_920), Some(1_024_000))
        );
        assert_eq!(limits(&[machine(None, Some(0))]), (None, Some(0)));
        assert_eq!(
            limits(&[machine(Some(80), None), traffic(None, Some(2))]),
            (Some(81_920), Some(2_048))
        );
        assert_eq!(
            limits(&[machine(Some(80), Some(1_000)), traffic(None, Some(1_500))]),
            (Some(81_920), Some(1_536_000)),
            "what was added for this month counts"
        );
        assert_eq!(limits(&[]), (None, None));
    }

    #[test]
    fn vf_080_vf_082_traffic_is_that_of_the_present_month_and_its_absence_leaves_the_limits() {
        let with = columns(&[machine(Some(80), Some(1_000)), traffic(Some(1_848_380_758), None)]);
        assert_eq!(with.bwusage, Some(1_763));
        let without = columns(&[machine(Some(80), Some(1_000)), traffic(None, None)]);
        assert_eq!(without, columns(&[machine(Some(80), Some(1_000))]));
        assert_eq!(without.bwusage, None);
        assert_eq!(
            serde_json::to_value(without).expect("json"),
            json!({ "disklimit": 81_920, "bwlimit": 1_024_000 })
        );
    }

    proptest! {
        #[test]
        fn vf_078_vf_080_no_size_overflows_and_rounding_is_within_half_a_megabyte(bytes in any::<u64>()) {
            let mb = columns(&[traffic(Some(bytes), None)]).bwusage.expect("it is known");
            let back = u128::from(mb) * u128::from(MB);
            prop_assert!(back.abs_diff(u128::from(bytes)) <= u128::from(MB / 2) + u128::from(MB));
        }
    }
}
