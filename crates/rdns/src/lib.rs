//! The rules of reverse DNS, and the messages of the name server that holds it. Pure: no I/O, no clock, no randomness.
//!
//! * **Names**: an address has a pointer name ([`pointer_name`]), which lies in one zone of a name server ([`place()`]);
//!   small IPv4 networks have zones of their own (RFC 2317, [`Zone`]). A whole IPv6 [`Prefix`] has names that only its
//!   zones know.
//! * **Confirmation**: a [`Hostname`] is worth writing only where it leads back to the address. A [`Walk`] says what to
//!   look up, [`together`] what several resolvers say as one.
//! * **The decision**: [`decide()`], from why an address is looked at, what is held at its name ([`Pointers`]), what is
//!   wanted, and whether that is confirmed. A [`Report`] counts decisions.
//! * **Messages**: [`powerdns`] makes the requests of a PowerDNS server and reads its answers; [`Settings`] says where it
//!   is.
//!
//! **The invariant**: what is not known is never written over. A list of zones, a name's content and a confirmation have a
//! third state besides yes and no, and it leads to waiting, never to a change. What is known and not ours is touched by
//! three purposes only: an operator's reset, the client's own edit, and the loss of the address.
//!
//! A run puts the pieces together like this: place the address, read its pointers, [`decide()`]; where that says
//! [`Decision::Confirm`], walk and decide again; where it says [`Decision::Write`] or [`Decision::Delete`], change, notify,
//! and read again to see it.
//!
//! Rejected: pointers as one optional text (several values would be lost, and a failed read would be an empty name, which
//! is how customers lost theirs), a resolver as a trait (the walk would be async and tried only with mocks), telling zones
//! apart by their order in a list (it differs from one answer to the next), and a memory of what was written by us
//! (whatever else is at a name is the customer's, and whatever is there when the address leaves has to go).

mod confirm;
mod decide;
mod hostname;
mod name;
mod place;
mod pointer;
pub mod powerdns;
mod prefix;
mod records;
mod report;
mod settings;
mod zone;

pub use confirm::{AddressRecord, Confirmation, Lookup, Question, Step, Walk, together};
pub use decide::{Decision, Purpose, decide};
pub use hostname::{Hostname, NotAHostname, is_same_host};
pub use name::{DnsName, NotAName};
pub use place::{Place, place};
pub use pointer::{NotAnAddress, address_of, parse_address, pointer_name};
pub use prefix::Prefix;
pub use records::{Pointers, RecordSet, Target};
pub use report::Report;
pub use settings::{Entered, NotAnEndpoint, SHORTEST_TTL, Settings};
pub use zone::{Kind, Zone};
