//! The bridge with a whole engine behind it and a simulated panel behind that.

mod actions;
mod calls;
mod connection;
mod door;
mod events;
mod golden;
mod log;
mod pages;
mod rig;
