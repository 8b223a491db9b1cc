//! The outbox: what the billing system fetches and acknowledges.

use domain::change::Refused;
use domain::id::{EffectId, InstallationId, OperationId, SecretId, ServiceId};
use domain::record::{Effect, EffectBody, EffectState, Operation, OperationState};
use domain::{Actor, Change, Commit, Secret};
use store::StoreError;

use crate::core::{AckOutcome, acknowledge};
use crate::engine::Engine;
use crate::error::EngineError;

/// The purpose under which secrets for the billing system are kept.
pub const FOR_BILLING: &str = "billing";

/// Most effects in one answer.
const MOST: u64 = 200;

fn fresh(
    engine: &Engine,
    id: EffectId,
    installation: &InstallationId,
    service: Option<(ServiceId, u64)>,
    body: EffectBody,
) -> Effect {
    let now = engine.now();
    Effect {
        id,
        installation: installation.clone(),
        service,
        operation: None,
        sequence: 0,
        body,
        state: EffectState::Waiting,
        tries: 0,
        due_at: now,
        reason: None,
        created_at: now,
        finished_at: None,
    }
}

/// Whether it was asked for by `who`.
fn is_of(operation: &Operation, who: &Actor) -> bool {
    operation.actor.kind == who.kind && operation.actor.id == who.id
}

impl Engine {
    /// Tells the billing system something; the effect leaves with the next fetch.
    pub async fn tell(
        &self,
        installation: &InstallationId,
        service: Option<(ServiceId, u64)>,
        body: EffectBody,
    ) -> Result<EffectId, EngineError> {
        let id = EffectId::at(self.now(), self.random().as_ref());
        let effect = fresh(self, id, installation, service, body);
        let commit = Commit {
            changes: vec![Change::InsertEffect(effect)],
            ..Commit::default()
        };
        self.store().commit(commit).await?;
        Ok(id)
    }

    /// Tells the billing system something under an id that says what it is about: told again it stays one.
    pub(crate) async fn tell_once(
        &self,
        id: EffectId,
        installation: &InstallationId,
        body: EffectBody,
    ) -> Result<(), EngineError> {
        let commit = Commit {
            changes: vec![Change::InsertEffect(fresh(self, id, installation, None, body))],
            ..Commit::default()
        };
        match self.store().commit(commit).await {
            Ok(_) | Err(StoreError::Refused(Refused::Taken(_))) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The effects that wait, in order per service; for one service, or for all of the installation.
    pub async fn effects(
        &self,
        installation: &InstallationId,
        service: Option<u64>,
        limit: u64,
    ) -> Result<Vec<Effect>, EngineError> {
        Ok(self
            .store()
            .fetch_effects(installation, service, self.now(), limit.min(MOST))
            .await?)
    }

    /// Takes the billing system's word on effects. Unknown ids and effects of other installations are refused, final
    /// ones are left as they are.
    pub async fn acknowledge(
        &self,
        installation: &InstallationId,
        acks: Vec<(EffectId, AckOutcome, Option<String>)>,
    ) -> Result<(), EngineError> {
        for (id, outcome, reason) in acks {
            let effect = self
                .store()
                .effect(id)
                .await?
                .filter(|effect| effect.installation == *installation);
            let effect = effect.ok_or_else(|| EngineError::NotFound(format!("effect {id}")))?;
            let reason = reason.map(|reason| reason.chars().take(500).collect());
            if let Some(commit) = acknowledge(&effect, outcome, reason, self.world()) {
                self.store().commit(commit).await?;
            }
        }
        Ok(())
    }

    /// Hands what an operation brought to whoever asked for the operation, once; `None` for anybody else, before it has
    /// succeeded, and when it was handed out or its time is over.
    pub async fn reveal(&self, operation: OperationId, to: &Actor) -> Result<Option<Secret>, EngineError> {
        let operation = self.operation(operation).await?;
        match operation.secret {
            Some(secret) if is_of(&operation, to) && operation.state == OperationState::Succeeded => {
                self.redeem(secret, operation.kind.as_str(), to).await
            }
            _ => Ok(None),
        }
    }

    /// The operations of a service that have brought `to` a new password, by its own wish, which nobody was shown yet.
    pub async fn untold(&self, service: ServiceId, to: &Actor) -> Result<Vec<Operation>, EngineError> {
        let mut untold = self.store().untold(service, self.now()).await?;
        untold.retain(|operation| is_of(operation, to));
        Ok(untold)
    }

    /// Gives up having a function called again that was overtaken by a later wish. An effect that is another
    /// installation's, another service's or of another kind is left alone.
    pub async fn withdraw_rerun(
        &self,
        installation: &InstallationId,
        billing_id: u64,
        id: EffectId,
    ) -> Result<(), EngineError> {
        let effect = self.store().effect(id).await?;
        let is_meant = effect.is_some_and(|effect| {
            matches!(effect.body, EffectBody::Rerun { .. })
                && effect.service.is_some_and(|(_, service)| service == billing_id)
                && effect.installation == *installation
        });
        if !is_meant {
            return Ok(());
        }
        let why = Some("overtaken by a later wish".to_owned());
        self.acknowledge(installation, vec![(id, AckOutcome::Refused, why)])
            .await
    }

    /// Hands out a secret once, to the named principal, audited.
    pub async fn redeem(
        &self,
        secret: SecretId,
        purpose: &str,
        principal: &Actor,
    ) -> Result<Option<Secret>, EngineError> {
        Ok(self
            .store()
            .redeem(secret, purpose, principal, self.now())
            .await?)
    }

    /// Whether an action of a service may be done now: once per interval, atomically.
    pub async fn take_rate(
        &self,
        action: &str,
        service: ServiceId,
        interval: std::time::Duration,
    ) -> Result<bool, EngineError> {
        Ok(self
            .store()
            .take_rate(&format!("{action}:{service}"), self.now(), interval)
            .await?)
    }
}
