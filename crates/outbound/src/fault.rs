//! What an error of the HTTP client proves about the request.

use std::error::Error;
use std::io;

/// What is certain about a request that ended in an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There was no connection to send it on.
    NoConnection,
    /// The connection ended before the head of an answer; the connection may have been a stale one.
    Cut,
    /// Anything else; it may have been sent.
    Other,
}

/// Judges an error of sending, by walking its sources.
///
/// The client marks errors of its connector (name, TCP, TLS, connect timeout) as connect errors; at that point no
/// request has been handed to a connection. Everything later stays unproven, even a "cancelled" request.
pub fn judge(error: &reqwest::Error) -> Fault {
    if error.is_connect() {
        Fault::NoConnection
    } else if sources(error).any(is_cut) {
        Fault::Cut
    } else {
        Fault::Other
    }
}

/// The innermost cause in words. The outer errors say only that a request failed, and one of them names the address
/// with its query.
pub fn root_cause(error: &reqwest::Error) -> String {
    sources(error)
        .last()
        .map_or_else(|| "unknown transport error".to_owned(), ToString::to_string)
}

fn sources(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |inner: &&(dyn Error + 'static)| (*inner).source())
}

fn is_cut(error: &(dyn Error + 'static)) -> bool {
    let by_http = error
        .downcast_ref::<hyper::Error>()
        .is_some_and(|error| error.is_incomplete_message() || error.is_canceled() || error.is_closed());
    let by_socket = error.downcast_ref::<io::Error>().is_some_and(|error| {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        matches!(
            error.kind(),
            BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof
        )
    });
    by_http || by_socket
}
