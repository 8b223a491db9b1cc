//! Effects on their way out, and the billing system's word on them: sections 9 and 10 of the protocol.

mod wire;

use std::collections::BTreeSet;

use domain::id::{EffectId, InstallationId, OperationId, SecretId};
use domain::record::{Effect, EffectBody};
use domain::{Actor, ActorKind};
use engine::FOR_BILLING;
use engine::core::AckOutcome;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::call::fault;
use crate::context::Context;
use crate::gate::Admitted;
use crate::message;
use crate::problem::{Code, Problem};
use crate::state::BridgeState;

/// Effects that ride on one answer.
const COURTESY: u64 = 20;
/// Effects of one fetch.
const MOST: u64 = 100;

/// `GET /bridge/v1/effects?protocol=1&limit=N`.
pub async fn fetch(state: &BridgeState, admitted: &Admitted) -> Result<Value, Problem> {
    let limit = asked(&admitted.query)?;
    let effects = state
        .engine()
        .effects(&admitted.installation.id, None, limit)
        .await
        .map_err(|error| fault(&error))?;
    let more = effects.len() as u64 >= limit;
    Ok(json!({ "effects": written(state, &effects).await?, "more": more }))
}

fn asked(query: &str) -> Result<u64, Problem> {
    let bad = |field: &str| Problem::new(Code::BadRequest, format!("The query's {field} is not a number."));
    let (mut protocol, mut limit) = (None, MOST);
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("protocol", value)) => protocol = Some(value.parse().map_err(|_| bad("protocol"))?),
            Some(("limit", value)) => limit = value.parse().map_err(|_| bad("limit"))?,
            _ => {}
        }
    }
    let missing = || Problem::new(Code::BadRequest, "The query's protocol is missing.");
    message::spoken(protocol.ok_or_else(missing)?)?;
    Ok(limit.clamp(1, MOST))
}

/// The effects of one service, or of all, that leave with an answer.
pub async fn courtesy(
    state: &BridgeState,
    installation: &InstallationId,
    service: Option<u64>,
) -> Result<Vec<Value>, Problem> {
    let effects = state
        .engine()
        .effects(installation, service, COURTESY)
        .await
        .map_err(|error| fault(&error))?;
    written(state, &effects).await
}

async fn written(state: &BridgeState, effects: &[Effect]) -> Result<Vec<Value>, Problem> {
    let ids: BTreeSet<_> = effects
        .iter()
        .filter_map(|effect| effect.service.map(|(id, _)| id))
        .collect();
    let services = state.engine().store().services_of(&ids).await;
    let services = services.map_err(|error| crate::gate::unavailable(&error))?;
    let mut written = Vec::with_capacity(effects.len());
    for effect in effects {
        let service = effect.service.and_then(|(id, _)| services.get(&id));
        let generation = match (&effect.body, effect.operation) {
            (EffectBody::SetLink { .. }, Some(operation)) => generation(state, operation).await?,
            _ => None,
        };
        written.push(wire::write(effect, generation, service));
    }
    Ok(written)
}

/// The life of the service that a link belongs to is its operation's.
async fn generation(state: &BridgeState, operation: OperationId) -> Result<Option<u32>, Problem> {
    let found = state.engine().store().operation(operation).await;
    let found = found.map_err(|error| crate::gate::unavailable(&error))?;
    Ok(found.map(|operation| operation.generation))
}

#[derive(Deserialize)]
struct Acknowledgement {
    acks: Vec<Ack>,
}

#[derive(Deserialize)]
struct Ack {
    id: String,
    outcome: AckOutcome,
    #[serde(default)]
    reason: Option<String>,
}

/// `POST /bridge/v1/effects/ack`. An id that is not known, or was acknowledged before, is no error.
pub async fn acknowledge(state: &BridgeState, admitted: &Admitted) -> Result<Value, Problem> {
    let message: Acknowledgement = message::read(&admitted.body)?;
    let mut acks = Vec::with_capacity(message.acks.len());
    for ack in message.acks {
        let Ok(id) = ack.id.parse::<EffectId>() else {
            continue;
        };
        if !is_theirs(state, admitted, id).await? {
            continue;
        }
        let reason = ack
            .reason
            .filter(|reason| !reason.is_empty())
            .map(|reason| reason.chars().take(500).collect());
        acks.push((id, ack.outcome, reason));
    }
    let acked = acks.len();
    state
        .engine()
        .acknowledge(&admitted.installation.id, acks)
        .await
        .map_err(|error| fault(&error))?;
    Ok(json!({ "acked": acked }))
}

/// Whether an effect is one of this installation's.
async fn is_theirs(state: &BridgeState, admitted: &Admitted, id: EffectId) -> Result<bool, Problem> {
    let effect = state.engine().store().effect(id).await;
    let effect = effect.map_err(|error| crate::gate::unavailable(&error))?;
    Ok(effect.is_some_and(|effect| effect.installation == admitted.installation.id))
}

#[derive(Deserialize)]
struct Redemption {
    effect: EffectId,
    secret: SecretId,
    context: Context,
}

/// `POST /bridge/v1/secret`: the one-time secret of an effect, to the billing system that the effect is for.
pub async fn redeem(state: &BridgeState, admitted: &Admitted) -> Result<Value, Problem> {
    let message: Redemption = message::read(&admitted.body)?;
    let engine = state.engine();
    let effect = engine.store().effect(message.effect).await;
    let named = effect
        .map_err(|error| crate::gate::unavailable(&error))?
        .filter(|effect| effect.installation == admitted.installation.id)
        .is_some_and(
            |effect| matches!(effect.body, EffectBody::SetPassword { secret } if secret == message.secret),
        );
    if !named {
        return Err(Problem::new(Code::NotFound, "No such effect or secret."));
    }
    let principal = Actor {
        kind: ActorKind::System,
        id: format!("billing system {}", admitted.installation.id),
        ..message.context.actor()
    };
    let secret = engine
        .redeem(message.secret, FOR_BILLING, &principal)
        .await
        .map_err(|error| fault(&error))?;
    match secret {
        Some(secret) => Ok(json!({ "value": secret.expose() })),
        None => Err(Problem::new(Code::Gone, "The secret was redeemed before.")),
    }
}
