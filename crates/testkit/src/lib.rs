//! Clock, databases, crash and simulation harness for tests.
//!
//! * [`checkouts`]: months of checkouts at a cluster that is nearly full.
//! * [`clock`]: a clock that stands until it is moved.
//! * [`corpus`]: databases of released versions, with operations in every state, for later versions to finish.
//! * [`dns`]: real name servers, resolvers, and a proxy that fails before them.
//! * [`explained`]: what an explanation of something that is not final must not lack.
//! * [`memory`]: a store in memory that refuses what the real one refuses.
//! * [`original`]: the loop of the module before, and what it loses on the same panel.
//! * [`rig`]: a whole engine over a real store and real HTTP to a simulated platform.
//! * [`saved`]: databases that are saved and put back.
//! * [`simulate`]: thousands of machines' lives under faults and crashes, reproducible from a seed.
//! * [`trial`]: one operation under one disturbance, for every operation, request, fault and point of death.

#![expect(clippy::missing_panics_doc, reason = "a harness panics where its test fails")]

pub mod checkouts;
pub mod clock;
pub mod corpus;
pub mod dns;
pub mod explained;
pub mod memory;
pub mod original;
pub mod rig;
pub mod saved;
pub mod simulate;
pub mod trial;
