//! [`Outbound`]: the one door through which platform requests leave.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use domain::http::{Lane, Outcome, Request, Response, Timeouts};
use domain::id::{CallId, PlatformId};
use domain::{Clock, Moment, Random};
use tokio::time::Instant;

use crate::breaker::BreakerState;
use crate::clients::Clients;
use crate::config::OutboundConfig;
use crate::endpoint::Endpoint;
use crate::exchange::{Exchanged, Prepared};
use crate::gate::{Gate, Permit};
use crate::line::Handshakes;
use crate::observe;
use crate::resolvers::Resolvers;

/// The longest that one `send` may take, whatever its deadline: the caller's state must not hang on one future.
const LONGEST_SEND: Duration = Duration::from_hours(1);

/// How long a change waits for the one before it, where a platform takes one at a time: it was decided by what was read
/// before, and is decided anew after so long.
const TURN_WITHIN: Duration = Duration::from_secs(5);

/// Sends requests to platforms. One per process; share it in an `Arc`.
pub struct Outbound {
    config: OutboundConfig,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    clients: Clients,
    handshakes: Handshakes,
    gates: Mutex<HashMap<PlatformId, Arc<Gate>>>,
    /// Made at first use: most processes never look a name up.
    resolvers: OnceLock<Resolvers>,
}

impl Outbound {
    /// Nothing is connected yet; clients and gates come into being at first use.
    pub fn new(config: OutboundConfig, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self {
            resolvers: OnceLock::new(),
            config,
            clock,
            random,
            clients: Clients::default(),
            handshakes: Handshakes::default(),
            gates: Mutex::default(),
        }
    }

    /// Who is asked what a name leads to.
    pub fn resolvers(&self) -> &Resolvers {
        self.resolvers
            .get_or_init(|| Resolvers::new(&self.config.resolvers))
    }

    /// Sends a request once, as soon as its lane's turn comes, and returns by `deadline` with what is certain.
    ///
    /// The call's intent must be committed before; dropping the future while the request is under way leaves its fate
    /// unknown. Give a changing request a deadline well beyond the connect timeout: one that passes while connecting is
    /// reported as lost, for the connection may have been made at the last instant.
    pub async fn send(
        &self,
        endpoint: &Endpoint,
        call: CallId,
        request: &Request,
        lane: Lane,
        deadline: Moment,
    ) -> Outcome {
        let begun = Instant::now();
        let end = begun + deadline.since(self.clock.now()).min(LONGEST_SEND);
        let outcome = match self.prepare(endpoint, call, request) {
            Ok(prepared) => self.send_prepared(endpoint, prepared, request, lane, end).await,
            Err(reason) => Outcome::not_sent(reason),
        };
        observe::finished(endpoint, call, request, lane, &outcome, begun);
        outcome
    }

    /// The state of a platform's breaker.
    pub fn breaker(&self, platform: PlatformId) -> BreakerState {
        let gate = self.gates().get(&platform).cloned();
        match gate.map(|gate| gate.breaker()) {
            None | Some((_, true)) => BreakerState::Closed,
            Some((Some(time), false)) => BreakerState::Open {
                until: self.clock.now() + time,
            },
            Some((None, false)) => BreakerState::HalfOpen,
        }
    }

    /// When a platform's breaker lets the next request try; `None` when it is not open.
    pub fn open_until(&self, platform: PlatformId) -> Option<Moment> {
        match self.breaker(platform) {
            BreakerState::Open { until } => Some(until),
            BreakerState::Closed | BreakerState::HalfOpen => None,
        }
    }

    pub(crate) const fn timeouts(&self) -> Timeouts {
        self.config.timeouts
    }

    pub(crate) const fn handshakes(&self) -> &Handshakes {
        &self.handshakes
    }

    fn prepare(&self, endpoint: &Endpoint, call: CallId, request: &Request) -> Result<Prepared, String> {
        let client = self.clients.get(endpoint.trust(), &self.config)?;
        Prepared::new(client, endpoint, call, request, self.config.largest_body)
    }

    async fn send_prepared(
        &self,
        endpoint: &Endpoint,
        prepared: Prepared,
        request: &Request,
        lane: Lane,
        end: Instant,
    ) -> Outcome {
        let gate = self.gate(endpoint);
        let begun = Instant::now();
        let latest = end.checked_sub(self.config.least_time).unwrap_or(begun);
        // Before the line is joined: whoever waits for another change keeps no slot from what only reads.
        let _alone = if endpoint.limits().one_change && request.changes() {
            match gate.change_alone(latest.min(begun + TURN_WITHIN)).await {
                Ok(alone) => Some(alone),
                Err(refusal) => return Outcome::not_sent(refusal.to_string()),
            }
        } else {
            None
        };
        let permit = gate.enter(endpoint.limits(), lane, latest).await;
        observe::waited(endpoint, lane, begun.elapsed());
        let permit = match permit {
            Ok(permit) => permit,
            Err(refusal) => return Outcome::not_sent(refusal.to_string()),
        };
        let under_way = observe::UnderWay::new(endpoint);
        let total = self.config.total(request.class, endpoint.limits());
        let end = end.min(Instant::now() + total);
        let exchanged = prepared.send(self.clock.as_ref(), end).await;
        drop(under_way);
        self.settle(endpoint, &gate, permit, &exchanged);
        exchanged.outcome
    }

    /// Lets the platform's gate learn from an exchange, before its slot is free for the next.
    fn settle(&self, endpoint: &Endpoint, gate: &Gate, permit: Permit, exchanged: &Exchanged) {
        let is_refused = matches!(
            &exchanged.outcome,
            Outcome::Answered(Response { status: 429, .. })
        );
        if let Some(allowance) = exchanged.allowance {
            // A refusal says by itself how long to wait.
            gate.allowed(if is_refused {
                allowance.lasting()
            } else {
                allowance
            });
        }
        if let Outcome::Answered(Response {
            status: 429,
            retry_after,
            ..
        }) = &exchanged.outcome
        {
            gate.throttle(retry_after.map_or(endpoint.limits().pause_without_hint, Duration::from_secs));
        }
        permit.report(exchanged.health);
        observe::breaker(endpoint, self.breaker(endpoint.platform()));
    }

    fn gate(&self, endpoint: &Endpoint) -> Arc<Gate> {
        let mut gates = self.gates();
        let gate = gates.entry(endpoint.platform()).or_insert_with(|| {
            let random = Arc::clone(&self.random);
            Arc::new(Gate::new(
                endpoint.limits().clone(),
                self.config.breaker.clone(),
                random,
            ))
        });
        Arc::clone(gate)
    }

    fn gates(&self) -> std::sync::MutexGuard<'_, HashMap<PlatformId, Arc<Gate>>> {
        self.gates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
