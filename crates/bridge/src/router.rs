//! The door: every path of the protocol, admission before and signing behind.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, StatusCode};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::oneshot;
use tracing::Instrument;

use crate::gate::{Admitted, Turned, admit};
use crate::problem::{Code, Problem};
use crate::state::BridgeState;
use crate::{call, effects, event, gate, page, sign};

/// The router of everything under `/bridge/`.
pub fn router(state: BridgeState) -> Router {
    Router::new()
        .route("/bridge/{*rest}", any(serve))
        .with_state(state)
}

async fn serve(State(state): State<BridgeState>, request: Request<Body>) -> Response {
    match admit(&state, request).await {
        Ok(admitted) => {
            let admitted = Arc::new(admitted);
            let begun = tokio::time::Instant::now();
            let (status, body) = whole(carry_out(&state, &admitted).await);
            metrics::histogram!("hostler_bridge_seconds", "path" => label(&admitted.path))
                .record(begun.elapsed().as_secs_f64());
            signed(&state, &admitted, status, body)
        }
        Err(Turned::Known(admitted, problem)) => {
            let (status, body) = whole(Err(problem));
            signed(&state, &admitted, status, body)
        }
        Err(Turned::Stranger(problem)) => problem.into_response(),
    }
}

/// Carries a request out as a task of its own: it is finished even when the other side stops listening, so that what
/// was begun is also promised; and when it panics, the panic ends here.
async fn carry_out(state: &BridgeState, admitted: &Arc<Admitted>) -> Result<Value, Problem> {
    let span = tracing::info_span!(
        "bridge",
        bridge.installation = admitted.installation.id.as_str(),
        http.path = admitted.path,
        correlation = tracing::field::Empty,
    );
    let (state, admitted) = (state.clone(), Arc::clone(admitted));
    let (tell, heard) = oneshot::channel();
    let task = async move {
        let outcome = dispatch(&state, &admitted).await;
        if let Err(problem) = &outcome {
            let head = sign::Head {
                method: &admitted.method,
                path: &admitted.path,
            };
            gate::log(problem, admitted.installation.id.as_str(), head);
        }
        if let Err(Ok(unheard)) = tell.send(outcome)
            && admitted.path == "/bridge/v1/call"
        {
            call::repeat(&state, &admitted, &unheard).await;
        }
    };
    tokio::spawn(task.instrument(span));
    heard.await.unwrap_or_else(|_| {
        tracing::error!("a bridge request panicked");
        Err(Problem::new(
            Code::Internal,
            "The engine met a fault; its log has the details.",
        ))
    })
}

async fn dispatch(state: &BridgeState, admitted: &Admitted) -> Result<Value, Problem> {
    let wanted = match admitted.path.as_str() {
        "/bridge/v1/effects" => "GET",
        "/bridge/v1/call"
        | "/bridge/v1/event"
        | "/bridge/v1/page"
        | "/bridge/v1/effects/ack"
        | "/bridge/v1/secret" => "POST",
        _ => return Err(Problem::new(Code::NotFound, "There is no such path.")),
    };
    if admitted.method != wanted {
        return Err(Problem::new(Code::MethodNotAllowed, format!("Use {wanted}.")));
    }
    let Some(_seat) = state.waiting().enter(&admitted.installation.id) else {
        metrics::counter!("hostler_bridge_full_total").increment(1);
        return full(admitted);
    };
    match admitted.path.as_str() {
        "/bridge/v1/call" => json(call::serve(state, admitted).await?),
        "/bridge/v1/event" => json(event::serve(state, admitted).await?),
        "/bridge/v1/page" => json(page::serve(state, admitted).await?),
        "/bridge/v1/effects" => effects::fetch(state, admitted).await,
        "/bridge/v1/effects/ack" => effects::acknowledge(state, admitted).await,
        _ => effects::redeem(state, admitted).await,
    }
}

/// The path as a label of metrics: a closed list, whatever is asked for.
fn label(path: &str) -> &'static str {
    match path {
        "/bridge/v1/call" => "call",
        "/bridge/v1/event" => "event",
        "/bridge/v1/page" => "page",
        "/bridge/v1/effects" => "effects",
        "/bridge/v1/effects/ack" => "ack",
        "/bridge/v1/secret" => "secret",
        _ => "other",
    }
}

/// The plain sentence at once: a call gets it as its result, so that WHMCS shows it.
fn full(admitted: &Admitted) -> Result<Value, Problem> {
    let sentence = "Hostler is busy with many requests of this installation. Nothing was changed; try again in a minute.";
    if admitted.path == "/bridge/v1/call" {
        return Ok(serde_json::json!({ "result": sentence, "effects": [] }));
    }
    Err(Problem::new(Code::TooMany, sentence))
}

fn json<T: Serialize>(answer: T) -> Result<Value, Problem> {
    serde_json::to_value(answer).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        Problem::new(Code::Internal, "The engine could not write its answer.")
    })
}

fn whole(outcome: Result<Value, Problem>) -> (StatusCode, Vec<u8>) {
    match outcome {
        Ok(value) => (StatusCode::OK, value.to_string().into_bytes()),
        Err(problem) => {
            let body = serde_json::json!({
                "error": { "code": problem.code.as_str(), "message": problem.message },
            });
            (problem.code.status(), body.to_string().into_bytes())
        }
    }
}

fn signed(state: &BridgeState, admitted: &Admitted, status: StatusCode, body: Vec<u8>) -> Response {
    let headers = sign::answer_headers(
        &admitted.installation.id,
        &admitted.keys,
        &admitted.nonce,
        status.as_u16(),
        state.now(),
        &body,
    );
    let mut response = Response::new(Body::from(Bytes::from(body)));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
}
