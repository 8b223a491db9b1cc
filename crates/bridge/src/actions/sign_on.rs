//! `loginAsServerOwner`: a one-time address of the platform's panel.

use domain::Secret;
use engine::core::Intent;
use serde_json::json;

use super::gates::Subject;
use super::wish::{patience, wish};
use super::{Asked, Stop, words, written};
use crate::call::sign_on::address;
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
    let message = asked.message;
    let wish = wish(asked, subject, Intent::SignOn);
    let address = address(asked.state, &message.context, wish, patience(message)).await;
    match address {
        Ok(Ok(address)) => Ok(address),
        Ok(Err(no)) => Err(Stop::new(500, &no.told(asked.voice(), subject.row.status()))),
        Err(_) => Err(Stop::said(500, words::FAILED)),
    }
}
