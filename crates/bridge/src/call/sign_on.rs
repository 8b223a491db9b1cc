//! `ServiceSingleSignOn`: a one-time address of the platform's panel, handed out once.

use std::time::Duration;

use domain::case::ServiceView;
use domain::id::OperationId;
use domain::record::{Operation, ServiceStatus};
use domain::{ActorKind, Secret};
use engine::core::{Intent, Refusal};
use engine::{EngineError, Goal, Progress, Submitted, Wish};
use serde_json::json;

use super::lifecycle::speaks;
use super::order::told;
use super::{Asked, Said, ServiceParams, fault, sentence};
use crate::actions::{self, Voice};
use crate::context::Context;
use crate::problem::Problem;
use crate::state::BridgeState;

/// How long the platform is waited for.
const WAIT: Duration = Duration::from_secs(5);

/// The address for WHMCS, which redirects to it.
pub async fn answer(asked: &Asked<'_>, params: &ServiceParams) -> Result<Said, Problem> {
    let view = super::lifecycle::view(asked, params).await?;
    if let Err(said) = speaks(asked, params, view.as_ref()) {
        return Ok(said);
    }
    let client = asked.context.actor().kind == ActorKind::Client;
    if client && (asked.context.client_id.is_none() || !asked.context.may("productsso")) {
        return Ok(Said::sentence(asked.voice().tell(actions::NOT_PERMITTED)));
    }
    let wish = Wish {
        installation: asked.admitted.installation.id.clone(),
        billing_id: params.serviceid,
        server_id: None,
        told: told(asked, params),
        intent: Intent::SignOn,
        actor: asked.context.actor(),
    };
    match address(asked.state, asked.context, wish, asked.wait(WAIT)).await? {
        Ok(address) => {
            if let Some(view) = &view {
                written(asked, view).await?;
            }
            Ok(Said::success().with_data(json!({ "redirect_to": address.expose() })))
        }
        Err(no) if client => Ok(Said {
            result: no.told(asked.voice(), asked.status),
            ..no.said()
        }),
        Err(no) => Ok(no.said()),
    }
}

/// Why nothing was opened.
pub enum No {
    /// One of the engine's rules says so.
    Refused(Refusal),
    /// There is nothing to open.
    Nothing,
    /// It ended without success.
    Ended(Box<Operation>),
    /// It has not ended in time.
    Late,
    /// It was handed out before.
    Spent,
}

impl No {
    /// For the billing system's staff.
    fn said(&self) -> Said {
        match self {
            Self::Refused(refusal) => Said::refused(refusal.code, refusal.sentence.clone()),
            Self::Nothing => Said::sentence("There is nothing to sign on to."),
            Self::Ended(operation) => Said::sentence(sentence::ended(operation)),
            Self::Late => Said::sentence("The platform did not answer in time. Try again in a moment."),
            Self::Spent => Said::sentence("This address was handed out already. Try again."),
        }
    }

    /// For a client, in the page's language. `status` is the billing system's word for the service.
    pub fn told(&self, voice: Voice<'_>, status: ServiceStatus) -> String {
        match self {
            Self::Refused(refusal) => actions::refused(refusal, status).sentence(voice),
            Self::Nothing => voice.tell(actions::NO_MACHINE),
            Self::Ended(operation) => voice.stands(operation),
            Self::Late => voice.tell(actions::LATE),
            Self::Spent => voice.tell(actions::SPENT),
        }
    }
}

/// Writes down that a console was opened, where signing on leads to one.
async fn written(asked: &Asked<'_>, view: &ServiceView) -> Result<(), Problem> {
    let engine = asked.state.engine();
    let kind = view.platform.as_ref().map(|platform| platform.kind);
    if !kind.is_some_and(|kind| engine.offers(kind).console) {
        return Ok(());
    }
    let service = &view.service;
    let installation = Some(service.installation.clone());
    let detail = json!({ "way": "page", "service": service.billing_id });
    let (actor, id) = (asked.context.actor(), service.id.to_string());
    engine
        .note(installation, &actor, "console.opened", &id, detail)
        .await
        .map_err(|error| fault(&error))
}

/// Has the address made and hands it out, or says why not.
pub async fn address(
    state: &BridgeState,
    context: &Context,
    wish: Wish,
    wait: Duration,
) -> Result<Result<Secret, No>, Problem> {
    let engine = state.engine();
    let id = match engine.submit(wish).await {
        Ok(Submitted::Operation(id)) => id,
        Ok(Submitted::Fulfilled) => return Ok(Err(No::Nothing)),
        Err(EngineError::Refused(refusal)) => return Ok(Err(No::Refused(refusal))),
        Err(error) => return Err(fault(&error)),
    };
    if let Err(no) = finished(state, id, wait).await? {
        return Ok(Err(no));
    }
    engine
        .reveal(id, &context.actor())
        .await
        .map_err(|error| fault(&error))
        .map(|secret| secret.ok_or(No::Spent))
}

/// Waits for an operation that keeps a secret, and gives it once it has succeeded, or says why it has not.
pub async fn finished(
    state: &BridgeState,
    id: OperationId,
    wait: Duration,
) -> Result<Result<Operation, No>, Problem> {
    let progress = state
        .engine()
        .wait(id, Goal::Final, wait)
        .await
        .map_err(|error| fault(&error))?;
    Ok(match progress {
        Progress {
            failed: true,
            operation,
            ..
        } => Err(No::Ended(Box::new(operation))),
        Progress { met: false, .. } => Err(No::Late),
        Progress { operation, .. } => Ok(operation),
    })
}
