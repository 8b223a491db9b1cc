//! CreateAccount.

use std::time::Duration;

use domain::record::{Activation, Milestone, RerunFunction};
use engine::Goal;
use engine::core::Intent;

use super::lifecycle::{settle, speaks, submit, view};
use super::order::order;
use super::{Asked, Said, ServiceParams, fault, plain};
use crate::problem::Problem;

/// Makes a service's machine, or says how far it has come.
pub async fn answer(asked: &Asked<'_>, params: &ServiceParams) -> Result<Said, Problem> {
    let order = order(params);
    if order.customer.name.is_empty() && order.customer.email.is_empty() {
        return Ok(Said::sentence(format!(
            "Client {} has neither name nor address in the billing system. Nothing was created.",
            params.userid
        )));
    }
    let before = view(asked, params).await?;
    let actor = match speaks(asked, params, before.as_ref()) {
        Ok(actor) => actor,
        Err(said) => return Ok(said),
    };
    let submitted = match submit(asked, params, Intent::Create(order), actor).await? {
        Ok(submitted) => submitted,
        Err(error) => return plain(&error).map(Said::sentence),
    };
    let policy = asked
        .state
        .engine()
        .store()
        .product_policy(&asked.admitted.installation.id, params.pid)
        .await
        .map_err(|error| fault(&error.into()))?;
    let goal = Goal::Milestone(match policy.activation {
        Activation::Accepted => Milestone::Accepted,
        Activation::Created => Milestone::Created,
        Activation::Ready => Milestone::Ready,
    });
    let wait = asked.wait(Duration::from_secs(u64::from(policy.wait_seconds)));
    settle(asked, submitted, goal, wait, Some(RerunFunction::CreateAccount)).await
}
