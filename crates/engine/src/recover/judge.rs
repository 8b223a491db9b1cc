//! What is to be done about a service whose machine the platform shows: nothing, give it back, follow what has become of
//! it, wait, or ask. Whose machine it is is proven before it is linked.

use std::collections::BTreeMap;

use domain::Fact;
use domain::Moment;
use domain::case::ServiceView;
use domain::machine::{Identity, Machine};
use domain::record::{Operation, OperationKind, OperationState, ServiceStatus, Standing};

use crate::core::{self, Claim};
use crate::engine::Engine;
use crate::error::EngineError;

/// What is to be done about a service and a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// Nothing: the store tells it as it is.
    Sure,
    /// The service gets the machine.
    Give,
    /// An operation that links the machine is on its way.
    OnItsWay,
    /// Platform and billing system agree on what the service has become since.
    Follow(ServiceStatus),
    /// A person decides.
    Unsure(String),
}

impl Engine {
    /// A service whose linked machine is there and the same.
    pub(super) async fn judge_link(
        &self,
        claim: &Claim,
        machine: Option<&Machine>,
        since: Moment,
    ) -> Result<Judged, EngineError> {
        let suspended = machine.map_or(Fact::Unknown, |machine| machine.suspended.clone());
        let alike = matches!(
            (claim.standing, claim.status),
            (Standing::Live, ServiceStatus::Active) | (Standing::Suspended, ServiceStatus::Suspended)
        );
        if alike && !claim.busy {
            return Ok(Judged::Sure);
        }
        let Some(view) = self.view_of(claim).await? else {
            return Ok(Judged::Sure);
        };
        if let Some(doubt) = doubtful(&view, claim, since) {
            return Ok(Judged::Unsure(doubt));
        }
        let actor = domain::Actor::engine("recovery");
        Ok(match core::followed(&view, &suspended, &actor, self.world()) {
            Some(_) => Judged::Follow(claim.status),
            None => Judged::Sure,
        })
    }

    /// A service without a link whose copy on the billing side names a machine that is there.
    pub(super) async fn judge_copy(
        &self,
        claim: &Claim,
        machine: &Machine,
        since: Moment,
    ) -> Result<Judged, EngineError> {
        let Some(view) = self.view_of(claim).await? else {
            return Ok(Judged::Sure);
        };
        if let Some(create) = linkless_create(&view) {
            return self.judge_create(claim, create, machine).await;
        }
        let adoption = newest_adoption(&view, since);
        Ok(
            match adoption.map(|adoption| (adoption.state, &adoption.reason)) {
                Some((OperationState::Failed | OperationState::Asking, why)) => Judged::Unsure(format!(
                    "machine {} was not given back to service {}: {why}",
                    machine.identity.id, claim.billing_id
                )),
                Some((state, _)) if !state.is_final() => Judged::OnItsWay,
                _ => Judged::Give,
            },
        )
    }

    /// The machine that a person has given the service, while its adoption is under way.
    pub(super) async fn on_its_way(
        &self,
        claim: &Claim,
        since: Moment,
    ) -> Result<Option<String>, EngineError> {
        if claim.link.is_some() || claim.creating {
            return Ok(None);
        }
        let view = self.view_of(claim).await?;
        let adoption = view.as_ref().and_then(|view| newest_adoption(view, since));
        let machine = adoption
            .filter(|adoption| adoption.state == OperationState::Running)
            .and(claim.copy.clone());
        Ok(machine)
    }

    async fn judge_create(
        &self,
        claim: &Claim,
        create: &Operation,
        machine: &Machine,
    ) -> Result<Judged, EngineError> {
        let ours = match self.store().case(create.id).await? {
            Some(case) => core::may_have_made(&case, machine, self.world_of(Some(&case))),
            None => None,
        };
        let (id, name) = (&machine.identity.id, claim.billing_id);
        Ok(match ours {
            Some(true) => Judged::Give,
            Some(false) => Judged::Unsure(format!(
                "the billing side names machine {id} for service {name}, and it lies in the account of somebody else ({})",
                machine.identity.owner
            )),
            None => Judged::Unsure(format!(
                "the billing side names machine {id} for service {name}, and its create has found no account of its own \
                 in which it could lie; it may only not have looked yet"
            )),
        })
    }

    /// Whether a machine that differs from the link is what its own create has made of it since: handed over.
    pub(super) async fn was_handed_over(
        &self,
        claim: &Claim,
        listing: &BTreeMap<String, Machine>,
    ) -> Result<bool, EngineError> {
        let Some((link, machine)) = linked_machine(claim, listing) else {
            return Ok(false);
        };
        if machine.identity.unchangeable != link.unchangeable {
            return Ok(false);
        }
        let Some(view) = self.view_of(claim).await? else {
            return Ok(false);
        };
        let create = view
            .line()
            .find(|operation| operation.kind == OperationKind::Create);
        let Some(create) = create else {
            return Ok(false);
        };
        let Some(case) = self.store().case(create.id).await? else {
            return Ok(false);
        };
        Ok(core::may_have_made(&case, machine, self.world_of(Some(&case))) == Some(true))
    }

    pub(super) async fn view_of(&self, claim: &Claim) -> Result<Option<ServiceView>, EngineError> {
        match self.store().service(claim.service).await? {
            Some(service) => self.view(&service.installation, service.billing_id).await,
            None => Ok(None),
        }
    }
}

/// The create that is at work and has no link yet.
pub(super) fn linkless_create(view: &ServiceView) -> Option<&Operation> {
    view.open
        .iter()
        .filter(|_| view.link.is_none())
        .find(|operation| {
            operation.kind == OperationKind::Create && operation.state != OperationState::Queued
        })
}

/// The last adoption that the recovery has begun.
fn newest_adoption(view: &ServiceView, since: Moment) -> Option<&Operation> {
    view.open
        .iter()
        .chain(&view.recent)
        .filter(|operation| operation.kind == OperationKind::Adopt && operation.created_at >= since)
        .max_by_key(|operation| operation.sequence)
}

/// The linked machine as the list shows it.
pub(super) fn linked_machine<'a>(
    claim: &'a Claim,
    listing: &'a BTreeMap<String, Machine>,
) -> Option<(&'a Identity, &'a Machine)> {
    let link = claim.link.as_ref()?;
    Some((link, listing.get(&link.id)?))
}

/// What the restored store was about to do to a machine in use, and may have done, or taken back, since.
fn doubtful(view: &ServiceView, claim: &Claim, since: Moment) -> Option<String> {
    let machine = claim.link.as_ref().map_or("", |link| link.id.as_str());
    let name = claim.billing_id;
    let in_use = matches!(
        claim.status,
        ServiceStatus::Pending | ServiceStatus::Active | ServiceStatus::Suspended
    );
    let mut brought = view.line().filter(|operation| operation.created_at < since);
    brought.find_map(|operation| match operation.kind {
        OperationKind::Terminate if in_use => Some(format!(
            "service {name} was being terminated when the store was saved, and the billing system calls it {}: linking \
             its machine {machine} keeps it, naming none lets the termination go on",
            claim.status
        )),
        OperationKind::ChangePackage => Some(format!(
            "a package change of service {name} was under way when the store was saved, and may have been done or \
             overtaken since: linking its machine {machine} drops it, naming none lets it go on"
        )),
        _ => None,
    })
}
