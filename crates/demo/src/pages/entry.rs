//! The module's entry files, as a billing system has them: a browser's request is forwarded with the principal that the
//! session stands for, and the engine's answer is passed back. Also the engine's nudge.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::visitor::{Visitor, session_of};
use crate::bridge::message::{PageAnswer, PageHeaders, Target};
use crate::bridge::sign::{Signed, is_fresh};
use crate::forward::Browser;
use crate::shop::Shop;

/// The headers of the engine's answer that a browser gets to see.
const PASSED: [&str; 7] = [
    "content-type",
    "cache-control",
    "content-security-policy",
    "location",
    "x-frame-options",
    "referrer-policy",
    "x-content-type-options",
];

type Pairs = Query<Vec<(String, String)>>;

pub async fn client(
    state: State<Shop>,
    visitor: Visitor,
    method: Method,
    query: Pairs,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    entry("client", &state.0, &visitor, &method, query.0, &headers, &body).await
}

pub async fn admin(
    state: State<Shop>,
    visitor: Visitor,
    method: Method,
    query: Pairs,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    entry("admin", &state.0, &visitor, &method, query.0, &headers, &body).await
}

async fn entry(
    surface: &'static str,
    shop: &Shop,
    visitor: &Visitor,
    method: &Method,
    query: Vec<(String, String)>,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    if session_of(headers).is_none() {
        return envelope(StatusCode::UNAUTHORIZED, "unauthenticated");
    }
    let query = plain(query);
    let target = target(&query, surface);
    let is_part = matches!(target.kind, "action" | "fragment");
    let form = if *method == Method::POST {
        form(body)
    } else {
        BTreeMap::new()
    };
    let browser = Browser {
        method: method.to_string(),
        query,
        form,
        headers: passed_headers(headers),
    };
    let principal = if surface == "admin" {
        visitor.admin()
    } else {
        visitor.client()
    };
    match shop.forward(surface, target, browser, &principal).await {
        Ok(answer) => emit(&answer),
        Err(error) => {
            tracing::warn!(%error, "a page was not answered");
            let sentence = "The server panel cannot be shown right now. Please try again in a few minutes.";
            if is_part {
                envelope(StatusCode::SERVICE_UNAVAILABLE, sentence)
            } else {
                super::sorry(shop, StatusCode::SERVICE_UNAVAILABLE, sentence)
            }
        }
    }
}

/// What the query asks for. Names keep the characters that names are made of.
fn target(query: &BTreeMap<String, String>, surface: &str) -> Target {
    for kind in ["action", "fragment", "page", "asset"] {
        if let Some(name) = query.get(kind) {
            let keep = |c: &char| {
                c.is_ascii_alphanumeric() || *c == '_' || (kind != "action" && matches!(c, '.' | '/' | '-'))
            };
            return Target {
                kind,
                name: name.chars().filter(keep).collect(),
            };
        }
    }
    if surface == "admin" {
        Target {
            kind: "page",
            name: "operations".to_owned(),
        }
    } else {
        Target {
            kind: "action",
            name: String::new(),
        }
    }
}

/// Without array values; of several values of one name the last one counts.
fn plain(pairs: Vec<(String, String)>) -> BTreeMap<String, String> {
    pairs
        .into_iter()
        .filter(|(name, _)| !name.contains('['))
        .collect()
}

fn form(body: &[u8]) -> BTreeMap<String, String> {
    serde_urlencoded::from_bytes::<Vec<(String, String)>>(body)
        .map(plain)
        .unwrap_or_default()
}

fn passed_headers(headers: &HeaderMap) -> PageHeaders {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    PageHeaders {
        origin: text("origin"),
        referer: text("referer"),
        host: text("host"),
        token: text("x-hostler-token"),
        hx_request: text("hx-request"),
    }
}

fn emit(answer: &PageAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let body = match answer.encoding.as_str() {
        "base64" => STANDARD.decode(&answer.body).ok(),
        _ => Some(answer.body.clone().into_bytes()),
    };
    let Some(body) = body else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let mut response = (status, body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in answer
        .headers
        .iter()
        .filter(|(name, _)| PASSED.contains(&name.as_str()))
    {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn envelope(status: StatusCode, sentence: &str) -> Response {
    (
        status,
        axum::Json(json!({ "success": false, "errors": sentence })),
    )
        .into_response()
}

/// "Fetch your effects now." Signed over a fixed path, whatever the URL was.
pub async fn nudge(State(shop): State<Shop>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let stamp = text("hostler-timestamp").and_then(|text| text.parse::<i64>().ok());
    let (Some(installation), Some(timestamp), Some(nonce), Some(signature)) = (
        text("hostler-installation"),
        stamp,
        text("hostler-nonce"),
        text("hostler-signature"),
    ) else {
        return StatusCode::UNAUTHORIZED;
    };
    let signed = Signed {
        installation,
        method: "POST",
        path: "/bridge/v1/nudge",
        timestamp,
        nonce,
        body: &body,
    };
    let believed = installation == shop.config.installation
        && is_fresh(timestamp, shop.now().as_seconds())
        && signed.fits(&shop.config.key, signature);
    if !believed {
        return StatusCode::UNAUTHORIZED;
    }
    shop.nudge();
    StatusCode::NO_CONTENT
}
