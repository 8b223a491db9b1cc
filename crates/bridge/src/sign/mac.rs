//! HMAC-SHA256 under an installation's key text. Comparison is in constant time.

use domain::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

fn mac(key: &Secret, message: &str) -> Hmac<Sha256> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).expect("HMAC takes keys of any length");
    mac.update(message.as_bytes());
    mac
}

/// The MAC in lower-case hex.
pub fn hex(key: &Secret, message: &str) -> String {
    hex::encode(mac(key, message).finalize().into_bytes())
}

/// One signature per key, as a header holds them.
pub fn sign_all(keys: &[Secret], message: &str) -> String {
    let signatures: Vec<String> = keys
        .iter()
        .map(|key| format!("v1={}", hex(key, message)))
        .collect();
    signatures.join(",")
}

/// Whether one of the signatures fits one of the keys. Every pair is compared, so that time tells nothing.
pub fn fits(keys: &[Secret], message: &str, signatures: &[[u8; 32]]) -> bool {
    let mut fits = false;
    for key in keys {
        let mac = mac(key, message);
        for signature in signatures {
            fits |= mac.clone().verify_slice(signature).is_ok();
        }
    }
    fits
}
