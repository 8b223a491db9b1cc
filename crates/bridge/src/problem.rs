//! Requests that are not carried out: a status, a code for programs, and one plain sentence.

use axum::response::{IntoResponse, Response};
use http::StatusCode;

/// The codes of section 3 of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// A header is missing or malformed.
    Unsigned,
    /// No such installation.
    UnknownInstallation,
    /// No signature fits.
    BadSignature,
    /// Outside the tolerance, or stamped before the engine started.
    StaleTimestamp,
    /// Used before.
    ReplayedNonce,
    /// The body is over the limit.
    TooLarge,
    /// Not JSON, or a field missing, unknown or of the wrong type.
    BadRequest,
    /// The protocol number is not spoken here.
    UnsupportedProtocol,
    /// Not one of our modules.
    UnknownModule,
    /// Not one of the module's functions.
    UnknownFunction,
    /// Not one of the events.
    UnknownKind,
    /// Not one of the targets.
    UnknownTarget,
    /// The signed principal may not do this.
    Forbidden,
    /// No such path, effect or secret.
    NotFound,
    /// Another method is wanted.
    MethodNotAllowed,
    /// The secret was redeemed before.
    Gone,
    /// Too many requests of this installation are waiting.
    TooMany,
    /// A fault of the engine.
    Internal,
    /// Starting, stopping, or the store cannot be reached.
    Unavailable,
}

impl Code {
    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Unsigned
            | Self::UnknownInstallation
            | Self::BadSignature
            | Self::StaleTimestamp
            | Self::ReplayedNonce => StatusCode::UNAUTHORIZED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BadRequest
            | Self::UnsupportedProtocol
            | Self::UnknownModule
            | Self::UnknownFunction
            | Self::UnknownKind
            | Self::UnknownTarget => StatusCode::BAD_REQUEST,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Gone => StatusCode::GONE,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::UnknownInstallation => "unknown_installation",
            Self::BadSignature => "bad_signature",
            Self::StaleTimestamp => "stale_timestamp",
            Self::ReplayedNonce => "replayed_nonce",
            Self::TooLarge => "too_large",
            Self::BadRequest => "bad_request",
            Self::UnsupportedProtocol => "unsupported_protocol",
            Self::UnknownModule => "unknown_module",
            Self::UnknownFunction => "unknown_function",
            Self::UnknownKind => "unknown_kind",
            Self::UnknownTarget => "unknown_target",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Gone => "gone",
            Self::TooMany => "too_many",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }
}

/// Why a request is not carried out. Nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    /// For programs.
    pub code: Code,
    /// One sentence for an administrator. Never a value that was sent.
    pub message: String,
}

impl Problem {
    /// A problem in words.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "error": { "code": self.code.as_str(), "message": self.message } });
        (self.code.status(), axum::Json(body)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Code; 19] = [
        Code::Unsigned,
        Code::UnknownInstallation,
        Code::BadSignature,
        Code::StaleTimestamp,
        Code::ReplayedNonce,
        Code::TooLarge,
        Code::BadRequest,
        Code::UnsupportedProtocol,
        Code::UnknownModule,
        Code::UnknownFunction,
        Code::UnknownKind,
        Code::UnknownTarget,
        Code::Forbidden,
        Code::NotFound,
        Code::MethodNotAllowed,
        Code::Gone,
        Code::TooMany,
        Code::Internal,
        Code::Unavailable,
    ];

    #[test]
    fn the_codes_are_those_of_the_golden_vectors() {
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/vectors/errors.json")).unwrap();
        let golden: Vec<(u64, String)> = vectors["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| {
                let code = error["body"]["error"]["code"].as_str().unwrap();
                (error["status"].as_u64().unwrap(), code.to_owned())
            })
            .collect();
        let ours: Vec<(u64, String)> = ALL
            .iter()
            .map(|code| (u64::from(code.status().as_u16()), code.as_str().to_owned()))
            .collect();
        assert_eq!(ours, golden);
    }
}
