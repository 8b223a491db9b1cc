//! Sending a message and believing its answer.

use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Random, Secret};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::effect::{Ack, EffectsPage};
use super::message::{
    CallAnswer, CallRequest, Context, EventAnswer, EventRequest, PROTOCOL, PageAnswer, PageRequest,
};
use super::plain::{fresh, plain_http};
use super::sign::{Signed, SignedAnswer, is_fresh};

/// Connecting to the engine may take this long.
const CONNECT: Duration = Duration::from_millis(300);
/// Events, effects and acknowledgements may take this long.
const SHORT: Duration = Duration::from_secs(10);

/// Why there is no answer to believe.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// No answer, or none that is signed by our key for our request.
    #[error("the engine is not reachable: {0}")]
    Unreachable(String),
    /// The engine did not carry the request out.
    #[error("the engine refused ({status} {code}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error's code.
        code: String,
        /// The error's sentence.
        message: String,
    },
}

impl BridgeError {
    /// Whether sending the same message again can help.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused { status, .. } => *status == 429 || *status >= 500,
        }
    }
}

/// The way to the engine.
pub struct Bridge {
    http: reqwest::Client,
    base: String,
    installation: String,
    key: Secret,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Bridge {
    /// A way to the listener at `base`.
    pub fn new(
        base: &str,
        installation: &str,
        key: Secret,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self {
            http: plain_http(CONNECT),
            base: base.trim_end_matches('/').to_owned(),
            installation: installation.to_owned(),
            key,
            clock,
            random,
        }
    }

    /// Calls a module function.
    pub async fn call(&self, request: &CallRequest) -> Result<CallAnswer, BridgeError> {
        let budget = Duration::from_millis(request.budget_ms);
        self.post("/bridge/v1/call", request, budget).await
    }

    /// Tells what happened.
    pub async fn event(&self, request: &EventRequest, budget: Duration) -> Result<EventAnswer, BridgeError> {
        self.post("/bridge/v1/event", request, budget).await
    }

    /// Forwards a browser's request.
    pub async fn page(&self, request: &PageRequest) -> Result<PageAnswer, BridgeError> {
        let budget = Duration::from_millis(request.budget_ms);
        self.post("/bridge/v1/page", request, budget).await
    }

    /// Fetches effects.
    pub async fn effects(&self) -> Result<EffectsPage, BridgeError> {
        let path = format!("/bridge/v1/effects?protocol={PROTOCOL}&limit=50");
        self.exchange("GET", &path, Vec::new(), SHORT).await
    }

    /// Reports what became of effects.
    pub async fn acknowledge(&self, acks: &[Ack], context: &Context) -> Result<u64, BridgeError> {
        let body = json!({ "acks": acks, "context": context });
        let answer: Value = self.post("/bridge/v1/effects/ack", &body, SHORT).await?;
        Ok(answer["acked"].as_u64().unwrap_or(0))
    }

    /// Redeems the one-time secret of an effect.
    pub async fn secret(&self, effect: &str, secret: &str, context: &Context) -> Result<Secret, BridgeError> {
        #[derive(serde::Deserialize)]
        struct Answer {
            value: Secret,
        }
        let body = json!({ "effect": effect, "secret": secret, "context": context });
        let answer: Answer = self.post("/bridge/v1/secret", &body, SHORT).await?;
        Ok(answer.value)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        budget: Duration,
    ) -> Result<T, BridgeError> {
        let body = serde_json::to_vec(body).map_err(broken)?;
        self.exchange("POST", path, body, budget).await
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        method: &str,
        path: &str,
        body: Vec<u8>,
        budget: Duration,
    ) -> Result<T, BridgeError> {
        let nonce = fresh(self.random.as_ref());
        let timestamp = self.clock.now().as_seconds();
        let signed = Signed {
            installation: &self.installation,
            method,
            path,
            timestamp,
            nonce: &nonce,
            body: &body,
        };
        let signature = signed.header(&self.key);
        let url = format!("{}{path}", self.base);
        let request = if method == "GET" {
            self.http.get(url)
        } else {
            self.http
                .post(url)
                .header("content-type", "application/json")
                .body(body)
        };
        let answer = request
            .timeout(budget)
            .header("hostler-installation", &self.installation)
            .header("hostler-timestamp", timestamp)
            .header("hostler-nonce", &nonce)
            .header("hostler-signature", signature)
            .send()
            .await
            .map_err(broken)?;
        self.believe(&nonce, answer).await
    }

    async fn believe<T: DeserializeOwned>(
        &self,
        nonce: &str,
        answer: reqwest::Response,
    ) -> Result<T, BridgeError> {
        let status = answer.status().as_u16();
        let header = |name: &str| {
            let value = answer.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let (theirs, stamp, signature) = (
            header("hostler-nonce"),
            header("hostler-timestamp"),
            header("hostler-signature"),
        );
        let body = answer.bytes().await.map_err(broken)?;
        let timestamp = stamp.and_then(|text| text.parse::<i64>().ok());
        let (Some(theirs), Some(timestamp), Some(signature)) = (theirs, timestamp, signature) else {
            let hint =
                error_of(&body).map_or_else(String::new, |(code, message)| format!(" ({code}: {message})"));
            return Err(BridgeError::Unreachable(format!(
                "its answer {status} is not signed{hint}"
            )));
        };
        let signed = SignedAnswer {
            installation: &self.installation,
            nonce,
            status,
            timestamp,
            body: &body,
        };
        let now = self.clock.now().as_seconds();
        if theirs != nonce || !is_fresh(timestamp, now) || !signed.fits(&self.key, &signature) {
            return Err(BridgeError::Unreachable(format!(
                "the signature of its answer {status} does not fit"
            )));
        }
        if status == 200 {
            return serde_json::from_slice(&body).map_err(broken);
        }
        let (code, message) = error_of(&body).unwrap_or_default();
        Err(BridgeError::Refused {
            status,
            code,
            message,
        })
    }
}

/// The whole chain in one line: transports say what happened only at its end.
fn broken(error: impl std::error::Error) -> BridgeError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    BridgeError::Unreachable(text)
}

fn error_of(body: &[u8]) -> Option<(String, String)> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let error = value.get("error")?;
    Some((
        error["code"].as_str()?.to_owned(),
        error["message"].as_str()?.to_owned(),
    ))
}
