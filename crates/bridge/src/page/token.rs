//! The token of a changing request: bound to session and service, the same in every tab of the session.

use domain::Secret;
use subtle::ConstantTimeEq;

use crate::sign::mac;

/// The token for a session and a service (`None` on pages that are no service's).
pub fn of(key: &Secret, session: &str, service: Option<u64>) -> String {
    let service = service.map_or_else(|| "none".to_owned(), |id| id.to_string());
    mac::hex(key, &format!("browser-token\n{session}\n{service}"))
}

/// Whether a token is the session's and the service's, under one of the keys.
pub fn fits(keys: &[Secret], session: &str, service: Option<u64>, given: &str) -> bool {
    let mut fits = false;
    for key in keys {
        let expected = of(key, session, service);
        fits |= bool::from(expected.as_bytes().ct_eq(given.as_bytes()));
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_session_and_service_only() {
        let (key, other) = (Secret::new("one"), Secret::new("two"));
        let token = of(&key, "session", Some(501));
        let keys = [other.clone(), key];
        assert!(fits(&keys, "session", Some(501), &token));
        assert!(!fits(&keys, "session", Some(502), &token));
        assert!(!fits(&keys, "session", None, &token));
        assert!(!fits(&keys, "another", Some(501), &token));
        assert!(!fits(&[other], "session", Some(501), &token));
        assert!(!fits(&keys, "session", Some(501), ""));
    }
}
