//! The protocol as this speaker speaks it: signature, words, transport. Nothing here is shared with the engine; where
//! the two differ, one of them misreads `docs/bridge-protocol.md`.

pub mod client;
pub mod effect;
pub mod message;
mod plain;
pub mod sign;

pub use client::{Bridge, BridgeError};
pub use plain::{fresh, plain_http};
