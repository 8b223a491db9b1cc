//! The program as its users meet it: started, asked, killed and started again.

mod command_line;
mod lifecycle;
mod simulator;
mod support;
