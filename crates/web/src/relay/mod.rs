//! The relay of consoles: a WebSocket of a browser on one side, the platform's on the other.
//!
//! A browser that comes here has been given a ticket by the engine, on a page inside the billing system; nothing else lets
//! it in, and there are no cookies. What is said before the screen is, as text messages of JSON:
//!
//! | from | message | |
//! |---|---|---|
//! | relay | `{"nonce"}` | a word that was just drawn |
//! | page | `{"ticket", "proof"}` | the ticket, and the session's answer to the word, which the bridge made |
//! | relay | `{"password"}` | what a viewer has to know; from here on bytes are relayed both ways |
//! | relay | `{"nonce"}` | asked again and again, as long as the console is open |
//! | page | `{"proof", "active"}` | the answer, and whether somebody has done anything meanwhile |
//!
//! The relay ends with a close frame whose reason is a word ([`engine::Closing`], or why nobody was let in), so that the
//! page can say it. Everything is bounded: those who have not shown a ticket yet in number and time, consoles in number,
//! messages in size, sending in time, and a console as a whole by idleness and by length.
//!
//! **The invariant**: no byte of the platform's reaches a browser before ticket and proof were found good, and none after
//! the service, the session or the time has ended.
//!
//! Rejected: the ticket in the address or in a sub-protocol (both are logged by what stands in between), and looking into
//! what is relayed to tell whether somebody is active (a viewer asks for pictures all the time).

mod course;
mod door;
mod pump;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use engine::Engine;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Where browsers connect.
pub const PATH: &str = "/console";

/// How many may have come without having shown a ticket, for each console that may be open.
const WAITING_PER_CONSOLE: usize = 2;

/// What is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayLimits {
    /// Consoles open at once.
    pub most: usize,
    /// How long one stays open while nobody does anything.
    pub idle: Duration,
    /// How long one stays open at all.
    pub total: Duration,
    /// How often the session is asked whether it is still there.
    pub ask: Duration,
    /// How long it has for its answer, and a newcomer for its ticket.
    pub answer: Duration,
}

impl Default for RelayLimits {
    fn default() -> Self {
        Self {
            most: 50,
            idle: Duration::from_mins(15),
            total: Duration::from_hours(8),
            ask: Duration::from_secs(30),
            answer: Duration::from_secs(15),
        }
    }
}

/// The relay. Cheap to clone.
#[derive(Clone)]
pub struct Relay {
    shared: Arc<Shared>,
}

/// What every connection needs.
struct Shared {
    engine: Engine,
    limits: RelayLimits,
    waiting: Arc<Semaphore>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Relay {
    /// A relay that lets nobody in any more, and closes what is open, once `stop` is cancelled.
    pub fn new(engine: Engine, limits: RelayLimits, stop: CancellationToken) -> Self {
        Self {
            shared: Arc::new(Shared {
                engine,
                limits,
                waiting: Arc::new(Semaphore::new(limits.most.saturating_mul(WAITING_PER_CONSOLE))),
                stop,
                tasks: TaskTracker::new(),
            }),
        }
    }

    /// What listens.
    pub fn router(&self) -> Router {
        Router::new()
            .route(PATH, get(door::knock))
            .with_state(Arc::clone(&self.shared))
    }

    /// Waits until every console is closed and written down; only after the stop.
    pub async fn drained(&self) {
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}
