//! What is read of a machine for its client's eyes, outside any operation: of which machine it may be read, and whether
//! what came back is kept.
//!
//! An id may be in use again for somebody else's machine, and most of these answers do not tell whose they are. So what is
//! a machine's is kept only with the identity that was behind the id when it was read, and only where that is the link's.

use domain::case::ServiceView;
use domain::id::LinkId;
use domain::machine::Identity;
use domain::observed::{FactKind, Observed};
use domain::record::{FactRecord, Platform, PlatformState, Relation};
use domain::{Change, Commit, Fence};
use driver::{Driver, ReadingContext};

use super::World;
use super::look::compare;

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
        .filter(|driver| driver.offers().facts.contains(&kind))
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
    };
    Ok(Readable {
        context,
        platform,
        driver,
    })
}

/// The commit that keeps what was read for a link, unless the service has another by now; the record is what is kept.
pub fn keep_fact(
    view: &ServiceView,
    link: LinkId,
    observed: &Observed,
    identity: Option<&Identity>,
    world: World<'_>,
) -> Result<(Commit, FactRecord), String> {
    let name = view.service.billing_id;
    let link = view
        .link
        .as_ref()
        .filter(|present| present.id == link)
        .ok_or_else(|| format!("service {name} got another machine meanwhile"))?;
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
    let commit = Commit {
        fence: Fence::service(view.service.id, view.service.version),
        changes: vec![Change::PutFact(record.clone())],
    };
    Ok((commit, record))
}
