//! `loginAsServerOwner`: a one-time address of the platform's panel.

use domain::Secret;
use engine::core::Intent;
use serde_json::json;

use super::gates::Subject;
use super::wish::opened;
use super::{Asked, Stop, words, written};
use crate::page::PageAnswer;

/// Answers with the address beside `success`, as the original does.
pub async fn answer(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<PageAnswer, Stop> {
    let address = made(asked, subject).await?;
    Ok(PageAnswer::json(
        200,
        &json!({ "success": true, "token_url": address.expose() }),
    ))
}

/// Sends the browser on to the console, which is a page of the platform.
pub async fn console(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<PageAnswer, Stop> {
    let address = made(asked, subject).await?;
    written(asked, subject, "console.opened", json!({ "way": "page" })).await?;
    Ok(PageAnswer::elsewhere(address.expose()))
}

async fn made(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<Secret, Stop> {
    let operation = opened(asked, subject, Intent::SignOn).await?;
    let engine = asked.state.engine();
    let address = engine
        .reveal(operation.id, &asked.message.context.actor())
        .await
        .map_err(|error| Stop::fault(&error))?;
    address.ok_or_else(|| Stop::said(409, words::SPENT))
}
