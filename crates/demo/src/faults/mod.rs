//! Breaking the simulated panel: the switches, and the way to its control endpoint.

mod control;
mod switches;

pub use control::SimControl;
pub use switches::{SWITCHES, Switch};
