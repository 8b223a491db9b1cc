//! Sending one nudge.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Random;
use reqwest::{Client, ClientBuilder, RequestBuilder, StatusCode, redirect, retry};

use super::Target;

/// Why a nudge was not heard.
#[derive(Debug)]
pub enum Unheard {
    /// It never left, or no answer came.
    Unreached(String),
    /// The billing system answered, but not that it will fetch.
    Refused(StatusCode),
}

impl Unheard {
    /// For the metric.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unreached(_) => "unreached",
            Self::Refused(_) => "refused",
        }
    }
}

impl std::fmt::Display for Unheard {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreached(why) => write!(formatter, "{why}"),
            Self::Refused(StatusCode::UNAUTHORIZED) => write!(
                formatter,
                "the billing system does not believe it (401); compare its key, its installation's name and its clock"
            ),
            Self::Refused(StatusCode::NOT_FOUND) => write!(
                formatter,
                "there is nothing at its address (404), or the addon has no key; correct --nudge-url or enter the key"
            ),
            Self::Refused(status) => write!(formatter, "the billing system answered {status}"),
        }
    }
}

/// A fresh nonce: 18 random bytes as 24 characters.
pub fn fresh_nonce(random: &dyn Random) -> String {
    let mut bytes = [0_u8; 18];
    random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The clients, each built at its first use: the one that checks certificates wants the system's authorities, which a
/// host without any HTTPS need not have.
pub struct Post {
    patience: Duration,
    plain: Option<Client>,
    checking: Option<Client>,
}

impl Post {
    pub const fn new(patience: Duration) -> Self {
        Self {
            patience,
            plain: None,
            checking: None,
        }
    }

    /// A nudge, ready to leave.
    pub fn letter(&mut self, url: &str, headers: [(&'static str, String); 4]) -> Result<Letter, Unheard> {
        let target =
            Target::parse(url).map_err(|error| Unheard::Unreached(format!("--nudge-url: {error:#}")))?;
        let (kept, builder) = if target.is_https() {
            (&mut self.checking, Client::builder())
        } else {
            (&mut self.plain, Client::builder().tls_certs_only([]))
        };
        let client = match kept {
            Some(client) => client,
            None => kept.insert(built(builder, self.patience).map_err(in_words)?),
        };
        let post = client.post(target.into_url()).header("content-length", "0");
        let signed = headers
            .into_iter()
            .fold(post, |post, (name, value)| post.header(name, value));
        Ok(Letter(signed))
    }
}

/// Nothing is repeated, followed or sent elsewhere: the signature is for this address alone.
fn built(builder: ClientBuilder, patience: Duration) -> reqwest::Result<Client> {
    builder
        .user_agent(concat!("Hostler/", env!("CARGO_PKG_VERSION")))
        .timeout(patience)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .no_proxy()
        .http1_only()
        .build()
}

/// A nudge, ready to leave.
pub struct Letter(RequestBuilder);

impl Letter {
    /// Sends it. Only the status of the answer is read.
    pub async fn send(self) -> Result<(), Unheard> {
        let answer = self.0.send().await.map_err(in_words)?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(Unheard::Refused(answer.status()))
        }
    }
}

/// The deepest cause, which is the one that a person can act on.
fn in_words(error: reqwest::Error) -> Unheard {
    if error.is_timeout() {
        return Unheard::Unreached("no answer came in time".to_owned());
    }
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    Unheard::Unreached(cause.to_string())
}
