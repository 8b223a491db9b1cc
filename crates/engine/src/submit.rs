//! Taking wishes: each is decided from what the store has now, and what was decided is committed.

use std::time::Duration;

use domain::Moment;
use domain::case::ServiceView;
use domain::change::Refused;
use domain::record::{Installation, RerunFunction};
use store::StoreError;

use crate::core::{Command, Decision, World, accept, permitted};
use crate::engine::{DECISIONS, Engine, Submitted, Wish};
use crate::error::EngineError;
use crate::goal::{Goal, Progress};

impl Engine {
    /// Takes a wish: decides it, and commits what was decided.
    pub async fn submit(&self, wish: Wish) -> Result<Submitted, EngineError> {
        let (submitted, _) = self.submit_promising(wish, None).await?;
        Ok(submitted)
    }

    /// The same for a caller that does not wait: what begins carries from its first moment the promise that the function
    /// is called again at the goal, and how far it is then is answered with it. Without such an answer nothing was
    /// promised.
    pub async fn submit_promising(
        &self,
        wish: Wish,
        promise: Option<(Goal, RerunFunction)>,
    ) -> Result<(Submitted, Option<Progress>), EngineError> {
        let mut command = self.command(wish).await?;
        for _ in 0..DECISIONS {
            let view = self.view(&command.installation.id, command.billing_id).await?;
            command.last_wished = self.last_wished(&command, view.as_ref()).await?;
            match accept(view.as_ref(), &command, self.world_around(view.as_ref())) {
                Decision::Refused(refusal) => return Err(refusal.into()),
                Decision::Fulfilled => return Ok((Submitted::Fulfilled, None)),
                Decision::Joined(operation) => return Ok((Submitted::Operation(operation), None)),
                Decision::Accepted {
                    mut commit,
                    operation,
                } => {
                    let promised =
                        promise.and_then(|(goal, function)| goal.promise(&mut commit, operation, function));
                    match self.store().commit(*commit).await {
                        Ok(_) => {
                            self.announce(operation);
                            return Ok((Submitted::Operation(operation), promised));
                        }
                        // Somebody else was faster: what is true now decides.
                        Err(StoreError::Refused(Refused::ServiceChanged(_) | Refused::Taken(_))) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
        Err(EngineError::Invalid(format!(
            "service {} changes too fast; try again",
            command.billing_id
        )))
    }

    /// Whether a client's wish would be taken if nothing were under way and it had not been wished just before.
    pub(crate) async fn permitted(&self, wish: Wish) -> Result<Command, EngineError> {
        let command = self.command(wish).await?;
        let view = self.view(&command.installation.id, command.billing_id).await?;
        permitted(view.as_ref(), &command, self.world_around(view.as_ref()))?;
        Ok(command)
    }

    /// A wish with what is known around it, but for what changes with the service.
    async fn command(&self, wish: Wish) -> Result<Command, EngineError> {
        let installation = self
            .store()
            .installation(&wish.installation)
            .await?
            .ok_or_else(|| EngineError::NotFound(format!("installation {}", wish.installation)))?;
        let placement = self
            .placement(&wish.installation, wish.server_id, &wish.told.module)
            .await?;
        let budget = if wish.intent.kind().is_destructive() {
            Some(self.budget(&installation).await?)
        } else {
            None
        };
        Ok(Command {
            installation,
            billing_id: wish.billing_id,
            told: wish.told,
            intent: wish.intent,
            actor: wish.actor,
            placement,
            budget,
            last_wished: None,
        })
    }

    fn world_around(&self, view: Option<&ServiceView>) -> World<'_> {
        let platform = view.and_then(|view| view.platform.as_ref());
        World {
            driver: platform.and_then(|platform| self.drivers().of(platform.kind)),
            ..self.world()
        }
    }

    async fn last_wished(
        &self,
        command: &Command,
        view: Option<&ServiceView>,
    ) -> Result<Option<Moment>, EngineError> {
        match command.pace(view) {
            Some(pace) => Ok(self.store().last_wished(&pace).await?),
            None => Ok(None),
        }
    }

    /// Terminations and reinstallations over the bridge in the last hour, and how many are allowed.
    async fn budget(&self, installation: &Installation) -> Result<(u64, u64), EngineError> {
        let since = self.now() - Duration::from_secs(3600);
        let used = self.store().destructive_since(&installation.id, since).await?;
        let allowed = match installation.settings.destructive_budget {
            Some(budget) => u64::from(budget),
            None => (self.store().count_services(&installation.id).await? / 50).max(20),
        };
        Ok((used, allowed))
    }
}
