//! A server that does what a test tells it to, and notes what it was sent.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::http::{Failure, FailureKind, Lane, Outcome, Request, Timeouts};
use domain::id::{CallId, PlatformId};
use domain::ports::CountingRandom;
use domain::{Clock, Moment, Secret};
use outbound::{Credential, Endpoint, Outbound, OutboundConfig, PlainHttp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// 2026-11-20T07:00:00Z, a Friday: the moment at which every test takes place.
pub const NOW: Moment = Moment::from_seconds(1_795_158_000);

/// A clock that stands at that moment.
pub struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Moment {
        NOW
    }
}

/// The requests a server was sent, whole, in order.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    pub fn all(&self) -> Vec<String> {
        self.0.lock().expect("no test panics here").clone()
    }

    pub fn count(&self) -> usize {
        self.all().len()
    }

    /// Reads one request and notes it; `None` when the client hangs up first.
    pub async fn read<S: AsyncReadExt + Unpin>(&self, stream: &mut S) -> Option<String> {
        let mut bytes = Vec::new();
        while !is_whole(&bytes) {
            let mut piece = [0; 4096];
            match stream.read(&mut piece).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => bytes.extend_from_slice(&piece[..count]),
            }
        }
        let text = String::from_utf8(bytes).expect("our requests are UTF-8");
        self.0.lock().expect("no test panics here").push(text.clone());
        Some(text)
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.to_lowercase().lines().find_map(|line| {
        line.strip_prefix("content-length: ")
            .map(|length| length.parse().unwrap_or(0))
    });
    body.len() >= length.unwrap_or(0)
}

/// Starts a server; each connection, with its number from 0 on, is handed to `serve`.
pub async fn start<F, Fut>(serve: F) -> (SocketAddr, Seen)
where
    F: Fn(usize, TcpStream, Seen) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback has free ports");
    let address = listener.local_addr().expect("it is bound");
    let seen = Seen::default();
    let noted = seen.clone();
    tokio::spawn(async move {
        for number in 0.. {
            let Ok((stream, _)) = listener.accept().await else {
                return;
            };
            tokio::spawn(serve(number, stream, noted.clone()));
        }
    });
    (address, seen)
}

/// A server that answers every request with the same bytes and keeps the connection.
pub async fn always(answer: &'static str) -> (SocketAddr, Seen) {
    start(move |_, mut stream, seen| async move {
        while seen.read(&mut stream).await.is_some() {
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    })
    .await
}

/// A server that answers the first request of each connection with these bytes and then hangs up.
pub async fn once(answer: &'static [u8]) -> (SocketAddr, Seen) {
    start(move |_, mut stream, seen| async move {
        if seen.read(&mut stream).await.is_some() {
            drop(stream.write_all(answer).await);
        }
    })
    .await
}

/// Short times, so that tests of silence are short.
pub fn quick() -> OutboundConfig {
    OutboundConfig {
        timeouts: Timeouts {
            connect: Duration::from_millis(150),
            total: Duration::from_millis(300),
        },
        least_time: Duration::ZERO,
        ..OutboundConfig::default()
    }
}

/// Times that only a broken test meets.
pub fn patient() -> OutboundConfig {
    OutboundConfig {
        least_time: Duration::ZERO,
        ..OutboundConfig::default()
    }
}

pub fn outbound(config: OutboundConfig) -> Outbound {
    Outbound::new(config, Arc::new(FixedClock), Arc::new(CountingRandom::new(7)))
}

pub fn platform() -> PlatformId {
    PlatformId::at(NOW, &CountingRandom::new(3))
}

pub fn call() -> CallId {
    CallId::at(NOW, &CountingRandom::new(5))
}

pub fn endpoint_at(base: &str) -> Endpoint {
    endpoint_of(platform(), base)
}

pub fn endpoint_of(platform: PlatformId, base: &str) -> Endpoint {
    let credential = Credential::Bearer(Secret::new("s3cret-token"));
    Endpoint::parse(platform, base, credential, PlainHttp::OnLoopback)
        .expect("tests write right addresses")
        .with_kind("virtfusion")
}

pub fn endpoint(address: SocketAddr) -> Endpoint {
    endpoint_at(&format!("http://{address}/api/v1"))
}

/// Sends with ten seconds to go.
pub async fn send(outbound: &Outbound, endpoint: &Endpoint, request: &Request) -> Outcome {
    outbound
        .send(
            endpoint,
            call(),
            request,
            Lane::Change,
            NOW + Duration::from_secs(10),
        )
        .await
}

pub fn failure(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Failed(failure) => failure,
        Outcome::Answered(response) => panic!("it was answered: {response:?}"),
    }
}

/// Asserts that nothing left, with these words in the reason.
#[track_caller]
pub fn assert_not_sent(outcome: Outcome, words: &str) {
    let failure = failure(outcome);
    assert_eq!(
        (failure.kind, failure.status),
        (FailureKind::NotSent, None),
        "{}",
        failure.message
    );
    assert!(failure.message.contains(words), "{}", failure.message);
}

/// Asserts that the answer was lost, with this status and these words in the reason.
#[track_caller]
pub fn assert_lost(outcome: Outcome, status: Option<u16>, words: &str) {
    let failure = failure(outcome);
    assert_eq!(
        (failure.kind, failure.status),
        (FailureKind::Lost, status),
        "{}",
        failure.message
    );
    assert!(failure.message.contains(words), "{}", failure.message);
}
