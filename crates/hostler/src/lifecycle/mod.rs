//! The life of the process: sockets, signals, probes, and an end that loses nothing.

mod daemon;
pub mod metrics;
mod signal;
mod socket;
pub mod systemd;

pub use daemon::Daemon;
pub use signal::Signals;

use anyhow::Result;

use crate::clock::ProcessClock;
use crate::config::Settings;
use crate::wiring;

/// `hostler serve`: runs the engine until it is told to stop.
pub async fn serve(settings: Settings) -> Result<()> {
    let signals = Signals::listen()?;
    let readings = metrics::install()?;
    let clock = ProcessClock::of_the_system();
    let engine = wiring::open(&settings, clock.port()).await?;
    let daemon = Daemon::start(engine, clock, &settings, readings).await?;
    tokio::spawn(signals.obey(daemon.stop().clone()));
    systemd::ready();
    tracing::info!(
        bridge.socket = %settings.bridge.socket.display(),
        bridge.listen = %settings.bridge.listen,
        operator.listen = %settings.operator.listen,
        console.listen = %settings.console.listen,
        version = env!("CARGO_PKG_VERSION"),
        "hostler is ready"
    );
    daemon.run().await
}
