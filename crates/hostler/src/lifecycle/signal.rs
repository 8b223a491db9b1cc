//! Signals: the first asks to stop, the second insists.

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// SIGTERM and SIGINT.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Begins to listen; from here on neither ends the process by itself.
    pub fn listen() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("SIGTERM cannot be listened for")?,
            interrupt: signal(SignalKind::interrupt()).context("SIGINT cannot be listened for")?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    /// Cancels `stop` at the first signal and ends the process at the second.
    pub async fn obey(mut self, stop: CancellationToken) {
        let name = self.next().await;
        tracing::info!(
            signal = name,
            "stopping: nothing new is begun, open requests are let end"
        );
        stop.cancel();
        let name = self.next().await;
        tracing::warn!(
            signal = name,
            "stopping at once; what was open is settled at the next start"
        );
        std::process::exit(130);
    }
}
