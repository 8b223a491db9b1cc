//! The tokens that the forms of one page carry.

use super::{once, token};
use crate::context::Context;
use crate::gate::Admitted;
use crate::state::BridgeState;

/// The tokens of a page. Without a session there are none.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// Of the session and service.
    pub session: Option<String>,
    /// Good once for each action; only on pages of a service.
    pub once: Option<String>,
}

impl Tokens {
    /// Fresh ones.
    pub fn of(state: &BridgeState, admitted: &Admitted, context: &Context, service: Option<u64>) -> Self {
        let Some((session, key)) = context.session().zip(admitted.keys.first()) else {
            return Self::default();
        };
        let random = state.engine().random();
        let once = service.map(|service| once::of(key, session, service, state.now(), random.as_ref()));
        Self {
            session: Some(token::of(key, session, service)),
            once,
        }
    }
}
