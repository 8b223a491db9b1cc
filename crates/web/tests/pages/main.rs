//! Pages over a whole engine, with a real store and the simulated panel.

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
