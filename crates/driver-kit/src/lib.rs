//! The conformance kit every driver must pass.
//!
//! A driver is a pure function from contexts and answers to requests and verdicts, so all of it can be tried without
//! network, store or clock. The kit's pieces:
//!
//! * [`scene`]: an owned [`driver::StepContext`], so that a moment of an operation can be kept and asked again.
//! * [`site`]: a simulated platform as a trial needs it, whatever its kind, with machines of others on it.
//! * [`wire`]: what answers requests: a simulated platform in process, and one that loses an answer or is struck.
//! * [`player`]: plays the engine's part for one operation (look, act if needed, look again), as simply as can be. The
//!   engine's own decisions are tested with the engine; here the driver is what is tried.
//! * [`life`]: operations one after the other on one machine.
//! * [`reading`]: reads what a platform shows of a machine beside its state.
//! * [`check`]: what must hold for every driver: its table covers what it sends, every answer has a verdict, and no
//!   garbage passes for success.
//!
//! * [`conform`]: the trials that every driver passes on its simulated platform, as a table. [`conforms!`] makes them
//!   tests.
//!
//! **The invariant it guards**: whatever comes back, a driver neither panics nor takes for success what no answer
//! showed.
//!
//! Rejected: playing with the real engine (a failure would not say whose it is), and recorded answers (a recording
//! knows no second machine).

#![expect(
    clippy::missing_panics_doc,
    reason = "a kit for tests: whatever does not hold ends in a panic that says so"
)]

pub mod check;
pub mod conform;
pub mod life;
pub mod player;
pub mod reading;
pub mod scene;
pub mod site;
pub mod wire;

pub use conform::Subject;
pub use life::{live, termination};
pub use player::{Ended, Heard, Player};
pub use reading::{Asked, read_fact};
pub use scene::Scene;
pub use site::{KatapultSite, PanelSite, Site};
pub use wire::{Losing, PanelWire, SiteWire, Wire};
