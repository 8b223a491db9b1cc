//! A session's answer to a word that the relay drew: a MAC under the installation's bridge key.
//!
//! The bridge makes it for a signed request of the session that is signed in; the relay has the same key from the store and
//! checks it. Nothing is kept in between, so that it works with several engines side by side.

use domain::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

fn mac(key: &Secret, session: &str, service: u64, nonce: &str) -> Hmac<Sha256> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("hostler-console-proof-v1\n{session}\n{service}\n{nonce}").as_bytes());
    mac
}

/// What a session answers for one of its services. The word is one that [`is_word`] takes.
pub fn proof(key: &Secret, session: &str, service: u64, nonce: &str) -> Option<String> {
    is_word(nonce).then(|| hex::encode(mac(key, session, service, nonce).finalize().into_bytes()))
}

/// Whether a text has the form of the words that the relay draws: 32 hex digits. Nothing else is answered, so that
/// nobody gets a MAC of a text of their own.
fn is_word(nonce: &str) -> bool {
    nonce.len() == 32
        && nonce
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a proof is the session's, under one of the keys. All keys are tried, so that time tells nothing.
pub fn proves(keys: &[Secret], session: &str, service: u64, nonce: &str, given: &str) -> bool {
    let Ok(given) = hex::decode(given) else {
        return false;
    };
    let mut fits = false;
    for key in keys {
        fits |= mac(key, session, service, nonce).verify_slice(&given).is_ok();
    }
    fits && is_word(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORD: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn mx_046_a_proof_is_good_for_its_session_service_and_word_only() {
        let (key, other) = (Secret::new("one"), Secret::new("two"));
        let given = proof(&key, "session", 501, WORD).expect("a word");
        let keys = [other.clone(), key.clone()];
        assert!(proves(&keys, "session", 501, WORD, &given));
        assert!(!proves(&keys, "another", 501, WORD, &given));
        assert!(!proves(&keys, "session", 502, WORD, &given));
        assert!(!proves(&keys, "session", 501, &"0".repeat(32), &given));
        assert!(!proves(&[other], "session", 501, WORD, &given));
        assert!(!proves(&keys, "session", 501, WORD, ""));
        for text in [
            "",
            "browser-token",
            &"g".repeat(32),
            &"A".repeat(32),
            &"0".repeat(33),
        ] {
            assert_eq!(proof(&key, "session", 501, text), None, "{text}");
        }
    }
}
