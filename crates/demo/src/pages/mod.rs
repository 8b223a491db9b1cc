//! The shop's pages. Each is whole without script; the one small module only keeps a service's page up to date.

mod entry;
mod faults;
mod front;
mod service;
mod view;
mod visitor;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use serde_json::json;

use crate::forward::{ADMIN_ENTRY, CLIENT_ENTRY};
use crate::shop::Shop;
pub use view::Views;

/// Nothing but our own files; no inline script, style or handler.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

impl Shop {
    /// All pages of the shop, to be served at `/`. Free for others are all paths below `/operator`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", get(front::front))
            .route("/order", get(front::form).post(front::order))
            .route("/clientarea.php", get(service::page))
            .route("/live", get(service::live))
            .route("/service/{id}/{action}", post(service::act))
            .route("/faults", get(faults::page))
            .route("/faults/{action}", post(faults::act))
            .route(CLIENT_ENTRY, any(entry::client))
            .route(ADMIN_ENTRY, any(entry::admin))
            .route("/nudge", post(entry::nudge))
            .route("/assets/{name}", get(asset))
            .fallback(missing)
            .layer(middleware::from_fn_with_state(self.clone(), visitor::admit))
            .layer(middleware::from_fn(secure))
            .with_state(self.clone())
    }
}

/// Headers of every answer that does not bring its own.
async fn secure(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

async fn asset(axum::extract::Path(name): axum::extract::Path<String>) -> Response {
    let (kind, body) = match name.as_str() {
        "shop.css" => ("text/css; charset=utf-8", include_str!("../../assets/shop.css")),
        "shop.js" => (
            "text/javascript; charset=utf-8",
            include_str!("../../assets/shop.js"),
        ),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "max-age=60"),
    ];
    (headers, body).into_response()
}

async fn missing(State(shop): State<Shop>) -> Response {
    sorry(
        &shop,
        StatusCode::NOT_FOUND,
        "There is no such page in this shop.",
    )
}

/// A page that says one sentence.
fn sorry(shop: &Shop, status: StatusCode, sentence: &str) -> Response {
    (
        status,
        shop.views
            .page("message.html", shop, &json!({ "sentence": sentence })),
    )
        .into_response()
}
