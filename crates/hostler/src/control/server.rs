//! The answering side, inside the engine.

use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use domain::Actor;
use engine::Engine;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

use super::{LONGEST_LINE, Reply, Request, name_of};
use crate::clock::ProcessClock;
use crate::commands::{Answer, Desk};

/// How long a connection may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers commands until `stop`. A command that is under way then is ended with the process.
pub async fn serve(listener: UnixListener, engine: Engine, clock: ProcessClock, stop: CancellationToken) {
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, _)) => {
                let (engine, clock) = (engine.clone(), clock.clone());
                tokio::spawn(Box::pin(attend(stream, engine, clock)));
            }
            Err(error) => {
                tracing::warn!(%error, "the control socket could not accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn attend(mut stream: UnixStream, engine: Engine, clock: ProcessClock) {
    let reply = match answer(&mut stream, engine, &clock).await {
        Ok(answer) => Reply::Done(answer),
        Err(error) => Reply::Failed(format!("{error:#}")),
    };
    let Ok(mut line) = serde_json::to_vec(&reply) else {
        tracing::error!("an answer of the control socket cannot be written as JSON");
        return;
    };
    line.push(b'\n');
    if let Err(error) = stream.write_all(&line).await {
        tracing::debug!(%error, "whoever asked on the control socket has gone");
    }
}

#[cfg_attr(
    not(feature = "test-clock"),
    expect(unused_variables, reason = "only test builds move the clock")
)]
async fn answer(stream: &mut UnixStream, engine: Engine, clock: &ProcessClock) -> Result<Answer> {
    let user = admitted(stream)?;
    let request = tokio::time::timeout(PATIENCE, read(stream))
        .await
        .context("nothing was asked in time")??;
    match request {
        Request::Command(command) => {
            tracing::info!(user, "a command came over the control socket");
            let desk = Desk {
                engine,
                actor: Actor::host(&user),
                is_running: true,
            };
            Box::pin(command.run(&desk)).await
        }
        #[cfg(feature = "test-clock")]
        Request::Clock { advance_seconds } => {
            let now = clock.shift(advance_seconds);
            engine.wake();
            let value = serde_json::json!({ "now": now.to_string(), "micros": now.as_micros() });
            Ok(Answer::new(now.to_string(), value))
        }
    }
}

/// The name of the user at the other end: ours, or root.
fn admitted(stream: &UnixStream) -> Result<String> {
    let asking = stream.peer_cred().context("the asking user is not known")?.uid();
    let own = std::fs::metadata("/proc/self")
        .context("the engine's own user is not known")?
        .uid();
    if asking != own && asking != 0 {
        bail!("only the engine's user and root may use the control socket");
    }
    Ok(name_of(asking))
}

async fn read(stream: &mut UnixStream) -> Result<Request> {
    let mut line = Vec::new();
    let mut limited = BufReader::new(stream).take(LONGEST_LINE as u64);
    limited
        .read_until(b'\n', &mut line)
        .await
        .context("the question broke off")?;
    serde_json::from_slice(&line).context("the question is not understood; use the engine's own command line")
}
