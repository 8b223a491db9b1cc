//! A machine as a list or a short look shows it, beside what is stored of it: the same, changed, or another one's.
//!
//! What is read in passing shows less than a full reading: no power where the hypervisor was not asked, no whole answer.
//! So it never replaces the stored reading while it agrees with it. It is kept beside it as [`FactRecord::LISTED`], whose
//! moment says until when the reading is known to hold; what differs has the machine read anew.

use domain::machine::{Identity, Machine};
use domain::record::FactRecord;
use domain::{Fact, Moment};

use super::look::compare;

/// What a sight of a machine says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// The stored reading still holds in all that is shown.
    Same,
    /// Something is different, or nothing was stored.
    Changed,
    /// It is not the linked machine.
    Another,
}

/// Holds what was seen against the link and the stored reading.
pub fn sight(linked: &Identity, stored: Option<&Machine>, seen: &Machine) -> Sight {
    if compare(linked, &seen.identity).is_err() {
        return Sight::Another;
    }
    match stored {
        Some(stored) if agrees(stored, seen) => Sight::Same,
        _ => Sight::Changed,
    }
}

/// Whether everything that is shown is as it is stored. What is not shown says nothing.
fn agrees(stored: &Machine, seen: &Machine) -> bool {
    fn option<T: PartialEq>(stored: Option<&T>, seen: Option<&T>) -> bool {
        seen.is_none() || stored == seen
    }
    fn list(stored: &[String], seen: &[String]) -> bool {
        seen.is_empty() || stored == seen
    }
    fn fact<T: PartialEq>(stored: &Fact<T>, seen: &Fact<T>) -> bool {
        seen.is_unknown() || stored == seen
    }
    stored.status == seen.status
        && stored.busy == seen.busy
        && (seen.name.is_empty() || stored.name == seen.name)
        && fact(&stored.suspended, &seen.suspended)
        && fact(&stored.power, &seen.power)
        && option(stored.hostname.as_ref(), seen.hostname.as_ref())
        && list(&stored.ipv4, &seen.ipv4)
        && list(&stored.ipv6, &seen.ipv6)
        && option(stored.package.as_ref(), seen.package.as_ref())
        && option(stored.location.as_ref(), seen.location.as_ref())
        && option(stored.memory_mb.as_ref(), seen.memory_mb.as_ref())
        && option(stored.cores.as_ref(), seen.cores.as_ref())
        && option(stored.storage_gb.as_ref(), seen.storage_gb.as_ref())
        && option(stored.traffic_gb.as_ref(), seen.traffic_gb.as_ref())
        && option(stored.os.as_ref(), seen.os.as_ref())
}

/// The newest that is stored of a service's linked machine, and until when it is known to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// The machine: the last full reading where it still holds, otherwise what was seen since.
    pub machine: Machine,
    /// When it was last seen to be so.
    pub seen_at: Moment,
    /// Whether it is the last full reading.
    pub is_reading: bool,
}

/// The newest of a service's facts about its machine; `None` where nothing is stored of the linked one.
pub fn newest(linked: &Identity, facts: &[FactRecord]) -> Option<Newest> {
    let of = |kind: &str| {
        let fact = facts.iter().find(|fact| fact.kind == kind)?;
        let machine = fact
            .machine()
            .filter(|machine| machine.identity.id == linked.id)?;
        Some((machine, fact.observed_at))
    };
    match (of(FactRecord::MACHINE), of(FactRecord::LISTED)) {
        (Some((machine, read)), Some((listed, seen))) if seen > read => {
            let is_reading = agrees(&machine, &listed);
            Some(Newest {
                machine: if is_reading { machine } else { listed },
                seen_at: seen,
                is_reading,
            })
        }
        (Some((machine, seen_at)), _) => Some(Newest {
            machine,
            seen_at,
            is_reading: true,
        }),
        (None, Some((machine, seen_at))) => Some(Newest {
            machine,
            seen_at,
            is_reading: false,
        }),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::id::ServiceId;
    use domain::machine::{MachineStatus, Power};
    use domain::ports::CountingRandom;
    use serde_json::{Value, json};

    use super::*;

    fn read() -> Machine {
        let identity = json!({ "id": "70", "unchangeable": "u", "owner": "3" });
        serde_json::from_value(json!({
            "identity": identity, "status": "ready", "name": "web", "hostname": "web.example.test",
            "suspended": { "state": "known", "value": false }, "power": { "state": "known", "value": "on" },
            "ipv4": ["192.0.2.1"], "memory_mb": 1024, "storage_gb": 20, "traffic_gb": 0, "raw": { "state": "complete" },
        }))
        .expect("a machine")
    }

    /// The same as a list shows it.
    fn row() -> Machine {
        Machine {
            power: Fact::Unknown,
            raw: Value::Null,
            ..read()
        }
    }

    fn fact(kind: &str, machine: &Machine, at: i64) -> FactRecord {
        FactRecord {
            service: ServiceId::at(Moment::from_seconds(1), &CountingRandom::new(1)),
            kind: kind.to_owned(),
            value: Fact::Known(serde_json::to_value(machine).expect("it can be written")),
            observed_at: Moment::from_seconds(at),
        }
    }

    #[test]
    fn a_row_that_shows_less_agrees_and_one_that_shows_something_else_does_not() {
        let linked = read().identity;
        let little = Machine {
            hostname: None,
            ipv4: Vec::new(),
            memory_mb: None,
            ..row()
        };
        assert_eq!(sight(&linked, Some(&read()), &row()), Sight::Same);
        assert_eq!(sight(&linked, Some(&read()), &little), Sight::Same);
        assert_eq!(sight(&linked, None, &row()), Sight::Changed);
        let other: [fn(Machine) -> Machine; 6] = [
            |row| Machine {
                status: MachineStatus::Building,
                ..row
            },
            |row| Machine {
                name: "mail".to_owned(),
                ..row
            },
            |row| Machine {
                suspended: Fact::Known(true),
                ..row
            },
            |row| Machine {
                power: Fact::Known(Power::Off),
                ..row
            },
            |row| Machine {
                storage_gb: Some(40),
                ..row
            },
            |row| Machine {
                ipv4: vec!["192.0.2.2".to_owned()],
                ..row
            },
        ];
        for change in other {
            let seen = change(row());
            assert_eq!(sight(&linked, Some(&read()), &seen), Sight::Changed, "{seen:?}");
        }
    }

    #[test]
    fn another_machine_under_the_id_or_another_owner_is_not_the_linked_one() {
        let linked = read().identity;
        for (unchangeable, owner) in [("v", "3"), ("u", "4")] {
            let mut seen = row();
            seen.identity.unchangeable = unchangeable.to_owned();
            seen.identity.owner = owner.to_owned();
            assert_eq!(sight(&linked, Some(&read()), &seen), Sight::Another);
        }
    }

    #[test]
    fn gx_008_what_was_seen_in_passing_says_until_when_the_reading_holds_and_hides_none_of_it() {
        let linked = read().identity;
        let newest = |facts: &[FactRecord]| newest(&linked, facts);
        assert_eq!(newest(&[]), None);
        let held = newest(&[
            fact(FactRecord::LISTED, &row(), 90),
            fact(FactRecord::MACHINE, &read(), 50),
        ])
        .expect("it is known");
        assert!(held.is_reading);
        assert_eq!((held.machine, held.seen_at), (read(), Moment::from_seconds(90)));
        let renamed = Machine {
            name: "mail".to_owned(),
            ..row()
        };
        let since = newest(&[
            fact(FactRecord::LISTED, &renamed, 90),
            fact(FactRecord::MACHINE, &read(), 50),
        ])
        .expect("it is known");
        assert_eq!(
            (since.machine.name.as_str(), since.seen_at),
            ("mail", Moment::from_seconds(90))
        );
        assert!(!since.is_reading);
        let listed = newest(&[fact(FactRecord::LISTED, &row(), 90)]).expect("it is known");
        assert!(!listed.is_reading, "nothing was read");
        let read_since = newest(&[
            fact(FactRecord::LISTED, &renamed, 90),
            fact(FactRecord::MACHINE, &read(), 91),
        ])
        .expect("it is known");
        assert_eq!(
            (read_since.machine, read_since.seen_at),
            (read(), Moment::from_seconds(91))
        );
        let mut former = read();
        former.identity.id = "69".to_owned();
        assert_eq!(newest(&[fact(FactRecord::MACHINE, &former, 50)]), None);
    }
}
