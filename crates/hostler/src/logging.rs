//! Log lines: JSON for machines, text for a terminal, always to standard error.
//!
//! One correlation id runs through all lines of a click: the bridge opens a span with it, and the lines of a platform
//! request carry the spans they are in.

use std::io::IsTerminal;

use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSettings};

/// Starts logging. Once per process.
pub fn start(settings: &LogSettings) -> Result<()> {
    let filter = EnvFilter::try_new(&settings.filter).with_context(|| {
        format!(
            "log.filter = \"{}\" is not understood; write a level such as info",
            settings.filter
        )
    })?;
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

/// The same settings, with warnings only where nobody asked for more: for a process whose output a person reads.
pub fn quieter(mut settings: LogSettings) -> LogSettings {
    if settings.filter == "info" && std::env::var_os("HOSTLER_LOG_FILTER").is_none() {
        "warn".clone_into(&mut settings.filter);
    }
    settings
}
