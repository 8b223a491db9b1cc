//! Who is at the browser: a random session in a cookie, and forms that only our own pages can post.

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::sorry;
use crate::bridge::fresh;
use crate::bridge::sign;
use crate::shop::{Principal, Shop};

const COOKIE: &str = "hostler_shop";
/// The shop has one client, and whoever opens it is that client.
pub const CLIENT: u64 = 1;

/// A browser's session.
#[derive(Debug, Clone)]
pub struct Visitor {
    session: String,
}

impl Visitor {
    /// As the client.
    pub fn client(&self) -> Principal {
        Principal::Client {
            client: CLIENT,
            session: self.session.clone(),
        }
    }

    /// As the administrator: in the demo both sit at the same browser.
    pub fn admin(&self) -> Principal {
        Principal::Admin {
            session: self.session.clone(),
        }
    }

    /// What our own forms carry.
    pub fn token(&self, shop: &Shop) -> String {
        sign::session(&shop.forms, &self.session)
    }
}

/// Gives each browser a session.
pub async fn admit(State(shop): State<Shop>, mut request: Request, next: Next) -> Response {
    let known = session_of(request.headers());
    let session = known.clone().unwrap_or_else(|| fresh(shop.random.as_ref()));
    request.extensions_mut().insert(Visitor {
        session: session.clone(),
    });
    let mut response = next.run(request).await;
    if known.is_none() {
        let cookie = format!("{COOKIE}={session}; Path=/; HttpOnly; SameSite=Strict");
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// The session that a browser already has.
pub fn session_of(headers: &HeaderMap) -> Option<String> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
        .find(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(str::to_owned)
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// A form that one of our own pages posted.
#[derive(Debug)]
pub struct Posted {
    /// Who.
    pub visitor: Visitor,
    fields: BTreeMap<String, String>,
}

impl Posted {
    /// A field; empty when it was not posted.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.trim())
    }

    /// A number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.field(name).parse().ok()
    }
}

impl FromRequest<Shop> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, shop: &Shop) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let no = |status, sentence| sorry(shop, status, sentence);
        let visitor = Visitor::from_request_parts(&mut parts, shop)
            .await
            .map_err(|status| no(status, "This browser has no session."))?;
        let Form(fields) =
            Form::<BTreeMap<String, String>>::from_request(Request::from_parts(parts, body), shop)
                .await
                .map_err(|_| no(StatusCode::BAD_REQUEST, "The form cannot be read."))?;
        let posted = Self { visitor, fields };
        if sign::is_session(&shop.forms, &posted.visitor.session, posted.field("csrf")) {
            Ok(posted)
        } else {
            let sentence =
                "This form is too old, or not from this shop. Go back, reload the page and try again.";
            Err(no(StatusCode::FORBIDDEN, sentence))
        }
    }
}
