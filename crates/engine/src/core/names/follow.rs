//! What a new reading of a machine means for the names of its addresses.

use domain::machine::Machine;
use domain::record::{
    NamePurpose, NameSubject, NameWish, NameWork, Operation, OperationInput, OperationKind, Service, Standing,
};
use domain::{Actor, Change};
use rdns::Hostname;

use super::{of_machine, wanted};
use crate::core::World;
use crate::core::draft::fresh_operation;
use crate::core::schedule::ABSENCE_APART;
use crate::names::subjects;

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
        let wish = |subject| NameWish::new(subject, service.id, host.as_ref().map(ToString::to_string));
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

/// What it means for the names of a machine's addresses that the machine is gone.
pub fn vanished(service: &Service, before: &Machine, sequence: i64, world: World<'_>) -> Option<Change> {
    world.naming?;
    let work = of_machine(before, service, NamePurpose::Lost)?;
    Some(Change::InsertOperation(operation(
        service,
        work,
        sequence + 1,
        world,
    )))
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
