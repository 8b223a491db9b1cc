//! Pages for clients and operators, served as fragments through the billing system or whole on loopback.
//!
//! The binary hands each browser request over as a [`PageRequest`], with the principal that the bridge has
//! authenticated, and passes the [`PageAnswer`] back. The pieces:
//!
//! * [`Pages`] is the whole of it: it reads what a page shows, renders it, and turns the few actions into commands.
//! * **Contexts** ([`context`]) are what templates see: plain values made by pure functions from the store's records.
//!   Each has one template and samples of itself; [`Templates::check`] renders every template with every sample, which
//!   is how an operator's own templates are tried before a client meets them.
//! * **Templates** ([`Templates`]) come from the operator's folder first and from the binary second, file by file and
//!   live. One that does not render is reported, and the built-in one is used in its place.
//! * **Words** ([`Words`]) are Fluent messages; templates hold no sentences of their own.
//! * **Assets** ([`Assets`]) are served under names that carry a hash of their content, to be kept for a year.
//! * The **relay** ([`Relay`]) carries the screens of machines to those whom the engine lets in.
//!
//! The invariant guarded here: **a page reads the store and nothing else** (the relay is no page). No page waits for a
//! platform; what it shows carries its age. The few actions are commands to the engine, which judges them whatever the page
//! offered. Who asks, whose service it is, where a form comes from and its token are proven before a request gets here:
//! by the bridge, or on loopback by [`router`]. Markup holds no inline script, style or handler, so the strictest policy fits it.
//!
//! Rejected: a login of our own (the billing system knows who it is), a client-side framework (the pages must work in
//! any theme, without script and on a telephone), and pushing over SSE (PHP in between would hold a worker per tab).

mod answer;
mod assets;
mod client;
pub mod context;
mod export;
#[cfg(test)]
#[path = "../build/join.rs"]
mod join;
mod language;
mod links;
mod operator;
mod pages;
mod relay;
mod request;
mod router;
mod templates;
mod token;

pub use answer::PageAnswer;
pub use assets::Assets;
pub use export::{Exported, Flaw, check, export};
pub use language::{Words, WordsError};
pub use links::Links;
pub use pages::{Pages, PagesConfig, PagesError};
pub use relay::{PATH as RELAY_PATH, Relay, RelayLimits};
pub use request::{PageRequest, Principal, Target, TargetKind};
pub use router::{Probes, RouterConfig, router};
pub use templates::{Broken, RenderError, Templates};
