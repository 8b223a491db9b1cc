//! `vncViewer`, `toggleVnc` and `consoleProof`: the screen of a machine.
//!
//! The page that shows it is the only answer that holds a way to the screen: a ticket where the engine relays, the panel's
//! one-time values where it does not. No action gives either as data.

use domain::console::{Console, Way};
use domain::id::SecretId;
use domain::record::Operation;
use domain::{ConsoleAccess, Secret};
use engine::Bearer;
use engine::core::Intent;
use serde_json::json;

use super::gates::Subject;
use super::origin;
use super::wish::{opened, turned, wish};
use super::{Asked, Stop, words, written};
use crate::page::{About, PageAnswer, request};

/// Opens the console and answers with the page that shows it.
pub async fn viewer(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<PageAnswer, Stop> {
    let state = asked.state;
    let operation = opened(asked, subject, Intent::Console { open: true }).await?;
    let way = way(asked, subject, &operation).await?;
    written(asked, subject, "console.opened", json!({ "way": way.as_str() })).await?;
    let console = Console {
        name: subject.row.domain.clone(),
        way,
    };
    let about = About {
        service: Some(subject.row.service),
        view: None,
    };
    let request = request(asked, about);
    Ok(state.pages().console(request, console).await)
}

/// Switches the console on or off, and answers which.
pub async fn toggle(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<PageAnswer, Stop> {
    let open = asked.message.form.get("enabled").is_some_and(|word| word == "1");
    opened(asked, subject, Intent::Console { open }).await?;
    written(asked, subject, "console.switched", json!({ "open": open })).await?;
    if !open {
        asked
            .state
            .engine()
            .close_consoles_of_service(subject.view.service.id);
    }
    Ok(PageAnswer::done(&json!({ "enabled": open })))
}

/// Answers the relay's word for the session that is signed in, as long as the engine would open the console for it.
pub async fn vouch(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<PageAnswer, Stop> {
    let no_word = || Stop::new(400, "This is no word of the relay's.");
    let message = asked.message;
    let session = message.context.session().ok_or_else(no_word)?;
    let nonce = message.form.get("nonce").map_or("", String::as_str);
    let wish = wish(asked, subject, Intent::Console { open: true });
    let engine = asked.state.engine();
    let vouched = engine.vouch(wish, session, nonce).await;
    let proof = vouched
        .map_err(|error| turned(subject, &error))?
        .ok_or_else(no_word)?;
    Ok(PageAnswer::done(&json!({ "proof": proof })))
}

/// Through the relay where there is one, else straight to the panel.
async fn way(asked: &Asked<'_>, subject: &Subject<'_>, operation: &Operation) -> Result<Way, Stop> {
    let lost = || Stop::said(409, words::SPENT);
    let access = operation.secret.ok_or_else(lost)?;
    if let Some(address) = &asked.state.config().relay {
        return Ok(Way::Relayed {
            address: address.clone(),
            ticket: ticket(asked, subject, access).await?,
        });
    }
    let actor = asked.message.context.actor();
    let engine = asked.state.engine();
    let sealed = engine
        .reveal(operation.id, &actor)
        .await
        .map_err(|error| Stop::fault(&error))?;
    let access = sealed.as_ref().and_then(ConsoleAccess::open);
    access.map(Way::Direct).ok_or_else(lost)
}

/// Bound to the session that asks, and to the page that it asks from.
async fn ticket(asked: &Asked<'_>, subject: &Subject<'_>, access: SecretId) -> Result<Secret, Stop> {
    let message = asked.message;
    let session = message.context.session().map(str::to_owned);
    let headers = &message.headers;
    let origin = origin::of(headers.origin.as_deref(), headers.referer.as_deref());
    let (Some(session), Some(origin)) = (session, origin) else {
        return Err(Stop::new(403, "The request does not say where it comes from."));
    };
    let bearer = Bearer {
        session,
        origin,
        user: message.context.user_id,
        actor: message.context.actor(),
    };
    let engine = asked.state.engine();
    engine
        .console_ticket(&subject.view.service, access, bearer)
        .await
        .map_err(|error| Stop::fault(&error))
}
