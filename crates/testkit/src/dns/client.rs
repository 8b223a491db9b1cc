//! [`Client`]: sends requests to an HTTP API, for tests of what is inside them and their answers.

use std::net::SocketAddr;
use std::time::Duration;

use domain::http::{Outcome, Request, Response};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::message::Message;

/// The header that carries a PowerDNS server's key.
const KEY: &str = "X-API-Key";

/// How long an answer is waited for unless a test says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends requests to a PowerDNS API, one connection for each.
#[derive(Debug, Clone)]
pub struct Client {
    address: SocketAddr,
    key: String,
    patience: Duration,
}

impl Client {
    /// One that brings this key to an address.
    pub fn new(address: SocketAddr, key: impl Into<String>) -> Self {
        Self {
            address,
            key: key.into(),
            patience: PATIENCE,
        }
    }

    /// With another key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }

    /// One that gives up after this time.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Sends a request once. It is *not sent* only where there was no connection.
    pub async fn send(&self, request: &Request) -> Outcome {
        let Ok(outcome) = timeout(self.patience, self.exchange(request)).await else {
            return Outcome::lost(format!("no answer within {:?}", self.patience));
        };
        outcome
    }

    async fn exchange(&self, request: &Request) -> Outcome {
        let mut stream = match TcpStream::connect(self.address).await {
            Ok(stream) => stream,
            Err(error) => return Outcome::not_sent(error.to_string()),
        };
        if let Err(error) = stream.write_all(&self.message(request).bytes()).await {
            return Outcome::lost(error.to_string());
        }
        match Message::read(&mut stream).await {
            Ok(answer) => answered(&answer),
            Err(error) => Outcome::lost(error.to_string()),
        }
    }

    fn message(&self, request: &Request) -> Message {
        let host = self.address.to_string();
        let mut headers = vec![
            ("Host", host.as_str()),
            (KEY, &self.key),
            ("Accept", "application/json"),
        ];
        let body = request.body.as_ref().map(|body| body.to_string().into_bytes());
        if body.is_some() {
            headers.push(("Content-Type", "application/json"));
        }
        let query = serde_urlencoded::to_string(&request.query).expect("pairs of texts can be encoded");
        let mark = if query.is_empty() { "" } else { "?" };
        let first_line = format!("{} {}{mark}{query} HTTP/1.1", request.method, request.path);
        Message::new(&first_line, &headers, body.unwrap_or_default())
    }
}

fn answered(answer: &Message) -> Outcome {
    let Some(status) = answer.status() else {
        return Outcome::lost("the answer is not HTTP");
    };
    let seconds = answer.header("Retry-After");
    Outcome::Answered(Response {
        status,
        body: String::from_utf8_lossy(&answer.body).into_owned(),
        retry_after: seconds.and_then(|seconds| seconds.parse().ok()),
    })
}
