//! `vncViewer`, `toggleVnc` and `consoleProof`: the screen of a machine.
//!
//! The page that shows it is the only answer that holds a way to the screen: a ticket where the engine relays, the panel's
//! one-time values where it does not. No action gives either as data.

use domain::console::{Console, Way};
use domain::id::SecretId;
use domain::record::{Operation, OperationKind, Standing};
use domain::{ConsoleAccess, Secret};
use engine::core::Intent;
use engine::{Bearer, Submitted, proof};
use serde_json::json;

use super::gates::Subject;
use super::origin;
use super::wish::{patience, turned, wish};
use super::{Asked, Stop, words, written};
use crate::call::sign_on::finished;
use crate::page::{PageAnswer, request};

/// Opens the console and answers with the page that shows it.
pub async fn viewer(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<PageAnswer, Stop> {
    let state = asked.state;
    let operation = switched(asked, subject, true).await?;
    let way = way(asked, subject, &operation).await?;
    written(asked, subject, "console.opened", json!({ "way": way.as_str() })).await?;
    let console = Console {
        name: subject.row.domain.clone(),
        way,
    };
    let request = request(asked, Some(subject.row.service));
    Ok(state.pages().console(request, console).await)
}

/// Switches the console on or off, and answers which.
pub async fn toggle(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<PageAnswer, Stop> {
    let open = asked.message.form.get("enabled").is_some_and(|word| word == "1");
    switched(asked, subject, open).await?;
    written(asked, subject, "console.switched", json!({ "open": open })).await?;
    if !open {
        asked
            .state
            .engine()
            .close_consoles_of_service(subject.view.service.id);
    }
    Ok(PageAnswer::done(&json!({ "enabled": open })))
}

/// Answers the relay's word for the session that is signed in, as long as it may look.
pub fn vouch(asked: &Asked<'_>, subject: &Subject<'_>) -> Result<PageAnswer, Stop> {
    if subject.view.service.standing != Standing::Live {
        return Err(Stop::said(400, words::STANDING));
    }
    if subject.view.policy.withholds(OperationKind::Console) {
        return Err(Stop::said(409, words::WITHHELD));
    }
    let nonce = asked.message.form.get("nonce").map_or("", String::as_str);
    let session = asked.message.context.session();
    let proof = session
        .zip(asked.admitted.keys.first())
        .and_then(|(session, key)| proof(key, session, subject.row.service, nonce));
    proof.map_or_else(
        || Err(Stop::new(400, "This is no word of the relay's.")),
        |proof| Ok(PageAnswer::done(&json!({ "proof": proof }))),
    )
}

/// Has the console opened or closed. How often that may be asked is the engine's to say.
async fn switched(asked: &Asked<'_>, subject: &Subject<'_>, open: bool) -> Result<Operation, Stop> {
    let wish = wish(asked, subject, Intent::Console { open });
    let id = match asked.state.engine().submit(wish).await {
        Ok(Submitted::Operation(id)) => id,
        Ok(Submitted::Fulfilled) => return Err(Stop::said(409, words::NO_MACHINE)),
        Err(error) => return Err(turned(subject, &error)),
    };
    match finished(asked.state, id, patience(asked.message)).await {
        Ok(Ok(operation)) => Ok(operation),
        Ok(Err(no)) => Err(Stop::new(500, &no.told(asked.voice(), subject.row.status()))),
        Err(_) => Err(Stop::said(500, words::FAILED)),
    }
}

/// Through the relay where there is one, else straight to the panel.
async fn way(asked: &Asked<'_>, subject: &Subject<'_>, operation: &Operation) -> Result<Way, Stop> {
    let lost = || Stop::said(500, words::SPENT);
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
