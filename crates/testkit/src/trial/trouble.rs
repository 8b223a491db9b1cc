//! What disturbs a trial, and where it strikes.

use std::fmt;
use std::time::Duration;

use domain::Moment;
use domain::http::Request;
use sim::fault::Fault;

use super::faults;

/// One disturbance. Requests, commits and sends are counted from the moment the operation begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Disturbance {
    /// Everything behaves.
    None,
    /// A fault strikes one request.
    Once {
        /// Which request, from 0.
        at: usize,
        /// What goes wrong.
        fault: Fault,
    },
    /// A fault strikes every request of a name for a while.
    Lasting {
        /// The driver's name for the request.
        name: String,
        /// Counted from the first request that it strikes.
        time: Duration,
        /// What goes wrong.
        fault: Fault,
    },
    /// A step that was done is looked at again, or sent again where that is allowed.
    Again {
        /// The step's name.
        step: String,
        /// Whether its act is sent once more, instead of only its look.
        act: bool,
    },
    /// When the last step is done, every step is looked at again, from the first.
    AllAgain,
    /// The engine dies and starts again.
    Kill(Death),
}

/// Where the engine dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// A move is decided, with the answer that led to it, and not committed.
    BeforeCommit(usize),
    /// A move is committed; what it was to send does not leave.
    AfterCommit(usize),
    /// A request has left; its answer is not heard.
    AfterSend(usize),
}

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("undisturbed"),
            Self::Once { at, fault } => write!(f, "request {at} struck by: {}", faults::words(fault)),
            Self::Lasting { name, time, fault } => write!(
                f,
                "every {name} for {} s struck by: {}",
                time.as_secs(),
                faults::words(fault)
            ),
            Self::Again { step, act: true } => write!(f, "the step {step} is sent again"),
            Self::Again { step, act: false } => write!(f, "the step {step} is looked at again"),
            Self::AllAgain => f.write_str("every step is looked at again"),
            Self::Kill(Death::BeforeCommit(n)) => write!(f, "death before commit {n}"),
            Self::Kill(Death::AfterCommit(n)) => write!(f, "death after commit {n}"),
            Self::Kill(Death::AfterSend(n)) => write!(f, "death after request {n} left"),
        }
    }
}

/// The disturbance of a trial under way, with what it has counted.
#[derive(Debug)]
pub struct Trouble {
    disturbance: Disturbance,
    armed: bool,
    /// Faults that belong to the scene: each strikes the first request of its name.
    given: Vec<(&'static str, Fault)>,
    given_to: Vec<usize>,
    requests: usize,
    commits: Vec<Moment>,
    began: Option<Moment>,
    /// Whether it has happened.
    pub struck: bool,
}

impl Trouble {
    /// Nothing yet.
    pub const fn none() -> Self {
        Self {
            disturbance: Disturbance::None,
            armed: false,
            given: Vec::new(),
            given_to: Vec::new(),
            requests: 0,
            commits: Vec::new(),
            began: None,
            struck: false,
        }
    }

    /// From now on it counts.
    pub fn arm(&mut self, disturbance: Disturbance) {
        self.disturbance = disturbance;
        self.armed = true;
    }

    /// A fault that the scene itself needs.
    pub fn give(&mut self, name: &'static str, fault: Fault) {
        self.given.push((name, fault));
    }

    /// Requests counted so far.
    pub const fn requests(&self) -> usize {
        self.requests
    }

    /// Which requests a fault of the scene itself struck.
    pub fn given_to(&self) -> &[usize] {
        &self.given_to
    }

    /// Commits counted until a moment.
    pub fn commits(&self, until: Moment) -> usize {
        self.commits.iter().filter(|at| **at <= until).count()
    }

    /// The fault that strikes this request, which is about to leave. The scene's own come first.
    pub fn strike(&mut self, request: &Request, now: Moment) -> Option<Fault> {
        let given = self.given.iter().position(|(name, _)| *name == request.name);
        let number = self.requests;
        if self.armed {
            self.requests += 1;
        }
        if let Some(given) = given {
            if self.armed {
                self.given_to.push(number);
            }
            return Some(self.given.remove(given).1);
        }
        let struck = match &self.disturbance {
            Disturbance::Once { at, fault } if self.armed && *at == number => Some(fault.clone()),
            Disturbance::Lasting { name, time, fault } if self.armed && *name == request.name => {
                let began = *self.began.get_or_insert(now);
                (now < began + *time).then(|| fault.clone())
            }
            _ => None,
        };
        self.struck |= struck.is_some();
        struck
    }

    /// Whether the engine dies here. Each point is passed once.
    pub fn dies(&mut self, here: Death) -> bool {
        let dies = self.armed && !self.struck && self.disturbance == Disturbance::Kill(here);
        self.struck |= dies;
        dies
    }

    /// The number of the commit that is about to be made.
    pub const fn this_commit(&self) -> usize {
        self.commits.len()
    }

    /// A commit was made.
    pub fn committed(&mut self, now: Moment) {
        if self.armed {
            self.commits.push(now);
        }
    }

    /// Whether a step that has just been done is set back, and whether it acts again. Only once.
    pub fn again(&mut self, step: &str) -> Option<bool> {
        let Disturbance::Again { step: wanted, act } = &self.disturbance else {
            return None;
        };
        let now = self.armed && !self.struck && wanted == step;
        self.struck |= now;
        now.then_some(*act)
    }

    /// Whether every step is set back, now that the last one is done. Only once.
    pub fn all_again(&mut self) -> bool {
        let now = self.armed && !self.struck && self.disturbance == Disturbance::AllAgain;
        self.struck |= now;
        now
    }
}
