//! What is clear before an operation acts: names are given to what the machine has, and go before it is deleted.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::case::Case;
use domain::http::RetryClass;
use domain::record::{
    NamePurpose, NameSubject, Operation, OperationInput, OperationKind, Standing, StepPhase,
};
use domain::{ActorKind, Moment};

use super::{DECIDED, Instead, NAMING_SERVICES, OURS, holds, is_same_life, of_machine};
use crate::core::World;
use crate::core::draft::Draft;
use crate::names::subjects;

/// How long the deletion of a machine waits for the names of its addresses.
const HELD_UP: Duration = Duration::from_secs(30);

/// How often it looks whether they are gone.
const LOOKS: Duration = Duration::from_millis(500);

/// How long a decision about what is changed is acted on.
const DECIDED_FOR: Duration = Duration::from_secs(10);

/// What is said of a release that is not needed.
pub(super) const STAYS: &str = "the machine stays, and its names with it";

/// The note of a termination: since when it waits for names.
const RELEASED: &str = "names_released";

/// The note of a termination: which names there are, as far as was known when it began.
const KNOWN: &str = "names_known";

/// Whether the addresses that are released are certainly the machine's: it has not been asked to be deleted yet.
pub(in crate::core) fn still_ours(case: &Case) -> bool {
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
    released && is_same_life(case) && !case.others.iter().any(deleting)
}

/// Whether names were to be released for a deletion that was given up: the machine stays, and its names with it.
pub(in crate::core) fn stays(case: &Case) -> bool {
    let work = case.operation.input.names();
    let ends = |other: &Operation| other.kind == OperationKind::Terminate;
    work.is_some_and(|work| work.purpose == NamePurpose::Release)
        && is_same_life(case)
        && !case.others.iter().any(ends)
}

/// Whose names an operation does not touch whatever it was to do: of lost addresses those that the machine has again, by
/// themselves or inside a prefix; of many machines' those that they have no more.
pub(in crate::core) fn left_alone(case: &Case, world: World<'_>) -> BTreeSet<NameSubject> {
    let Some(work) = case.operation.input.names() else {
        return BTreeSet::new();
    };
    if work.purpose == NamePurpose::Lost && is_same_life(case) {
        return case
            .reading()
            .map(|machine| subjects(&machine))
            .unwrap_or_default();
    }
    world
        .naming
        .map(|naming| naming.moved_on.clone())
        .unwrap_or_default()
}

/// What is to be clear before a step acts.
pub(in crate::core) fn before_act(draft: &mut Draft<'_>, index: usize) -> Option<Instead> {
    match draft.operation.kind {
        OperationKind::ReverseDns if index == 0 && stays(draft.case) => Some(Instead::Done(STAYS.to_owned())),
        OperationKind::ReverseDns => decided_before(draft, index).or_else(|| not_ours_any_more(draft)),
        OperationKind::Terminate => names_go_first(draft, index),
        _ => None,
    }
}

/// What is changed was decided a while ago, or while the addresses were the machine's: both may be otherwise since, and it
/// is decided anew.
fn decided_before(draft: &mut Draft<'_>, index: usize) -> Option<Instead> {
    let notes = &draft.operation.notes;
    let ours = notes.get(OURS).and_then(serde_json::Value::as_bool);
    let decided = notes.get(DECIDED).and_then(serde_json::Value::as_i64);
    let is_old = decided.is_some_and(|at| draft.now() > Moment::from_micros(at) + DECIDED_FOR);
    // What comes after the change is about what was changed, and waits for whom it concerns as long as it takes.
    if index > 0 || !is_old && (ours != Some(true) || still_ours(draft.case)) {
        return None;
    }
    draft.step(index).phase = StepPhase::Look;
    Some(Instead::Again)
}

/// A name is given only to an address that the machine has, by its last reading, and as long as its client may.
fn not_ours_any_more(draft: &Draft<'_>) -> Option<Instead> {
    let work = draft.operation.input.names()?;
    if work.purpose.removes() || draft.service.billing_id >= NAMING_SERVICES {
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
    let Some(since) = since.map(Moment::from_micros) else {
        let work = of_machine(&draft.case.reading()?, &draft.service, NamePurpose::Release)?;
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
    let mut open = draft
        .case
        .others
        .iter()
        .filter(|other| releases(other))
        .peekable();
    // What has left already is waited for however long it takes: afterwards it would meet the next customer's name.
    if open.peek().is_none() || now >= since + HELD_UP && !open.any(acts) {
        return None;
    }
    draft.wait_until(now + LOOKS, "removing the names of its addresses");
    Some(Instead::Rest)
}

/// Whether a change of an operation is under way.
pub(crate) fn acts(operation: &Operation) -> bool {
    let current = operation.current().and_then(|index| operation.steps.get(index));
    current.is_some_and(|step| step.phase == StepPhase::Act)
}

/// The machine was gone before anybody could take its names away: what is known to be there goes now.
pub(in crate::core) fn machine_gone(draft: &mut Draft<'_>) {
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
pub(in crate::core) fn remember(draft: &mut Draft<'_>) {
    if draft.world.naming.is_none() || draft.operation.kind != OperationKind::Terminate {
        return;
    }
    let known = draft.case.reading();
    let work = known.and_then(|machine| of_machine(&machine, &draft.service, NamePurpose::Lost));
    let work = work.and_then(|work| serde_json::to_value(work).ok());
    if let Some(work) = work {
        draft.operation.notes.insert(KNOWN.to_owned(), work);
    }
}
