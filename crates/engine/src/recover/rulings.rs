//! What a person decides in a recovery, and the giving back of machines.

use domain::id::InstallationId;
use domain::machine::{Identity, Machine};
use domain::record::{OperationKind, OperationState, Standing};
use domain::{Actor, Change, Commit, Fence};

use super::notes::service_note;
use crate::core::{self, Claim, Intent};
use crate::engine::{Engine, Wish};
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
            Ruling::NoMachine { service } => service_note(service),
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
        self.give_back(claim, found, actor).await
    }

    /// Gives a service the machine that it had: an unfinished create goes on with it, any other service adopts it.
    pub(super) async fn give_back(
        &self,
        claim: &Claim,
        machine: &Machine,
        actor: &Actor,
    ) -> Result<(), EngineError> {
        let Some(service) = self.store().service(claim.service).await? else {
            return Ok(());
        };
        let Some(view) = self.view(&service.installation, service.billing_id).await? else {
            return Ok(());
        };
        let create = view
            .open
            .iter()
            .find(|operation| operation.kind == OperationKind::Create && view.link.is_none());
        if let Some(create) = create.filter(|create| create.state != OperationState::Queued) {
            let Some(case) = self.store().case(create.id).await? else {
                return Ok(());
            };
            let commit = core::relink(&case, machine, actor, self.world_of(Some(&case)));
            self.store().commit(commit).await?;
            self.wake();
            return Ok(());
        }
        if let Some(mut link) = view.link {
            link.closed_at = Some(self.now());
            link.close_reason = Some("the store was restored, and the machine is gone".to_owned());
            let mut service = view.service;
            let fence = Fence::service(service.id, service.version);
            service.standing = Standing::Vacant;
            let changes = vec![Change::PutService(service), Change::PutLink(link)];
            self.store().commit(Commit { fence, changes }).await?;
        }
        let Some(service) = self.store().service(claim.service).await? else {
            return Ok(());
        };
        let identity = Identity {
            id: machine.identity.id.clone(),
            unchangeable: String::new(),
            owner: String::new(),
        };
        match self
            .submit(Wish::about(service, Intent::Adopt(identity), actor.clone()))
            .await
        {
            Ok(_) => Ok(()),
            Err(EngineError::Refused(refusal)) => {
                tracing::warn!(service = claim.billing_id, %refusal, "a machine could not be given back");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}
