//! Signed messages to the bridge's socket, each over a connection of its own, as PHP sends them. An answer is believed
//! only when it is signed by our key for our request.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bridge::sign::{
    HEADER_INSTALLATION, HEADER_NONCE, HEADER_SIGNATURE, HEADER_TIMESTAMP, Head, canonical, mac,
};
use bytes::Bytes;
use domain::id::InstallationId;
use domain::{Clock, Moment, Random, Secret};
use engine::SystemRandom;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::handshake;
use hyper::header::HeaderMap;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;

use crate::clock::OffsetClock;

/// Why there is no answer to believe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// Nothing came, or nothing that is signed.
    Silence(String),
    /// The engine did not carry the message out.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error's code and sentence.
        said: String,
    },
}

/// Something outside of the engine's control, worded for a person.
fn silence(error: impl std::fmt::Display) -> Unanswered {
    Unanswered::Silence(error.to_string())
}

/// The billing system's way to the engine.
#[derive(Debug, Clone)]
pub struct Caller {
    socket: PathBuf,
    installation: InstallationId,
    key: Secret,
    clock: Arc<OffsetClock>,
}

impl Caller {
    /// A way to a socket.
    pub fn new(socket: &Path, installation: InstallationId, key: Secret, clock: Arc<OffsetClock>) -> Self {
        Self {
            socket: socket.to_owned(),
            installation,
            key,
            clock,
        }
    }

    /// The time by which messages are stamped.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Sends a message and waits for at most `budget`.
    pub async fn post(&self, path: &str, message: &Value, budget: Duration) -> Result<Value, Unanswered> {
        let exchange = self.exchange("POST", path, message.to_string().into_bytes());
        tokio::time::timeout(budget, exchange).await.map_err(silence)?
    }

    /// Fetches effects.
    pub async fn effects(&self, budget: Duration) -> Result<Value, Unanswered> {
        let exchange = self.exchange("GET", "/bridge/v1/effects?protocol=1&limit=100", Vec::new());
        tokio::time::timeout(budget, exchange).await.map_err(silence)?
    }

    async fn exchange(&self, method: &str, path: &str, body: Vec<u8>) -> Result<Value, Unanswered> {
        let mut nonce = [0_u8; 16];
        SystemRandom.fill(&mut nonce);
        let nonce = hex::encode(nonce);
        let timestamp = self.clock.now().as_seconds().to_string();
        let head = Head { method, path };
        let text = canonical::message(self.installation.as_str(), head, &timestamp, &nonce, &body);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "hostler")
            .header("content-type", "application/json")
            .header(HEADER_INSTALLATION, self.installation.as_str())
            .header(HEADER_TIMESTAMP, timestamp)
            .header(HEADER_NONCE, &nonce)
            .header(
                HEADER_SIGNATURE,
                mac::sign_all(std::slice::from_ref(&self.key), &text),
            )
            .body(Full::new(Bytes::from(body)))
            .map_err(silence)?;
        let stream = UnixStream::connect(&self.socket).await.map_err(silence)?;
        let (mut connection, driving) = handshake(TokioIo::new(stream)).await.map_err(silence)?;
        // It ends with the connection, which ends with this exchange.
        tokio::spawn(driving);
        let answer = connection.send_request(request).await.map_err(silence)?;
        let (head, body) = answer.into_parts();
        let body = body.collect().await.map_err(silence)?.to_bytes();
        self.believe(&nonce, head.status.as_u16(), &head.headers, &body)
    }

    fn believe(&self, nonce: &str, status: u16, head: &HeaderMap, body: &[u8]) -> Result<Value, Unanswered> {
        let header = |name: &str| head.get(name).and_then(|value| value.to_str().ok());
        let stamp = header(HEADER_TIMESTAMP).and_then(|text| text.parse().ok());
        let fits = stamp.is_some_and(|stamp| {
            let stamp = Moment::from_seconds(stamp);
            let text = canonical::answer(&self.installation, nonce, status, stamp, body);
            let ours = mac::sign_all(std::slice::from_ref(&self.key), &text);
            header(HEADER_NONCE) == Some(nonce) && header(HEADER_SIGNATURE) == Some(ours.as_str())
        });
        let said = String::from_utf8_lossy(body).into_owned();
        // Who asks whether the engine is out of order wants its words; a change is never concluded from them.
        if status == 503 {
            return Err(Unanswered::Refused { status, said });
        }
        if !fits {
            return Err(silence(format!("the answer {status} is not signed: {said}")));
        }
        if status != 200 {
            return Err(Unanswered::Refused { status, said });
        }
        serde_json::from_slice(body).map_err(silence)
    }
}
