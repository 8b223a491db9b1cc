//! When the names of addresses are looked after: what a new reading of a machine means for them, what comes before a
//! machine is deleted, and where the names of an operation lie.
//!
//! Names follow the readings of the machine, whoever made them: an address that is new is named, one that is gone is
//! unnamed, and another hostname is written where the former one still stands. A machine is deleted only when the names
//! of its addresses are gone, or could not be removed for [`HELD_UP`]: its addresses are the next customer's from then on.

mod begin;
mod follow;
mod release;
mod spread;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::Case;
use domain::machine::Machine;
use domain::record::{NamePlace, NamePurpose, NameSeen, NameSubject, NameWish, NameWork, Operation, Service};
use rdns::{Hostname, Prefix, Zone};

use super::PROOF_SERVICE;
use super::draft::{Draft, Move};
use super::finish;
use crate::names::{Zones, subjects};

pub(crate) use begin::{batch, edited, refused};
pub use follow::{follow, vanished};
pub(crate) use release::acts;
pub(super) use release::{before_act, left_alone, machine_gone, remember, stays, still_ours};
pub(super) use spread::before_plan;

/// From here on billing ids are those of services that the engine's own work on many services' names belongs to, one for
/// each zone: operations of one service decide one after the other.
pub const NAMING_SERVICES: u64 = PROOF_SERVICE + 1;

/// So many zones have a service of their own.
const ZONES: u64 = 1 << 40;

/// The billing id of the service that work on the names of a zone belongs to. That two zones share one harms nothing.
pub(crate) fn naming_service(place: &NamePlace) -> u64 {
    let text = format!("{} {}", place.server, place.zone);
    // FNV-1a: the same in every program of every version.
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    NAMING_SERVICES + hash % ZONES
}

/// Names of one zone that one operation looks after. They are one request where they change.
pub(crate) const TOGETHER: usize = 500;

/// The note of an operation about names: what became of them, in words.
pub(crate) const REPORT: &str = "report";

/// The note of such an operation: which names it changed.
pub(crate) const CHANGED: &str = "changed";

/// The note of when it was decided what is changed.
pub(crate) const DECIDED: &str = "decided";

/// The note of a release: whether the addresses were certainly the machine's when it was decided what is removed.
pub(crate) const OURS: &str = "ours";

/// What is known about names where one decides.
#[derive(Debug, Clone, Default)]
pub struct Naming {
    /// How long a hostname that does not lead to its address yet is looked up again.
    pub patience: Duration,
    /// The zones of all name servers, where the operation needs them.
    pub zones: Zones,
    /// What was seen of the names of the service's addresses, where the operation needs it.
    pub seen: BTreeMap<NameSubject, NameSeen>,
    /// What the machines of an operation's wishes have no more, where it is about those of many services.
    pub moved_on: BTreeSet<NameSubject>,
}

/// What happens instead of going on.
pub(super) enum Instead {
    Done(String),
    Failed(String),
    /// It is decided anew, as the draft says.
    Again,
    /// It waits, as the draft says.
    Rest,
}

impl Instead {
    pub fn end(self, mut draft: Draft<'_>) -> Move {
        match self {
            Self::Done(report) => {
                draft.operation.notes.insert(REPORT.to_owned(), report.into());
                draft.settle_questions();
                finish::succeeded(draft)
            }
            Self::Failed(reason) => finish::failed(draft, &reason),
            Self::Again => draft.again(),
            Self::Rest => draft.rest(),
        }
    }
}

/// What a machine's addresses are to be called: by its hostname or its name, or else as it was ordered; `None` where none
/// of them can be pointed to.
pub(crate) fn wanted(machine: &Machine, ordered: Option<&str>) -> Option<Hostname> {
    Hostname::of_server(machine.hostname.as_deref(), Some(&machine.name))
        .or_else(|| ordered.and_then(|ordered| ordered.parse().ok()))
}

/// All names of a machine's addresses; `None` where it has none.
fn of_machine(machine: &Machine, service: &Service, purpose: NamePurpose) -> Option<NameWork> {
    let host = wanted(machine, service.hostname.as_deref()).map(|host| host.to_string());
    let wish = |subject| NameWish::new(subject, service.id, host.clone());
    let wishes: Vec<_> = subjects(machine).into_iter().map(wish).collect();
    let work = NameWork {
        purpose,
        former: None,
        wishes,
        place: None,
    };
    Some(work).filter(|work| !work.wishes.is_empty())
}

/// Whether an operation is still about the machine that its service has.
fn is_same_life(case: &Case) -> bool {
    case.link.is_some() && case.operation.generation == case.service.generation
}

/// Whether an operation that was not done in time is a person's business: what its client could mend, by a record of its
/// hostname, is not.
pub(in crate::core) fn is_owed(operation: &Operation) -> bool {
    let purpose = operation.input.names().map(|work| work.purpose);
    purpose.is_some_and(|purpose| {
        !matches!(
            purpose,
            NamePurpose::Create | NamePurpose::Rename | NamePurpose::Edit
        )
    })
}

/// Whether a subject is among what a machine has, by itself or inside a prefix.
pub(crate) fn holds(has: &BTreeSet<NameSubject>, subject: NameSubject) -> bool {
    has.iter().any(|had| match (had, subject) {
        (NameSubject::Prefix(first, length), NameSubject::Address(address)) => {
            Prefix::new(*first, *length).is_ok_and(|prefix| prefix.contains(address))
        }
        _ => *had == subject,
    })
}

/// The zone's name as a zone, of the operation's place.
pub(crate) fn zone_of(place: &NamePlace) -> Option<Zone> {
    place.zone.parse().ok().and_then(Zone::of)
}

/// What became of the names, in words, once their operation has ended.
pub(in crate::core) fn report(operation: &Operation) -> String {
    let words = operation.notes.get(REPORT).and_then(serde_json::Value::as_str);
    words.unwrap_or("nothing to do").to_owned()
}

/// The names that the operation changed: `record → host`, or `record` where it was removed.
pub(in crate::core) fn changed(operation: &Operation) -> Option<&serde_json::Value> {
    operation.notes.get(CHANGED)
}
