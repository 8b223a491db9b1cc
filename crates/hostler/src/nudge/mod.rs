//! Nudges: where an installation has a `nudge_url`, a signed empty POST tells it that effects wait, so that it fetches
//! them now and not at its next cron run.
//!
//! * [`Target`] is where a nudge may go: HTTPS, or this host and its private neighbours.
//! * [`Rhythm`] decides when, by itself and without I/O: the first news at once, further ones together, the last one
//!   always, and ever more rarely to one that does not listen.
//! * [`run`] looks for news and sends. It reads the outbox and never serves it: only the billing system's own fetch
//!   counts as a delivery.
//!
//! **The invariant it guards:** nothing depends on a nudge. It carries no data, is never awaited by anything else, and
//! one that is lost costs only the time to the next fetch. Several engines on one database nudge each by itself, which
//! the billing system may ignore.
//!
//! Rejected: sending from where effects are committed (the commit would know about HTTP), and the crate `outbound`
//! (its lanes, breaker and journal are for platforms, and a billing system is not one).

mod post;
mod rhythm;
mod target;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use domain::id::{EffectId, InstallationId};
use domain::record::{EffectState, Installation};
use engine::Engine;
use store::{EffectFilter, PageRequest};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use post::{Post, Unheard};
use rhythm::Rhythm;
pub use target::Target;

/// How many waiting effects are looked at for news. More than this that nobody has fetched yet are news already.
const LOOKED_AT: u64 = 50;

/// How often is looked, and how often is nudged.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two looks at the outbox.
    pub look: Duration,
    /// Between two nudges of one installation.
    pub apart: Duration,
    /// Between two nudges of one that does not listen, in the end.
    pub rarest: Duration,
    /// How long a nudge may take.
    pub patience: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            look: Duration::from_secs(1),
            apart: Duration::from_secs(2),
            rarest: Duration::from_mins(5),
            patience: Duration::from_secs(3),
        }
    }
}

/// Nudges until `stop`. A nudge that is under way then is dropped.
pub async fn run(engine: Engine, pace: Pace, stop: CancellationToken) {
    let mut nudger = Nudger {
        post: Post::new(pace.patience),
        engine,
        pace,
        known: HashMap::new(),
        flights: JoinSet::new(),
    };
    let mut tick = tokio::time::interval(pace.look);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let work = async {
        loop {
            tokio::select! {
                Some(flown) = nudger.flights.join_next() => {
                    if let Ok(flown) = flown {
                        nudger.note(flown);
                    }
                }
                _ = tick.tick() => {
                    if let Err(error) = nudger.look().await {
                        tracing::debug!(error = format!("{error:#}"), "the outbox could not be looked at for nudges");
                    }
                }
            }
        }
    };
    stop.run_until_cancelled(work).await;
}

/// What came of one nudge.
struct Flown {
    installation: InstallationId,
    newest: EffectId,
    outcome: Result<(), Unheard>,
}

/// One installation with a `nudge_url`.
#[derive(Default)]
struct Listener {
    rhythm: Rhythm,
    flight: Option<AbortHandle>,
}

impl Listener {
    fn is_being_nudged(&self) -> bool {
        self.flight.as_ref().is_some_and(|flight| !flight.is_finished())
    }
}

struct Nudger {
    engine: Engine,
    pace: Pace,
    post: Post,
    known: HashMap<InstallationId, Listener>,
    flights: JoinSet<Flown>,
}

impl Nudger {
    async fn look(&mut self) -> Result<()> {
        let mut installations = self.engine.store().installations().await?;
        installations.retain(|installation| installation.settings.nudge_url.is_some());
        self.known
            .retain(|id, _| installations.iter().any(|installation| installation.id == *id));
        for installation in installations {
            let Some(newest) = self.news(&installation).await? else {
                continue;
            };
            let listener = self.known.entry(installation.id.clone()).or_default();
            if !listener.is_being_nudged() && listener.rhythm.is_due(newest, self.pace, Instant::now()) {
                self.nudge(&installation, newest).await?;
            }
        }
        Ok(())
    }

    /// The newest effect that could be fetched and was not yet.
    async fn news(&self, installation: &Installation) -> Result<Option<EffectId>> {
        let filter = EffectFilter {
            installation: Some(installation.id.clone()),
            state: Some(EffectState::Waiting),
            service: None,
        };
        let page = PageRequest::first(LOOKED_AT);
        let waiting = self.engine.store().effects(&filter, &page).await?;
        let now = self.engine.clock().now();
        let news = waiting
            .items
            .iter()
            .find(|effect| effect.tries == 0 && effect.due_at <= now);
        Ok(news.map(|effect| effect.id))
    }

    async fn nudge(&mut self, installation: &Installation, newest: EffectId) -> Result<()> {
        let url = installation.settings.nudge_url.as_deref().unwrap_or_default();
        let keys = self.engine.store().bridge_keys(installation).await?;
        let nonce = post::fresh_nonce(self.engine.random().as_ref());
        let headers = bridge::sign::nudge_headers(&installation.id, &keys, &nonce, self.engine.clock().now());
        let letter = self.post.letter(url, headers);
        let id = installation.id.clone();
        let flight = self.flights.spawn(async move {
            let outcome = match letter {
                Ok(letter) => letter.send().await,
                Err(unheard) => Err(unheard),
            };
            Flown {
                installation: id,
                newest,
                outcome,
            }
        });
        let listener = self.known.entry(installation.id.clone()).or_default();
        listener.flight = Some(flight);
        listener.rhythm.sent(Instant::now());
        Ok(())
    }

    fn note(&mut self, flown: Flown) {
        let Flown {
            installation,
            newest,
            outcome,
        } = flown;
        let word = outcome.as_ref().map_or_else(Unheard::word, |()| "taken");
        metrics::counter!("hostler_nudges_total", "installation" => installation.to_string(), "outcome" => word)
            .increment(1);
        let Some(listener) = self.known.get_mut(&installation) else {
            return;
        };
        match outcome {
            Ok(()) => {
                if listener.rhythm.heard(newest) {
                    tracing::info!(%installation, "nudges are taken again");
                }
            }
            // Said once; the metric tells how long it lasts.
            Err(unheard) if listener.rhythm.unheard() => tracing::warn!(
                %installation,
                "a nudge was not taken: {unheard}. Effects wait for the billing system's cron; nudges are tried less \
                 and less often until one is taken"
            ),
            Err(unheard) => tracing::debug!(%installation, "a nudge was not taken: {unheard}"),
        }
    }
}
