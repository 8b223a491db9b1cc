//! `outbound` against real sockets: hand-written servers that misbehave in one known way each.

mod faults;
mod line;
mod observation;
mod pacing;
mod server;
mod tls;
mod wire;
