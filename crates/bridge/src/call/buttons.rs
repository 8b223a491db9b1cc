//! The two buttons of the admin's product page.

use std::time::Duration;

use engine::Goal;
use engine::core::Intent;

use super::lifecycle::{settle, speaks, submit, view};
use super::order::order;
use super::{Asked, Function, Said, ServiceParams, plain, refused, sentence};
use crate::problem::Problem;

/// How long a button is waited for.
const WAIT: Duration = Duration::from_secs(5);

/// "Update Server Object" reads the machine; "Validate Server Config" asks without effect whether an order would be
/// taken. Neither is called again later: the person presses the button again.
pub async fn answer(asked: &Asked<'_>, params: &ServiceParams) -> Result<Said, Problem> {
    let view = view(asked, params).await?;
    let actor = match speaks(asked, params, view.as_ref()) {
        Ok(actor) => actor,
        Err(said) => return Ok(said),
    };
    let intent = match asked.function {
        Function::ValidateServerConfig => Intent::Validate(order(params)),
        _ => Intent::Refresh { live: false },
    };
    match submit(asked, params, intent, actor).await? {
        Ok(submitted) => settle(asked, submitted, Goal::Final, asked.wait(WAIT), None).await,
        Err(error) => match refused(&error) {
            Some(refusal) => Ok(Said::sentence(sentence::nothing_there(
                refusal,
                params.serviceid,
                view.is_some(),
            ))),
            None => plain(&error).map(Said::sentence),
        },
    }
}
