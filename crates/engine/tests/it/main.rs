//! The engine over a real store and real HTTP to the simulated panel, one file per part of a machine's life.

/// Whole engines live of small allocations, and those of the C library take longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod answers;
mod catalogue;
mod catalogue_trouble;
mod catalogue_withdrawal;
mod clicks;
mod clients;
mod consoles;
mod create;
mod effects;
mod explain;
mod freshness;
mod katapult;
mod katapult_create;
mod katapult_end;
mod katapult_hold;
mod katapult_platform;
mod katapult_watch;
mod late;
mod life;
mod lost_answers;
mod names;
mod neighbours;
mod one_call;
mod overtaken;
mod pointer_edits;
mod pointer_moves;
mod pointer_runs;
mod pointers;
mod poison;
mod readings;
mod reconcile;
mod recover;
mod settings;
mod shown;
mod stock;
mod stock_held;
mod suspension;
mod sweeps;
mod terminate;
mod watchfulness;
