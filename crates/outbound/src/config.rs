//! What holds for all platforms.

use std::net::SocketAddr;
use std::time::Duration;

use domain::http::{RetryClass, Timeouts};

use crate::breaker::BreakerConfig;
use crate::limits::Limits;

/// The settings of [`crate::Outbound`].
#[derive(Debug, Clone)]
pub struct OutboundConfig {
    /// The time to open a connection, and the time for an exchange of a class without a time of its own.
    pub timeouts: Timeouts,
    /// The whole time for an exchange of these classes, with any platform.
    pub totals: Vec<(RetryClass, Duration)>,
    /// The least time before the deadline with which a request still leaves. Without it a changing request could be
    /// sent with no time for its answer, which turns a delay into an unknown state.
    pub least_time: Duration,
    /// The largest body that is read, after decompression.
    pub largest_body: usize,
    /// How long an idle connection is kept. Short, because a request written to a connection that the platform is just
    /// closing is lost, and a lost change costs far more than a new connection.
    pub idle_connection: Duration,
    /// When breakers open.
    pub breaker: BreakerConfig,
    /// Who is asked what a name leads to; the system's resolvers where none is named.
    pub resolvers: Vec<SocketAddr>,
}

impl OutboundConfig {
    /// The whole time for an exchange of a class with a platform of these limits. What the operator set for the class
    /// holds whatever the platform; elsewhere the shorter of both times does.
    pub fn total(&self, class: RetryClass, limits: &Limits) -> Duration {
        let of_class = self.totals.iter().find(|(of, _)| *of == class);
        of_class.map_or_else(
            || {
                let all = self.timeouts.total;
                limits.exchange.map_or(all, |own| own.min(all))
            },
            |(_, total)| *total,
        )
    }
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self {
            timeouts: Timeouts::default(),
            totals: Vec::new(),
            least_time: Duration::from_secs(1),
            largest_body: 16 * 1024 * 1024,
            idle_connection: Duration::from_secs(15),
            breaker: BreakerConfig::default(),
            resolvers: Vec::new(),
        }
    }
}
