//! The engine's own limits.

use std::time::Duration;

use crate::core::Ages;
use crate::supply::StockAges;

/// The engine's own limits. Defaults suit one node with some ten thousand services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineConfig {
    /// Operations advanced at once: the engine's hands. One platform alone gets half of them.
    pub workers: usize,
    /// How long a claim holds an operation.
    pub lease: Duration,
    /// How often due work is looked for when nothing wakes the runner.
    pub idle_poll: Duration,
    /// How often the duties look at their schedule.
    pub duty_poll: Duration,
    /// How long open calls may take to end after a stop.
    pub drain: Duration,
    /// How long a service whose order was cancelled, or that vanished, is kept suspended before it is ended. At
    /// least 24 h.
    pub vanished_grace: Duration,
    /// How often each platform's list is compared with the links.
    pub reconcile_every: Duration,
    /// Whether what pages show is read in the background. Without it the store tells what operations saw, and no more.
    pub sweep: bool,
    /// How old what is stored may become.
    pub ages: Ages,
    /// How old what is known of platforms' room may become.
    pub stock: StockAges,
    /// How long a hostname that does not lead to its address yet is looked up again.
    pub names_patience: Duration,
    /// How often the names of all addresses are looked after.
    pub names_every: Duration,
    /// How long finished refresh operations are kept.
    pub keep_refreshes: Duration,
    /// How long finished operations, settled effects and answered questions stay at hand; the operations then go to
    /// the archive.
    pub keep_operations: Duration,
    /// How long archived operations are kept.
    pub keep_archive: Duration,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            workers: 64,
            lease: Duration::from_secs(120),
            idle_poll: Duration::from_millis(500),
            duty_poll: Duration::from_secs(1),
            drain: Duration::from_secs(8),
            vanished_grace: Duration::from_secs(72 * 3600),
            reconcile_every: Duration::from_secs(3600),
            sweep: true,
            ages: Ages::default(),
            stock: StockAges::default(),
            names_patience: Duration::from_secs(24 * 3600),
            names_every: Duration::from_secs(24 * 3600),
            keep_refreshes: Duration::from_secs(3600),
            keep_operations: Duration::from_secs(90 * 24 * 3600),
            keep_archive: Duration::from_secs(730 * 24 * 3600),
        }
    }
}
