//! CreateAccount.

use std::time::Duration;

use domain::record::{Activation, Milestone, RerunFunction, ServiceStatus};
use engine::Goal;
use engine::core::Intent;

use super::lifecycle::{Aim, carry, speaks, view};
use super::order::order;
use super::{Asked, Said, ServiceParams, fault};
use crate::problem::Problem;

/// Makes a service's machine, or says how far it has come.
pub async fn answer(asked: &Asked<'_>, params: &ServiceParams) -> Result<Said, Problem> {
    let order = order(asked.module, params);
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
    let policy = asked
        .state
        .engine()
        .store()
        .product_policy(&asked.admitted.installation.id, params.pid)
        .await
        .map_err(|error| fault(&error.into()))?;
    // A service that is active was told so before: what is asked then is how its machine stands.
    let told_before = asked.status == ServiceStatus::Active;
    let (milestone, rerun) = match policy.activation_in(asked.module.as_str()) {
        _ if told_before => (Milestone::Ready, None),
        Activation::Accepted => (Milestone::Accepted, Some(RerunFunction::CreateAccount)),
        Activation::Created => (Milestone::Created, Some(RerunFunction::CreateAccount)),
        Activation::Ready => (Milestone::Ready, Some(RerunFunction::CreateAccount)),
    };
    asked
        .state
        .engine()
        .note_building(
            &asked.admitted.installation.id,
            (params.serviceid, params.pid),
            &order,
        )
        .await
        .map_err(|error| fault(&error))?;
    let aim = Aim {
        goal: Goal::Milestone(milestone),
        wait: asked.wait(Duration::from_secs(u64::from(policy.wait_seconds))),
        rerun,
    };
    carry(
        asked,
        params,
        (Intent::Create(order), actor),
        aim,
        before.is_some(),
    )
    .await
}
