//! The bridge with a whole engine behind it and a simulated panel behind that.

/// Whole engines live of small allocations, and those of the C library take longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod actions;
mod browser;
mod calls;
mod connection;
mod console;
mod door;
mod events;
mod gates;
mod golden;
mod katapult;
mod languages;
mod log;
mod name_server;
mod names;
mod names_staff;
mod page_actions;
mod page_secrets;
mod pages;
mod rig;
mod settings;
mod staff;
mod stock;
mod usage;
mod words;
