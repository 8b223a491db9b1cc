//! Real name servers in a test, each in a folder of its own, on loopback only, and gone with the value that holds it.
//!
//! * [`NameServer`]: PowerDNS authoritative with its HTTP API. It makes zones ([`Kind`], [`RecordSet`]), tells everything
//!   it holds ([`NameServer::dump`], [`differences`]), can be down for a while, and can follow another one as its secondary server.
//! * [`Resolver`]: PowerDNS recursor, which asks name servers for the zones it is told and knows nothing else.
//! * [`Proxy`]: what stands between a client and an API and fails as it is told ([`Mode`], [`Rule`], [`Reply`]). It
//!   remembers what it passed on ([`Passed`]), so that a test can count writes.
//! * [`Stage`]: a whole engine with a machine, whose name such a server holds behind such a proxy.
//! * [`Client`] sends requests to an API, [`ask`] asks a DNS server, [`until`] waits for what other programs do.
//!
//! **The invariant**: a test never finds another test's server. Ports are claimed until the value is dropped, also while
//! a server is down, and every server has a key of its own.
//!
//! Time is real here, because other programs live in it: a test that uses this does not stop the clock of its runtime.
//!
//! Rejected: a simulated PowerDNS (its answers would be ours, and what is to be proved is that we understand its own), a
//! server that all tests share (a comparison of all its records would see other tests' changes), and containers (Debian
//! has the packages, and a start takes a fraction of a second).

mod authoritative;
mod client;
mod configuration;
mod message;
mod mode;
mod port;
mod program;
mod proxy;
mod question;
mod resolver;
mod secondary;
mod stage;
mod wait;
mod zones;

pub use authoritative::NameServer;
pub use client::Client;
pub use mode::{Mode, Reply, Rule};
pub use proxy::{Passed, Proxy};
pub use question::{Answer, Record, ask};
pub use resolver::Resolver;
pub use stage::Stage;
pub use wait::until;
pub use zones::{Dump, Kind, RecordSet, differences};
