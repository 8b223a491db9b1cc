//! A request as it came in, and what goes back on the wire: values, so that one core serves sockets and simulations.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::http::{Failure, FailureKind, Method, Outcome, Request, Response, Timeouts};
use domain::{Moment, Secret};
use serde_json::Value;

use crate::date;
use crate::written::Written;

/// A request as a platform sees it. Its path carries the API base (`/api/v1`), its header names are lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The method.
    pub method: Method,
    /// The whole path, still encoded.
    pub path: String,
    /// The query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The headers that matter (`authorization`, `content-type`, `x-request-id`), by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The body; empty when there is none.
    pub body: Vec<u8>,
}

impl Incoming {
    /// What a driver's request looks like on arrival, below the API base `base`.
    pub fn from_request(base: &str, request: &Request, token: &Secret, request_id: Option<&str>) -> Self {
        let mut headers = BTreeMap::new();
        headers.insert("authorization".to_owned(), format!("Bearer {}", token.expose()));
        if let Some(id) = request_id {
            headers.insert("x-request-id".to_owned(), id.to_owned());
        }
        let body = request
            .body
            .as_ref()
            .map(|body| body.to_string().into_bytes())
            .unwrap_or_default();
        if !body.is_empty() {
            headers.insert("content-type".to_owned(), "application/json".to_owned());
        }
        Self {
            method: request.method,
            path: format!("{base}{}", request.path),
            query: request.query.clone(),
            headers,
            body,
        }
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Whether it asks to go on as a WebSocket.
    pub fn is_websocket(&self) -> bool {
        let says = |name: &str, word: &str| {
            let value = self.header(name).unwrap_or_default();
            value
                .split(',')
                .any(|part| part.trim().eq_ignore_ascii_case(word))
        };
        says("upgrade", "websocket") && says("connection", "upgrade") && says("sec-websocket-version", "13")
    }

    /// The last value of a query parameter.
    pub fn query_value(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// A whole HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers besides those that the transport adds.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// A JSON answer.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "application/json", body.to_string())
    }

    /// A JSON answer that is text already.
    pub(crate) fn written(status: u16, body: Written) -> Self {
        Self::text(status, "application/json", body.into_text())
    }

    /// An answer of any type.
    pub fn text(status: u16, content_type: &str, body: impl Into<String>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self {
            status,
            headers,
            body: body.into(),
        }
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// With one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON, where it is.
    pub fn value(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }

    fn response(self, now: Moment) -> Response {
        let retry_after = self.header("retry-after").and_then(|text| {
            text.parse::<u64>()
                .ok()
                .or_else(|| date::parse_http(text).map(|at| at.since(now).as_secs()))
        });
        Response {
            status: self.status,
            body: self.body,
            retry_after,
        }
    }
}

/// What goes on the wire for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A whole answer, at once.
    Answer(Answer),
    /// A whole answer, after a while.
    Late {
        /// The answer.
        answer: Answer,
        /// How long the caller waits for its first byte.
        after: Duration,
    },
    /// A whole answer, byte by byte.
    SlowDrip {
        /// The answer.
        answer: Answer,
        /// How long it takes from first to last byte.
        over: Duration,
    },
    /// The head and half of the body, then a connection reset.
    ResetMidBody(Answer),
    /// The head and half of the announced body, then an orderly close.
    TruncatedBody(Answer),
    /// A connection reset without an answer.
    Reset,
    /// Nothing at all until the caller gives up.
    Silence,
    /// The connection is refused. On a socket whose connection is already open this is a reset; a listener that truly
    /// refuses is an [`crate::platform::Outage`].
    Refuse,
    /// The connection is never established; on a socket that is open already this is silence.
    ConnectTimeout,
}

impl Reply {
    /// What a caller with these timeouts sees, and how long it takes.
    pub fn outcome(self, now: Moment, timeouts: Timeouts, latency: Duration) -> (Outcome, Duration) {
        match self {
            Self::Answer(answer) => (Outcome::Answered(answer.response(now)), latency),
            Self::Late { answer, after } => {
                if after < timeouts.total {
                    (Outcome::Answered(answer.response(now + after)), after)
                } else {
                    (lost("timed out waiting for the answer", None), timeouts.total)
                }
            }
            Self::SlowDrip { answer, over } => {
                if over < timeouts.total {
                    (Outcome::Answered(answer.response(now + over)), over)
                } else {
                    (
                        lost("timed out reading the body", Some(answer.status)),
                        timeouts.total,
                    )
                }
            }
            Self::ResetMidBody(answer) => (
                lost("connection reset while reading the body", Some(answer.status)),
                latency,
            ),
            Self::TruncatedBody(answer) => (
                lost(
                    "connection closed before the body was complete",
                    Some(answer.status),
                ),
                latency,
            ),
            Self::Reset => (lost("connection reset", None), latency),
            Self::Silence => (lost("timed out waiting for the answer", None), timeouts.total),
            Self::Refuse => (Outcome::not_sent("connection refused"), latency),
            Self::ConnectTimeout => (Outcome::not_sent("connect timed out"), timeouts.connect),
        }
    }

    /// The status of the answer, where there is at least its head.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Answer(answer)
            | Self::Late { answer, .. }
            | Self::SlowDrip { answer, .. }
            | Self::ResetMidBody(answer)
            | Self::TruncatedBody(answer) => Some(answer.status),
            Self::Reset | Self::Silence | Self::Refuse | Self::ConnectTimeout => None,
        }
    }
}

fn lost(message: &str, status: Option<u16>) -> Outcome {
    Outcome::Failed(Failure {
        kind: FailureKind::Lost,
        message: message.to_owned(),
        status,
    })
}
