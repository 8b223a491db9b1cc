//! What a person decides, and how a service gets its machine back.

use domain::case::ServiceView;
use domain::change::Refused;
use domain::id::{InstallationId, PlatformId};
use domain::machine::Machine;
use domain::{Actor, Commit};
use store::StoreError;

use super::ATTEMPTS;
use super::judge::{Judged, linked_machine, linkless_create};
use super::notes::{link_note, machine_note, service_note};
use crate::core::{self, Claim, service_name};
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
        /// The service's billing system.
        installation: InstallationId,
        /// The service.
        service: u64,
    },
    /// The machine is none of our business, or is dealt with on the platform.
    Ignore {
        /// Its platform.
        platform: PlatformId,
        /// The machine's id.
        machine: String,
    },
}

impl Engine {
    /// Decides something unsure. Refused where no recovery is under way.
    pub async fn rule(&self, ruling: Ruling, actor: &Actor) -> Result<(), EngineError> {
        self.require_recovery()?;
        let (action, decided) = match ruling {
            Ruling::Link {
                installation,
                service,
                machine,
            } => {
                self.link_by_hand(&installation, service, &machine, actor).await?;
                ("recovery.linked", link_note(&installation, service, &machine))
            }
            Ruling::NoMachine {
                installation,
                service,
            } => {
                let name = service_name(&installation, service);
                if self.view(&installation, service).await?.is_none() {
                    return Err(EngineError::NotFound(format!("service {name}")));
                }
                self.unbind_by_hand(&installation, service, actor).await?;
                ("recovery.dismissed", service_note(&installation, service))
            }
            Ruling::Ignore { platform, machine } => ("recovery.dismissed", machine_note(platform, &machine)),
        };
        self.note(None, actor, action, &decided, serde_json::Value::Null)
            .await?;
        let mut notes = self.notes().await?;
        if !notes.decided(&decided) {
            notes.decided.push(decided);
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
        let name = service_name(installation, billing_id);
        let missing = || EngineError::NotFound(format!("service {name}"));
        let view = self.view(installation, billing_id).await?.ok_or_else(missing)?;
        let platform = view.platform.as_ref().ok_or_else(|| {
            EngineError::Invalid(format!(
                "no platform stands behind the server record of service {name}: propose and approve it, and have \
                 installation {installation} send all its services again"
            ))
        })?;
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
        if let Some(holder) = holder.filter(|holder| holder.service != view.service.id) {
            return Err(EngineError::Invalid(format!(
                "machine {machine} is linked to service {}",
                holder.name()
            )));
        }
        let claim = claims.iter().find(|claim| claim.service == view.service.id);
        let claim = claim.ok_or_else(missing)?;
        let linked = linked_machine(claim, &listing).filter(|(link, _)| link.id == machine);
        if linked.is_some_and(|(link, machine)| core::is_linked(link, machine)) {
            return self
                .mend(claim, |view| Some(core::keep(view, found, actor, self.world())))
                .await;
        }
        self.give_back(claim, found, actor).await
    }

    /// A person says that a service has no machine. Believed where the platform shows none that it is linked to; a create,
    /// a termination and a package change that are under way go on.
    async fn unbind_by_hand(
        &self,
        installation: &InstallationId,
        billing_id: u64,
        actor: &Actor,
    ) -> Result<(), EngineError> {
        let view = self.view(installation, billing_id).await?;
        let Some((service, platform)) = view.and_then(|view| Some((view.service.id, view.platform?))) else {
            return Ok(());
        };
        let claims = self.claims(platform.id).await?;
        let claim = claims.into_iter().find(|claim| claim.service == service);
        let Some(claim) = claim.filter(|claim| !claim.creating) else {
            return Ok(());
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
            if matches!(judged, Judged::Doubt { .. }) && !two {
                return Ok(());
            }
            return Err(EngineError::Invalid(format!(
                "machine {} of service {} is on platform {}",
                link.id,
                claim.name(),
                platform.name
            )));
        }
        self.mend(&claim, |view| Some(core::unbind(view, actor, self.world())))
            .await
    }

    /// The service becomes what platform and billing system agree on.
    pub(super) async fn follow(
        &self,
        claim: &Claim,
        machine: &Machine,
        actor: &Actor,
    ) -> Result<(), EngineError> {
        self.mend(claim, |view| {
            core::followed(view, machine.suspended, actor, self.world())
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
            if self.is_committed(commit).await? {
                return Ok(());
            }
        }
        Err(too_fast(claim))
    }

    /// Commits a decision; `false` where the service has changed since it was made, so that it has to be made anew.
    async fn is_committed(&self, commit: Commit) -> Result<bool, EngineError> {
        match self.store().commit(commit).await {
            Ok(_) => {
                self.wake();
                Ok(true)
            }
            Err(StoreError::Refused(Refused::ServiceChanged(_))) => Ok(false),
            Err(error) => Err(error.into()),
        }
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
                    machine.identity.id,
                    machine.identity.owner,
                    claim.name()
                )));
            }
            if self
                .is_committed(core::relink(&case, machine, actor, world))
                .await?
            {
                return Ok(());
            }
        }
        Err(too_fast(claim))
    }
}

fn too_fast(claim: &Claim) -> EngineError {
    EngineError::Invalid(format!("service {} changes too fast; try again", claim.name()))
}
