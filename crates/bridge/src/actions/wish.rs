//! What is wished on a page, as the engine hears it, and how long the page waits for it.

use std::time::Duration;

use domain::record::Operation;
use engine::core::{Intent, Told};
use engine::{EngineError, Goal, Progress, Submitted, Wish};

use super::gates::Subject;
use super::{Asked, Stop, words};
use crate::page::Message;

/// How long the platform is waited for.
const WAIT: Duration = Duration::from_secs(5);

/// A wish for a service by whoever is signed in.
pub fn wish(asked: &Asked<'_>, subject: &Subject<'_>, intent: Intent) -> Wish {
    let message = asked.message;
    Wish {
        installation: asked.admitted.installation.id.clone(),
        billing_id: subject.row.service,
        server_id: None,
        told: Told {
            client_id: message.context.client_id.unwrap_or_default(),
            ..subject.row.told()
        },
        intent,
        actor: message.context.actor(),
    }
}

/// How long a browser's request may wait before the billing side stops listening.
pub fn patience(message: &Message) -> Duration {
    WAIT.min(Duration::from_millis(message.budget_ms.saturating_sub(300)))
}

/// Has it done and waits for the goal, at most as long as the page does; `None` where there is nothing to do.
pub async fn carried_out(
    asked: &Asked<'_>,
    subject: &Subject<'_>,
    intent: Intent,
    goal: Goal,
) -> Result<Option<Progress>, Stop> {
    let engine = asked.state.engine();
    let submitted = engine.submit(wish(asked, subject, intent)).await;
    let Submitted::Operation(operation) = submitted.map_err(|error| turned(asked, &error))? else {
        return Ok(None);
    };
    let progress = engine
        .wait(operation, goal, patience(asked.message))
        .await
        .map_err(|error| Stop::fault(&error))?;
    if progress.failed {
        let reason = words::explained(asked, &progress.operation.reason);
        return Err(Stop::new(500, reason));
    }
    Ok(Some(progress))
}

/// Has something opened that is there for a moment only, and waits for it: within the request, or not at all.
pub async fn opened(asked: &Asked<'_>, subject: &Subject<'_>, intent: Intent) -> Result<Operation, Stop> {
    let progress = carried_out(asked, subject, intent, Goal::Final).await?;
    let progress = progress.ok_or_else(|| Stop::new(409, words::NOT_PROVISIONED))?;
    if !progress.met {
        let english = "This took too long. Try again in a moment.";
        return Err(Stop::said(503, "refused-late", english));
    }
    Ok(progress.operation)
}

/// A no of the engine's; of a fault nothing is shown.
pub fn turned(asked: &Asked<'_>, error: &EngineError) -> Stop {
    match error {
        EngineError::Refused(refusal) => words::refused(asked, refusal),
        error => Stop::fault(error),
    }
}
