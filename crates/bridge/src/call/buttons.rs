//! The buttons of the product pages.

use std::time::Duration;

use domain::machine::PowerAction;
use domain::{Actor, ActorKind};
use engine::Goal;
use engine::core::{Intent, Refusal, RefusalCode};

use super::lifecycle::{Aim, carry, speaks, view};
use super::order::order;
use super::{Asked, Function, Said, ServiceParams};
use crate::actions::{NOT_PERMITTED, REPLAYED, refused};
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
        return Ok(Said::refused(Refusal::new(
            RefusalCode::Replayed,
            asked.voice().tell(REPLAYED),
        )));
    }
    if client && (asked.context.client_id.is_none() || !asked.context.may("manageproducts")) {
        return Ok(Said::sentence(asked.voice().tell(NOT_PERMITTED)));
    }
    let said = press(asked, params, intent, Goal::Accepted, Some(actor)).await?;
    if !client || said.result == super::SUCCESS {
        return Ok(said);
    }
    Ok(Said {
        result: for_client(asked, &said),
        ..said
    })
}

/// What a client hears of a switch that was refused, or has not come to its goal.
fn for_client(asked: &Asked<'_>, said: &Said) -> String {
    let voice = asked.voice();
    match (&said.refusal, &said.operation) {
        (Some(refusal), _) => refused(refusal, asked.status).sentence(voice),
        (None, Some(operation)) => voice.stands(operation),
        (None, None) => said.result.clone(),
    }
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
    let aim = Aim {
        goal,
        wait: asked.wait(WAIT),
        rerun: None,
    };
    carry(
        asked,
        params,
        (intent, own.unwrap_or(billing)),
        aim,
        view.is_some(),
    )
    .await
}
