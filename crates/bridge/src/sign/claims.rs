//! What the four headers of a request say, read strictly and before anything else is.

use domain::id::InstallationId;
use http::HeaderMap;

use crate::problem::{Code, Problem};

/// The installation's name.
pub const HEADER_INSTALLATION: &str = "hostler-installation";
/// Seconds since 1970.
pub const HEADER_TIMESTAMP: &str = "hostler-timestamp";
/// Fresh for each request.
pub const HEADER_NONCE: &str = "hostler-nonce";
/// One signature, or several during a rotation.
pub const HEADER_SIGNATURE: &str = "hostler-signature";

/// A rotation needs two; more than this is not compared.
const MOST_SIGNATURES: usize = 4;

/// Who claims to speak, when, and with which signatures. Nothing of it is proven yet.
#[derive(Debug, Clone)]
pub struct Claims {
    installation: InstallationId,
    timestamp: String,
    seconds: i64,
    nonce: String,
    signatures: Vec<[u8; 32]>,
}

impl Claims {
    /// Reads the four headers. Each must be there once and in its one form.
    pub fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let installation = one(headers, HEADER_INSTALLATION)?;
        let timestamp = one(headers, HEADER_TIMESTAMP)?;
        let nonce = one(headers, HEADER_NONCE)?;
        let signature = one(headers, HEADER_SIGNATURE)?;
        Ok(Self {
            installation: installation.parse().map_err(|_| malformed(HEADER_INSTALLATION))?,
            seconds: seconds(timestamp).ok_or_else(|| malformed(HEADER_TIMESTAMP))?,
            timestamp: timestamp.to_owned(),
            nonce: is_nonce(nonce)
                .then(|| nonce.to_owned())
                .ok_or_else(|| malformed(HEADER_NONCE))?,
            signatures: signatures(signature).ok_or_else(|| malformed(HEADER_SIGNATURE))?,
        })
    }

    /// The installation that claims to speak.
    pub const fn installation(&self) -> &InstallationId {
        &self.installation
    }

    /// The stamp as sent.
    pub fn timestamp(&self) -> &str {
        &self.timestamp
    }

    /// The stamp as a number.
    pub const fn seconds(&self) -> i64 {
        self.seconds
    }

    /// The nonce.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The signatures.
    pub fn signatures(&self) -> &[[u8; 32]] {
        &self.signatures
    }
}

fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Err(Problem::new(
            Code::Unsigned,
            format!("The header {name} is missing."),
        ));
    };
    if values.next().is_some() {
        return Err(malformed(name));
    }
    value.to_str().map_err(|_| malformed(name))
}

fn malformed(name: &str) -> Problem {
    Problem::new(Code::Unsigned, format!("The header {name} is malformed."))
}

fn seconds(text: &str) -> Option<i64> {
    let digits = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// 16 to 64 letters, digits, `_` and `-`.
pub fn is_nonce(text: &str) -> bool {
    (16..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn signatures(text: &str) -> Option<Vec<[u8; 32]>> {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    if parts.len() > MOST_SIGNATURES {
        return None;
    }
    parts.into_iter().map(signature).collect()
}

fn signature(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("v1=")?;
    // One form only: capital hex is refused, so that a signature has one spelling.
    if digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut bytes = [0_u8; 32];
    hex::decode_to_slice(digits, &mut bytes).ok()?;
    Some(bytes)
}
