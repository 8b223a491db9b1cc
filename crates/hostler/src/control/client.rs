//! The asking side.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::{LONGEST_LINE, Reply, Request};
use crate::commands::Answer;

/// Why no engine was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreached {
    /// Nobody listens: no engine runs.
    Nobody,
    /// Somebody may listen, but this user must not speak to it.
    Forbidden,
}

/// Asks the running engine; `Err` inside when none could be reached.
pub async fn ask(socket: &Path, request: &Request) -> Result<std::result::Result<Answer, Unreached>> {
    let stream = match UnixStream::connect(socket).await {
        Ok(stream) => stream,
        Err(error) => {
            return match error.kind() {
                ErrorKind::NotFound | ErrorKind::ConnectionRefused => Ok(Err(Unreached::Nobody)),
                ErrorKind::PermissionDenied => Ok(Err(Unreached::Forbidden)),
                _ => Err(error).with_context(|| format!("control.socket = \"{}\"", socket.display())),
            };
        }
    };
    match exchange(stream, request).await? {
        Reply::Done(answer) => Ok(Ok(answer)),
        Reply::Failed(sentence) => bail!("{sentence}"),
    }
}

async fn exchange(mut stream: UnixStream, request: &Request) -> Result<Reply> {
    let mut line = serde_json::to_vec(request).context("the command cannot be sent")?;
    line.push(b'\n');
    stream.write_all(&line).await.context("the engine hung up")?;
    let mut answer = Vec::new();
    let mut limited = BufReader::new(stream).take(LONGEST_LINE as u64);
    limited
        .read_until(b'\n', &mut answer)
        .await
        .context("the engine hung up")?;
    if answer.last() != Some(&b'\n') {
        bail!("the engine hung up before it had answered; look whether the command took effect");
    }
    serde_json::from_slice(&answer)
        .context("the engine is of another version: restart it, or use its own command line")
}
