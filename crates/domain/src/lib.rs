//! The words of Hostler as types, and the rules that need no I/O.
//!
//! Every other room speaks in these words. Three ideas carry the crate:
//!
//! * **Records** ([`record`]) are what the store keeps: services, links, operations, calls, facts, effects, questions.
//!   They are plain values; nothing here reads or writes them.
//! * **Changes** ([`change`]) are how records come to differ. A decision is a [`change::Commit`]: a list of changes
//!   that the store applies in one transaction, or refuses whole when its fence no longer holds. Because a decision is
//!   data, the engine stays pure and the simulation runs the very same decisions against a store in memory.
//! * **Ports** ([`ports`]) are the only way to a clock and to randomness.
//!
//! Secrets are a type ([`secret::Secret`]): it has no `Display`, no `Serialize`, and prints as `[secret]`.
//!
//! Rejected: entities shared with the database layer (they would drag its types into every room), and records with
//! behaviour of their own (two places would decide).

pub mod actor;
pub mod capacity;
pub mod case;
pub mod catalogue;
pub mod change;
pub mod console;
pub mod fact;
pub mod given;
pub mod http;
pub mod id;
pub mod machine;
pub mod observed;
pub mod order;
pub mod ports;
pub mod record;
pub mod secret;
mod text;
pub mod time;

pub use actor::{Actor, ActorKind};
pub use case::{Case, ServiceView};
pub use change::{Change, Commit, Fence};
pub use console::ConsoleAccess;
pub use fact::Fact;
pub use order::{Customer, Order};
pub use ports::{Clock, Random};
pub use secret::{Access, Secret};
pub use time::{Moment, whole_seconds};
