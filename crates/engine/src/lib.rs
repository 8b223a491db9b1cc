//! The engine: a pure core that decides, and a runner that carries decisions out.
//!
//! * [`core`] holds every decision, as functions from what is known to what changes. It reads no clock, waits for
//!   nothing, touches no store.
//! * The runner claims due operations under a lease, commits what the core decides, and sends what the core wants
//!   sent, in that order. Waiting is a row with a later `due_at`.
//! * The duties look after suspended machines, forget what is past its use, and publish gauges; each raises an alarm
//!   when it has not succeeded for too long.
//! * Consoles are relayed for whoever brings a ticket, and closed when the service or the session ends.
//! * Readings show a service's client what its machine does, has and may have. Sweeps make them before a page asks: by the
//!   platform's list, machine by machine as facts grow old, and sooner where somebody looks.
//! * Names of addresses lie on name servers, which are platforms of a kind of their own.
//! * Catalogues say what platforms offer; the billing systems' options follow from them.
//! * [`Engine`] is the door: wishes, progress, effects, questions, platforms, adoption.
//!
//! **The invariant it guards:** no byte of a changing request leaves before the operation, the request and its id are
//! committed; a call whose answer is not committed is unknown, and unknown is resolved by looking, never by assuming.
//!
//! Rejected: a ready-made job queue (none keeps its queue in the same transaction as the rows it is about, on both
//! databases), and tasks that wait in memory (a restart would forget them).

mod adoption;
mod alarms;
mod builds;
pub mod catalogue;
mod config;
mod console;
pub mod core;
mod drivers;
mod duties;
mod effects;
mod engine;
mod error;
mod goal;
mod hands;
mod measure;
mod names;
mod observe;
mod platform;
mod questions;
mod reading;
mod reconcile;
mod recover;
mod runner;
mod settings;
mod staging;
mod stuck;
mod submit;
pub mod supply;
mod sweep;
mod system;
mod turn;
mod usage;
mod why;

pub use adoption::{AdoptionReport, AdoptionRow, Finding, Matched};
pub use builds::Build;
pub use config::EngineConfig;
pub use console::{Bearer, Closing, Opened, Opening, Seat, Turned, proof};
pub use driver::{Hosting, Offers};
pub use drivers::Drivers;
pub use duties::Freshness;
pub use effects::FOR_BILLING;
pub use engine::{Engine, Parts, Submitted, Wish};
pub use error::EngineError;
pub use goal::{Goal, Progress};
pub use names::{
    Diagnosis, EnteredNameServer, Heard, HeldBy, NameEdit, NameRefusal, NameRun, NamesBegun, Owner, Preview,
    PreviewRow, ServerFinding, ShownName, Zones,
};
pub use outbound::{Line, LineReader, LineWriter};
pub use platform::Proposal;
pub use rdns::{Hostname, NotAHostname, Report, parse_address};
pub use reconcile::Reconciled;
pub use recover::{RecoveryReport, Ruling, Unsure};
pub use settings::{Fate, ModuleSettings, ProposedChange, Settled, TypedSettings};
pub use staging::StagingProof;
pub use sweep::{MOST_WATCHED, Shown};
pub use system::{SystemClock, SystemRandom};
pub use usage::{UsagePage, UsageRow};
pub use why::{Last, ServiceWhy};
