//! The buttons of the product pages.

use std::time::Duration;

use domain::machine::PowerAction;
use domain::{Actor, ActorKind};
use engine::Goal;
use engine::core::{Intent, Refusal, RefusalCode};

use super::lifecycle::{no, settle, speaks, submit, view};
use super::order::order;
use super::{Asked, Function, Said, ServiceParams, fault};
use crate::actions::{NOT_PERMITTED, refused};
use crate::page::once;
use crate::problem::Problem;

/// How long a button is waited for.
const WAIT: Duration = Duration::from_secs(5);

/// "Update Server Object" reads the machine; "Validate Server Config" asks without effect whether an order would be
/// taken; the others switch the machine. None is called again later: the person presses the button again.
pub async fn answer(asked: &Asked<'_>, params: &ServiceParams) -> Result<Said, Problem> {
    match (asked.function, asked.function.power()) {
        (_, Some(action)) => switch(asked, params, Intent::Power(action)).await,
        (Function::ValidateServerConfig, _) => {
            press(
                asked,
                params,
                Intent::Validate(order(asked.module, params)),
                Goal::Final,
                None,
            )
            .await
        }
        _ => press(asked, params, Intent::Refresh { live: false }, Goal::Final, None).await,
    }
}

/// Clients press these too, so a click counts once and in the asker's own name. Whether the service is active, and
/// whether a client clicks too fast, judges the engine.
async fn switch(asked: &Asked<'_>, params: &ServiceParams, intent: Intent) -> Result<Said, Problem> {
    let actor = asked.context.actor();
    let client = actor.kind == ActorKind::Client;
    if client && !spent(asked, params).await? {
        return Ok(Said::refused(RefusalCode::Replayed, once::REPLAYED));
    }
    if client && (asked.context.client_id.is_none() || !asked.context.may("manageproducts")) {
        return Ok(Said::sentence(asked.voice().tell(NOT_PERMITTED)));
    }
    let said = press(asked, params, intent, Goal::Accepted, Some(actor)).await?;
    if !client || said.result == super::SUCCESS {
        return Ok(said);
    }
    let result = for_client(asked, &said).await?;
    Ok(Said { result, ..said })
}

/// What a client hears of a switch that was refused, or has not come to its goal.
async fn for_client(asked: &Asked<'_>, said: &Said) -> Result<String, Problem> {
    let voice = asked.voice();
    if let Some(code) = said.refusal {
        let sentence = said.result.clone();
        return Ok(refused(&Refusal { code, sentence }, asked.status).sentence(voice));
    }
    let Some(id) = said.operation else {
        return Ok(said.result.clone());
    };
    let operation = asked.state.engine().operation(id).await;
    operation
        .map(|operation| voice.stands(&operation))
        .map_err(|error| fault(&error))
}

/// Spends the one-time token of the form that was posted.
async fn spent(asked: &Asked<'_>, params: &ServiceParams) -> Result<bool, Problem> {
    let action = asked.function.power().map_or("", PowerAction::as_str);
    let token = params.token.as_deref().unwrap_or_default();
    let session = asked.context.session();
    once::spend(
        asked.state,
        asked.admitted,
        session,
        params.serviceid,
        action,
        token,
    )
    .await
    .map_err(|error| crate::gate::unavailable(&error))
}

/// Has it done and says how it stands: in the billing system's name, unless it is somebody's own click.
async fn press(
    asked: &Asked<'_>,
    params: &ServiceParams,
    intent: Intent,
    goal: Goal,
    own: Option<Actor>,
) -> Result<Said, Problem> {
    let view = view(asked, params).await?;
    let billing = match speaks(asked, params, view.as_ref()) {
        Ok(actor) => actor,
        Err(said) => return Ok(said),
    };
    match submit(asked, params, intent, own.unwrap_or(billing)).await? {
        Ok(submitted) => settle(asked, submitted, goal, asked.wait(WAIT), None).await,
        Err(error) => no(&error, params, view.is_some()),
    }
}
