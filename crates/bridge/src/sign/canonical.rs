//! The texts that are signed. Every part is free of newlines (names, nonces and stamps by their alphabet, paths by
//! HTTP), so that two different requests never have the same text.

use domain::Moment;
use domain::id::InstallationId;
use sha2::{Digest, Sha256};

use super::{Claims, Head};

/// The text of a request.
pub fn request(claims: &Claims, head: Head<'_>, body: &[u8]) -> String {
    message(
        claims.installation().as_str(),
        head,
        claims.timestamp(),
        claims.nonce(),
        body,
    )
}

/// The text of a request from its parts, as sent.
pub fn message(installation: &str, head: Head<'_>, timestamp: &str, nonce: &str, body: &[u8]) -> String {
    [
        "v1",
        installation,
        head.method,
        head.path,
        timestamp,
        nonce,
        &hash(body),
    ]
    .join("\n")
}

/// The text of an answer.
pub fn answer(installation: &InstallationId, nonce: &str, status: u16, now: Moment, body: &[u8]) -> String {
    [
        "v1-answer",
        installation.as_str(),
        nonce,
        &format!("{status:03}"),
        &now.as_seconds().to_string(),
        &hash(body),
    ]
    .join("\n")
}

/// SHA-256 in lower-case hex.
fn hash(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}
