//! HTTP and look-ups of names to the outside. Everything Hostler asks of a platform leaves through [`Outbound::send`], which answers one
//! question above all: *may this request have taken effect?*
//!
//! The pieces, in the order a request meets them:
//!
//! * [`Endpoint`] says where a platform is, how to authenticate there and how fast it may be asked. It is parsed once;
//!   a value that exists is safe to use.
//! * The **gate** (one per platform) lets requests out: by lane, at the platform's rate, up to its concurrency, not
//!   during a pause it asked for, and not while its breaker is open. A platform that says 429 is asked at half the rate
//!   from then on, which recovers by and by. Whoever cannot leave before the deadline is told so without a byte having
//!   been sent. It can be had alone ([`Gate`]), so that a simulation passes the very gate that requests pass.
//! * The **exchange** sends once and sorts every end into three: a whole answer, *not sent* and *lost*.
//! * [`redact_body`] removes secrets from JSON before it is journalled.
//! * [`Resolvers`] look names up, each resolver by itself and without a memory.
//! * A [`Line`] is a WebSocket to the platform's own host, for the screen of a machine. It and look-ups are all
//!   that leaves here without being a request.
//!
//! # The invariant
//!
//! *Not sent* is a promise. It is given only for what happened before a connection existed (the name was not found,
//! the connection was refused or timed out, TLS failed) or before one was asked for (queue, rate, pause, breaker,
//! deadline). Anything else without a whole answer is *lost*, including a kept-alive connection that the platform
//! closed just as we wrote: nobody can prove that it did not read our request. Idle connections are dropped early to
//! make that rare. A changing request is handed to the network once per `send`; a read is repeated once, at once, when
//! its connection turns out to be stale. The engine owns all other repetition, for it alone can read back.
//!
//! # Time
//!
//! Pacing, breaker and timeouts measure durations on tokio's clock, which tests pause and advance; a leap of the wall
//! clock moves none of them. The injected [`domain::Clock`] serves where a moment is meant: the caller's deadline, a
//! `Retry-After` date, and the moment at which a breaker may close.
//!
//! # Observation
//!
//! Each `send` writes one log line with `request.name`, `request.id`, `platform.id`, `lane`, `outcome`, `status` and
//! `duration_ms`; the correlation id comes from the caller's span. Headers and bodies are never logged. Metrics are
//! labelled by platform and request name, never by a service.
//!
//! # Rejected
//!
//! * The `governor` crate: it answers "may one leave now", but the next to leave here depends on lane, slots, pause and
//!   breaker together, and its clock is not tokio's. The arithmetic it would save is thirty lines.
//! * A shared state in the store for several nodes: each node paces for itself, so limits are set per node.
//! * Proxies from the environment: a variable must not redirect where credentials go.
//! * HTTP/2: one lost connection would lose all its requests at once.

mod allowance;
mod breaker;
mod clients;
mod config;
mod endpoint;
mod exchange;
mod fault;
mod gate;
mod limits;
mod line;
mod observe;
mod outbound;
mod pace;
mod rate;
mod redact;
mod resolvers;
mod retry_after;

pub use breaker::{BreakerConfig, BreakerState, Health};
pub use config::OutboundConfig;
pub use endpoint::{Credential, Endpoint, EndpointError, PlainHttp};
pub use gate::{Gate, Permit, Refusal};
pub use limits::{Limits, Rate};
pub use line::{Line, LineError, LineReader, LineWriter};
pub use outbound::Outbound;
pub use redact::{MASK, redact_body};
pub use resolvers::{Family, Found, Resolvers, pointers};
