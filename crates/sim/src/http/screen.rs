//! A machine's screen over WebSocket, on a connection that the platform has agreed to change the protocol of.

use std::io;
use std::time::Duration;

use hyper::header::HeaderValue;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use sha1::{Digest as _, Sha1};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Shared;
use super::frames::{self, Frames, Message};
use crate::screen::Session;
use crate::wire::Incoming;

/// How often it is looked whether the console is still open, and whether the machine runs.
const LOOK: Duration = Duration::from_millis(200);

/// How long a viewer may take to be shown something.
const SHOWING: Duration = Duration::from_secs(20);

/// What a session ends with: all is well, the client broke the protocol, the console is closed.
const DONE: u16 = 1000;
const BROKEN: u16 = 1002;
const CLOSED: u16 = 1001;

/// The answer's headers beside its status: the key, and the sub-protocol that viewers of screens may ask for.
pub fn headers(incoming: &Incoming) -> Vec<(&'static str, HeaderValue)> {
    let key = incoming.header("sec-websocket-key").unwrap_or_default();
    let offered = incoming.header("sec-websocket-protocol").unwrap_or_default();
    let mut headers = vec![
        ("connection", HeaderValue::from_static("upgrade")),
        ("upgrade", HeaderValue::from_static("websocket")),
    ];
    headers
        .extend(HeaderValue::from_str(&frames::accepted(key)).map(|value| ("sec-websocket-accept", value)));
    if offered.split(',').any(|word| word.trim() == "binary") {
        headers.push(("sec-websocket-protocol", HeaderValue::from_static("binary")));
    }
    headers
}

/// Serves the screen until the viewer goes, breaks the protocol, or the console is closed.
pub async fn serve(shared: &Shared, upgraded: Upgraded, incoming: &Incoming) {
    if let Err(error) = session(shared, TokioIo::new(upgraded), incoming).await {
        tracing::debug!(%error, "a viewer of a screen went away");
    }
}

async fn session(shared: &Shared, mut io: TokioIo<Upgraded>, incoming: &Incoming) -> io::Result<()> {
    let screen = || shared.platform.screen(shared.clock.now(), incoming);
    let Some(begun) = screen() else {
        return put(&mut io, &frames::close(CLOSED)).await;
    };
    let mut session = Session::new(begun, challenge(incoming));
    let mut frames = Frames::default();
    let mut buffer = vec![0; 8 * 1024];
    let mut look = tokio::time::interval(LOOK);
    put(&mut io, &frames::binary(Session::GREETING)).await?;
    loop {
        tokio::select! {
            _ = look.tick() => {
                let Some(now) = screen() else {
                    return put(&mut io, &frames::close(CLOSED)).await;
                };
                say(&mut io, &session.set_running(now.running)).await?;
            }
            read = io.read(&mut buffer) => {
                let read = read?;
                if read == 0 {
                    return Ok(());
                }
                let Ok(messages) = frames.take(&buffer[..read]) else {
                    return put(&mut io, &frames::close(BROKEN)).await;
                };
                for message in messages {
                    if let Some(code) = heard(&mut io, &mut session, message).await? {
                        return put(&mut io, &frames::close(code)).await;
                    }
                }
            }
        }
    }
}

/// Answers one message; the code of the end, if this is it.
async fn heard(
    io: &mut TokioIo<Upgraded>,
    session: &mut Session,
    message: Message,
) -> io::Result<Option<u16>> {
    match message {
        Message::Close => Ok(Some(DONE)),
        Message::Ping(bytes) => {
            put(io, &frames::pong(&bytes)).await?;
            Ok(None)
        }
        Message::Binary(bytes) => {
            let taken = session.take(&bytes);
            say(io, &taken.output).await?;
            if let Some(reason) = taken.ended {
                tracing::debug!(reason, "a viewer of a screen is turned away");
            }
            Ok(taken.ended.map(|_| DONE))
        }
    }
}

async fn say(io: &mut TokioIo<Upgraded>, bytes: &[u8]) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    put(io, &frames::binary(bytes)).await
}

/// Sends bytes to a viewer that takes them in time.
async fn put(io: &mut TokioIo<Upgraded>, bytes: &[u8]) -> io::Result<()> {
    tokio::time::timeout(SHOWING, io.write_all(bytes))
        .await
        .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// Another one for each connection, for each brings a key of its own.
fn challenge(incoming: &Incoming) -> [u8; 16] {
    let key = incoming.header("sec-websocket-key").unwrap_or_default();
    let digest = Sha1::digest(format!("challenge {key}").as_bytes());
    let mut challenge = [0; 16];
    challenge.copy_from_slice(&digest[..16]);
    challenge
}
