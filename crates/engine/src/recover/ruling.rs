//! What a person decides, and how a service gets its machine back.

use domain::id::{InstallationId, PlatformId};
use domain::machine::{Identity, Machine};
use domain::record::{OperationKind, OperationState, Standing};
use domain::{Actor, Change, Commit, Fence};

use super::notes::{link_note, machine_note, service_note};
use crate::core::{self, Claim, Intent, service_name};
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
                ("recovery.dismissed", service_note(&installation, service))
            }
            Ruling::Ignore { platform, machine } => ("recovery.dismissed", machine_note(platform, &machine)),
        };
        self.note(None, actor, action, &decided).await?;
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
        self.give_back(claim.ok_or_else(missing)?, found, actor).await
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
        self.submit(Wish::about(service, Intent::Adopt(identity), actor.clone()))
            .await
            .map(drop)
    }
}
