//! The engine as a process: started, watched, stopped, and killed, always by its own id.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use domain::{Clock, Moment};
use engine::SystemClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::place::Place;

/// When a start or a stop has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running engine; killed when dropped.
#[derive(Debug)]
pub struct Engine {
    child: Child,
    id: u32,
    port: u16,
    /// When it was started, by the system's clock: its journal has nothing of its own from before.
    pub started_at: Moment,
    /// From its start to the first good answer of `/readyz`.
    pub ready_in: Duration,
}

impl Engine {
    /// Starts `hostler serve` and waits until it is ready.
    pub async fn start(place: &Place) -> Result<Self> {
        Self::spawn(place.hostler(&["serve"]), place.port, place.path("log")).await
    }

    /// Starts a prepared command, which becomes the engine, and waits until it is ready. Its log goes to a file.
    pub async fn spawn(mut command: Command, port: u16, log: PathBuf) -> Result<Self> {
        let lines = OpenOptions::new().create(true).append(true).open(&log)?;
        let started_at = SystemClock.now();
        let begun = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(lines)
            .kill_on_drop(true)
            .spawn()
            .context("the engine cannot be started")?;
        let id = child.id().context("the engine ended at once")?;
        let mut engine = Self {
            child,
            id,
            port,
            started_at,
            ready_in: Duration::ZERO,
        };
        while engine.readiness().await != Some(200) {
            if let Some(status) = engine.child.try_wait()? {
                bail!("the engine ended with {status}; it said:\n{}", end_of(&log));
            }
            ensure!(
                begun.elapsed() < PATIENCE,
                "the engine is not ready after {PATIENCE:?}; it said:\n{}",
                end_of(&log)
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        engine.ready_in = begun.elapsed();
        Ok(engine)
    }

    /// Its process id.
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// What `/readyz` answers; `None` when nothing does.
    pub async fn readiness(&self) -> Option<u16> {
        let question = async {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
            stream
                .write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
                .await
                .ok()?;
            let mut head = [0_u8; 12];
            stream.read_exact(&mut head).await.ok()?;
            std::str::from_utf8(&head[9..]).ok()?.parse().ok()
        };
        tokio::time::timeout(PATIENCE, question).await.ok().flatten()
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("the engine could not be killed")
    }

    /// Sends it a signal by name.
    pub async fn signal(&self, name: &str) -> Result<()> {
        let told = Command::new("kill")
            .args([format!("-{name}"), self.id.to_string()])
            .status()
            .await
            .context("the program kill is not there")?;
        ensure!(told.success(), "the engine could not be sent {name}");
        Ok(())
    }

    /// Tells it to stop, and waits until it has.
    pub async fn stop(mut self) -> Result<()> {
        self.signal("TERM").await?;
        let status = tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .context("the engine did not stop")??;
        ensure!(status.success(), "the engine ended with {status}");
        Ok(())
    }
}

/// The last lines of a log.
pub fn end_of(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}
