//! Admission: a request is carried out only when it is signed, timely, fresh and small enough, judged in the order
//! that costs least. What is refused is logged by who, what and why (never by body), and changes nothing.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use domain::Secret;
use domain::record::Installation;
use http::Request;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::problem::{Code, Problem};
use crate::sign::{self, Claims, Head};
use crate::state::BridgeState;

/// A request whose signature was good.
pub struct Admitted {
    /// Who speaks.
    pub installation: Installation,
    /// The keys that the answer is signed with.
    pub keys: Arc<[Secret]>,
    /// The nonce that the answer repeats.
    pub nonce: String,
    /// The method.
    pub method: String,
    /// The path without query.
    pub path: String,
    /// The query.
    pub query: String,
    /// The body.
    pub body: Bytes,
}

/// Why a request was not admitted.
pub enum Turned {
    /// Nothing is known of the speaker: the answer is not signed.
    Stranger(Problem),
    /// The signature was good: the answer is signed.
    Known(Box<Admitted>, Problem),
}

/// Judges a request.
pub async fn admit(state: &BridgeState, request: Request<Body>) -> Result<Admitted, Turned> {
    let (parts, body) = request.into_parts();
    let path = parts
        .uri
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str)
        .to_owned();
    let method = parts.method.as_str().to_owned();
    let head = Head {
        method: &method,
        path: &path,
    };
    let refuse = |problem: Problem, claims: Option<&Claims>| {
        log(&problem, claims.map_or("", named), head);
        Turned::Stranger(problem)
    };

    let claims = Claims::read(&parts.headers).map_err(|problem| refuse(problem, None))?;
    let (installation, keys) = speaker(state, &claims)
        .await
        .map_err(|problem| refuse(problem, Some(&claims)))?;
    sign::judge_time(&claims, state.now(), state.started())
        .map_err(|problem| refuse(problem, Some(&claims)))?;
    let body = read(state, &parts.headers, body)
        .await
        .map_err(|problem| refuse(problem, Some(&claims)))?;
    sign::judge_signature(&claims, head, &body, &keys).map_err(|problem| refuse(problem, Some(&claims)))?;

    let fresh = state
        .engine()
        .store()
        .remember_nonce(&installation.id, claims.nonce(), state.now())
        .await;
    let problem = match fresh {
        Ok(true) => None,
        Ok(false) => Some(Problem::new(Code::ReplayedNonce, "This nonce was used before.")),
        Err(error) => Some(unavailable(&error)),
    };
    if let Some(problem) = &problem {
        log(problem, named(&claims), head);
    }
    let admitted = Admitted {
        installation,
        keys,
        nonce: claims.nonce().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        method,
        body,
    };
    match problem {
        None => Ok(admitted),
        Some(problem) => Err(Turned::Known(Box::new(admitted), problem)),
    }
}

async fn speaker(state: &BridgeState, claims: &Claims) -> Result<(Installation, Arc<[Secret]>), Problem> {
    let installation = state
        .engine()
        .store()
        .installation(claims.installation())
        .await
        .map_err(|error| unavailable(&error))?
        .ok_or_else(|| Problem::new(Code::UnknownInstallation, "No installation of this name."))?;
    let keys = state
        .keys(&installation)
        .await
        .map_err(|error| unavailable(&error))?;
    Ok((installation, keys))
}

async fn read(state: &BridgeState, headers: &http::HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let limit = state.config().body_limit;
    let too_large = || Problem::new(Code::TooLarge, format!("A body may have {} KiB.", limit / 1024));
    let announced = headers
        .get(http::header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let whole = Limited::new(body, limit).collect();
    match tokio::time::timeout(state.config().body_timeout, whole).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Problem::new(Code::BadRequest, "The body did not arrive whole.")),
        Err(_) => Err(Problem::new(
            Code::BadRequest,
            "The body took too long to arrive.",
        )),
    }
}

/// The store did not answer: nothing can be judged now.
pub fn unavailable(error: &store::StoreError) -> Problem {
    tracing::error!(error = %error, "the store failed under a bridge request");
    Problem::new(
        Code::Unavailable,
        "The engine's store cannot be reached at present.",
    )
}

fn named(claims: &Claims) -> &str {
    claims.installation().as_str()
}

/// Notes a refusal: who asked (as they say themselves, until their signature is known to be good), for what, and why
/// not.
pub fn log(problem: &Problem, installation: &str, head: Head<'_>) {
    metrics::counter!("hostler_bridge_refused_total", "code" => problem.code.as_str()).increment(1);
    let path: String = head.path.chars().take(200).collect();
    tracing::warn!(
        bridge.code = problem.code.as_str(),
        bridge.installation = installation,
        http.method = head.method,
        http.path = path,
        "bridge request refused: {problem}"
    );
}
