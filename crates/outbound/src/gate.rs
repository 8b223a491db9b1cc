//! The gate of one platform: who leaves next, and when.
//!
//! Waiting requests stand in one line per lane. Only the first of the most urgent lane (the *next*) watches the clock;
//! the others sleep until they become the next, their deadline passes, or the line is told that nothing leaves. A
//! thousand waiting requests therefore cost one timer tick per departure, not a thousand.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::http::Lane;
use domain::{Random, whole_seconds};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::allowance::{Allowance, PAUSE_WHEN_SPENT};
use crate::breaker::{Admission, Breaker, BreakerConfig, Health};
use crate::limits::Limits;
use crate::pace::Pace;
use crate::rate::Bucket;

/// Why a request did not get out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Too many wait, none of them less urgent.
    QueueFull {
        /// How many.
        waiting: usize,
    },
    /// The platform fails too often.
    BreakerOpen {
        /// Until the next attempt; `None` while one is under way.
        for_another: Option<Duration>,
    },
    /// The platform asked for a pause that ends after the deadline.
    Paused {
        /// Until it ends.
        for_another: Duration,
    },
    /// The turn did not come before the deadline.
    TooLate,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::QueueFull { waiting } => write!(f, "queue full: {waiting} requests wait for this platform"),
            Self::BreakerOpen {
                for_another: Some(time),
            } => {
                write!(
                    f,
                    "breaker open: the platform failed repeatedly; next attempt in {} s",
                    whole_seconds(*time)
                )
            }
            Self::BreakerOpen { for_another: None } => {
                f.write_str("breaker open: the platform failed repeatedly; one attempt is under way")
            }
            Self::Paused { for_another } => {
                write!(
                    f,
                    "rate limit: the platform asked for a pause of another {} s",
                    whole_seconds(*for_another)
                )
            }
            Self::TooLate => f.write_str("rate limit: the turn did not come before the deadline"),
        }
    }
}

/// The gate of one platform.
pub struct Gate {
    state: Mutex<State>,
    random: Arc<dyn Random>,
    change: tokio::sync::Mutex<()>,
}

struct State {
    limits: Limits,
    /// What the platform itself permits, once it has said so.
    allowance: Option<Allowance>,
    bucket: Bucket,
    pace: Pace,
    paused_until: Option<Instant>,
    breaker: Breaker,
    lines: [VecDeque<Arc<Waiter>>; 3],
    under_way: usize,
}

/// One waiting request.
#[derive(Default)]
struct Waiter {
    wake: Notify,
    /// Sent away in favour of a more urgent request.
    displaced: AtomicBool,
}

/// What a look at the gate says.
enum Turn {
    Leave { probe: bool },
    Wait { until: Instant },
    Refused(Refusal),
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").finish_non_exhaustive()
    }
}

impl Gate {
    /// An open gate with a whole burst.
    pub fn new(limits: Limits, breaker: BreakerConfig, random: Arc<dyn Random>) -> Self {
        let state = State {
            limits,
            allowance: None,
            bucket: Bucket::full(Instant::now()),
            pace: Pace::whole(),
            paused_until: None,
            breaker: Breaker::new(breaker),
            lines: Default::default(),
            under_way: 0,
        };
        Self {
            state: Mutex::new(state),
            random,
            change: tokio::sync::Mutex::default(),
        }
    }

    /// Waits until a request of this lane may leave, at the latest until `latest`. The limits are those of the caller's
    /// endpoint, so that a changed setting holds from the next request on.
    pub async fn enter(
        self: &Arc<Self>,
        limits: &Limits,
        lane: Lane,
        latest: Instant,
    ) -> Result<Permit, Refusal> {
        let place = self.join(limits, lane)?;
        loop {
            let turn = self.state().look(&place.waiter, lane, latest, Instant::now());
            match turn {
                Turn::Leave { probe } => {
                    drop(place);
                    return Ok(Permit {
                        gate: Arc::clone(self),
                        probe,
                    });
                }
                Turn::Refused(refusal) => return Err(refusal),
                Turn::Wait { until } => {
                    tokio::select! {
                        () = place.waiter.wake.notified() => {}
                        () = sleep_until(until) => {}
                    }
                }
            }
        }
    }

    /// Waits until no other change is under way, at the latest until `latest`, and keeps it so.
    pub async fn change_alone(&self, latest: Instant) -> Result<tokio::sync::MutexGuard<'_, ()>, Refusal> {
        let alone = tokio::time::timeout_at(latest, self.change.lock()).await;
        alone.map_err(|_| Refusal::TooLate)
    }

    /// The platform said that it is asked too often: closes the gate for a time, and slows down what comes after. An
    /// earlier end never shortens a pause.
    pub fn throttle(&self, time: Duration) {
        let now = Instant::now();
        let mut state = self.state();
        let until = now + time.min(state.limits.longest_pause);
        state.paused_until = state.paused_until.max(Some(until));
        state.pace.slow_down(now);
    }

    /// The platform said what it permits. Where that is less than was known, nothing more leaves at once: what has left
    /// already is part of the same minute.
    pub(crate) fn allowed(&self, allowance: Allowance) {
        let now = Instant::now();
        let mut state = self.state();
        let before = state.effective();
        let is_new = state
            .allowance
            .is_none_or(|known| known.permitted != allowance.permitted);
        state.allowance = Some(allowance);
        if is_new {
            let after = state.effective();
            if after.rate.interval() > before.rate.interval() {
                state.bucket.empty(&after, now);
            }
        }
        if allowance.is_spent() {
            let until = now + PAUSE_WHEN_SPENT.min(state.limits.longest_pause);
            state.paused_until = state.paused_until.max(Some(until));
        }
    }

    /// The breaker's end of opening, and whether it is closed.
    pub fn breaker(&self) -> (Option<Duration>, bool) {
        let now = Instant::now();
        let state = self.state();
        (
            state.breaker.open_until(now).map(|until| until - now),
            state.breaker.is_closed(),
        )
    }

    fn join(self: &Arc<Self>, limits: &Limits, lane: Lane) -> Result<Place, Refusal> {
        let mut state = self.state();
        if state.limits != *limits {
            state.limits = limits.clone();
            state.wake_next();
        }
        let waiting: usize = state.lines.iter().map(VecDeque::len).sum();
        if waiting >= state.limits.queue.max(1) && !state.displace_below(lane) {
            return Err(Refusal::QueueFull { waiting });
        }
        let waiter = Arc::new(Waiter::default());
        state.lines[line_of(lane)].push_back(Arc::clone(&waiter));
        Ok(Place {
            gate: Arc::clone(self),
            waiter,
            lane,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The limits that hold: the operator's, within what the platform permits.
    fn effective(&self) -> Limits {
        self.allowance
            .map_or_else(|| self.limits.clone(), |allowance| allowance.within(&self.limits))
    }

    /// Whether this waiter may leave now; if so it is counted.
    fn look(&mut self, waiter: &Arc<Waiter>, lane: Lane, latest: Instant, now: Instant) -> Turn {
        if waiter.displaced.load(Ordering::Relaxed) {
            return Turn::Refused(Refusal::QueueFull {
                waiting: self.limits.queue,
            });
        }
        let admission = self.breaker.admission(now);
        if let Admission::Refused { until } = admission {
            return Turn::Refused(Refusal::BreakerOpen {
                for_another: until.map(|until| until - now),
            });
        }
        let paused = self.paused_until.filter(|until| *until > now);
        if let Some(until) = paused.filter(|until| *until > latest) {
            return Turn::Refused(Refusal::Paused {
                for_another: until - now,
            });
        }
        if now > latest {
            return Turn::Refused(Refusal::TooLate);
        }
        if !self.next().is_some_and(|next| Arc::ptr_eq(next, waiter))
            || self.under_way >= self.limits.slots(lane)
        {
            // A waiter is woken when it becomes the next or a slot becomes free; the deadline is all it watches.
            return Turn::Wait {
                until: just_after(latest),
            };
        }
        let limits = self.effective();
        let ready = paused.unwrap_or(now).max(self.bucket.ready_at(&limits));
        if ready > latest {
            return Turn::Refused(Refusal::TooLate);
        }
        if ready > now {
            return Turn::Wait { until: ready };
        }
        let interval = self.pace.interval(limits.rate.interval(), now);
        self.bucket.take(interval, now);
        self.under_way += 1;
        let probe = admission == Admission::Probe;
        if probe {
            self.breaker.begin_probe();
        }
        Turn::Leave { probe }
    }

    /// The first of the most urgent lane.
    fn next(&self) -> Option<&Arc<Waiter>> {
        self.lines.iter().find_map(VecDeque::front)
    }

    fn wake_next(&self) {
        if let Some(next) = self.next() {
            next.wake.notify_one();
        }
    }

    /// Sends the newest of the least urgent away, if it is less urgent than `lane`.
    fn displace_below(&mut self, lane: Lane) -> bool {
        let below = &mut self.lines[line_of(lane) + 1..];
        let Some(last) = below.iter_mut().rev().find_map(VecDeque::pop_back) else {
            return false;
        };
        last.displaced.store(true, Ordering::Relaxed);
        last.wake.notify_one();
        true
    }
}

fn line_of(lane: Lane) -> usize {
    match lane {
        Lane::Click => 0,
        Lane::Change => 1,
        Lane::Background => 2,
    }
}

/// The timer's grain: a sleep until `latest` must end when `latest` has passed, not at it.
fn just_after(latest: Instant) -> Instant {
    latest + Duration::from_millis(1)
}

/// A place in a line, given up when dropped, whether the waiter leaves, gives up or is cancelled.
struct Place {
    gate: Arc<Gate>,
    waiter: Arc<Waiter>,
    lane: Lane,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.lines[line_of(self.lane)].retain(|other| !Arc::ptr_eq(other, &self.waiter));
        state.wake_next();
    }
}

/// The right to send one request. Its slot is free again when it is dropped.
#[derive(Debug)]
pub struct Permit {
    gate: Arc<Gate>,
    probe: bool,
}

impl Permit {
    /// Tells the breaker how the exchange ended.
    pub fn report(mut self, health: Health) {
        let random = Arc::clone(&self.gate.random);
        self.gate
            .state()
            .breaker
            .record(health, self.probe, Instant::now(), random.as_ref());
        self.probe = false;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.under_way -= 1;
        if self.probe {
            state.breaker.abandon_probe(Instant::now());
        }
        state.wake_next();
    }
}

#[cfg(test)]
mod minute;
#[cfg(test)]
mod tests;
