//! The part that every simulated platform shares: time, faults, outages and the call log around an [`Api`].

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Moment;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::calls::{Call, CallLog, Effect};
use crate::date;
use crate::fault::{Fault, FaultBoard, FaultRule, FaultState, RetryAfter};
use crate::screen::Screen;
use crate::wire::{Answer, Incoming, Reply};

/// How one request sees the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct View {
    /// How old the state is that reads show.
    pub stale: Duration,
    /// By how many seconds the dates in the answer are off.
    pub skew: i64,
    /// Whether what is created gets a used id.
    pub reuse_id: bool,
}

/// What a request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Performed {
    /// The answer.
    pub answer: Answer,
    /// Whether the books changed.
    pub effect: bool,
}

/// Refusals whose body is the platform's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// 404 that names what is missing.
    NotFound,
    /// 404 that names nothing.
    BareNotFound,
    /// 409.
    Conflict,
    /// 423.
    Locked,
    /// 429, to which `Retry-After` is added outside.
    RateLimited,
    /// An error of the platform itself, as JSON.
    Broken(u16),
}

/// The books and rules of one platform kind: synchronous, without clock, socket or chance of their own.
pub trait Api: Send {
    /// The endpoint's name, for fault rules and the call log; `unknown` where there is none.
    fn endpoint(&self, incoming: &Incoming) -> &'static str;
    /// All endpoint names.
    fn endpoints(&self) -> Vec<&'static str>;
    /// Carries time forward to `now`, with every effect that is due by then.
    fn advance(&mut self, now: Moment);
    /// Answers one request at the moment last advanced to.
    fn perform(&mut self, incoming: &Incoming, view: View) -> Performed;
    /// The platform's own words for a refusal of this request.
    fn refuse(&self, refusal: Refusal, incoming: &Incoming) -> Answer;
    /// What the request aims at, by what never changes of it; `None` where that is nothing that exists.
    fn target(&self, incoming: &Incoming) -> Option<String>;
    /// Removes what the request aims at, as a person would by hand.
    fn vanish(&mut self, incoming: &Incoming);
    /// Locks what the request aims at against changes.
    fn lock(&mut self, incoming: &Incoming, until: Moment);
    /// Keeps the state of at least this long ago, for stale reads.
    fn look_back(&mut self, at_least: Duration);
    /// The books as JSON, for the control endpoint.
    fn books(&self) -> Value;
    /// Does what a person would do in the panel.
    fn hand(&mut self, action: Value) -> Result<Value, String>;
    /// The screen that the request asks to see, as long as it may. A platform without screens shows none.
    fn screen(&self, incoming: &Incoming) -> Option<Screen> {
        let _ = incoming;
        None
    }
}

/// The whole platform out of reach, at the listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outage {
    /// Connections are refused.
    Refused,
    /// Connections are never established.
    Unreachable,
}

/// A simulated platform, whatever its kind: what the HTTP server and the control endpoint need.
pub trait Platform: Send + Sync {
    /// Answers one request.
    fn handle(&self, now: Moment, incoming: &Incoming) -> Reply;
    /// The outage that holds now.
    fn outage(&self, now: Moment) -> Option<Outage>;
    /// Begins an outage, or ends it with `None`.
    fn set_outage(&self, outage: Option<(Outage, Moment)>);
    /// Sets a fault rule and returns its id.
    fn add_fault(&self, rule: FaultRule) -> u64;
    /// Removes one fault rule; whether it was there.
    fn remove_fault(&self, id: u64) -> bool;
    /// Removes all fault rules.
    fn clear_faults(&self);
    /// The fault rules with their counts.
    fn faults(&self) -> Vec<FaultState>;
    /// The received calls, oldest first.
    fn calls(&self) -> Vec<Call>;
    /// Forgets the received calls.
    fn clear_calls(&self);
    /// All endpoint names that a fault rule may aim at.
    fn endpoints(&self) -> Vec<&'static str>;
    /// The books as JSON.
    fn books(&self, now: Moment) -> Value;
    /// Does what a person would do in the panel.
    fn act(&self, now: Moment, action: Value) -> Result<Value, String>;
    /// The screen behind a request that was answered with a change of protocols; `None` when it may not be seen any more.
    fn screen(&self, now: Moment, incoming: &Incoming) -> Option<Screen>;
}

/// A request whose effect is still to come.
#[derive(Debug)]
struct Deferred {
    call: u64,
    incoming: Incoming,
    /// What it aimed at when it came: it does nothing to another thing that has got the same id since.
    target: Option<String>,
}

#[derive(Debug)]
struct Stage<A> {
    api: A,
    faults: FaultBoard,
    calls: CallLog,
    deferred: BTreeMap<(Moment, u64), Deferred>,
    echoes: BTreeMap<&'static str, VecDeque<Answer>>,
    outage: Option<(Outage, Moment)>,
    /// What struck the last request.
    struck: Option<Fault>,
    now: Moment,
}

/// An [`Api`] with time, faults, outages and a call log around it.
#[derive(Debug)]
pub struct Simulator<A>(Mutex<Stage<A>>);

impl<A: Api> Simulator<A> {
    /// Wraps an API; the log keeps the last `log_capacity` calls.
    pub fn new(api: A, log_capacity: usize) -> Self {
        Self(Mutex::new(Stage {
            api,
            faults: FaultBoard::default(),
            calls: CallLog::new(log_capacity),
            deferred: BTreeMap::new(),
            echoes: BTreeMap::new(),
            outage: None,
            struck: None,
            now: Moment::from_micros(0),
        }))
    }

    /// Looks at or changes the API itself at `now`, with every effect that is due by then.
    pub fn with<R>(&self, now: Moment, f: impl FnOnce(&mut A) -> R) -> R {
        let mut stage = self.stage();
        stage.advance(now);
        f(&mut stage.api)
    }

    /// How many requests are still to take effect.
    pub fn deferred(&self) -> usize {
        self.stage().deferred.len()
    }

    /// The fault that struck the last request.
    pub fn last_fault(&self) -> Option<Fault> {
        self.stage().struck.clone()
    }

    /// A panic in one test's closure says nothing about the books, so a poisoned lock is taken over.
    fn stage(&self) -> MutexGuard<'_, Stage<A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A: Api> Platform for Simulator<A> {
    fn handle(&self, now: Moment, incoming: &Incoming) -> Reply {
        let mut stage = self.stage();
        stage.advance(now);
        stage.handle(incoming)
    }

    fn outage(&self, now: Moment) -> Option<Outage> {
        self.stage()
            .outage
            .filter(|(_, until)| now < *until)
            .map(|(outage, _)| outage)
    }

    fn set_outage(&self, outage: Option<(Outage, Moment)>) {
        self.stage().outage = outage;
    }

    fn add_fault(&self, rule: FaultRule) -> u64 {
        let mut stage = self.stage();
        let id = stage.faults.add(rule);
        let look_back = stage.faults.longest_look_back();
        stage.api.look_back(look_back);
        id
    }

    fn remove_fault(&self, id: u64) -> bool {
        self.stage().faults.remove(id)
    }

    fn clear_faults(&self) {
        self.stage().faults.clear();
    }

    fn faults(&self) -> Vec<FaultState> {
        self.stage().faults.list()
    }

    fn calls(&self) -> Vec<Call> {
        self.stage().calls.list()
    }

    fn clear_calls(&self) {
        self.stage().calls.clear();
    }

    fn endpoints(&self) -> Vec<&'static str> {
        self.stage().api.endpoints()
    }

    fn books(&self, now: Moment) -> Value {
        self.with(now, |api| api.books())
    }

    fn act(&self, now: Moment, action: Value) -> Result<Value, String> {
        self.with(now, |api| api.hand(action))
    }

    fn screen(&self, now: Moment, incoming: &Incoming) -> Option<Screen> {
        self.with(now, |api| api.screen(incoming))
    }
}

impl<A: Api> Stage<A> {
    /// Carries time forward, never back, running deferred requests in their order.
    fn advance(&mut self, now: Moment) {
        self.now = self.now.max(now);
        while let Some(entry) = self.deferred.first_entry() {
            let due = entry.key().0;
            if due > self.now {
                break;
            }
            let Deferred {
                call,
                incoming,
                target,
            } = entry.remove();
            self.api.advance(due);
            if target.is_some() && self.api.target(&incoming) != target {
                self.calls.settle(call, Effect::None);
                continue;
            }
            let performed = self.api.perform(&incoming, View::default());
            self.calls.settle(
                call,
                if performed.effect {
                    Effect::Done(due)
                } else {
                    Effect::None
                },
            );
        }
        self.api.advance(self.now);
    }

    fn handle(&mut self, incoming: &Incoming) -> Reply {
        let endpoint = self.api.endpoint(incoming);
        let fault = match self.outage.filter(|(_, until)| self.now < *until) {
            Some((Outage::Refused, _)) => Some(Fault::Refused),
            Some((Outage::Unreachable, _)) => Some(Fault::ConnectTimeout),
            None => self.faults.strike(endpoint, incoming),
        };
        let echo = self.echoes.get_mut(endpoint).and_then(VecDeque::pop_front);
        let (mut reply, effect) = match &fault {
            None => self.plain(incoming),
            Some(fault) => self.struck(fault, endpoint, incoming),
        };
        if let (Some(answer), Reply::Answer(_)) = (echo, &reply) {
            reply = Reply::Answer(answer);
        }
        self.struck.clone_from(&fault);
        let number = self
            .calls
            .record(self.now, endpoint, incoming, &reply, effect, fault);
        if let Effect::Later(due) = effect {
            self.deferred.insert(
                (due, number),
                Deferred {
                    call: number,
                    incoming: incoming.clone(),
                    target: self.api.target(incoming),
                },
            );
        }
        reply
    }

    fn plain(&mut self, incoming: &Incoming) -> (Reply, Effect) {
        let (answer, effect) = self.perform(incoming, View::default());
        (Reply::Answer(answer), effect)
    }

    fn perform(&mut self, incoming: &Incoming, view: View) -> (Answer, Effect) {
        let Performed { answer, effect } = self.api.perform(incoming, view);
        (
            answer,
            if effect {
                Effect::Done(self.now)
            } else {
                Effect::None
            },
        )
    }

    fn struck(&mut self, fault: &Fault, endpoint: &'static str, incoming: &Incoming) -> (Reply, Effect) {
        match fault {
            Fault::Refused => (Reply::Refuse, Effect::None),
            Fault::ConnectTimeout => (Reply::ConnectTimeout, Effect::None),
            Fault::TimeoutBefore => (Reply::Silence, Effect::None),
            Fault::ResetBefore => (Reply::Reset, Effect::None),
            Fault::EffectLater { seconds } => (
                Reply::Silence,
                Effect::Later(self.now + Duration::from_secs(*seconds)),
            ),
            Fault::ErrorBefore { status, html } => {
                (Reply::Answer(self.broken(*status, *html, incoming)), Effect::None)
            }
            Fault::TrueNotFound
            | Fault::FalseNotFound
            | Fault::BareNotFound
            | Fault::Conflict
            | Fault::Locked { .. }
            | Fault::RateLimited { .. } => (Reply::Answer(self.refused(fault, incoming)), Effect::None),
            Fault::WrongSuccess {
                status,
                effect: false,
            } => (Reply::Answer(Answer::empty(*status)), Effect::None),
            Fault::StaleRead { seconds } => self.seen(
                incoming,
                View {
                    stale: Duration::from_secs(*seconds),
                    ..View::default()
                },
            ),
            Fault::ClockSkew { seconds } => self.seen(
                incoming,
                View {
                    skew: *seconds,
                    ..View::default()
                },
            ),
            Fault::IdReused => self.seen(
                incoming,
                View {
                    reuse_id: true,
                    ..View::default()
                },
            ),
            _ => {
                let (answer, effect) = self.perform(incoming, View::default());
                (self.after_effect(fault, endpoint, incoming, answer), effect)
            }
        }
    }

    fn seen(&mut self, incoming: &Incoming, view: View) -> (Reply, Effect) {
        let (answer, effect) = self.perform(incoming, view);
        let shown = Moment::from_seconds(self.now.as_seconds().saturating_add(view.skew));
        let answer = if view.skew == 0 {
            answer
        } else {
            answer.with_header("date", date::http(shown))
        };
        (Reply::Answer(answer), effect)
    }

    /// Faults that spoil the answer to a request that was carried out.
    fn after_effect(
        &mut self,
        fault: &Fault,
        endpoint: &'static str,
        incoming: &Incoming,
        answer: Answer,
    ) -> Reply {
        match fault {
            Fault::TimeoutAfter => Reply::Silence,
            Fault::ResetAfter => Reply::Reset,
            Fault::ResetMidBody => Reply::ResetMidBody(answer),
            Fault::TruncatedBody => Reply::TruncatedBody(answer),
            Fault::ErrorAfter { status, html } => Reply::Answer(self.broken(*status, *html, incoming)),
            Fault::Slow { seconds } => Reply::Late {
                answer,
                after: Duration::from_secs(*seconds),
            },
            Fault::SlowDrip { seconds } => Reply::SlowDrip {
                answer,
                over: Duration::from_secs(*seconds),
            },
            Fault::TruncatedJson => {
                let cut = answer.body.floor_char_boundary(answer.body.len() / 2);
                Reply::Answer(Answer::text(
                    answer.status,
                    "application/json",
                    &answer.body[..cut],
                ))
            }
            Fault::InvalidJson => Reply::Answer(Answer::text(
                answer.status,
                "application/json",
                "{\"data\": undefined}",
            )),
            Fault::HtmlAnswer => Reply::Answer(html_page(200, "Welcome")),
            Fault::WrongSuccess { status, .. } => Reply::Answer(Answer::empty(*status)),
            Fault::DuplicatedAnswer => {
                self.echoes.entry(endpoint).or_default().push_back(answer.clone());
                Reply::Answer(answer)
            }
            _ => Reply::Answer(answer),
        }
    }

    fn refused(&mut self, fault: &Fault, incoming: &Incoming) -> Answer {
        match fault {
            Fault::TrueNotFound => {
                self.api.vanish(incoming);
                self.api.refuse(Refusal::NotFound, incoming)
            }
            Fault::FalseNotFound => self.api.refuse(Refusal::NotFound, incoming),
            Fault::BareNotFound => self.api.refuse(Refusal::BareNotFound, incoming),
            Fault::Locked { seconds } => {
                self.api.lock(incoming, self.now + Duration::from_secs(*seconds));
                self.api.refuse(Refusal::Locked, incoming)
            }
            Fault::RateLimited { retry_after } => {
                let answer = self.api.refuse(Refusal::RateLimited, incoming);
                with_retry_after(answer, *retry_after, self.now)
            }
            _ => self.api.refuse(Refusal::Conflict, incoming),
        }
    }

    fn broken(&self, status: u16, html: bool, incoming: &Incoming) -> Answer {
        if html {
            html_page(status, "Something went wrong")
        } else {
            self.api.refuse(Refusal::Broken(status), incoming)
        }
    }
}

fn with_retry_after(answer: Answer, retry_after: RetryAfter, now: Moment) -> Answer {
    match retry_after {
        RetryAfter::Missing => answer,
        RetryAfter::Seconds(seconds) => answer.with_header("retry-after", seconds.to_string()),
        RetryAfter::Date(seconds) => {
            answer.with_header("retry-after", date::http(now + Duration::from_secs(seconds)))
        }
    }
}

fn html_page(status: u16, title: &str) -> Answer {
    let body = format!(
        "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    );
    Answer::text(status, "text/html; charset=UTF-8", body)
}
