//! The configuration: one TOML file, each setting also as an environment variable, defaults that run as they are.
//!
//! * [`Settings`] says what can be set; its doc comments are what `hostler config template` prints and what
//!   `docs/configuration.md` is checked against.
//! * [`load()`] reads file and environment. Every wrong setting is reported, not only the first, each with its name, its
//!   value, what is wrong and what to do; a misspelt name is wrong too.
//! * [`Settings::check`] finds what reads well and cannot work.
//!
//! The environment wins over the file, the file over the defaults.

mod check;
mod load;
mod settings;
mod value;

pub use check::relay_address;
pub use load::{Origin, Problem, Problems, load, without_password};
pub use settings::{
    BridgeSettings, ConsoleSettings, ControlSettings, DatabaseSettings, DemoSettings, EngineSettings,
    LogSettings, OperatorSettings, OutboundSettings, PageSettings, RuntimeSettings, Settings,
};
pub use value::{Listen, LogFormat, Mode, is_private};

use confique::toml::FormatOptions;

/// Where the configuration is looked for when no other file is named.
pub const DEFAULT_FILE: &str = "/etc/hostler/hostler.toml";

/// Every setting with its explanation and default, all commented out.
pub fn template() -> String {
    confique::toml::template::<Settings>(FormatOptions::default())
}
