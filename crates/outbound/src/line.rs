//! A [`Line`]: a WebSocket to a platform, by which the screen of one of its machines is seen.
//!
//! It is opened only to the platform's own host, by the transport and the trust of its endpoint, and carries bytes of
//! bounded messages in both directions. It is no request: nothing is journalled, repeated or paced, for it changes
//! nothing on the platform. Who may look at a machine is decided before.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::Secret;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use reqwest::Url;
use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::clients::Trust;
use crate::endpoint::Endpoint;
use crate::outbound::Outbound;

/// The largest message that a platform may send: far more than any part of a screen that is sent at once.
const LARGEST_MESSAGE: usize = 1 << 20;

/// Why a line could not be opened. None of these says where it led: the address holds a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The address is not one of the platform's own.
    #[error("the address does not lie on the platform's own host")]
    Elsewhere,
    /// There is no connection.
    #[error("the platform cannot be reached: {0}")]
    Unreachable(String),
    /// The platform answered something else.
    #[error("the platform opened no line: {0}")]
    Refused(String),
}

/// What carries the bytes.
trait Carrier: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Carrier for T {}
type Socket = WebSocketStream<Box<dyn Carrier>>;

/// An open line.
pub struct Line(Socket);

/// The end of a line that is read from.
pub struct LineReader(SplitStream<Socket>);

/// The end of a line that is written to.
pub struct LineWriter(SplitSink<Socket, Message>);

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl Line {
    /// Both ends.
    pub fn split(self) -> (LineReader, LineWriter) {
        let (writer, reader) = self.0.split();
        (LineReader(reader), LineWriter(writer))
    }
}

impl LineReader {
    /// The next bytes; `None` when the line has ended, in whatever way.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            match self.0.next().await? {
                Ok(Message::Binary(bytes)) => return Some(bytes),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                // A screen is spoken of in bytes: whatever else comes ends it.
                Ok(Message::Text(_) | Message::Close(_) | Message::Frame(_)) => return None,
                Err(error) => {
                    tracing::debug!(%error, "a line to a platform broke");
                    return None;
                }
            }
        }
    }
}

impl LineWriter {
    /// Sends bytes, and waits until the platform takes them. Whether it did.
    pub async fn send(&mut self, bytes: Bytes) -> bool {
        self.0.send(Message::Binary(bytes)).await.is_ok()
    }

    /// Ends the line in order, where that is still possible.
    pub async fn close(&mut self) {
        if let Err(error) = self.0.close().await {
            tracing::debug!(%error, "a line had ended already");
        }
    }
}

/// The ways to TLS by whom is trusted, built at first use.
#[derive(Debug, Default)]
pub(crate) struct Handshakes(Mutex<HashMap<Trust, Arc<ClientConfig>>>);

impl Handshakes {
    fn get(&self, trust: Trust) -> Result<Arc<ClientConfig>, String> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = known.get(&trust) {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(tls(&trust)?);
        known.insert(trust, Arc::clone(&config));
        Ok(config)
    }
}

/// The same trust as every request's.
fn tls(trust: &Trust) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let extra: Vec<CertificateDer<'static>> = match trust {
        Trust::SystemAnd(pem) => CertificateDer::pem_slice_iter(pem.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())?,
        Trust::System | Trust::Nobody => Vec::new(),
    };
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider));
    let verifier = verifier.map_err(|error| error.to_string())?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

impl Outbound {
    /// Opens a line to an address on a platform's own host, within the time of a request.
    pub async fn dial(&self, endpoint: &Endpoint, address: &Secret) -> Result<Line, LineError> {
        let place = endpoint.line(address).ok_or(LineError::Elsewhere)?;
        let timeouts = self.timeouts();
        let opened = async {
            let carrier = self.carrier(endpoint, &place, timeouts.connect).await?;
            let request = address.expose().into_client_request();
            let request = request.map_err(|error| LineError::Refused(told(&error)))?;
            let config = WebSocketConfig::default()
                .max_message_size(Some(LARGEST_MESSAGE))
                .max_frame_size(Some(LARGEST_MESSAGE));
            let (socket, _) = client_async_with_config(request, carrier, Some(config))
                .await
                .map_err(|error| LineError::Refused(told(&error)))?;
            Ok(Line(socket))
        };
        let late = || LineError::Unreachable("it did not answer in time".to_owned());
        tokio::time::timeout(timeouts.total, opened)
            .await
            .map_err(|_| late())?
    }

    async fn carrier(
        &self,
        endpoint: &Endpoint,
        (host, port): &(String, u16),
        patience: Duration,
    ) -> Result<Box<dyn Carrier>, LineError> {
        let unreachable = |error: &dyn fmt::Display| LineError::Unreachable(error.to_string());
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let connecting = TcpStream::connect((bare.as_str(), *port));
        let stream = tokio::time::timeout(patience, connecting)
            .await
            .map_err(|_| unreachable(&"connecting took too long"))?
            .map_err(|error| unreachable(&error))?;
        // Each key is a small message that must not wait for the next.
        stream.set_nodelay(true).map_err(|error| unreachable(&error))?;
        if endpoint.trust() == Trust::Nobody {
            return Ok(Box::new(stream));
        }
        let config = self.handshakes().get(endpoint.trust());
        let config = config.map_err(|error| unreachable(&error))?;
        let name = ServerName::try_from(bare).map_err(|error| unreachable(&error))?;
        let stream = TlsConnector::from(config)
            .connect(name, stream)
            .await
            .map_err(|error| unreachable(&error))?;
        Ok(Box::new(stream))
    }
}

/// What went wrong, without the address.
fn told(error: &tungstenite::Error) -> String {
    match error {
        tungstenite::Error::Http(response) => format!("it answered HTTP {}", response.status().as_u16()),
        tungstenite::Error::Url(_) => "the address cannot be used".to_owned(),
        other => other.to_string(),
    }
}

impl Endpoint {
    /// Host and port of an address, if it is a WebSocket on the endpoint's own host, by the endpoint's own transport.
    fn line(&self, address: &Secret) -> Option<(String, u16)> {
        let own = Url::parse(self.base()).ok()?;
        let wanted = if own.scheme() == "https" { "wss" } else { "ws" };
        let text = address.expose();
        // What `Url` would silently drop or turn was not meant by the platform either.
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
            return None;
        }
        let url = Url::parse(text).ok()?;
        let is_own = url.scheme() == wanted
            && url.host_str() == own.host_str()
            && url.port_or_known_default() == own.port_or_known_default()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none();
        let host = url.host_str().filter(|_| is_own)?;
        Some((host.to_owned(), url.port_or_known_default()?))
    }
}

#[cfg(test)]
mod tests {
    use domain::Moment;
    use domain::id::PlatformId;
    use domain::ports::CountingRandom;

    use super::*;
    use crate::endpoint::{Credential, PlainHttp};

    fn endpoint(base: &str) -> Endpoint {
        let platform = PlatformId::at(Moment::from_seconds(0), &CountingRandom::new(1));
        let credential = Credential::Bearer(Secret::new("abc"));
        Endpoint::parse(platform, base, credential, PlainHttp::OnLoopback).unwrap()
    }

    #[test]
    fn a_line_leads_to_the_platforms_own_host_and_nowhere_else() {
        let panel = endpoint("https://panel.example.test/api/v1");
        let line = |address: &str| panel.line(&Secret::new(address));
        assert_eq!(
            line("wss://panel.example.test/vnc/?token=1"),
            Some(("panel.example.test".to_owned(), 443))
        );
        for elsewhere in [
            "ws://panel.example.test/vnc/",
            "https://panel.example.test/vnc/",
            "wss://panel.example.test:8443/vnc/",
            "wss://evil.example/vnc/",
            "wss://panel.example.test@evil.example/vnc/",
            "wss://panel.example.test.evil.example/",
            "wss://evil.example\\.panel.example.test/",
            "wss://panel.example.test/a b",
            "/vnc/",
            "",
        ] {
            assert_eq!(line(elsewhere), None, "{elsewhere}");
        }
        let local = endpoint("http://127.0.0.1:8080/api/v1");
        assert_eq!(
            local.line(&Secret::new("ws://127.0.0.1:8080/vnc/?token=1")),
            Some(("127.0.0.1".to_owned(), 8080))
        );
        assert_eq!(local.line(&Secret::new("ws://127.0.0.1/vnc/")), None);
    }

    #[test]
    fn what_is_told_of_a_failure_never_holds_the_address() {
        let error = "wss://panel.example.test/vnc/?token=hunter2 \u{7f}".into_client_request();
        let told = told(&error.map(drop).unwrap_err());
        assert!(!told.contains("hunter2"), "{told}");
    }
}
