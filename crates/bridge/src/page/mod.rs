//! `POST /bridge/v1/page`: a page, fragment, action or asset for a browser: section 8 of the protocol.
//!
//! The gates that every browser request passes stand here, in one place: who is it, whose service is it, and for a
//! change also where the request comes from and the token of this session and service. Actions of services are
//! answered by [`crate::actions`]; everything else by [`Pages`], which needs no gate of its own.

mod answer;
mod gate;
pub mod once;
mod request;
pub mod token;
mod tokens;

pub use answer::{Fill, PageAnswer, Wire};
pub use gate::serve;
pub(crate) use gate::{About, request};
pub use request::{BoxFuture, PageRequest, Pages, Principal, PrincipalKind, Target, TargetKind};
pub(crate) use request::{Message, embedded};
pub(crate) use tokens::Tokens;
