//! What events tell of services and products.

use domain::record::{EffectBody, Module};
use engine::EngineError;

use super::bodies::ServiceDeleted;
use super::{Heard, Told, stock};
use crate::call::fault;
use crate::gate::unavailable;
use crate::problem::Problem;
use crate::rows::{ProductRow, ServiceRow};
use crate::vocabulary::Vocabulary;

/// Takes over what a row tells of a service of ours: status, product, hostname. Another client in it is a proposal.
pub async fn learn(told: &Told<'_>, row: &ServiceRow) -> Result<(), Problem> {
    if !row.is_ours() {
        return Ok(());
    }
    told.state
        .engine()
        .learn(
            &told.admitted.installation.id,
            row.service,
            &row.told(),
            &told.context.billing(),
        )
        .await
        .map_err(|error| fault(&error))
}

/// The same for several.
pub async fn learn_all(told: &Told<'_>, rows: &[ServiceRow]) -> Result<Heard, Problem> {
    for row in rows {
        learn(told, row).await?;
    }
    Ok(Heard::default())
}

/// A service was edited, or its upgrade is done, or its cancellation is wished.
pub async fn edited(told: &Told<'_>, row: &ServiceRow) -> Result<Heard, Problem> {
    learn(told, row).await?;
    Ok(Heard::of(row.service))
}

/// A service is gone from the billing system.
pub async fn deleted(told: &Told<'_>, body: &ServiceDeleted) -> Result<Heard, Problem> {
    stock::dropped(told, body.row.as_slice()).await?;
    end(told, body.service, "it was deleted in the billing system").await?;
    Ok(Heard::default())
}

/// A service that the engine may hold a machine for has ended in the billing system.
pub async fn end(told: &Told<'_>, service: u64, why: &str) -> Result<(), Problem> {
    let actor = told.context.billing();
    let installation = &told.admitted.installation.id;
    let ended = told
        .state
        .engine()
        .order_ended(installation, service, why, &actor);
    match ended.await {
        // A refusal says that there is no machine to end, or that it is ending already.
        Ok(_) | Err(EngineError::Refused(_)) => Ok(()),
        Err(error) => Err(fault(&error)),
    }
}

/// A product of ours is sold, and has the custom fields of its module; an administrator's changes of them stay.
pub async fn product(told: &Told<'_>, row: &ProductRow) -> Result<Heard, Problem> {
    stock::product(told, row).await?;
    let Ok(module) = row.module.parse::<Module>() else {
        return Ok(Heard::default());
    };
    let engine = told.state.engine();
    let installation = &told.admitted.installation.id;
    for name in Vocabulary::of(module).custom_fields() {
        // Once a day is enough: the field is only made where it is missing.
        let key = format!("field:{installation}:{}:{name}", row.product);
        let due = engine.store().take_rate(&key, told.state.now(), DAY).await;
        if !due.map_err(|error| unavailable(&error))? {
            continue;
        }
        let body = EffectBody::EnsureCustomField {
            product_id: row.product,
            name: name.to_owned(),
            field_type: "text".to_owned(),
            admin_only: false,
            show_order: true,
        };
        engine
            .tell(installation, None, body)
            .await
            .map_err(|error| fault(&error))?;
    }
    Ok(Heard::default())
}

const DAY: std::time::Duration = std::time::Duration::from_hours(24);
