//! The bounded log of the requests that a simulated platform received.

use std::collections::VecDeque;

use domain::Moment;
use domain::http::Method;
use serde::Serialize;
use serde_json::Value;

use crate::fault::Fault;
use crate::wire::{Incoming, Reply};

/// What a request did to the platform's books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing.
    None,
    /// Its effect, at this moment.
    Done(Moment),
    /// Its effect is to come at this moment.
    Later(Moment),
}

impl Effect {
    /// Whether the effect has happened.
    pub const fn happened(self) -> bool {
        matches!(self, Self::Done(_))
    }
}

/// One received request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Call {
    /// Counts the calls, from 1.
    pub number: u64,
    /// When it came.
    pub at: Moment,
    /// The endpoint's name.
    pub endpoint: &'static str,
    /// The method.
    pub method: Method,
    /// The path.
    pub path: String,
    /// The query.
    pub query: Vec<(String, String)>,
    /// The body: JSON where it is JSON, otherwise its text, `null` when there was none.
    pub body: Value,
    /// The header `x-request-id`.
    pub request_id: Option<String>,
    /// The status on the wire; `None` when no head was sent.
    pub status: Option<u16>,
    /// What it did to the books.
    pub effect: Effect,
    /// The fault that struck it.
    pub fault: Option<Fault>,
}

/// The last calls, oldest first.
#[derive(Debug)]
pub struct CallLog {
    calls: VecDeque<Call>,
    capacity: usize,
    count: u64,
}

impl CallLog {
    /// A log that keeps the last `capacity` calls.
    pub const fn new(capacity: usize) -> Self {
        Self {
            calls: VecDeque::new(),
            capacity,
            count: 0,
        }
    }

    /// How many calls there have ever been.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The calls that are kept, oldest first.
    pub fn list(&self) -> Vec<Call> {
        self.calls.iter().cloned().collect()
    }

    /// Forgets the kept calls; the count goes on.
    pub fn clear(&mut self) {
        self.calls.clear();
    }

    /// Writes down one call and returns its number.
    pub(crate) fn record(
        &mut self,
        at: Moment,
        endpoint: &'static str,
        incoming: &Incoming,
        reply: &Reply,
        effect: Effect,
        fault: Option<Fault>,
    ) -> u64 {
        self.count += 1;
        if self.capacity > 0 {
            if self.calls.len() == self.capacity {
                self.calls.pop_front();
            }
            self.calls.push_back(Call {
                number: self.count,
                at,
                endpoint,
                method: incoming.method,
                path: incoming.path.clone(),
                query: incoming.query.clone(),
                body: body_value(&incoming.body),
                request_id: incoming.header("x-request-id").map(str::to_owned),
                status: reply.status(),
                effect,
                fault,
            });
        }
        self.count
    }

    /// Notes that a promised effect has happened.
    pub(crate) fn settle(&mut self, number: u64, effect: Effect) {
        if let Some(call) = self.calls.iter_mut().find(|call| call.number == number) {
            call.effect = effect;
        }
    }
}

fn body_value(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
}
