//! Pages over a whole engine, with a real store and the simulated panel.

/// Whole engines live of small allocations, and those of the C library take longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod client;
mod client_names;
mod console;
mod loopback;
mod names;
mod offers;
mod operator;
mod panels;
mod questions;
mod screen;
mod settings;
mod support;
