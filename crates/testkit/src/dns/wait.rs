//! Waiting for what other programs do.

use std::time::{Duration, Instant};

/// How long anything is waited for: far more than it takes, since the machine may be busy with other tests.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// How long one look waits for the next.
pub(super) const LOOK: Duration = Duration::from_millis(20);

/// Looks again and again until there is something to see, and returns it. A test that sees nothing for twenty seconds
/// fails, and says `what` it waited for.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    let seen = within(PATIENCE, look).await;
    seen.unwrap_or_else(|| panic!("{PATIENCE:?} were not enough: {what}"))
}

/// The same, with a result in place of a failure.
pub(super) async fn within<T>(patience: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + patience;
    loop {
        let seen = look().await;
        if seen.is_some() || Instant::now() >= end {
            return seen;
        }
        tokio::time::sleep(LOOK).await;
    }
}
