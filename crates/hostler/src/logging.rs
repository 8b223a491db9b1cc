//! Log lines: JSON for machines, text for a terminal, always to standard error.
//!
//! One correlation id runs through all lines of a click: the bridge opens a span with it, and the lines of a platform
//! request carry the spans they are in.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSettings};

/// Parts that write down what goes over a wire when they are asked for everything: tickets and passwords of consoles.
const TALKATIVE: [&str; 2] = ["tungstenite=warn", "tokio_tungstenite=warn"];

/// Starts logging. Once per process.
pub fn start(settings: &LogSettings) -> Result<()> {
    let filter = filter(&settings.filter)?;
    let json = match settings.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !std::io::stderr().is_terminal(),
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = if json {
        lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(true)
            .try_init()
    } else {
        lines.with_target(false).try_init()
    };
    started.map_err(|error| anyhow::anyhow!("logging cannot be started: {error}"))
}

/// What is logged: as it was asked for, but never what holds secrets.
fn filter(wished: &str) -> Result<EnvFilter> {
    let filter = EnvFilter::try_new(wished).with_context(|| {
        format!("log.filter = \"{wished}\" is not understood; write a level such as info")
    })?;
    TALKATIVE
        .iter()
        .try_fold(filter, |filter, least| Ok(filter.add_directive(least.parse()?)))
}

/// The same settings, with warnings only where nobody asked for more: for a process whose output a person reads.
pub fn quieter(mut settings: LogSettings) -> LogSettings {
    if settings.filter == "info" && std::env::var_os("HOSTLER_LOG_FILTER").is_none() {
        "warn".clone_into(&mut settings.filter);
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_asks_for_every_trace_gets_no_bytes_of_consoles() {
        for wished in ["trace", "info", "tungstenite=trace,info"] {
            let filter = filter(wished).unwrap().to_string();
            let said: Vec<&str> = filter.split(',').collect();
            for least in TALKATIVE {
                assert!(said.contains(&least), "{wished}: {filter}");
            }
            assert!(!filter.contains("tungstenite=trace"), "{filter}");
        }
    }
}
