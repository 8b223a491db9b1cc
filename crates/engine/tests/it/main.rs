//! The engine over a real store and real HTTP to the simulated panel, one file per part of a machine's life.

mod answers;
mod catalogue;
mod clients;
mod create;
mod explain;
mod katapult;
mod katapult_create;
mod katapult_end;
mod katapult_hold;
mod katapult_platform;
mod late;
mod life;
mod lost_answers;
mod neighbours;
mod one_call;
mod readings;
mod reconcile;
mod recover;
mod suspension;
mod terminate;
mod watchfulness;
