//! Telling the service manager: ready, stopping, alive. Without one, nothing is told.

use std::time::Duration;

use sd_notify::NotifyState;
use store::Store;
use tokio_util::sync::CancellationToken;

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

/// Everything listens and the store is open.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Nothing new is begun any more.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Says that the process is alive, for as long as its runtime turns and its database answers. A process that hangs is
/// then restarted by the service manager.
pub async fn keep_alive(store: Store, stop: CancellationToken) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        stop.cancelled().await;
        return;
    };
    let mut tick = tokio::time::interval((limit / 3).max(Duration::from_millis(100)));
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        match tokio::time::timeout(limit / 3, store.ping()).await {
            Ok(Ok(())) => tell(&[NotifyState::Watchdog]),
            Ok(Err(error)) => tracing::error!(%error, "the database does not answer"),
            Err(_) => tracing::error!("the database does not answer in time"),
        }
    }
}
