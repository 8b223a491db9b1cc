//! Rules about links.

use domain::id::ServiceId;
use domain::record::LinkRole;

use super::super::stage::Stage;
use super::Held;
use crate::memory::MemoryStore;

/// At most one machine is linked per service and generation, and a machine to at most one service.
pub fn one_each(store: &MemoryStore, service: ServiceId) -> Result<(), Held> {
    let open = |link: &&domain::record::Link| link.closed_at.is_none() && link.role == LinkRole::Primary;
    let of_service: Vec<_> = store.tables.links_of(service).filter(open).collect();
    for link in &of_service {
        let twin = of_service
            .iter()
            .find(|other| other.id != link.id && other.generation == link.generation);
        if let Some(other) = twin {
            return Err(Held::of(
                "one-machine-linked",
                format!(
                    "{service} is linked to {} and to {}",
                    other.identity.id, link.identity.id
                ),
            ));
        }
        if store.tables.linked.get(&link.identity.id) != Some(&link.id) {
            return Err(Held::of(
                "one-machine-linked",
                format!("machine {} is linked twice", link.identity.id),
            ));
        }
    }
    Ok(())
}

/// No machine of another customer, or made by hand, is ever linked.
pub fn none_of_strangers(store: &MemoryStore, stage: &Stage, service: ServiceId) -> Result<(), Held> {
    let new = store
        .tables
        .links_of(service)
        .filter(|link| link.closed_at.is_none());
    for link in new {
        let id = link.identity.id.parse::<u64>();
        let stranger = id.ok().and_then(|id| stage.strangers.get(&id));
        if stranger.is_some_and(|stranger| stranger.uuid == link.identity.unchangeable) {
            return Err(Held::of(
                "no-strangers-machine",
                format!(
                    "{service} is linked to machine {}, which is not ours",
                    link.identity.id
                ),
            ));
        }
    }
    Ok(())
}
