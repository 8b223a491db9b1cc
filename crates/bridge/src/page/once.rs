//! One-time tokens: every page carries one, and each action can be done once with it.
//!
//! A link that was bookmarked, a form that was reloaded and a request that was sent again carry none, or one that is
//! spent. Each page has its own, so that several tabs of one session work side by side. The store remembers what was
//! spent, for as long as the token would be good.

use std::time::Duration;

use domain::{Moment, Random, Secret};
use subtle::ConstantTimeEq;

use crate::gate::Admitted;
use crate::sign::mac;
use crate::state::BridgeState;

/// The form field that carries it.
pub const FIELD: &str = "hostler_once";

/// How long a page may lie open.
const GOOD_FOR: Duration = Duration::from_hours(2);

/// A token for a session and a service.
pub fn of(key: &Secret, session: &str, service: u64, now: Moment, random: &dyn Random) -> String {
    let mut nonce = [0_u8; 12];
    random.fill(&mut nonce);
    let nonce = hex::encode(nonce);
    let issued = now.as_seconds();
    let mac = signed(key, session, service, issued, &nonce);
    format!("{issued}.{nonce}.{mac}")
}

fn signed(key: &Secret, session: &str, service: u64, issued: i64, nonce: &str) -> String {
    mac::hex(
        key,
        &format!("once-token\n{session}\n{service}\n{issued}\n{nonce}"),
    )
}

/// The part of a token that names it, if the token is the session's and the service's and not too old.
fn name<'a>(keys: &[Secret], session: &str, service: u64, now: Moment, given: &'a str) -> Option<&'a str> {
    let (issued, rest) = given.trim().split_once('.')?;
    let (nonce, mac) = rest.split_once('.')?;
    let issued: i64 = issued.parse().ok()?;
    let age = now.as_seconds().checked_sub(issued)?;
    let lasts = i64::try_from(GOOD_FOR.as_secs()).ok()?;
    let mut fits = false;
    for key in keys {
        let expected = signed(key, session, service, issued, nonce);
        fits |= bool::from(expected.as_bytes().ct_eq(mac.as_bytes()));
    }
    (fits && (0..=lasts).contains(&age)).then_some(nonce)
}

/// Spends a token on an action; whether it was good for it.
pub async fn spend(
    state: &BridgeState,
    admitted: &Admitted,
    session: Option<&str>,
    service: u64,
    action: &str,
    given: &str,
) -> Result<bool, store::StoreError> {
    let now = state.now();
    let name = session.and_then(|session| name(&admitted.keys, session, service, now, given));
    let Some(name) = name else { return Ok(false) };
    let spent = format!("once:{name}:{action}");
    state.engine().store().take_rate(&spent, now, GOOD_FOR).await
}

#[cfg(test)]
mod tests {
    use domain::ports::CountingRandom;

    use super::*;

    #[test]
    fn kt_096_a_token_is_good_for_its_session_and_service_for_two_hours() {
        let (key, other) = (Secret::new("one"), Secret::new("two"));
        let now = Moment::from_seconds(1_800_000_000);
        let token = of(&key, "session", 501, now, &CountingRandom::new(1));
        let keys = [other.clone(), key];
        assert!(name(&keys, "session", 501, now, &token).is_some());
        assert!(name(&keys, "session", 501, now, &format!(" {token} ")).is_some());
        assert!(name(&keys, "session", 501, now + GOOD_FOR, &token).is_some());
        let late = now + GOOD_FOR + Duration::from_secs(1);
        assert!(name(&keys, "session", 501, late, &token).is_none());
        assert!(name(&keys, "session", 501, now - Duration::from_secs(1), &token).is_none());
        assert!(name(&keys, "session", 502, now, &token).is_none());
        assert!(name(&keys, "another", 501, now, &token).is_none());
        assert!(name(&[other], "session", 501, now, &token).is_none());
        for wrong in ["", "x", "1.2", "1.2.3", &token[1..]] {
            assert!(name(&keys, "session", 501, now, wrong).is_none(), "{wrong}");
        }
        let another = of(&keys[1], "session", 501, now, &CountingRandom::new(2));
        assert_ne!(token, another);
    }
}
