//! The messages of the PowerDNS authoritative HTTP API: requests as values, and what their answers mean.
//!
//! * [`Server`] makes the requests, with paths below the endpoint. The key goes into the header [`KEY_HEADER`] and is
//!   added by whoever sends them.
//! * [`answer`] reads the answers. What cannot be read is an error and never an empty list: a zone that is overlooked, or
//!   a pointer, would be written over.

pub mod answer;
mod escape;
mod request;
mod wire;

pub use answer::{Content, Listed, ServerError};
pub use request::{Change, KEY_HEADER, Server};
