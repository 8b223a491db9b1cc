//! The program as its users meet it: started, asked, killed and started again.

#[cfg(test)]
mod billing;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod languages;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod names;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod simulator;
#[cfg(test)]
mod support;
#[cfg(test)]
mod typed;
