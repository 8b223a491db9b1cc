//! The engine as a process: started, watched and told to stop by its id, and killed where a run breaks off.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// When a start has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running engine.
#[derive(Debug)]
pub struct Process {
    child: Child,
    id: u32,
    /// How long it took from the start of the process to the first good answer of `/readyz`.
    pub started_in: Duration,
}

/// Resident memory in MiB, to a tenth.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Resident {
    /// Now.
    pub now: f64,
    /// Of that, what belongs to this process alone; the rest is mapped from its program file.
    pub own: f64,
    /// The most since its start.
    pub peak: f64,
}

impl Process {
    /// Starts `hostler serve`, which will listen on `port`, and waits until it is ready. Its log goes into a file.
    pub async fn start(program: &Path, config: &Path, port: u16, log: &Path) -> Result<Self> {
        let lines = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let begun = Instant::now();
        let child = Command::new(program)
            .arg("--config")
            .arg(config)
            .arg("serve")
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(lines)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", program.display()))?;
        let id = child.id().context("the engine ended at once")?;
        let mut process = Self {
            child,
            id,
            started_in: Duration::ZERO,
        };
        while !is_ready(port).await {
            if let Some(status) = process.child.try_wait()? {
                bail!("the engine ended with {status}; it said:\n{}", end_of(log));
            }
            ensure!(
                begun.elapsed() < PATIENCE,
                "the engine is not ready after {PATIENCE:?}; it said:\n{}",
                end_of(log)
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        process.started_in = begun.elapsed();
        Ok(process)
    }

    /// Its resident memory.
    pub fn resident(&self) -> Result<Resident> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id))
            .context("the engine's memory cannot be read")?;
        let mib = |name: &str| -> Result<f64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kib = line.and_then(|rest| rest.split_whitespace().next());
            let kib = kib.with_context(|| format!("the kernel does not say {name}"))?;
            Ok((kib.parse::<f64>()? / 1024.0 * 10.0).round() / 10.0)
        };
        Ok(Resident {
            now: mib("VmRSS:")?,
            own: mib("RssAnon:")?,
            peak: mib("VmHWM:")?,
        })
    }

    /// Tells it to stop, and waits until it has.
    pub async fn stop(mut self) -> Result<()> {
        let told = Command::new("kill")
            .args(["-TERM", &self.id.to_string()])
            .status()
            .await
            .context("the program kill is not there")?;
        ensure!(told.success(), "the engine could not be told to stop");
        let status = tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .context("the engine did not stop")??;
        ensure!(status.success(), "the engine ended with {status}");
        Ok(())
    }
}

/// Whether `/readyz` answers 200. One connection per question, as a probe asks.
async fn is_ready(port: u16) -> bool {
    let question = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        stream
            .write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .await
            .ok()?;
        let mut head = [0_u8; 12];
        stream.read_exact(&mut head).await.ok()?;
        Some(&head == b"HTTP/1.1 200")
    };
    question.await.unwrap_or(false)
}

fn end_of(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}
