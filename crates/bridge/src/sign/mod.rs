//! Who says something, and that nobody changed it on the way: section 2 of the protocol.
//!
//! [`Claims`] is what the four headers say, read strictly; [`canonical`] is the text that is signed; [`mac`] makes and
//! compares signatures in constant time. [`judge_time`] and [`judge_signature`] decide. Nothing here keeps state: the
//! nonce is remembered by the store, after the signature was found good.

pub mod canonical;
mod claims;
pub mod mac;

use domain::id::InstallationId;
use domain::{Moment, Secret};

pub use claims::{Claims, HEADER_INSTALLATION, HEADER_NONCE, HEADER_SIGNATURE, HEADER_TIMESTAMP, is_nonce};

use crate::problem::{Code, Problem};

/// How far the clocks of the two sides may differ.
pub const TOLERANCE_SECONDS: i64 = 300;

/// The path that a nudge is signed for, whatever its URL: proxies rewrite paths.
pub const NUDGE_PATH: &str = "/bridge/v1/nudge";

/// The request line as it was sent.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The method in capitals.
    pub method: &'a str,
    /// The path with query.
    pub path: &'a str,
}

/// Whether the stamp is near enough to now, and not from before the engine's start.
pub fn judge_time(claims: &Claims, now: Moment, started: Moment) -> Result<(), Problem> {
    let distance = now.as_seconds().saturating_sub(claims.seconds()).saturating_abs();
    if distance > TOLERANCE_SECONDS {
        return Err(Problem::new(
            Code::StaleTimestamp,
            format!("The clocks differ by more than {TOLERANCE_SECONDS} seconds."),
        ));
    }
    if claims.seconds() < started.as_seconds() {
        return Err(Problem::new(
            Code::StaleTimestamp,
            "The message was signed before the engine started. Send it again.",
        ));
    }
    Ok(())
}

/// Whether one of the signatures fits one of the keys.
pub fn judge_signature(claims: &Claims, head: Head<'_>, body: &[u8], keys: &[Secret]) -> Result<(), Problem> {
    let message = canonical::request(claims, head, body);
    if mac::fits(keys, &message, claims.signatures()) {
        return Ok(());
    }
    Err(Problem::new(Code::BadSignature, "No signature fits."))
}

/// The headers of an answer to a request whose signature was good.
pub fn answer_headers(
    installation: &InstallationId,
    keys: &[Secret],
    nonce: &str,
    status: u16,
    now: Moment,
    body: &[u8],
) -> [(&'static str, String); 3] {
    let message = canonical::answer(installation, nonce, status, now, body);
    [
        (HEADER_NONCE, nonce.to_owned()),
        (HEADER_TIMESTAMP, now.as_seconds().to_string()),
        (HEADER_SIGNATURE, mac::sign_all(keys, &message)),
    ]
}

/// The headers of a nudge, the only message that the engine sends by itself.
pub fn nudge_headers(
    installation: &InstallationId,
    keys: &[Secret],
    nonce: &str,
    now: Moment,
) -> [(&'static str, String); 4] {
    let seconds = now.as_seconds().to_string();
    let head = Head {
        method: "POST",
        path: NUDGE_PATH,
    };
    let message = canonical::message(installation.as_str(), head, &seconds, nonce, b"");
    [
        (HEADER_INSTALLATION, installation.as_str().to_owned()),
        (HEADER_TIMESTAMP, seconds),
        (HEADER_NONCE, nonce.to_owned()),
        (HEADER_SIGNATURE, mac::sign_all(keys, &message)),
    ]
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod vectors;
