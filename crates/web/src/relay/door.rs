//! Who is let in.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse, Response};
use domain::Secret;
use engine::{Closing, EngineError, Opened, Opening, Seat, Turned};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;

use super::Shared;
use super::pump;

/// The largest message of a browser: keys, and what is pasted in parts.
const LARGEST: usize = 64 * 1024;
/// What may wait to be sent to a browser that is slow.
const UNSENT: usize = 2 * 1024 * 1024;
/// How long a browser may take for one message.
pub(super) const SENDING: Duration = Duration::from_secs(20);
/// How long it may take for the last one, for which a stop waits.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long judging a ticket may take.
const JUDGING: Duration = Duration::from_secs(10);
/// The code of every end but the person's own; its reason says why.
const ENDED: u16 = 4000;
const DONE: u16 = 1000;

pub(super) type Reader = SplitStream<WebSocket>;
pub(super) type Writer = SplitSink<WebSocket, Message>;

/// What a page says first.
#[derive(Deserialize)]
struct Said {
    ticket: Secret,
    proof: String,
}

/// `GET /console`.
pub(super) async fn knock(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Some(origin) = origin(&headers) else {
        return refused(StatusCode::FORBIDDEN, "consoles are opened by pages");
    };
    if shared.stop.is_cancelled() {
        return refused(StatusCode::SERVICE_UNAVAILABLE, "stopping");
    }
    let Ok(place) = Arc::clone(&shared.waiting).try_acquire_owned() else {
        metrics::counter!("hostler_consoles_refused_total", "why" => "waiting").increment(1);
        return refused(StatusCode::SERVICE_UNAVAILABLE, "too many are waiting");
    };
    upgrade
        .protocols(["binary"])
        .max_message_size(LARGEST)
        .max_frame_size(LARGEST)
        .max_write_buffer_size(UNSENT)
        .on_upgrade(move |socket| {
            let tasks = shared.tasks.clone();
            tasks.track_future(serve(shared, socket, origin, place))
        })
}

fn refused(status: StatusCode, why: &'static str) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], why).into_response()
}

/// The origin of the page, where the browser says one.
fn origin(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::ORIGIN)?.to_str().ok()?.to_ascii_lowercase();
    let (scheme, authority) = text.split_once("://")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let is_plain = !authority.is_empty() && authority.chars().all(plain);
    (matches!(scheme, "https" | "http") && is_plain).then_some(text)
}

async fn serve(shared: Arc<Shared>, socket: WebSocket, origin: String, place: OwnedSemaphorePermit) {
    let (mut writer, mut reader) = socket.split();
    let let_in = tokio::select! {
        let_in = let_in(&shared, &mut writer, &mut reader, &origin) => let_in,
        () = shared.stop.cancelled() => return end(&mut writer, ENDED, Closing::Stopping.as_str()).await,
    };
    // Whoever is in leaves the place to the next; the number of consoles is bounded by itself.
    drop(place);
    match let_in {
        Ok((opened, seat)) => {
            let why = pump::run(&shared, &opened, seat, &mut writer, &mut reader).await;
            let code = if why == Closing::Viewer { DONE } else { ENDED };
            end(&mut writer, code, why.as_str()).await;
        }
        Err(turned) => {
            if let Turned::Fault(error) = &turned {
                tracing::error!(%error, "whether a console may be opened could not be found out");
            } else {
                tracing::info!(why = turned.as_str(), "somebody was not let in to a console");
            }
            metrics::counter!("hostler_consoles_refused_total", "why" => turned.as_str()).increment(1);
            let word = match &turned {
                Turned::Ended(why) => why.as_str(),
                other => other.as_str(),
            };
            end(&mut writer, ENDED, word).await;
        }
    }
}

/// Asks for ticket and proof, and has them judged.
async fn let_in(
    shared: &Shared,
    writer: &mut Writer,
    reader: &mut Reader,
    origin: &str,
) -> Result<(Opened, Seat), Turned> {
    let nonce = word(shared);
    if !say(writer, &serde_json::json!({ "nonce": nonce })).await {
        return Err(Turned::NoTicket);
    }
    let said = tokio::time::timeout(shared.limits.answer, heard(reader)).await;
    let said = said.ok().flatten().ok_or(Turned::NoTicket)?;
    let opening = Opening {
        ticket: &said.ticket,
        nonce: &nonce,
        proof: &said.proof,
        origin,
    };
    let judged = shared.engine.open_console(&opening, shared.limits.most);
    let late = || Turned::Fault(EngineError::Invalid("a ticket was not judged in time".to_owned()));
    tokio::time::timeout(JUDGING, judged)
        .await
        .unwrap_or_else(|_| Err(late()))
}

/// The first message, if it is one that can be read.
async fn heard(reader: &mut Reader) -> Option<Said> {
    while let Some(Ok(message)) = reader.next().await {
        match message {
            Message::Text(text) => return serde_json::from_str(text.as_str()).ok(),
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Binary(_) | Message::Close(_) => return None,
        }
    }
    None
}

/// A word that nobody can have known before.
pub(super) fn word(shared: &Shared) -> String {
    let mut bytes = [0_u8; 16];
    shared.engine.random().fill(&mut bytes);
    hex::encode(bytes)
}

/// Says something beside the screen. Whether it was taken.
pub(super) async fn say(writer: &mut Writer, text: &serde_json::Value) -> bool {
    send(writer, Message::Text(text.to_string().into())).await
}

/// Sends a message. Whether the browser took it in its time.
pub(super) async fn send(writer: &mut Writer, message: Message) -> bool {
    let sent = tokio::time::timeout(SENDING, writer.send(message)).await;
    matches!(sent, Ok(Ok(())))
}

async fn end(writer: &mut Writer, code: u16, reason: &'static str) {
    let frame = CloseFrame {
        code,
        reason: reason.into(),
    };
    let farewell = tokio::time::timeout(FAREWELL, writer.send(Message::Close(Some(frame)))).await;
    // A browser that has gone hears nothing, and needs not.
    if !matches!(farewell, Ok(Ok(()))) {
        tracing::debug!(reason, "a browser did not hear why its console ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_have_an_origin_and_nothing_else_opens_consoles() {
        let of = |text: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(text) = text {
                headers.insert(header::ORIGIN, text.parse().unwrap());
            }
            origin(&headers)
        };
        assert_eq!(
            of(Some("https://Shop.Example.Test")).as_deref(),
            Some("https://shop.example.test")
        );
        assert_eq!(
            of(Some("http://127.0.0.1:8700")).as_deref(),
            Some("http://127.0.0.1:8700")
        );
        for other in [
            None,
            Some("null"),
            Some(""),
            Some("file://"),
            Some("https://a/b"),
            Some("https://a@b"),
        ] {
            assert_eq!(of(other), None, "{other:?}");
        }
    }
}
