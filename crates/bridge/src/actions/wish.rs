//! What is wished on a page, as the engine hears it, and how long the page waits for it.

use std::time::Duration;

use engine::core::{Intent, RefusalCode, Told};
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
    let unusable = words::unusable(&intent);
    let submitted = engine.submit(wish(asked, subject, intent)).await;
    let submitted = submitted.map_err(|error| match &error {
        EngineError::Refused(refusal) if refusal.code == RefusalCode::Invalid => Stop::said(400, unusable),
        error => turned(subject, error),
    });
    let Submitted::Operation(operation) = submitted? else {
        return Ok(None);
    };
    let progress = engine
        .wait(operation, goal, patience(asked.message))
        .await
        .map_err(|error| Stop::fault(&error))?;
    if progress.failed {
        return Err(Stop::new(500, &asked.voice().stands(&progress.operation)));
    }
    Ok(Some(progress))
}

/// A no of the engine's, by its rule; of a fault nothing is shown.
pub fn turned(subject: &Subject<'_>, error: &EngineError) -> Stop {
    match error {
        EngineError::Refused(refusal) => words::refused(refusal, subject.row.status()),
        error => Stop::fault(error),
    }
}
