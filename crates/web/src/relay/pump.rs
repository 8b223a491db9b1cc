//! An open console: bytes both ways, and the watch over it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::ws::Message;
use engine::{Closing, EngineError, LineReader, LineWriter, Opened, Seat};
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Shared;
use super::course::{Course, Due};
use super::door::{Reader, SENDING, Writer, say, send, word};

/// How often it is looked what is due, and whether the service is still in use.
const LOOK: Duration = Duration::from_secs(1);
/// How long finding something out in the store may take. A console does not stay open on what is not known.
const FINDING_OUT: Duration = Duration::from_secs(5);

/// What a page says beside the screen.
#[derive(Deserialize)]
struct Answered {
    proof: String,
    #[serde(default)]
    active: bool,
}

/// Runs a console to its end, and says why it ended. That it was open is written down by whoever let it in.
pub(super) async fn run(
    shared: &Shared,
    opened: &Opened,
    seat: Seat,
    writer: &mut Writer,
    reader: &mut Reader,
) -> Closing {
    let course = Mutex::new(Course::new(shared.limits, shared.engine.clock().now()));
    metrics::gauge!("hostler_consoles_open").increment(1.0);
    let why = relayed(shared, opened, seat, &course, writer, reader).await;
    metrics::gauge!("hostler_consoles_open").decrement(1.0);
    metrics::counter!("hostler_consoles_closed_total", "why" => why.as_str()).increment(1);
    let seconds = lock(&course).lasted(shared.engine.clock().now());
    let detail = json!({ "why": why.as_str(), "seconds": seconds });
    if let Err(error) = shared.engine.note_console(opened, "console.closed", detail).await {
        tracing::error!(%error, "the end of a console could not be written down");
    }
    why
}

fn lock(course: &Mutex<Course>) -> MutexGuard<'_, Course> {
    course.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn relayed(
    shared: &Shared,
    opened: &Opened,
    mut seat: Seat,
    course: &Mutex<Course>,
    writer: &mut Writer,
    reader: &mut Reader,
) -> Closing {
    let line = tokio::select! {
        line = shared.engine.dial(opened) => line,
        why = seat.told() => return why,
        () = shared.stop.cancelled() => return Closing::Stopping,
    };
    let (mut from_platform, mut to_platform) = match line {
        Ok(line) => line.split(),
        Err(error) => {
            tracing::warn!(%error, "the screen of a machine cannot be reached");
            return Closing::Platform;
        }
    };
    if !say(writer, &json!({ "password": opened.password().expose() })).await {
        return Closing::Viewer;
    }
    // One question is open at a time, so that there is always room for the next.
    let (questions, mut asked) = mpsc::channel(1);
    let why = tokio::select! {
        why = down(&mut from_platform, &mut asked, writer) => why,
        why = up(shared, opened, course, reader, &mut to_platform) => why,
        why = watched(shared, opened, course, &questions) => why,
        why = seat.told() => why,
        () = shared.stop.cancelled() => Closing::Stopping,
    };
    let closing = tokio::time::timeout(LOOK, to_platform.close()).await;
    if closing.is_err() {
        tracing::debug!("the platform did not take the end of a console in time");
    }
    match why {
        // A suspended machine's screen is also closed by the platform, which may be first.
        Closing::Platform => found_out(shared.engine.console_ended(opened))
            .await
            .flatten()
            .unwrap_or(why),
        why => why,
    }
}

/// From the platform to the browser, and questions in between.
async fn down(from: &mut LineReader, asked: &mut mpsc::Receiver<Value>, writer: &mut Writer) -> Closing {
    loop {
        let taken = tokio::select! {
            bytes = from.next() => match bytes {
                Some(bytes) => send(writer, Message::Binary(bytes)).await,
                None => return Closing::Platform,
            },
            Some(question) = asked.recv() => say(writer, &question).await,
        };
        if !taken {
            return Closing::Viewer;
        }
    }
}

/// From the browser to the platform, and answers in between.
async fn up(
    shared: &Shared,
    opened: &Opened,
    course: &Mutex<Course>,
    reader: &mut Reader,
    to: &mut LineWriter,
) -> Closing {
    while let Some(Ok(message)) = reader.next().await {
        match message {
            Message::Binary(bytes) => {
                let sent = tokio::time::timeout(SENDING, to.send(bytes)).await;
                if !sent.unwrap_or(false) {
                    return Closing::Platform;
                }
            }
            Message::Text(text) => {
                let Ok(answer) = serde_json::from_str::<Answered>(text.as_str()) else {
                    return Closing::Broken;
                };
                if !answered(shared, opened, course, &answer).await {
                    return Closing::SessionOver;
                }
            }
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Close(_) => break,
        }
    }
    Closing::Viewer
}

/// Whether the session's answer is one to what it was asked.
async fn answered(shared: &Shared, opened: &Opened, course: &Mutex<Course>, answer: &Answered) -> bool {
    let Some(nonce) = lock(course).take_asked() else {
        return false;
    };
    let proved = shared.engine.console_proved(opened, &nonce, &answer.proof);
    let proved = found_out(proved).await.unwrap_or(false);
    if proved {
        lock(course).answered(answer.active, shared.engine.clock().now());
    }
    proved
}

/// What the store says, in its time; a failure is logged here.
async fn found_out<T>(finding: impl Future<Output = Result<T, EngineError>>) -> Option<T> {
    match tokio::time::timeout(FINDING_OUT, finding).await {
        Ok(Ok(found)) => Some(found),
        Ok(Err(error)) => {
            tracing::error!(%error, "whether a console may stay open could not be found out");
            None
        }
        Err(_) => {
            tracing::error!("whether a console may stay open could not be found out in time");
            None
        }
    }
}

/// Looks after the console until it has to be closed.
async fn watched(
    shared: &Shared,
    opened: &Opened,
    course: &Mutex<Course>,
    questions: &mpsc::Sender<Value>,
) -> Closing {
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        look.tick().await;
        let now = shared.engine.clock().now();
        let due = lock(course).due(now);
        match due {
            Due::Close(why) => return why,
            Due::Ask => {
                let nonce = word(shared);
                lock(course).ask(nonce.clone(), now);
                if questions.send(json!({ "nonce": nonce })).await.is_err() {
                    return Closing::Viewer;
                }
            }
            Due::Nothing => {}
        }
        // What cannot be found out is not taken for good.
        let ended = found_out(shared.engine.console_ended(opened)).await;
        if let Some(why) = ended.unwrap_or(Some(Closing::Unknown)) {
            return why;
        }
    }
}
