//! When the names of addresses are looked after: what a new reading of a machine means for them, what comes before a
//! machine is deleted, and where the names of an operation lie.
//!
//! Names follow the readings of the machine, whoever made them: an address that is new is named, one that is gone is
//! unnamed, and another hostname is written where the former one still stands. A machine is deleted only when the names
//! of its addresses are gone, or could not be removed for [`HELD_UP`]: its addresses are the next customer's from then on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::case::{Case, ServiceView};
use domain::http::RetryClass;
use domain::id::{AuditId, OperationId};
use domain::machine::Machine;
use domain::record::{
    AuditLine, FactRecord, NamePlace, NamePurpose, NameSeen, NameState, NameSubject, NameWish, NameWork,
    Operation, OperationInput, OperationKind, OperationState, Service, Standing, StepPhase,
};
use domain::{Actor, ActorKind, Change, Commit, Fact, Fence};
use rdns::{Hostname, Prefix, Zone};

use super::draft::{Draft, Move, fresh_operation};
use super::schedule::ABSENCE_APART;
use super::{PROOF_SERVICE, World, finish};
use crate::names::{NameEdit, Zones, subjects};

/// The billing id of the service that the engine's own work on many services' names belongs to.
pub const NAMING_SERVICE: u64 = PROOF_SERVICE + 1;

/// How long the deletion of a machine waits for the names of its addresses.
const HELD_UP: Duration = Duration::from_secs(30);

/// How often it looks whether they are gone.
const LOOKS: Duration = Duration::from_millis(500);

/// How long zones that could not be read are waited for.
const ZONES_AGAIN: Duration = Duration::from_secs(60);

/// Names of one zone that one operation looks after. They are one request where they change.
pub(crate) const TOGETHER: usize = 500;

/// How long an edited name may take.
const EDITED_WITHIN: Duration = Duration::from_secs(15 * 60);

/// The note of a termination: since when it waits for names.
const RELEASED: &str = "names_released";

/// The note of a termination: which names there are, as far as was known when it began.
const KNOWN: &str = "names_known";

/// What is known about names where one decides.
#[derive(Debug, Clone, Default)]
pub struct Naming {
    /// How long a hostname that does not lead to its address yet is looked up again.
    pub patience: Duration,
    /// The zones of all name servers, where the operation needs them.
    pub zones: Zones,
    /// What was seen of the names of the service's addresses, where the operation needs it.
    pub seen: BTreeMap<NameSubject, NameSeen>,
}

/// What happens instead of going on.
pub(super) enum Instead {
    Done(String),
    Failed(String),
    /// It waits, as the draft says.
    Rest,
}

impl Instead {
    pub fn end(self, mut draft: Draft<'_>) -> Move {
        match self {
            Self::Done(report) => {
                draft.operation.notes.insert(REPORT.to_owned(), report.into());
                finish::succeeded(draft)
            }
            Self::Failed(reason) => finish::failed(draft, &reason),
            Self::Rest => draft.rest(),
        }
    }
}

/// The note of an operation about names: what became of them, in words.
pub(crate) const REPORT: &str = "report";

/// The note of such an operation: which names it changed.
pub(crate) const CHANGED: &str = "changed";

/// What a machine's addresses are to be called: by its hostname or its name, or else as it was ordered; `None` where none
/// of them can be pointed to.
pub(crate) fn wanted(machine: &Machine, ordered: Option<&str>) -> Option<Hostname> {
    Hostname::of_server(machine.hostname.as_deref(), Some(&machine.name))
        .or_else(|| ordered.and_then(|ordered| ordered.parse().ok()))
}

/// What a new reading of a service's machine means for the names of its addresses.
pub fn follow(
    service: &Service,
    before: Option<&Machine>,
    after: &Machine,
    sequence: i64,
    world: World<'_>,
) -> Vec<Change> {
    if world.naming.is_none()
        || !matches!(
            service.standing,
            Standing::Building | Standing::Live | Standing::Suspended
        )
    {
        return Vec::new();
    }
    // What was read of another machine says nothing of this one's addresses.
    let before = before.filter(|before| before.identity.id == after.identity.id);
    let (had, has) = (before.map(subjects).unwrap_or_default(), subjects(after));
    let ordered = service.hostname.as_deref();
    let is = wanted(after, ordered);
    let was = before.and_then(|before| wanted(before, ordered));
    let mut works = Vec::new();
    let of = |subjects: Vec<NameSubject>, host: &Option<Hostname>| {
        let wish = |subject| NameWish {
            subject,
            service: service.id,
            host: host.as_ref().map(ToString::to_string),
            seen: Vec::new(),
            confirmed_at: None,
        };
        subjects.into_iter().map(wish).collect::<Vec<_>>()
    };
    let lost: Vec<_> = had.difference(&has).copied().collect();
    let addresses = |some: &mut dyn Iterator<Item = &NameSubject>| -> Vec<NameSubject> {
        some.copied()
            .filter(|subject| subject.address().is_some())
            .collect()
    };
    let named_only_now = was.is_none() && is.is_some();
    let (new, kept): (Vec<_>, Vec<_>) = if named_only_now {
        (addresses(&mut has.iter()), Vec::new())
    } else {
        (
            addresses(&mut has.difference(&had)),
            addresses(&mut has.intersection(&had)),
        )
    };
    if !lost.is_empty() {
        works.push((NamePurpose::Lost, None, of(lost, &was)));
    }
    if is.is_some() && !new.is_empty() {
        works.push((NamePurpose::Create, None, of(new, &is)));
    }
    if is.is_some() && was != is && !kept.is_empty() {
        let former = was.as_ref().map(ToString::to_string);
        works.push((NamePurpose::Rename, former, of(kept, &is)));
    }
    let works = works
        .into_iter()
        .enumerate()
        .map(|(number, (purpose, former, wishes))| {
            let work = NameWork {
                purpose,
                former,
                wishes,
                place: None,
            };
            let sequence = sequence + 1 + i64::try_from(number).unwrap_or(0);
            operation(service, work, sequence, world)
        });
    works.map(Change::InsertOperation).collect()
}

fn operation(service: &Service, work: NameWork, sequence: i64, world: World<'_>) -> Operation {
    let why = match work.purpose {
        NamePurpose::Lost => "the machine lost addresses",
        NamePurpose::Rename => "the machine has another hostname",
        _ => "the machine has new addresses",
    };
    let waits = matches!(work.purpose, NamePurpose::Create | NamePurpose::Rename);
    // One reading without the address is no proof that it is gone.
    let begins = if work.purpose == NamePurpose::Lost {
        world.now + ABSENCE_APART
    } else {
        world.now
    };
    let input = OperationInput::Names(work);
    let mut operation = fresh_operation(
        service,
        OperationKind::ReverseDns,
        input,
        Actor::engine(why),
        sequence,
        world,
    );
    operation.due_at = Some(begins);
    if let Some(naming) = world.naming.filter(|_| waits) {
        operation.deadline = begins + naming.patience;
    }
    operation
}

/// Whether an operation that was not done in time is a person's business: what its client could mend, by a record of its
/// hostname, is not.
pub(super) fn is_owed(operation: &Operation) -> bool {
    let purpose = operation.input.names().map(|work| work.purpose);
    purpose.is_some_and(|purpose| {
        !matches!(
            purpose,
            NamePurpose::Create | NamePurpose::Rename | NamePurpose::Edit
        )
    })
}

/// Whether the addresses that are released are certainly the machine's: it has not been asked to be deleted yet.
pub(super) fn still_ours(case: &Case) -> bool {
    let deleting = |other: &Operation| {
        let acts = other
            .steps
            .iter()
            .rev()
            .find(|step| step.class != RetryClass::Read);
        other.kind == OperationKind::Terminate
            && acts.is_some_and(|last| last.attempt > 0 || last.phase == StepPhase::Done)
    };
    let released = case
        .operation
        .input
        .names()
        .is_some_and(|work| work.purpose == NamePurpose::Release);
    released
        && case.link.is_some()
        && case.operation.generation == case.service.generation
        && !case.others.iter().any(deleting)
}

/// What is to be clear before a step acts.
pub(super) fn before_act(draft: &mut Draft<'_>, index: usize) -> Option<Instead> {
    match draft.operation.kind {
        OperationKind::ReverseDns => not_ours_any_more(draft),
        OperationKind::Terminate => names_go_first(draft, index),
        _ => None,
    }
}

/// A name is given only to an address that the machine has, by its last reading, and as long as its client may.
fn not_ours_any_more(draft: &Draft<'_>) -> Option<Instead> {
    let work = draft.operation.input.names()?;
    if work.purpose.removes() || draft.service.billing_id == NAMING_SERVICE {
        return None;
    }
    let by_client = draft.operation.actor.kind == ActorKind::Client;
    let reading = draft.case.reading().filter(|_| draft.link.is_some());
    let same_life = draft.operation.generation == draft.service.generation;
    let Some(machine) = reading.filter(|_| same_life) else {
        return Some(Instead::Failed("the machine is gone".to_owned()));
    };
    if by_client && draft.service.standing != Standing::Live {
        return Some(Instead::Failed(
            "the service was suspended or ended before it was done".to_owned(),
        ));
    }
    let has = subjects(&machine);
    let others = work.wishes.iter().map(|wish| wish.subject);
    let lost = others.into_iter().find(|subject| !holds(&has, *subject))?;
    Some(Instead::Failed(format!("{lost} is not the machine's any more")))
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

/// The names of a machine's addresses go before it is deleted: afterwards the addresses are somebody else's. It was just
/// read, so that these are its addresses.
fn names_go_first(draft: &mut Draft<'_>, index: usize) -> Option<Instead> {
    draft.world.naming?;
    let last = draft
        .operation
        .steps
        .iter()
        .rposition(|step| step.class != RetryClass::Read)?;
    if last != index || draft.operation.steps[index].attempt > 0 {
        return None;
    }
    let now = draft.now();
    let since = draft
        .operation
        .notes
        .get(RELEASED)
        .and_then(serde_json::Value::as_i64);
    let Some(since) = since.map(domain::Moment::from_micros) else {
        let work = of_machine(draft, NamePurpose::Release)?;
        draft
            .operation
            .notes
            .insert(RELEASED.to_owned(), now.as_micros().into());
        draft.spawn(
            OperationKind::ReverseDns,
            OperationInput::Names(work),
            "the machine is about to be deleted",
        );
        draft.wait_until(now + LOOKS, "removing the names of its addresses");
        return Some(Instead::Rest);
    };
    let releases = |other: &Operation| {
        let work = other.input.names();
        work.is_some_and(|work| work.purpose == NamePurpose::Release)
            && other.generation == draft.operation.generation
    };
    let open = draft.case.others.iter().any(releases);
    if !open || now >= since + HELD_UP {
        return None;
    }
    draft.wait_until(now + LOOKS, "removing the names of its addresses");
    Some(Instead::Rest)
}

/// The machine was gone before anybody could take its names away: what is known to be there goes now.
pub(super) fn machine_gone(draft: &mut Draft<'_>) {
    if draft.world.naming.is_none() || draft.operation.notes.contains_key(RELEASED) {
        return;
    }
    let known = draft.operation.notes.get(KNOWN).cloned();
    if let Some(work) = known.and_then(|known| serde_json::from_value(known).ok()) {
        draft.spawn(
            OperationKind::ReverseDns,
            OperationInput::Names(work),
            "the machine is gone",
        );
    }
}

/// A termination begins: what is known of the machine's addresses is not read again where the machine is gone.
pub(super) fn remember(draft: &mut Draft<'_>) {
    if draft.world.naming.is_none() || draft.operation.kind != OperationKind::Terminate {
        return;
    }
    let work = of_machine(draft, NamePurpose::Lost).and_then(|work| serde_json::to_value(work).ok());
    if let Some(work) = work {
        draft.operation.notes.insert(KNOWN.to_owned(), work);
    }
}

/// All names of the machine's addresses, by its last reading.
fn of_machine(draft: &Draft<'_>, purpose: NamePurpose) -> Option<NameWork> {
    let machine = draft.case.reading()?;
    let host = wanted(&machine, draft.service.hostname.as_deref()).map(|host| host.to_string());
    let wish = |subject| NameWish {
        subject,
        service: draft.service.id,
        host: host.clone(),
        seen: Vec::new(),
        confirmed_at: None,
    };
    let wishes: Vec<NameWish> = subjects(&machine).into_iter().map(wish).collect();
    let work = NameWork {
        purpose,
        former: None,
        wishes,
        place: None,
    };
    Some(work).filter(|work| !work.wishes.is_empty())
}

/// What comes before an operation about names has steps: it is certain that an address is lost, and known where names lie.
pub(super) fn before_plan(draft: &mut Draft<'_>) -> Option<Instead> {
    let work = draft.operation.input.names().cloned()?;
    if work.purpose == NamePurpose::Lost && work.place.is_none() {
        if let Some(instead) = lost_again(draft, &work) {
            return Some(instead);
        }
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
    let words = match (names, without) {
        (0, 0) => "no names to look after".to_owned(),
        (0, without) => format!("{without} without a zone"),
        (names, 0) => format!("{names} looked after in {zones} operations"),
        (names, without) => format!("{names} looked after in {zones} operations, {without} without a zone"),
    };
    Instead::Done(words)
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
    let value = match serde_json::to_value(seen) {
        Ok(seen) if !purpose.removes() => Fact::Known(seen),
        _ => Fact::Absent,
    };
    Change::PutFact(FactRecord {
        service: wish.service,
        kind: FactRecord::name_kind(wish.subject),
        value,
        observed_at: world.now,
    })
}

impl Draft<'_> {
    /// A follow-up about names of one zone, by the same actor and within the same time.
    fn spawn_work(&mut self, work: NameWork) {
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
        operation.deadline = self.operation.deadline;
        operation.generation = self.operation.generation;
        self.push(Change::InsertOperation(operation));
    }
}

/// One name as somebody wants it. What waits for the same name ends: what is wanted now counts.
pub(crate) fn edited(
    view: &ServiceView,
    work: NameWork,
    actor: &Actor,
    world: World<'_>,
) -> (Commit, OperationId) {
    let service = &view.service;
    let mut changes = Vec::new();
    for open in view.open.iter().filter(|open| waits_for(open, &work)) {
        let mut ended = open.clone();
        ended.state = OperationState::Superseded;
        ended.due_at = None;
        ended.lease = None;
        ended.finished_at = Some(world.now);
        ended.updated_at = world.now;
        "another name was asked for".clone_into(&mut ended.reason);
        changes.push(Change::PutOperation(ended));
    }
    let operations = view.open.iter().chain(&view.recent);
    let sequence = operations.map(|operation| operation.sequence).max().unwrap_or(0) + 1;
    let input = OperationInput::Names(work);
    let mut operation = fresh_operation(
        service,
        OperationKind::ReverseDns,
        input,
        actor.clone(),
        sequence,
        world,
    );
    operation.deadline = world.now + EDITED_WITHIN;
    let id = operation.id;
    changes.push(accepted(service, &operation, world));
    changes.push(Change::InsertOperation(operation));
    // The version is raised, so that whoever decided by the names that were waited for decides anew.
    changes.insert(0, Change::PutService(service.clone()));
    let fence = Fence::service(service.id, service.version);
    (Commit { fence, changes }, id)
}

/// Whether an operation only waits to give a name to what is now given another.
fn waits_for(open: &Operation, work: &NameWork) -> bool {
    let about = |wish: &NameWish| work.wishes.iter().any(|other| other.subject == wish.subject);
    open.input
        .names()
        .is_some_and(|other| !other.purpose.removes() && other.wishes.iter().all(about))
}

fn accepted(service: &Service, operation: &Operation, world: World<'_>) -> Change {
    Change::Audit(AuditLine {
        id: AuditId::at(world.now, world.random),
        installation: Some(service.installation.clone()),
        at: world.now,
        actor: operation.actor.clone(),
        action: "operation.accepted".to_owned(),
        subject: operation.id.to_string(),
        detail: serde_json::json!({
            "kind": operation.kind.as_str(), "service": service.id, "names": operation.input.names(),
        }),
    })
}

/// Somebody tried to change the name of an address that is not the service's.
pub(crate) fn refused(edit: &NameEdit, why: &str, world: World<'_>) -> Commit {
    let line = AuditLine {
        id: AuditId::at(world.now, world.random),
        installation: Some(edit.installation.clone()),
        at: world.now,
        actor: edit.actor.clone(),
        action: "reverse_dns.refused".to_owned(),
        subject: edit.address.to_string(),
        detail: serde_json::json!({ "service": edit.billing_id, "client": edit.client_id, "why": why }),
    };
    Commit {
        fence: Fence::default(),
        changes: vec![Change::Audit(line)],
    }
}

/// Work on names of many services.
pub(crate) fn batch(
    service: &Service,
    works: Vec<NameWork>,
    actor: &Actor,
    world: World<'_>,
) -> (Commit, Vec<OperationId>) {
    let (mut changes, mut ids) = (vec![Change::PutService(service.clone())], Vec::new());
    for work in works {
        let input = OperationInput::Names(work);
        let operation = fresh_operation(service, OperationKind::ReverseDns, input, actor.clone(), 1, world);
        ids.push(operation.id);
        changes.push(Change::InsertOperation(operation));
    }
    let fence = Fence::service(service.id, service.version);
    (Commit { fence, changes }, ids)
}

/// The zone's name as a zone, of the operation's place.
pub(crate) fn zone_of(place: &NamePlace) -> Option<Zone> {
    place.zone.parse().ok().and_then(Zone::of)
}

/// What became of the names, in words, once their operation has ended.
pub(super) fn report(operation: &Operation) -> String {
    let words = operation.notes.get(REPORT).and_then(serde_json::Value::as_str);
    words.unwrap_or("nothing to do").to_owned()
}

/// The names that the operation changed: `record → host`, or `record` where it was removed.
pub(super) fn changed(operation: &Operation) -> Option<&serde_json::Value> {
    operation.notes.get(CHANGED)
}
