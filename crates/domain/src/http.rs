//! A platform request and what became of it, as values: written by drivers, journalled by the engine, sent by
//! `outbound`, answered by simulators in process.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text::text_enum;

text_enum! {
    /// HTTP methods that platforms use.
    Method {
        /// Read.
        Get = "GET",
        /// Make or do.
        Post = "POST",
        /// Set.
        Put = "PUT",
        /// Change in part.
        Patch = "PATCH",
        /// Remove.
        Delete = "DELETE",
    }
}

text_enum! {
    /// What repeating a request means. Every request of every driver is declared with one.
    RetryClass {
        /// No change: repeat with jittered back-off.
        Read = "read",
        /// Same end state when repeated: read back, then repeat if needed.
        Convergent = "convergent",
        /// Repeating hurts: read back; never repeat blindly.
        Disruptive = "disruptive",
        /// Makes a thing or costs money: search, adopt, or prove absent before a distinguishable resend.
        Creating = "creating",
        /// The target may not be visible yet: repeat a 404 within a window.
        Lagging = "lagging",
    }
}

text_enum! {
    /// Who goes first when a platform's rate is short.
    Lane {
        /// A person waits.
        Click = "click",
        /// A paid order, a suspension, a termination.
        Change = "change",
        /// Sweeps, refreshes, reconciliation.
        Background = "background",
    }
}

/// One platform request, complete but for the endpoint and the credential, which `outbound` adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The driver's name for this request (`create_server`), for the journal, metrics and the retry-class table.
    pub name: String,
    /// The method.
    pub method: Method,
    /// The path below the platform's API base, beginning with `/`, already encoded.
    pub path: String,
    /// Query parameters, in order, not encoded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, String)>,
    /// The JSON body; `None` sends no body at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// What repeating means.
    pub class: RetryClass,
}

impl Request {
    /// A read.
    pub fn get(name: &str, path: impl Into<String>) -> Self {
        Self::new(name, Method::Get, path, RetryClass::Read)
    }

    /// Any request, without query and body.
    pub fn new(name: &str, method: Method, path: impl Into<String>, class: RetryClass) -> Self {
        Self {
            name: name.to_owned(),
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            class,
        }
    }

    /// With a JSON body.
    #[must_use]
    pub fn with_body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// With one more query parameter.
    #[must_use]
    pub fn with_query(mut self, key: &str, value: impl Into<String>) -> Self {
        self.query.push((key.to_owned(), value.into()));
        self
    }

    /// Whether sending it may change something.
    pub const fn changes(&self) -> bool {
        !matches!(self.class, RetryClass::Read)
    }
}

/// A whole answer. `body` is the text as received; whether it is JSON is the driver's question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body, decoded lossily as UTF-8.
    pub body: String,
    /// The `Retry-After` header, in seconds from now (dates are converted by `outbound`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl Response {
    /// Whether the status is 2xx, which means "maybe done".
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }
}

text_enum! {
    /// Why there is no whole answer, by what is certain about the request.
    FailureKind {
        /// Nothing was sent: refused, no route, name not found, TLS failed, connect timed out, breaker open, rate
        /// queue full.
        NotSent = "not_sent",
        /// Something was sent and no whole answer came back: it may or may not have taken effect, now or later.
        Lost = "lost",
    }
}

/// A request without a whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What is certain.
    pub kind: FailureKind,
    /// The transport's words, without secrets.
    pub message: String,
    /// The status, where at least the head of an answer came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A whole answer came back.
    Answered(Response),
    /// None did.
    Failed(Failure),
}

impl Outcome {
    /// A lost answer, with the reason.
    pub fn lost(message: impl Into<String>) -> Self {
        Self::Failed(Failure {
            kind: FailureKind::Lost,
            message: message.into(),
            status: None,
        })
    }

    /// A request that never left.
    pub fn not_sent(message: impl Into<String>) -> Self {
        Self::Failed(Failure {
            kind: FailureKind::NotSent,
            message: message.into(),
            status: None,
        })
    }

    /// One line for a person: `HTTP 423: server is locked`, `no answer: connection reset`.
    pub fn summary(&self) -> String {
        match self {
            Self::Answered(response) => format!("HTTP {}", response.status),
            Self::Failed(Failure {
                kind: FailureKind::NotSent,
                message,
                ..
            }) => format!("not sent: {message}"),
            Self::Failed(Failure { message, .. }) => format!("no answer: {message}"),
        }
    }
}

/// The times that every platform request obeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To open a connection.
    pub connect: Duration,
    /// For the whole exchange.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            total: Duration::from_secs(30),
        }
    }
}
