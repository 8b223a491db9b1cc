//! The small shop of the demo: a minimal billing system that speaks the bridge protocol as a stranger would, over HTTP,
//! with its own types, its own signing and its own reading of `docs/bridge-protocol.md`.
//!
//! * `bridge` is the protocol: signature, message bodies, and the transport that believes only signed answers.
//! * `books` are a billing system's tables, in memory: clients, orders, services, mails, logs, and the ledger of effects.
//! * `module`, `orders`, `events` and `forward` do what a WHMCS does: call module functions, change statuses on
//!   `success`, tell what happened, ask before a welcome mail goes out, pass browsers on to the engine's pages.
//! * `effects` applies what the engine wants done, each effect once, by the rules of its class.
//! * `schedule` fetches effects, delivers what waits and runs the cron, for as long as [`Shop::run`] runs.
//! * `pages` is the shop in a browser; `faults` the switches that break a simulated panel.
//! * [`smoke`] is the whole life of one server without a person.
//!
//! The invariant it guards: **the protocol's page is complete.** Nothing is imported from the engine's side, so what this
//! crate cannot do with `docs/bridge-protocol.md` alone is missing there.
//!
//! Rejected: sharing message types with the crate `bridge` (both sides would then misread the page alike), a database
//! (a demo starts empty), and calling the engine in process (it would prove nothing about the transport).

mod books;
mod bridge;
mod config;
mod effects;
mod events;
mod faults;
mod forward;
mod function;
mod module;
mod orders;
mod pages;
mod schedule;
mod shop;
mod smoke;

pub use config::{OperatingSystem, PanelAccess, Product, ShopConfig};
pub use shop::Shop;
pub use smoke::{SmokeConfig, SmokeReport, SmokeStep, smoke};

/// Serves the shop's pages and keeps its effects flowing until `until` is ready.
pub async fn serve(
    shop: Shop,
    listener: tokio::net::TcpListener,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let pages = axum::serve(listener, shop.router()).with_graceful_shutdown(until);
    tokio::select! {
        ended = pages => ended,
        () = shop.run(std::future::pending()) => Ok(()),
    }
}
