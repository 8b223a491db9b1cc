//! Section 2 of the protocol: what is signed, with what, and what makes an answer believable.

use domain::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// How far two clocks may be apart, in seconds.
const TOLERANCE: i64 = 300;

/// A request, as far as it is signed.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The installation's name.
    pub installation: &'a str,
    /// The method in capitals.
    pub method: &'a str,
    /// The path with its query, as sent.
    pub path: &'a str,
    /// Seconds since 1970.
    pub timestamp: i64,
    /// Fresh for each request.
    pub nonce: &'a str,
    /// The body's bytes; empty when there is none.
    pub body: &'a [u8],
}

impl Signed<'_> {
    /// The value of the signature header.
    pub fn header(&self, key: &Secret) -> String {
        format!(
            "v1={}",
            hex::encode(mac(key, &self.canonical()).finalize().into_bytes())
        )
    }

    /// Whether one of the signatures in a header fits: how the engine's nudge is checked.
    pub fn fits(&self, key: &Secret, header: &str) -> bool {
        any_fits(key, &self.canonical(), header)
    }

    fn canonical(&self) -> String {
        let body = digest(self.body);
        [
            "v1",
            self.installation,
            self.method,
            self.path,
            &self.timestamp.to_string(),
            self.nonce,
            &body,
        ]
        .join("\n")
    }
}

/// An answer, as far as it is signed.
#[derive(Debug, Clone, Copy)]
pub struct SignedAnswer<'a> {
    /// The installation's name.
    pub installation: &'a str,
    /// The nonce of the request.
    pub nonce: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// The answer's own timestamp.
    pub timestamp: i64,
    /// The answer's bytes.
    pub body: &'a [u8],
}

impl SignedAnswer<'_> {
    /// Whether one of the signatures in a header fits.
    pub fn fits(&self, key: &Secret, header: &str) -> bool {
        let (status, timestamp, body) = (
            self.status.to_string(),
            self.timestamp.to_string(),
            digest(self.body),
        );
        let canonical = [
            "v1-answer",
            self.installation,
            self.nonce,
            &status,
            &timestamp,
            &body,
        ]
        .join("\n");
        any_fits(key, &canonical, header)
    }
}

/// Whether a timestamp is near enough to the present second.
pub const fn is_fresh(timestamp: i64, now: i64) -> bool {
    timestamp.abs_diff(now) <= TOLERANCE.unsigned_abs()
}

/// What a message's context says of a session: nobody can go back from it to the session's id.
pub fn session(key: &Secret, id: &str) -> String {
    hex::encode(mac(key, &format!("session\n{id}")).finalize().into_bytes())
}

/// Whether a text is what [`session`] says of this id, in constant time.
pub fn is_session(key: &Secret, id: &str, text: &str) -> bool {
    hex::decode(text).is_ok_and(|bytes| mac(key, &format!("session\n{id}")).verify_slice(&bytes).is_ok())
}

fn any_fits(key: &Secret, canonical: &str, header: &str) -> bool {
    header
        .split(',')
        .filter_map(|part| part.trim().strip_prefix("v1="))
        .filter(|digits| !digits.bytes().any(|byte| byte.is_ascii_uppercase()))
        .filter_map(|digits| hex::decode(digits).ok())
        .any(|bytes| mac(key, canonical).verify_slice(&bytes).is_ok())
}

fn mac(key: &Secret, message: &str) -> Hmac<Sha256> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).expect("HMAC takes keys of every length");
    mac.update(message.as_bytes());
    mac
}

fn digest(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../../../tests/vectors/signing.json")).unwrap()
    }

    fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
        vector[field].as_str().unwrap()
    }

    fn keys(vector: &Value) -> Vec<Secret> {
        let keys = vector["keys"].as_array().unwrap();
        keys.iter()
            .map(|key| Secret::new(key.as_str().unwrap()))
            .collect()
    }

    fn request(vector: &Value) -> Signed<'_> {
        Signed {
            installation: text(vector, "installation"),
            method: text(vector, "method"),
            path: text(vector, "path"),
            timestamp: vector["timestamp"].as_i64().unwrap(),
            nonce: text(vector, "nonce"),
            body: text(vector, "body").as_bytes(),
        }
    }

    #[test]
    fn requests_are_signed_as_the_golden_vectors_say() {
        for vector in vectors()["requests"].as_array().unwrap() {
            let signed = request(vector);
            assert_eq!(
                signed.canonical(),
                text(vector, "canonical"),
                "{}",
                text(vector, "name")
            );
            let headers: Vec<String> = keys(vector).iter().map(|key| signed.header(key)).collect();
            assert_eq!(
                headers.join(","),
                text(vector, "signature"),
                "{}",
                text(vector, "name")
            );
        }
    }

    #[test]
    fn answers_of_the_golden_vectors_are_believed_by_each_key_and_by_no_other() {
        for vector in vectors()["answers"].as_array().unwrap() {
            let answer = SignedAnswer {
                installation: text(vector, "installation"),
                nonce: text(vector, "nonce"),
                status: u16::try_from(vector["status"].as_u64().unwrap()).unwrap(),
                timestamp: vector["timestamp"].as_i64().unwrap(),
                body: text(vector, "body").as_bytes(),
            };
            let header = text(vector, "signature");
            for key in keys(vector) {
                assert!(answer.fits(&key, header), "{}", text(vector, "name"));
            }
            assert!(!answer.fits(&Secret::new("another key"), header));
            assert!(
                !SignedAnswer {
                    status: 201,
                    ..answer
                }
                .fits(&keys(vector)[0], header)
            );
            assert!(
                !SignedAnswer {
                    body: b"{}",
                    ..answer
                }
                .fits(&keys(vector)[0], header)
            );
        }
    }

    #[test]
    fn what_the_vectors_refuse_for_its_signature_does_not_fit() {
        let vectors = vectors();
        let refused = vectors["refused"].as_array().unwrap();
        for vector in refused
            .iter()
            .filter(|vector| matches!(text(vector, "code"), "bad_signature" | "unsigned"))
            .filter(|vector| text(vector, "name") != "short nonce")
        {
            let fits = request(vector).fits(&keys(vector)[0], text(vector, "signature"));
            assert!(!fits, "{}", text(vector, "name"));
        }
        for vector in refused
            .iter()
            .filter(|vector| text(vector, "code") == "stale_timestamp")
        {
            let (stamped, now) = (
                vector["timestamp"].as_i64().unwrap(),
                vector["now"].as_i64().unwrap(),
            );
            assert!(!is_fresh(stamped, now));
            assert!(is_fresh(stamped, stamped + 300));
        }
    }

    #[test]
    fn a_session_is_told_as_the_golden_vectors_say() {
        let vectors = vectors();
        let vector = &vectors["session"];
        let key = Secret::new(text(vector, "key"));
        assert_eq!(session(&key, text(vector, "session_id")), text(vector, "value"));
        assert!(is_session(
            &key,
            text(vector, "session_id"),
            text(vector, "value")
        ));
        assert!(!is_session(&key, "another", text(vector, "value")));
    }
}
