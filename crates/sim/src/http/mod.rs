//! Serving a platform over real sockets, so that resets, silence, truncation and refusals happen where they would. A
//! request that a platform answers with a change of protocols goes on as a WebSocket that shows a machine's screen.

mod exchange;
mod frames;
mod screen;
mod script;
mod stream;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::platform::{Outage, Platform};
use crate::tls::TlsConfig;

/// How often the listener looks whether an outage began or ended.
const LOOK: Duration = Duration::from_millis(50);

/// What a listener offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Offer {
    /// The platform.
    #[default]
    Platform,
    /// The platform, and the control endpoint below `/_sim/`.
    PlatformAndControl,
    /// The control endpoint only; outages do not concern it.
    Control,
}

/// How to serve.
#[derive(Debug, Clone)]
pub struct Options {
    /// TLS, or plain HTTP.
    pub tls: Option<TlsConfig>,
    /// What to offer.
    pub offer: Offer,
    /// The longest real time that a connection stays silent, late or dripping.
    pub patience: Duration,
    /// How late every answer of the platform is.
    pub delay: Duration,
}

impl Default for Options {
    /// Plain HTTP, the platform only, 35 s of patience (a client gives up after 30).
    fn default() -> Self {
        Self {
            tls: None,
            offer: Offer::Platform,
            patience: Duration::from_secs(35),
            delay: Duration::ZERO,
        }
    }
}

/// What each connection needs.
struct Shared {
    platform: Arc<dyn Platform>,
    clock: Arc<dyn Clock>,
    options: Options,
}

/// A listener that runs until it is shut down or dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub addr: SocketAddr,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Running {
    /// Closes the listener and its connections.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            // A listener that panicked is as closed as one that ended.
            let _ = task.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Serves a platform on `listen` (port 0 takes a free one) until the returned handle is dropped.
pub async fn serve(
    platform: Arc<dyn Platform>,
    clock: Arc<dyn Clock>,
    listen: SocketAddr,
    tls: Option<TlsConfig>,
) -> io::Result<Running> {
    serve_with(
        platform,
        clock,
        listen,
        Options {
            tls,
            ..Options::default()
        },
    )
    .await
}

/// Like [`serve`], with all options.
#[expect(
    clippy::unused_async,
    reason = "it needs a running runtime, and listening may come to wait"
)]
pub async fn serve_with(
    platform: Arc<dyn Platform>,
    clock: Arc<dyn Clock>,
    listen: SocketAddr,
    options: Options,
) -> io::Result<Running> {
    let listener = bind(listen, 1024)?;
    let addr = listener.local_addr()?;
    let stop = CancellationToken::new();
    let shared = Arc::new(Shared {
        platform,
        clock,
        options,
    });
    let task = tokio::spawn(listen_until(shared, listener, addr, stop.clone()));
    Ok(Running {
        addr,
        stop,
        task: Some(task),
    })
}

fn bind(addr: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(backlog)
}

/// Accepts while the platform is in reach; an outage takes the listener away and cuts all connections.
async fn listen_until(shared: Arc<Shared>, first: TcpListener, addr: SocketAddr, stop: CancellationToken) {
    let mut listener = Some(first);
    while !stop.is_cancelled() {
        match shared.outage() {
            None => {
                if let Some(ready) = listener.take().or_else(|| again(addr)) {
                    accept_until_outage(&shared, ready, &stop).await;
                } else {
                    stop.run_until_cancelled(tokio::time::sleep(LOOK)).await;
                }
            }
            Some(outage) => {
                listener = None;
                endure(&shared, outage, addr, &stop).await;
            }
        }
    }
}

impl Shared {
    fn outage(&self) -> Option<Outage> {
        if self.options.offer == Offer::Control {
            None
        } else {
            self.platform.outage(self.clock.now())
        }
    }
}

/// Listens again on the same port, if the system allows it yet.
fn again(addr: SocketAddr) -> Option<TcpListener> {
    bind(addr, 1024)
        .inspect_err(|error| tracing::warn!(%addr, %error, "the simulator cannot listen again yet"))
        .ok()
}

async fn accept_until_outage(shared: &Arc<Shared>, listener: TcpListener, stop: &CancellationToken) {
    let connections = stop.child_token();
    let _cut = connections.clone().drop_guard();
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = look.tick() => if shared.outage().is_some() { return },
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let (shared, connections) = (Arc::clone(shared), connections.clone());
                    tokio::spawn(async move {
                        connections.run_until_cancelled(Box::pin(exchange::connection(&shared, stream))).await;
                    });
                }
                Err(error) => tracing::debug!(%error, "the simulator could not accept a connection"),
            },
        }
    }
}

/// Stays out of reach until the outage ends. Without a listener connections are refused; with a listener whose queue
/// is full and never emptied, the system drops what would open one.
async fn endure(shared: &Shared, outage: Outage, addr: SocketAddr, stop: &CancellationToken) {
    let deaf = if outage == Outage::Unreachable {
        bind(addr, 0).ok()
    } else {
        None
    };
    let mut fillers = Vec::new();
    while deaf.is_some() && fillers.len() < 8 {
        match tokio::time::timeout(LOOK, TcpStream::connect(addr)).await {
            Ok(Ok(filler)) => fillers.push(filler),
            Ok(Err(_)) | Err(_) => break,
        }
    }
    while shared.outage() == Some(outage) {
        if stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
            return;
        }
    }
}
