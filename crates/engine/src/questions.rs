//! Questions, retries, cancellations and what the billing system's events change.

use domain::Actor;
use domain::case::Case;
use domain::change::Refused;
use domain::id::{InstallationId, OperationId, QuestionId};
use domain::record::{OperationState, QuestionKind};
use store::StoreError;

use crate::core::{self, Intent, Told};
use crate::engine::{Engine, Submitted, Wish};
use crate::error::EngineError;
use crate::observe::Outcomes;

impl Engine {
    /// Applies a person's answer to a question.
    pub async fn answer(&self, question: QuestionId, word: &str, actor: &Actor) -> Result<(), EngineError> {
        for _ in 0..20 {
            let asked = self
                .store()
                .question(question)
                .await?
                .ok_or_else(|| EngineError::NotFound(format!("question {question}")))?;
            let case = self.case_of(&asked).await?;
            let commit = core::answer(&asked, case.as_ref(), word, actor, self.world_of(case.as_ref()))?;
            let outcomes = case
                .as_ref()
                .map(|case| Outcomes::of(&case.operation, &commit))
                .unwrap_or_default();
            match self.store().commit(commit).await {
                Ok(_) => {
                    outcomes.publish("person", self.now());
                    self.repeat_effect(asked.kind, word).await?;
                    self.wake();
                    return Ok(());
                }
                Err(StoreError::Refused(Refused::ServiceChanged(_) | Refused::LeaseLost(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(EngineError::Invalid(
            "the service changes too fast; try again".to_owned(),
        ))
    }

    /// The operation that a question is about; for a question about a service, the service's newest operation.
    async fn case_of(&self, question: &domain::record::Question) -> Result<Option<Case>, EngineError> {
        let operation = match (question.operation, question.service) {
            (Some(operation), _) => Some(operation),
            (None, Some(service)) => {
                let service = self.store().service(service).await?;
                match service {
                    Some(service) => self
                        .view(&service.installation, service.billing_id)
                        .await?
                        .and_then(|view| view.recent.first().map(|operation| operation.id)),
                    None => None,
                }
            }
            (None, None) => None,
        };
        match operation {
            Some(id) => Ok(self.store().case(id).await?),
            None => Ok(None),
        }
    }

    pub(crate) fn world_of(&self, case: Option<&Case>) -> core::World<'_> {
        let driver = case
            .and_then(|case| case.platform.as_ref())
            .and_then(|platform| self.drivers().of(platform.kind));
        core::World {
            driver,
            ..self.world()
        }
    }

    async fn repeat_effect(&self, kind: QuestionKind, word: &str) -> Result<(), EngineError> {
        let id = word
            .strip_prefix("repeat:")
            .filter(|_| kind == QuestionKind::EffectFailed);
        let Some(id) = id.and_then(|id| id.parse().ok()) else {
            return Ok(());
        };
        if let Some(effect) = self.store().effect(id).await? {
            self.tell(&effect.installation, effect.service, effect.body)
                .await?;
        }
        Ok(())
    }

    /// Makes an operation due now.
    pub async fn retry(&self, operation: OperationId, actor: &Actor) -> Result<(), EngineError> {
        let found = self.operation(operation).await?;
        if found.state.is_final() || found.state == OperationState::Queued {
            return Err(EngineError::Invalid(format!(
                "operation {operation} is {}; it cannot be retried",
                found.state
            )));
        }
        if found.due_at.is_none() {
            return Err(EngineError::Invalid(format!(
                "operation {operation} waits for an answer and not for its time: {}",
                found.reason
            )));
        }
        self.store().hasten(operation, self.now()).await?;
        let service = self.store().service(found.service).await?;
        let installation = service.map(|service| service.installation);
        let (subject, nothing) = (operation.to_string(), serde_json::Value::Null);
        self.note(installation, actor, "operation.hastened", &subject, nothing)
            .await?;
        self.wake();
        Ok(())
    }

    /// Takes an operation back, as long as no act of it was sent.
    pub async fn cancel(&self, operation: OperationId, actor: &Actor) -> Result<(), EngineError> {
        for _ in 0..20 {
            let case = self.store().case(operation).await?;
            let case = case.ok_or_else(|| EngineError::NotFound(format!("operation {operation}")))?;
            let commit =
                core::cancel(&case, actor, self.world_of(Some(&case))).map_err(EngineError::Invalid)?;
            match self.store().commit(commit).await {
                Ok(_) => {
                    self.wake();
                    return Ok(());
                }
                Err(StoreError::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(EngineError::Invalid(
            "the service changes too fast; try again".to_owned(),
        ))
    }

    /// Writes a line of the audit about something that no operation tells of.
    pub async fn note(
        &self,
        installation: Option<InstallationId>,
        actor: &Actor,
        action: &str,
        subject: &str,
        detail: serde_json::Value,
    ) -> Result<(), EngineError> {
        let line = domain::record::AuditLine {
            id: domain::id::AuditId::at(self.now(), self.random().as_ref()),
            installation,
            at: self.now(),
            actor: actor.clone(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail,
        };
        Ok(self.store().audit(line).await?)
    }

    /// Takes over what the billing system says of a service: its status and product. Another client is a proposal.
    pub async fn learn(
        &self,
        installation: &InstallationId,
        billing_id: u64,
        told: &Told,
        actor: &Actor,
    ) -> Result<(), EngineError> {
        for _ in 0..20 {
            let Some(view) = self.view(installation, billing_id).await? else {
                return Ok(());
            };
            let Some(commit) = core::learn(&view, told, actor, self.world()) else {
                return Ok(());
            };
            match self.store().commit(commit).await {
                Ok(_) => return Ok(()),
                Err(StoreError::Refused(Refused::ServiceChanged(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// A service's order was cancelled or marked fraud, or the service vanished: its machine is suspended at once and
    /// ended after the grace time. Until then it can be taken back.
    pub async fn order_ended(
        &self,
        installation: &InstallationId,
        billing_id: u64,
        why: &str,
        actor: &Actor,
    ) -> Result<Option<Submitted>, EngineError> {
        let Some(view) = self.view(installation, billing_id).await? else {
            return Ok(None);
        };
        let window = Some(self.config().vanished_grace);
        let actor = Actor {
            correlation: Some(why.to_owned()),
            ..actor.clone()
        };
        let wish = Wish::about(view.service, Intent::Terminate { window }, actor);
        self.submit(wish).await.map(Some)
    }
}
