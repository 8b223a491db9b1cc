//! The operator's pages on loopback, and the probes of machines.
//!
//! There is no login here: who can reach the listener is on the engine's host. What is left to guard against is a web
//! page that makes this person's browser come here: by name rebinding (the `Host` has to be a loopback address), or by
//! a form (own origin, and a token bound to a session cookie that no other site's request carries).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Form, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::{Actor, ActorKind, Secret};
use engine::Engine;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::answer::PageAnswer;
use crate::pages::Pages;
use crate::request::{PageRequest, Principal, Target, TargetKind};
use crate::token;

/// Where the pages are.
const BASE: &str = "/operator";
/// The session cookie.
const COOKIE: &str = "hostler_operator";
/// Bytes of a posted form.
const FORM: usize = 64 * 1024;

type Fields = BTreeMap<String, String>;

/// What the loopback pages are made of.
#[derive(Clone)]
pub struct RouterConfig {
    /// The pages.
    pub pages: Pages,
    /// The key of the form tokens; a fresh one at each start will do.
    pub token_key: Secret,
}

/// The operator's pages under `/operator`. For a listener on loopback only.
pub fn router(config: RouterConfig) -> Router {
    Router::new()
        .route(BASE, get(show).post(act))
        .layer(DefaultBodyLimit::max(FORM))
        .with_state(Arc::new(config))
}

/// What probes ask.
#[derive(Clone)]
pub struct Probes {
    /// The engine, whose store has to answer.
    pub engine: Engine,
    /// Whether work is taken: false once the process has been told to stop.
    pub taking_work: Arc<dyn Fn() -> bool + Send + Sync>,
    /// The metrics in Prometheus' text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Probes {
    /// `/healthz`, `/readyz` and `/metrics`.
    pub fn router(self) -> Router {
        Router::new()
            .route("/healthz", get(async || "ok\n"))
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(Arc::new(self))
    }
}

async fn ready(State(probes): State<Arc<Probes>>) -> Response {
    if !(probes.taking_work)() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match probes.engine.store().ping().await {
        Ok(()) => "ready\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}

async fn metrics(State(probes): State<Arc<Probes>>) -> Response {
    let text = (probes.metrics)();
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    )
        .into_response()
}

async fn show(
    State(config): State<Arc<RouterConfig>>,
    Query(query): Query<Fields>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = from_here(&headers) {
        return refused(refusal);
    }
    let known = session(&headers);
    let session = known.clone().unwrap_or_else(|| fresh_session(&config.pages));
    let request = request(&config, &headers, &Method::GET, query, Fields::new(), &session);
    let mut response = into_response(config.pages.serve(request).await);
    if known.is_none() {
        let cookie = format!("{COOKIE}={session}; Path={BASE}; HttpOnly; SameSite=Strict");
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(header::SET_COOKIE, value);
        }
    }
    response
}

async fn act(
    State(config): State<Arc<RouterConfig>>,
    Query(query): Query<Fields>,
    headers: HeaderMap,
    Form(form): Form<Fields>,
) -> Response {
    let session = session(&headers).unwrap_or_default();
    let given = form.get(token::FIELD).map_or("", String::as_str);
    let gates = from_here(&headers)
        .and_then(|()| own_form(&headers))
        .and_then(|()| {
            token::holds(&config.token_key, &session, given)
                .then_some(())
                .ok_or("This form is too old. Reload the page and try again.")
        });
    if let Err(refusal) = gates {
        return refused(refusal);
    }
    let request = request(&config, &headers, &Method::POST, query, form, &session);
    into_response(config.pages.serve(request).await)
}

fn request(
    config: &RouterConfig,
    headers: &HeaderMap,
    method: &Method,
    query: Fields,
    form: Fields,
    session: &str,
) -> PageRequest {
    let named = [
        TargetKind::Action,
        TargetKind::Fragment,
        TargetKind::Page,
        TargetKind::Asset,
    ]
    .into_iter()
    .find_map(|kind| Some(Target::new(kind, query.get(kind.as_str())?)));
    PageRequest {
        principal: Principal::Admin {
            installation: None,
            operator: true,
        },
        actor: Actor {
            kind: ActorKind::Admin,
            id: "operator on loopback".to_owned(),
            ip: None,
            correlation: None,
        },
        service: None,
        view: None,
        target: named.unwrap_or_else(|| Target::new(TargetKind::Page, "overview")),
        method: method.to_string(),
        query,
        form,
        token: token::issue(&config.token_key, session),
        once: String::new(),
        base: BASE.to_owned(),
        language: text(headers, header::ACCEPT_LANGUAGE)
            .unwrap_or_default()
            .to_owned(),
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Whether the browser was sent here by a loopback address and not by a name that somebody else controls.
fn from_here(headers: &HeaderMap) -> Result<(), &'static str> {
    let host = text(headers, header::HOST).unwrap_or_default();
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or_default(),
    };
    let loopback = name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    loopback
        .then_some(())
        .ok_or("These pages are reached by a loopback address only.")
}

/// Whether a form was posted from our own page.
fn own_form(headers: &HeaderMap) -> Result<(), &'static str> {
    let host = text(headers, header::HOST).unwrap_or_default();
    let origin = text(headers, header::ORIGIN).map(str::to_owned).or_else(|| {
        let referer: http::Uri = text(headers, header::REFERER)?.parse().ok()?;
        Some(format!("{}://{}", referer.scheme_str()?, referer.authority()?))
    });
    let own = ["http", "https"].map(|scheme| format!("{scheme}://{host}"));
    origin
        .is_some_and(|origin| own.iter().any(|own| own.eq_ignore_ascii_case(&origin)))
        .then_some(())
        .ok_or("This form was not sent from these pages.")
}

fn session(headers: &HeaderMap) -> Option<String> {
    let cookies = text(headers, header::COOKIE)?;
    let held = cookies
        .split(';')
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)?;
    let plain = held.1.len() == 32 && held.1.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| held.1.to_owned())
}

fn fresh_session(pages: &Pages) -> String {
    let mut bytes = [0_u8; 16];
    pages.engine().random().fill(&mut bytes);
    hex::encode(bytes)
}

fn refused(sentence: &str) -> Response {
    into_response(PageAnswer::plain(403, sentence))
}

fn into_response(answer: PageAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, answer.body).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response
                .headers_mut()
                .insert(header::HeaderName::from_static(name), value);
        }
    }
    response
}
