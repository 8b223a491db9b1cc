//! What is read of a machine for its client's eyes, outside any operation: of which machine it may be read, and whether
//! what came back is kept.
//!
//! An id may be in use again for somebody else's machine, and most of these answers do not tell whose they are. So what is
//! a machine's is kept only with the identity that was behind the id when it was read, and only where that is the link's.

use domain::case::ServiceView;
use domain::id::LinkId;
use domain::machine::{Identity, Machine};
use domain::observed::{FactKind, Observed};
use domain::record::{FactRecord, Link, Platform, PlatformState, Relation};
use domain::{Change, Commit, Fact, Fence};
use driver::{Driver, ReadingContext};
use serde_json::Value;

use super::look::compare;
use super::sight::{Sight, sight};
use super::tell;
use super::{World, names};

/// What is read, and where.
#[derive(Clone, Copy)]
pub struct Readable<'v> {
    /// For the driver.
    pub context: ReadingContext<'v>,
    /// The platform.
    pub platform: &'v Platform,
    /// Its driver.
    pub driver: &'v dyn Driver,
}

/// Where a fact of a service is read, or in one sentence why it is not.
pub fn readable<'v>(view: &'v ServiceView, kind: FactKind, world: World<'v>) -> Result<Readable<'v>, String> {
    let readable = reachable(view, kind, world)?;
    if readable.driver.offers().facts.contains(&kind) {
        Ok(readable)
    } else {
        Err(format!("machines of {} show no {kind}", readable.platform.kind))
    }
}

/// Where a service's machine is read, whatever its platform shows of it. `kind` is for the context alone.
pub fn reachable<'v>(
    view: &'v ServiceView,
    kind: FactKind,
    world: World<'v>,
) -> Result<Readable<'v>, String> {
    let name = view.service.billing_id;
    let platform = view
        .platform
        .as_ref()
        .ok_or_else(|| format!("service {name} has no platform"))?;
    if platform.state != PlatformState::Approved {
        return Err(format!(
            "platform {} is not approved, so nothing was read",
            platform.name
        ));
    }
    if world.recovering.is_some() {
        return Err("the store is being recovered, so no link can be relied on".to_owned());
    }
    let driver = world
        .driver
        .ok_or_else(|| format!("machines of {} show no {kind}", platform.kind))?;
    let link = view
        .link
        .as_ref()
        .ok_or_else(|| format!("service {name} has no machine"))?;
    let context = ReadingContext {
        kind,
        link,
        installation: &view.service.installation,
        client_id: view.service.client_id,
        relation: view
            .attachment
            .as_ref()
            .map_or(Relation::Text, |attachment| attachment.relation),
        seen: None,
    };
    Ok(Readable {
        context,
        platform,
        driver,
    })
}

/// What is kept of a reading.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What keeps it.
    pub commit: Commit,
    /// What is kept.
    pub record: FactRecord,
    /// Whether all that was seen of the machine is stored now. What an operation at work left aside is not: the same sight
    /// is news again once that has ended.
    pub is_settled: bool,
}

/// Keeps what was read for a link, unless the service has another by now. The
/// machine itself, where the same answer showed it, is kept with it unless an operation is at work: what an operation reads
/// is what it decides by. With the machine goes what the billing system is to be told of it.
pub fn keep_fact(
    view: &ServiceView,
    link: LinkId,
    observed: &Observed,
    (identity, machine): (Option<&Identity>, Option<&Machine>),
    world: World<'_>,
) -> Result<Kept, String> {
    let link = present(view, link)?;
    match identity {
        Some(seen) => compare(&link.identity, seen).map_err(|difference| {
            format!("the machine is not the one that was linked: {}", difference.text)
        })?,
        None if observed.kind().is_of_machine() => {
            return Err("the platform did not tell of which machine it is".to_owned());
        }
        None => {}
    }
    let record = FactRecord {
        service: view.service.id,
        kind: observed.kind().to_string(),
        value: observed.to_fact(),
        observed_at: world.now,
    };
    let is_settled = machine.is_none() || !is_worked_on(view);
    let mut changes = vec![Change::PutFact(record.clone())];
    if let Some(machine) = machine.filter(|_| is_settled) {
        let read = of_machine(view, FactRecord::MACHINE, machine, world);
        changes.push(Change::PutFact(read));
        changes.extend(tell::seen_in_passing(view, machine, world));
        changes.extend(names_of(view, machine, world));
    }
    Ok(kept(view, changes, record, is_settled))
}

/// Keeps what a short look showed of a link's machine: as until when the last reading holds where it agrees
/// with it, otherwise as a reading of its own, unless an operation is at work.
pub fn keep_glance(
    view: &ServiceView,
    link: LinkId,
    seen: &Machine,
    world: World<'_>,
) -> Result<Kept, String> {
    let link = present(view, link)?;
    let (kind, is_settled) = match sight(&link.identity, view.reading().as_ref(), seen) {
        Sight::Another => return Err("the machine is not the one that was linked".to_owned()),
        Sight::Same => (FactRecord::LISTED, true),
        Sight::Changed if is_worked_on(view) => (FactRecord::LISTED, false),
        Sight::Changed => (FactRecord::MACHINE, true),
    };
    let record = of_machine(view, kind, seen, world);
    let mut changes = vec![Change::PutFact(record.clone())];
    if kind == FactRecord::MACHINE {
        changes.extend(tell::seen_in_passing(view, seen, world));
        changes.extend(names_of(view, seen, world));
    }
    Ok(kept(view, changes, record, is_settled))
}

/// What follows for the names of the machine's addresses.
fn names_of(view: &ServiceView, seen: &Machine, world: World<'_>) -> Vec<Change> {
    if world.naming.is_none() {
        return Vec::new();
    }
    let before = view.reading();
    names::follow(&view.service, before.as_ref(), seen, view.last_sequence(), world)
}

fn kept(view: &ServiceView, changes: Vec<Change>, record: FactRecord, is_settled: bool) -> Kept {
    let fence = Fence::service(view.service.id, view.service.version);
    Kept {
        commit: Commit { fence, changes },
        record,
        is_settled,
    }
}

/// The link, unless the service has another by now.
fn present(view: &ServiceView, link: LinkId) -> Result<&Link, String> {
    let name = view.service.billing_id;
    view.link
        .as_ref()
        .filter(|present| present.id == link)
        .ok_or_else(|| format!("service {name} got another machine meanwhile"))
}

/// Whether an operation decides by what it reads of the machine.
fn is_worked_on(view: &ServiceView) -> bool {
    view.open.iter().any(|operation| !operation.kind.is_beside())
}

/// What was seen in passing is kept without the platform's whole answer: it is kept often, and is there to be compared.
fn of_machine(view: &ServiceView, kind: &str, machine: &Machine, world: World<'_>) -> FactRecord {
    let mut machine = machine.clone();
    if kind == FactRecord::LISTED {
        machine.raw = Value::Null;
    }
    FactRecord {
        service: view.service.id,
        kind: kind.to_owned(),
        value: machine.into_document().map_or(Fact::Unknown, Fact::Known),
        observed_at: world.now,
    }
}
