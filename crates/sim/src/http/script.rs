//! A response body that keeps to a script: whole, dripping, or breaking off.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use super::stream::Abort;

/// Time for what was written to leave, before a connection breaks.
const FLUSH: Duration = Duration::from_millis(50);

/// The connection ends here, by intent.
#[derive(Debug)]
pub struct HungUp;

impl fmt::Display for HungUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the simulated fault ends the connection")
    }
}

impl std::error::Error for HungUp {}

/// How a script ends.
enum End {
    Whole,
    Close,
    Reset(Abort),
}

/// A body.
pub struct Script {
    pieces: VecDeque<Bytes>,
    /// Announced, though not always kept.
    announced: u64,
    pause: Duration,
    waiting: Option<Pin<Box<Sleep>>>,
    end: End,
}

impl Script {
    /// The whole body at once.
    pub fn whole(body: String) -> Self {
        let announced = body.len() as u64;
        let pieces = if body.is_empty() {
            VecDeque::new()
        } else {
            VecDeque::from([Bytes::from(body)])
        };
        Self {
            pieces,
            announced,
            pause: Duration::ZERO,
            waiting: None,
            end: End::Whole,
        }
    }

    /// The whole body in sixteen pieces over a time.
    pub fn dripping(body: String, over: Duration) -> Self {
        let bytes = Bytes::from(body);
        let size = bytes.len().div_ceil(16).max(1);
        let starts = (0..bytes.len()).step_by(size);
        let pieces: VecDeque<Bytes> = starts
            .map(|at| bytes.slice(at..bytes.len().min(at + size)))
            .collect();
        let pause = over / u32::try_from(pieces.len().max(1)).unwrap_or(1);
        Self {
            announced: bytes.len() as u64,
            pieces,
            pause,
            waiting: None,
            end: End::Whole,
        }
    }

    /// Half of the body, then an orderly close.
    pub fn truncated(body: String) -> Self {
        Self {
            end: End::Close,
            ..Self::half(body)
        }
    }

    /// Half of the body, then a reset.
    pub fn reset(body: String, abort: Abort) -> Self {
        Self {
            end: End::Reset(abort),
            ..Self::half(body)
        }
    }

    /// A body that is empty announces a byte, so that its end is missed all the same.
    fn half(body: String) -> Self {
        let announced = body.len().max(1) as u64;
        let bytes = Bytes::from(body);
        let pieces = VecDeque::from([bytes.slice(..bytes.len() / 2)]);
        Self {
            pieces,
            announced,
            pause: Duration::ZERO,
            waiting: None,
            end: End::Whole,
        }
    }

    /// Waits once for `time`; whether the wait is over.
    fn waited(&mut self, cx: &mut Context<'_>, time: Duration) -> bool {
        let sleep = self
            .waiting
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(time)));
        let over = sleep.as_mut().poll(cx).is_ready();
        if over {
            self.waiting = None;
        }
        over
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = HungUp;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HungUp>>> {
        let (pause, empty) = (self.pause, self.pieces.is_empty());
        if empty && matches!(self.end, End::Whole) {
            return Poll::Ready(None);
        }
        let wait = if empty { FLUSH } else { pause };
        if !wait.is_zero() && !self.waited(cx, wait) {
            return Poll::Pending;
        }
        if let Some(piece) = self.pieces.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if let End::Reset(abort) = &self.end {
            abort.set();
        }
        Poll::Ready(Some(Err(HungUp)))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty() && matches!(self.end, End::Whole)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}
