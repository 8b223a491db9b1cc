//! Reverse DNS: which name server holds the pointer of an address, what is there, and what is to be said of it.
//!
//! * Name servers are platforms of a kind of their own: proposed, approved on the engine's host, with the key at rest and
//!   asked through [`outbound`], at their pace and behind their breaker. They hold no machines, so no driver speaks to them.
//! * [`rdns`] has the rules, purely: where a pointer lies, whether a hostname leads back, and the one decision about it.
//! * A [`Diagnosis`] puts them together for one address, a [`Preview`] for all of them. Neither changes anything.
//!
//! **The invariant:** what could not be read is unknown and never empty: neither a list of zones, nor a name, nor a
//! hostname that a resolver would not tell.
//!
//! Rejected: name servers as settings of an installation (their zones belong to the addresses, and several billing systems
//! may share them), and one answer for all resolvers (a customer's mail is judged by each of them).

mod book;
mod diagnosis;
mod driver;
mod duty;
mod edit;
mod forward;
mod holders;
mod lookups;
mod run;
mod seen;
mod servers;
mod takeover;
mod zones;

pub use diagnosis::{Diagnosis, Heard, HeldBy, ServerFinding};
pub use edit::{NameEdit, NameRefusal};
pub use holders::Owner;
pub use run::{NameRun, NamesBegun, Preview, PreviewRow};
pub use seen::ShownName;
pub use takeover::EnteredNameServer;
pub use zones::Zones;

pub(crate) use driver::NameServers;
pub(crate) use duty::NamingTurns;
pub(crate) use holders::subjects;
pub(crate) use zones::ZoneMemory;
