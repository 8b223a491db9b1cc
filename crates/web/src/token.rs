//! The anti-CSRF token of the loopback listener: a MAC over the session, under a key of this process. It works in
//! several tabs, needs no storage, and ends with the session. What comes through a billing system carries the bridge's.

use domain::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The form field that carries the token.
pub(crate) const FIELD: &str = "hostler_token";

fn mac(key: &Secret, session: &str) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.expose().as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(format!("hostler-loopback-form-v1\n{session}").as_bytes());
    mac
}

/// The token for forms of this session.
pub(crate) fn issue(key: &Secret, session: &str) -> String {
    hex::encode(mac(key, session).finalize().into_bytes())
}

/// Whether the token is the one of this session, in constant time. There is none without a session.
pub(crate) fn holds(key: &Secret, session: &str, token: &str) -> bool {
    hex::decode(token)
        .is_ok_and(|bytes| !session.is_empty() && mac(key, session).verify_slice(&bytes).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_bound_to_key_and_session() {
        let key = Secret::new("key");
        let token = issue(&key, "abc");
        assert!(holds(&key, "abc", &token));
        assert!(!holds(&Secret::new("other"), "abc", &token));
        assert!(!holds(&key, "abd", &token));
        assert!(!holds(&key, "abc", "not hex"));
        assert!(!holds(&key, "abc", ""));
        assert!(!holds(&key, "", &issue(&key, "")));
    }
}
