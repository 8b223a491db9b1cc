//! What a person decides in a recovery, and the giving back of machines.

use domain::case::ServiceView;
use domain::change::Refused;
use domain::id::InstallationId;
use domain::machine::Machine;
use domain::record::PlatformState;
use domain::{Actor, Commit};
use store::StoreError;

use super::judge::{Judged, linked_machine, linkless_create};
use super::notes::{ATTEMPTS, service_note};
use crate::core::{self, Claim};
use crate::engine::Engine;
use crate::error::EngineError;

/// What a person decides about something unsure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// This machine is the service's.
    Link {
        /// The service's billing system.
        installation: InstallationId,
        /// The service.
        service: u64,
        /// The machine's id.
        machine: String,
    },
    /// The service has none of the machines that were found; its create goes on as unknown.
    NoMachine {
        /// The service.
        service: u64,
    },
    /// The machine is none of our business, or is dealt with on the platform.
    Ignore {
        /// The machine's id.
        machine: String,
    },
}

impl Engine {
    /// Decides something unsure.
    pub async fn rule(&self, ruling: Ruling, actor: &Actor) -> Result<(), EngineError> {
        if self.recovering().is_none() {
            return Err(EngineError::Invalid("no recovery is under way".to_owned()));
        }
        let dismissed = match ruling {
            Ruling::Link {
                installation,
                service,
                machine,
            } => return self.link_by_hand(&installation, service, &machine, actor).await,
            Ruling::NoMachine { service } => {
                self.unbind_by_hand(service, actor).await?;
                service_note(service)
            }
            Ruling::Ignore { machine } => machine,
        };
        self.note(None, actor, "recovery.dismissed", &dismissed).await?;
        let mut notes = self.notes().await?;
        if !notes.dismissed.contains(&dismissed) {
            notes.dismissed.push(dismissed);
            self.keep_notes(&notes).await?;
        }
        Ok(())
    }

    async fn link_by_hand(
        &self,
        installation: &InstallationId,
        billing_id: u64,
        machine: &str,
        actor: &Actor,
    ) -> Result<(), EngineError> {
        let view = self.view(installation, billing_id).await?;
        let view = view.ok_or_else(|| EngineError::NotFound(format!("service {billing_id}")))?;
        let platform = view
            .platform
            .as_ref()
            .ok_or_else(|| EngineError::Invalid(format!("service {billing_id} has no platform")))?;
        let listing = self
            .list_machines(platform)
            .await?
            .map_err(EngineError::Invalid)?;
        let found = listing.get(machine).ok_or_else(|| {
            EngineError::NotFound(format!("machine {machine} on platform {}", platform.name))
        })?;
        let claims = self.claims(platform.id).await?;
        let holder = claims
            .iter()
            .find(|claim| claim.link.as_ref().is_some_and(|link| link.id == machine));
        if let Some(holder) = holder.filter(|holder| holder.billing_id != billing_id) {
            return Err(EngineError::Invalid(format!(
                "machine {machine} is linked to service {}",
                holder.billing_id
            )));
        }
        let claim = claims.iter().find(|claim| claim.service == view.service.id);
        let claim = claim.ok_or_else(|| EngineError::NotFound(format!("service {billing_id}")))?;
        let linked = linked_machine(claim, &listing).filter(|(link, _)| link.id == machine);
        if linked.is_some_and(|(link, machine)| core::is_linked(link, machine)) {
            return self
                .mend(claim, |view| Some(core::keep(view, found, actor, self.world())))
                .await;
        }
        self.give_back(claim, found, actor).await
    }

    /// A person says that a service has no machine. Believed where the platform shows none that it is linked to; a create
    /// and a termination under way go on as they are.
    async fn unbind_by_hand(&self, billing_id: u64, actor: &Actor) -> Result<(), EngineError> {
        for platform in self.store().platforms().await? {
            let claims = self.claims(platform.id).await?;
            let claim = claims.into_iter().find(|claim| claim.billing_id == billing_id);
            let Some(claim) = claim.filter(|_| platform.state == PlatformState::Approved) else {
                continue;
            };
            let listing = self
                .list_machines(&platform)
                .await?
                .map_err(EngineError::Invalid)?;
            if let Some((link, machine)) = linked_machine(&claim, &listing)
                && (core::is_linked(link, machine) || self.was_handed_over(&claim, &listing).await?)
            {
                let since = self.recovering().unwrap_or_else(|| self.now());
                let judged = self.judge_link(&claim, Some(machine), since).await?;
                let two = claim.copy.as_ref().is_some_and(|copy| *copy != link.id);
                if matches!(judged, Judged::Unsure(_)) && !two {
                    continue;
                }
                return Err(EngineError::Invalid(format!(
                    "the machine {} of service {billing_id} is on platform {}",
                    link.id, platform.name
                )));
            }
            if !claim.creating {
                self.mend(&claim, |view| Some(core::unbind(view, actor, self.world())))
                    .await?;
            }
        }
        Ok(())
    }

    /// The service becomes what platform and billing system agree on.
    pub(super) async fn follow(
        &self,
        claim: &Claim,
        machine: &Machine,
        actor: &Actor,
    ) -> Result<(), EngineError> {
        self.mend(claim, |view| {
            core::followed(view, &machine.suspended, actor, self.world())
        })
        .await
    }

    /// Commits what is decided of a service as it is now.
    async fn mend(
        &self,
        claim: &Claim,
        decide: impl Fn(&ServiceView) -> Option<Commit>,
    ) -> Result<(), EngineError> {
        for _ in 0..ATTEMPTS {
            let Some(commit) = self.view_of(claim).await?.as_ref().and_then(&decide) else {
                return Ok(());
            };
            match self.store().commit(commit).await {
                Ok(_) => {
                    self.wake();
                    return Ok(());
                }
                Err(StoreError::Refused(Refused::ServiceChanged(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(too_fast(claim))
    }

    /// Gives a service the machine that it had: an unfinished create goes on with it, any other service adopts it.
    pub(super) async fn give_back(
        &self,
        claim: &Claim,
        machine: &Machine,
        actor: &Actor,
    ) -> Result<(), EngineError> {
        for _ in 0..ATTEMPTS {
            let Some(view) = self.view_of(claim).await? else {
                return Ok(());
            };
            let Some(create) = linkless_create(&view).map(|create| create.id) else {
                return self
                    .mend(claim, |view| {
                        Some(core::adopt_anew(view, machine, actor, self.world()))
                    })
                    .await;
            };
            let Some(case) = self.store().case(create).await? else {
                return Ok(());
            };
            let world = self.world_of(Some(&case));
            // A create goes on to hand over and to install: nothing is given to it that may be somebody else's.
            if core::may_have_made(&case, machine, world) != Some(true) {
                return Err(EngineError::Invalid(format!(
                    "machine {} lies in account {}, and the create of service {} knows no such account of its own",
                    machine.identity.id, machine.identity.owner, claim.billing_id
                )));
            }
            match self
                .store()
                .commit(core::relink(&case, machine, actor, world))
                .await
            {
                Ok(_) => {
                    self.wake();
                    return Ok(());
                }
                Err(StoreError::Refused(Refused::ServiceChanged(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(too_fast(claim))
    }
}

fn too_fast(claim: &Claim) -> EngineError {
    EngineError::Invalid(format!(
        "service {} changes too fast; try again",
        claim.billing_id
    ))
}
