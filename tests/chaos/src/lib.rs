//! Kills, stops and starves the real engine under load, and compares the books afterwards.
//!
//! * [`place`] and [`process`] are the engine as an operator has it: a folder, a configuration, the command line, and a
//!   process that is started, stopped and killed. [`panel`] is the platform: the simulated panel behind a real socket,
//!   slow and lying. [`scene`] puts them together.
//! * [`billing`], [`books`], [`effects`] and [`caller`] are a billing system that speaks the bridge protocol over its
//!   socket; [`load`] is what its clients do.
//! * [`look`] reads the store's file after a kill. [`settle`] lets everything come to its end, [`compare`] holds panel,
//!   engine and billing system against each other, [`report`] says what came of it. [`run`] is the whole of it.
//!
//! The invariant: **a run says what it hit.** A run that did not hit enough open steps and open calls counts as failed,
//! however well its books agree.
//!
//! Rejected: kills at points compiled into the engine (they would prove the points that somebody thought of, and another
//! program than the one that is shipped), and a billing system that knows of the kills (PHP does not either).

pub mod billing;
pub mod books;
pub mod caller;
pub mod clock;
pub mod compare;
pub mod effects;
pub mod load;
pub mod look;
pub mod panel;
pub mod place;
pub mod process;
pub mod report;
pub mod run;
pub mod scene;
pub mod settle;
