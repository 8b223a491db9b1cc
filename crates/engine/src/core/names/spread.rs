//! Where the names of an operation lie: it becomes one operation for each zone.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Change;
use domain::record::{
    FactRecord, NamePlace, NamePurpose, NameSeen, NameState, NameSubject, NameWish, NameWork, OperationInput,
    OperationKind,
};

use super::release::STAYS;
use super::{Instead, TOGETHER, holds, stays};
use crate::core::World;
use crate::core::draft::{Draft, fresh_operation};
use crate::core::schedule::ABSENCE_APART;
use crate::names::subjects;

/// How long zones that could not be read are waited for.
const ZONES_AGAIN: Duration = Duration::from_secs(60);

/// What comes before an operation about names has steps: it is certain that an address is lost, and known where names lie.
pub(in crate::core) fn before_plan(draft: &mut Draft<'_>) -> Option<Instead> {
    let work = draft.operation.input.names().cloned()?;
    if stays(draft.case) {
        return Some(Instead::Done(STAYS.to_owned()));
    }
    if work.purpose == NamePurpose::Lost
        && work.place.is_none()
        && let Some(instead) = lost_again(draft, &work)
    {
        return Some(instead);
    }
    match work.place {
        Some(_) => None,
        None => Some(spread(draft, work)),
    }
}

/// An address is lost where a later reading does not show it either.
fn lost_again(draft: &mut Draft<'_>, work: &NameWork) -> Option<Instead> {
    let same_machine = draft.operation.generation == draft.service.generation && draft.link.is_some();
    if !same_machine {
        return None;
    }
    let now = draft.now();
    let read_at = draft.case.machine.as_ref().map(|fact| fact.observed_at);
    let has = draft
        .case
        .reading()
        .map(|machine| subjects(&machine))
        .unwrap_or_default();
    if read_at.is_none_or(|at| at < draft.operation.created_at + ABSENCE_APART) {
        let mut others = draft.case.others.iter();
        if !others.any(|other| other.kind == OperationKind::Refresh) {
            draft.spawn(
                OperationKind::Refresh,
                OperationInput::Nothing,
                "whether addresses are lost",
            );
        }
        draft.wait_until(
            now + ABSENCE_APART,
            "waits for another reading of the machine's addresses",
        );
        return Some(Instead::Rest);
    }
    let back = work.wishes.iter().all(|wish| holds(&has, wish.subject));
    back.then(|| Instead::Done("the machine has the addresses again".to_owned()))
}

/// Begins an operation for each zone in which names lie; for each name, where a hostname may have to be waited for.
fn spread(draft: &mut Draft<'_>, work: NameWork) -> Instead {
    let now = draft.now();
    let Some(naming) = draft.world.naming else {
        return Instead::Done("there is no name server".to_owned());
    };
    if let Some(why) = naming.zones.unknown() {
        draft.wait_until(
            now + ZONES_AGAIN,
            format!("the zones of the name servers are not known: {why}"),
        );
        return Instead::Rest;
    }
    let has = draft
        .case
        .reading()
        .map(|machine| subjects(&machine))
        .unwrap_or_default();
    let mut placed: BTreeMap<(NamePlace, Option<NameSubject>), Vec<NameWish>> = BTreeMap::new();
    let mut without = 0_usize;
    for mut wish in work.wishes {
        if work.purpose == NamePurpose::Lost && holds(&has, wish.subject) {
            continue;
        }
        wish.seen = known_at(&naming.seen, wish.subject);
        let places = naming.zones.places(wish.subject);
        without += usize::from(places.is_empty());
        if places.is_empty() {
            draft.push(no_zone(&wish, work.purpose, draft.world));
        }
        for place in places {
            let alone = Some(wish.subject).filter(|_| !work.purpose.removes());
            placed.entry((place, alone)).or_default().push(wish.clone());
        }
    }
    let (zones, names): (usize, usize) = (placed.len(), placed.values().map(Vec::len).sum());
    for ((place, _), wishes) in placed {
        for some in wishes.chunks(TOGETHER) {
            let work = NameWork {
                purpose: work.purpose,
                former: work.former.clone(),
                wishes: some.to_vec(),
                place: Some(place.clone()),
            };
            draft.spawn_work(work);
        }
    }
    Instead::Done(spread_over(names, zones, without))
}

/// What became of them, in words.
fn spread_over(names: usize, zones: usize, without: usize) -> String {
    let operations = match zones {
        1 => "1 operation".to_owned(),
        zones => format!("{zones} operations"),
    };
    match (names, without) {
        (0, 0) => "no names to look after".to_owned(),
        (0, without) => format!("{without} without a zone"),
        (names, 0) => format!("{names} looked after in {operations}"),
        (names, without) => format!("{names} looked after in {operations}, {without} without a zone"),
    }
}

/// The hosts that were seen at a subject's names: of a prefix at all of them.
fn known_at(seen: &BTreeMap<NameSubject, NameSeen>, subject: NameSubject) -> Vec<String> {
    let of = [subject].into();
    let names = seen.iter().filter(|(other, _)| holds(&of, **other));
    names.flat_map(|(_, name)| name.hosts.iter().cloned()).collect()
}

/// No name server has a zone for it.
fn no_zone(wish: &NameWish, purpose: NamePurpose, world: World<'_>) -> Change {
    let seen = NameSeen {
        state: NameState::NoZone,
        hosts: Vec::new(),
        ttl: None,
        place: None,
        why: None,
    };
    let seen = Some(&seen).filter(|_| !purpose.removes());
    Change::PutFact(FactRecord::of_name(wish.service, wish.subject, seen, world.now))
}

impl Draft<'_> {
    /// A follow-up about names of one zone, by the same actor.
    fn spawn_work(&mut self, work: NameWork) {
        let removes = work.purpose.removes();
        let actor = self.operation.actor.clone();
        let sequence = self.operation.sequence + 1;
        let input = OperationInput::Names(work);
        let mut operation = fresh_operation(
            &self.service,
            OperationKind::ReverseDns,
            input,
            actor,
            sequence,
            self.world,
        );
        // What is removed late has been waited for already, and gets time of its own.
        if !removes {
            operation.deadline = self.operation.deadline;
        }
        operation.generation = self.operation.generation;
        self.push(Change::InsertOperation(operation));
    }
}
