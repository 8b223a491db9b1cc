//! A `success` that nobody heard: the billing system stopped listening, and would never learn of it.

use domain::record::{EffectBody, RerunFunction};
use serde_json::Value;

use super::{Function, Message, ServiceParams};
use crate::gate::Admitted;
use crate::message;
use crate::rows;
use crate::state::BridgeState;

/// Has the function called again whose success was not heard; it is then answered at once.
pub async fn repeat(state: &BridgeState, admitted: &Admitted, answer: &Value) {
    if answer["result"] != "success" {
        return;
    }
    let Some((service, function, status)) = asked(admitted) else {
        return;
    };
    let installation = &admitted.installation.id;
    let view = state.engine().view(installation, service).await;
    let Ok(Some(view)) = view else {
        return;
    };
    let body = EffectBody::Rerun { function, status };
    let service = Some((view.service.id, service));
    if let Err(error) = state.engine().tell(installation, service, body).await {
        tracing::error!(%error, "an unheard success could not be repeated");
    }
}

fn asked(admitted: &Admitted) -> Option<(u64, RerunFunction, String)> {
    let message: Message = message::read(&admitted.body).ok()?;
    let function: Function = message.function.parse().ok()?;
    let params: ServiceParams = message::parse(message.params.get().as_bytes()).ok()?;
    let status = rows::status(&message.domainstatus).to_string();
    Some((params.serviceid, function.rerun()?, status))
}
