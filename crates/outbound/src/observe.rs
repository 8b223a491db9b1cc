//! What an exchange leaves behind: one log line and a few metrics. No header, no body, no id of a service.

use std::time::Duration;

use domain::http::{Failure, Lane, Outcome, Request, Response};
use domain::id::CallId;
use tokio::time::Instant;

use crate::breaker::BreakerState;
use crate::endpoint::Endpoint;

/// The class of an outcome, as a label.
fn class(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Answered(Response {
            status: 200..=299, ..
        }) => "2xx",
        Outcome::Answered(Response {
            status: 300..=399, ..
        }) => "3xx",
        Outcome::Answered(Response { status: 429, .. }) => "429",
        Outcome::Answered(Response {
            status: 400..=499, ..
        }) => "4xx",
        Outcome::Answered(Response { .. }) => "5xx",
        Outcome::Failed(Failure { kind, .. }) => kind.as_str(),
    }
}

/// Counts a request as under way until dropped, also when its caller gives up.
pub struct UnderWay(metrics::Gauge);

impl UnderWay {
    pub fn new(endpoint: &Endpoint) -> Self {
        let gauge = metrics::gauge!(
            "hostler_outbound_in_flight",
            "kind" => endpoint.kind().to_owned(), "platform" => endpoint.platform().to_string(),
        );
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// How long a request stood at the gate.
pub fn waited(endpoint: &Endpoint, lane: Lane, time: Duration) {
    metrics::histogram!(
        "hostler_outbound_wait_seconds",
        "kind" => endpoint.kind().to_owned(),
        "platform" => endpoint.platform().to_string(),
        "lane" => lane.as_str(),
    )
    .record(time.as_secs_f64());
}

/// The breaker: 0 closed, 1 half open, 2 open.
pub fn breaker(endpoint: &Endpoint, state: BreakerState) {
    let value = match state {
        BreakerState::Closed => 0.0,
        BreakerState::HalfOpen => 1.0,
        BreakerState::Open { .. } => 2.0,
    };
    metrics::gauge!(
        "hostler_outbound_breaker_state",
        "kind" => endpoint.kind().to_owned(), "platform" => endpoint.platform().to_string(),
    )
    .set(value);
}

/// The end of one `send`.
pub fn finished(
    endpoint: &Endpoint,
    call: CallId,
    request: &Request,
    lane: Lane,
    outcome: &Outcome,
    begun: Instant,
) {
    let time = begun.elapsed();
    let class = class(outcome);
    metrics::counter!(
        "hostler_outbound_requests_total",
        "kind" => endpoint.kind().to_owned(),
        "platform" => endpoint.platform().to_string(),
        "request" => request.name.clone(),
        "outcome" => class,
    )
    .increment(1);
    metrics::histogram!(
        "hostler_outbound_request_seconds",
        "kind" => endpoint.kind().to_owned(),
        "platform" => endpoint.platform().to_string(),
        "request" => request.name.clone(),
    )
    .record(time.as_secs_f64());
    let (status, failure) = match outcome {
        Outcome::Answered(response) => (Some(response.status), None),
        Outcome::Failed(failure) => (failure.status, Some(failure.message.as_str())),
    };
    tracing::info!(
        request.name = request.name,
        request.id = %call,
        platform.id = %endpoint.platform(),
        lane = lane.as_str(),
        outcome = class,
        status,
        failure,
        duration_ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        "platform request"
    );
}
