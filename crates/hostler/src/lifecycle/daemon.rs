//! The engine with everything that listens, from its start to its end.
//!
//! The end is ordered: nothing new is claimed and no connection accepted; open platform requests end, or are left in
//! the journal as what they are, unknown; then the database is closed. It takes at most ten seconds, because what was
//! cut off is settled at the next start as after any crash.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::serve::Listener;
use engine::Engine;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use web::Relay;

use super::socket::{self, SocketFile};
use super::systemd;
use crate::clock::ProcessClock;
use crate::config::{Listen, Settings};
use crate::control;
use crate::doors;
use crate::nudge::{self, Pace};
use crate::wiring;

/// How long closing the database may take.
const CLOSING: Duration = Duration::from_secs(1);

/// A running engine and its listeners.
pub struct Daemon {
    engine: Engine,
    stop: CancellationToken,
    tasks: JoinSet<Result<()>>,
    patience: Duration,
    bridge: Option<SocketAddr>,
    operator: Router,
    relay: Relay,
    _files: Vec<SocketFile>,
}

impl Daemon {
    /// Listens and runs. What cannot be listened on is said before anything runs.
    pub async fn start(
        engine: Engine,
        clock: ProcessClock,
        settings: &Settings,
        readings: PrometheusHandle,
    ) -> Result<Self> {
        // Nothing is taken in before it is known whether the database can be relied on.
        wiring::take_bearings(&engine, &settings.database).await?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let (bridge_socket, bridge_file) = socket::listen(
            "bridge.socket",
            &settings.bridge.socket,
            settings.bridge.socket_mode.bits(),
            settings.bridge.directory_mode.bits(),
        )?;
        let (control_socket, control_file) = socket::listen(
            "control.socket",
            &settings.control.socket,
            0o600,
            settings.bridge.directory_mode.bits(),
        )?;
        let bridge_port = listen("bridge.listen", settings.bridge.listen).await?;
        let operator_port = listen("operator.listen", settings.operator.listen).await?;
        let console_port = listen("console.listen", settings.console.listen).await?;
        let bridge = bridge_port.as_ref().map(TcpListener::local_addr).transpose()?;

        let doors = doors::open(&engine, settings, readings.clone(), &stop)?;
        tasks.spawn(http(bridge_socket, doors.bridge.clone(), stop.clone()));
        if let Some(listener) = bridge_port {
            tasks.spawn(http(
                listener,
                doors.bridge.merge(doors.probes.clone()),
                stop.clone(),
            ));
        }
        if let Some(listener) = operator_port {
            tasks.spawn(http(
                listener,
                doors.operator.clone().merge(doors.probes),
                stop.clone(),
            ));
        }
        if let Some(listener) = console_port {
            tasks.spawn(http(listener, doors.relay.router(), stop.clone()));
        }
        let (relay, stopped) = (doors.relay.clone(), stop.clone());
        tasks.spawn(done(async move {
            stopped.cancelled().await;
            // What closes a console is written down before the database is.
            relay.drained().await;
        }));
        tasks.spawn(done(control::serve(
            control_socket,
            engine.clone(),
            clock,
            stop.clone(),
        )));
        tasks.spawn(done(systemd::keep_alive(engine.store().clone(), stop.clone())));
        tasks.spawn(done(upkeep(readings, stop.clone())));
        tasks.spawn(done(nudge::run(engine.clone(), Pace::default(), stop.clone())));
        let (running, until) = (engine.clone(), stop.clone());
        tasks.spawn(async move { running.run(until).await.context("the engine ended") });
        let patience = Duration::from_secs(settings.engine.stop_seconds.into());
        Ok(Self {
            engine,
            stop,
            tasks,
            patience,
            bridge,
            operator: doors.operator,
            relay: doors.relay,
            _files: vec![bridge_file, control_file],
        })
    }

    /// Where the bridge listens, where it has a port.
    pub const fn bridge_address(&self) -> Option<SocketAddr> {
        self.bridge
    }

    /// The operator's pages, to be served elsewhere besides.
    pub fn operator_pages(&self) -> Router {
        self.operator.clone()
    }

    /// The relay of consoles, to be served elsewhere besides.
    pub fn relay(&self) -> Router {
        self.relay.router()
    }

    /// Cancelled when the process stops; cancel it to stop.
    pub const fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Runs until it is told to stop, or until a part of it ends by itself, which is an error.
    pub async fn run(mut self) -> Result<()> {
        let ended = tokio::select! {
            () = self.stop.cancelled() => Ok(()),
            ended = self.tasks.join_next() => broken(ended, self.stop.is_cancelled()),
        };
        if let Err(error) = &ended {
            tracing::error!(
                error = format!("{error:#}"),
                "a part of the engine ended; stopping"
            );
        }
        self.end().await;
        ended
    }

    async fn end(mut self) {
        systemd::stopping();
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.patience, all).await.is_err() {
            tracing::warn!("not everything ended in time; what was open is settled at the next start");
            self.tasks.abort_all();
        }
        match tokio::time::timeout(CLOSING, self.engine.store().close()).await {
            Ok(Ok(())) => tracing::info!("stopped"),
            Ok(Err(error)) => tracing::warn!(%error, "the database could not be closed"),
            Err(_) => tracing::warn!("the database did not close in time"),
        }
    }
}

/// What the end of a part means: its own error, or that it ended at all, unless everything is to end.
fn broken(ended: Option<std::result::Result<Result<()>, JoinError>>, stopping: bool) -> Result<()> {
    match ended {
        Some(Ok(Err(error))) => Err(error),
        Some(Err(error)) => Err(error).context("a part of the engine broke"),
        Some(Ok(Ok(()))) | None if stopping => Ok(()),
        Some(Ok(Ok(()))) | None => bail!("a part of the engine ended by itself"),
    }
}

async fn listen(setting: &str, listen: Listen) -> Result<Option<TcpListener>> {
    let Some(address) = listen.address() else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).await;
    let listener = listener.with_context(|| {
        format!(
            "{setting} = \"{address}\": it cannot be listened on; choose an address that is free on this host"
        )
    })?;
    Ok(Some(listener))
}

async fn http<L>(listener: L, router: Router, stop: CancellationToken) -> Result<()>
where
    L: Listener,
    L::Addr: std::fmt::Debug,
{
    let stopped = stop.clone();
    axum::serve(listener, router)
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await?;
    stopped.cancelled().await;
    Ok(())
}

/// A part that ends only with the stop, or has nothing to do and is then no reason to end.
async fn done(part: impl Future<Output = ()>) -> Result<()> {
    part.await;
    Ok(())
}

/// Forgets readings that are past their use.
async fn upkeep(readings: PrometheusHandle, stop: CancellationToken) {
    let mut tick = tokio::time::interval(Duration::from_secs(5));
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        readings.run_upkeep();
    }
}
