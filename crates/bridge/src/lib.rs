//! The billing side: the signed bridge protocol, and WHMCS's vocabulary turned into commands and effects.
//!
//! A message comes in by the [`router()`], is admitted by `gate` (signature, time, nonce, size), and is one of
//!
//! * a `call`: one function of a provisioning module. WHMCS's parameters become an [`engine::Wish`]; the answer is
//!   `success` when the function's milestone is committed, and one plain sentence otherwise;
//! * an `event`: something happened in the billing system. A closed list of kinds, each with a body of its own;
//! * a `page`: a browser's request, whose gates (session, origin, token, owner) stand in `page` and `actions`; what
//!   is no action of a service is made by [`Pages`], which the binary puts behind it;
//! * about effects: fetched, acknowledged, their one-time secrets redeemed.
//!
//! **The invariant it guards: nothing that was not signed by the installation, now and for this very path and body,
//! changes anything; and nothing that was signed changes a platform's endpoint or credential, or who owns a machine.**
//! The engine judges every command again, so that the bridge's checks are courtesy to the person who gets a sentence,
//! and never the only lock.
//!
//! Rejected: sessions or tokens of our own for browsers (the billing system has them, and its key signs for them),
//! mutual TLS (shared hosting has a socket and a file, not certificates), and one generic "do" message (closed lists
//! are what a golden vector can hold).

mod actions;
mod call;
mod context;
mod effects;
mod event;
mod gate;
mod html;
mod message;
mod page;
mod problem;
mod router;
mod rows;
pub mod sign;
mod state;
#[cfg(test)]
mod tests;
mod vocabulary;
mod waiting;

pub use context::SPOKEN;
pub use domain::record::Module;
pub use page::{
    BoxFuture, Fill, PageAnswer, PageRequest, Pages, Principal, PrincipalKind, Target, TargetKind,
};
pub use problem::{Code, Problem};
pub use router::router;
pub use state::{BridgeConfig, BridgeState};
