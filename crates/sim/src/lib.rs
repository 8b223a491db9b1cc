//! Simulators of the platforms: what drivers, the engine and a demonstration talk to instead of a real panel.
//!
//! A simulator is strict where a platform is (unknown fields, ranges, tokens), keeps real books (nothing is created
//! without the memory, cores, disk and addresses for it), moves by an injected clock, and follows from a seed. It has
//! its own wire types: were they a driver's, both would share the same mistake.
//!
//! * [`platform`]: time, faults, outages and the call log around any platform's rules, and [`platform::Platform`],
//!   which everything outside speaks to.
//! * [`fault`]: what can go wrong, as rules.
//! * [`wire`]: requests and replies as values. A reply is an answer or the way in which none arrives, so the same core
//!   serves a socket ([`http`]) and a simulation in process.
//! * [`virtfusion`]: the VirtFusion panel. [`katapult`]: Katapult's core API. Other platforms stand beside them.
//! * [`screen`]: what a viewer of a machine's console sees.
//! * [`http`], [`tls`], [`control`]: sockets, certificates, and setting faults from outside.
//!
//! The invariant: an effect happens once per performed request and exactly when the call log says so, whatever becomes
//! of the answer.
//!
//! Rejected: recorded answers (they cannot tell a second machine from the first), and asynchronous handlers with tasks
//! of their own (no run could be repeated).

mod addresses;
mod agenda;
pub mod calls;
pub mod chance;
pub mod control;
mod date;
#[macro_use]
mod face;
pub mod fault;
pub mod http;
pub mod katapult;
pub mod platform;
mod rate;
pub mod screen;
mod shelf;
pub mod tls;
pub mod virtfusion;
pub mod wire;
mod written;
