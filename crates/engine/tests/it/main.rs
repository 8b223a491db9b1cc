//! The engine over a real store and real HTTP to the simulated panel, one file per part of a machine's life.

mod answers;
mod catalogue;
mod catalogue_trouble;
mod catalogue_withdrawal;
mod clicks;
mod create;
mod effects;
mod explain;
mod katapult;
mod katapult_create;
mod katapult_end;
mod katapult_hold;
mod katapult_platform;
mod katapult_watch;
mod late;
mod life;
mod lost_answers;
mod neighbours;
mod one_call;
mod overtaken;
mod reconcile;
mod recover;
mod settings;
mod suspension;
mod terminate;
mod watchfulness;
