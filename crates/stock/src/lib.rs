//! How many more machines can be sold: arithmetic over what a platform says of its hypervisors.
//!
//! Two answers, both pure:
//!
//! * [`alone`]: for one kind of machine as if nothing else were sold, with the reason of every number. A buffer is kept
//!   free of each resource, and what is not known is not counted.
//! * [`Together`]: with everything that is promised and not built yet. The platform chooses where it puts a machine, so
//!   its choices are taken at their worst: whatever they are, what was promised finds its place.
//!
//! A number that is not limited is [`Count::Unlimited`] and no large number, so that nothing overflows.
//!
//! Rejected: simulating the platform's own choice (it is not documented, differs between versions, and follows the load,
//! which no list shows), and adding up resources over hypervisors (the rest of two is no place for one machine).

mod alone;
mod buffer;
mod count;
mod room;
mod together;

pub use alone::{Alone, Limit, Place, alone};
pub use buffer::Buffer;
pub use count::Count;
pub use room::Resource;
pub use together::{Claim, Together};
