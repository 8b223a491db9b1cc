//! What follows from the comparison for each service: nothing, its machine is given back, the store follows what has
//! become of it, it waits, or a person is asked. Whose machine it is is proven before it is linked.

use std::collections::BTreeMap;

use domain::case::ServiceView;
use domain::machine::{Identity, Machine};
use domain::record::{Operation, OperationKind, OperationState, ServiceStatus, Standing};
use domain::{Actor, Moment};

use crate::core::{self, Claim, Seen};
use crate::engine::Engine;
use crate::error::EngineError;

/// What follows for a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// The store tells it as it is.
    Sure,
    /// It has no machine, and nobody says that it has.
    Nothing,
    /// A create of which nothing was found.
    Unknown,
    /// It gets this machine.
    Give(Box<Machine>),
    /// An operation that links this machine is under way.
    OnItsWay(String),
    /// Platform and billing system agree on what it has become since; its machine.
    Follow(Box<Machine>),
    /// A person decides, for the reason that the comparison gives.
    Unsure,
    /// A person decides, although this machine is there.
    Doubt {
        /// The machine.
        machine: String,
        /// Why.
        what: String,
    },
}

impl Engine {
    /// What follows for a service, in a recovery that began at `since`.
    pub(super) async fn judge(
        &self,
        claim: &Claim,
        seen: &Seen,
        listing: &BTreeMap<String, Machine>,
        since: Moment,
    ) -> Result<Judged, EngineError> {
        match seen {
            Seen::AsLinked | Seen::HeldUpstream => {
                let machine = linked_machine(claim, listing).map(|(_, machine)| machine);
                self.judge_link(claim, machine, since).await
            }
            Seen::Copied(machine) => self.judge_copy(claim, machine, since).await,
            Seen::Nothing if claim.creating => Ok(Judged::Unknown),
            Seen::Nothing if !is_in_use(claim) => Ok(Judged::Nothing),
            Seen::Differs(_) if self.was_handed_over(claim, listing).await? => Ok(Judged::Sure),
            Seen::Nothing | Seen::Vanished | Seen::Differs(_) | Seen::CopyUnsure(_) | Seen::MayBe(_) => {
                Ok(match self.on_its_way(claim, since).await? {
                    Some(machine) => Judged::OnItsWay(machine),
                    None => Judged::Unsure,
                })
            }
        }
    }

    /// A service whose linked machine is there and the same.
    pub(super) async fn judge_link(
        &self,
        claim: &Claim,
        machine: Option<&Machine>,
        since: Moment,
    ) -> Result<Judged, EngineError> {
        let alike = matches!(
            (claim.standing, claim.status),
            (Standing::Live, ServiceStatus::Active) | (Standing::Suspended, ServiceStatus::Suspended)
        );
        let Some(machine) = machine.filter(|_| !alike || claim.busy) else {
            return Ok(Judged::Sure);
        };
        let Some(view) = self.view_of(claim).await? else {
            return Ok(Judged::Sure);
        };
        if let Some(what) = doubtful(&view, claim, since) {
            let machine = machine.identity.id.clone();
            return Ok(Judged::Doubt { machine, what });
        }
        let actor = Actor::engine("recovery");
        let followed = core::followed(&view, machine.suspended, &actor, self.world());
        Ok(followed.map_or(Judged::Sure, |_| Judged::Follow(Box::new(machine.clone()))))
    }

    /// A service without a link whose copy on the billing side names a machine that is there.
    async fn judge_copy(
        &self,
        claim: &Claim,
        machine: &Machine,
        since: Moment,
    ) -> Result<Judged, EngineError> {
        let Some(view) = self.view_of(claim).await? else {
            return Ok(Judged::Nothing);
        };
        if let Some(create) = linkless_create(&view) {
            return self.judge_create(claim, create, machine).await;
        }
        let id = &machine.identity.id;
        let adoption = newest_adoption(&view, since);
        Ok(
            match adoption.map(|adoption| (adoption.state, &adoption.reason)) {
                Some((OperationState::Failed | OperationState::Asking, why)) => Judged::Doubt {
                    machine: id.clone(),
                    what: format!(
                        "machine {id} was not given back to service {}: {why}",
                        claim.name()
                    ),
                },
                Some((state, _)) if !state.is_final() => Judged::OnItsWay(id.clone()),
                _ => Judged::Give(Box::new(machine.clone())),
            },
        )
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
        let (id, name) = (&machine.identity.id, claim.name());
        let why = match ours {
            Some(true) => return Ok(Judged::Give(Box::new(machine.clone()))),
            Some(false) => format!(
                "it lies in the account of somebody else ({})",
                machine.identity.owner
            ),
            None => "its create has found no account of its own in which it could lie; it may only not have looked yet"
                .to_owned(),
        };
        Ok(Judged::Doubt {
            machine: id.clone(),
            what: format!("the billing side names machine {id} for service {name}, and {why}"),
        })
    }

    /// The machine that a person has given the service, while its adoption is under way.
    async fn on_its_way(&self, claim: &Claim, since: Moment) -> Result<Option<String>, EngineError> {
        if claim.link.is_some() || claim.creating {
            return Ok(None);
        }
        let view = self.view_of(claim).await?;
        let adoption = view.as_ref().and_then(|view| newest_adoption(view, since));
        Ok(adoption
            .filter(|adoption| adoption.state == OperationState::Running)
            .and(claim.copy.clone()))
    }

    /// Whether a machine that differs from the link is what its own create has made of it since: handed over.
    pub(super) async fn was_handed_over(
        &self,
        claim: &Claim,
        listing: &BTreeMap<String, Machine>,
    ) -> Result<bool, EngineError> {
        let same = linked_machine(claim, listing)
            .filter(|(link, machine)| machine.identity.unchangeable == link.unchangeable);
        let (Some((_, machine)), Some(view)) = (same, self.view_of(claim).await?) else {
            return Ok(false);
        };
        let Some(create) = view
            .line()
            .find(|operation| operation.kind == OperationKind::Create)
        else {
            return Ok(false);
        };
        let Some(case) = self.store().case(create.id).await? else {
            return Ok(false);
        };
        Ok(core::may_have_made(&case, machine, self.world_of(Some(&case))) == Some(true))
    }

    /// A service and everything around it, as it is now.
    pub(super) async fn view_of(&self, claim: &Claim) -> Result<Option<ServiceView>, EngineError> {
        self.view(&claim.installation, claim.billing_id).await
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

/// Whether the billing system believes that the service has a machine.
const fn is_in_use(claim: &Claim) -> bool {
    matches!(claim.status, ServiceStatus::Active | ServiceStatus::Suspended)
        && !matches!(claim.standing, Standing::Building | Standing::Ending)
}

/// What the restored store was about to do to a machine in use, and may have done, or taken back, since.
fn doubtful(view: &ServiceView, claim: &Claim, since: Moment) -> Option<String> {
    let machine = claim.link.as_ref().map_or("", |link| link.id.as_str());
    let name = claim.name();
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
