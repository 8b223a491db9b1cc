//! Engines at work: the runner's course, one event per await. Between any two of them something may strike.

use std::time::Duration;

use domain::change::Refused;
use domain::http::Outcome;
use domain::id::{OperationId, WorkerId};
use domain::record::{Call, Lease};
use domain::{Case, Moment, Random};
use engine::core::{Input, Move, Next, advance, lease, link_refused};

use super::super::broken::Broken;
use super::super::faults;
use super::super::rules::Held;
use super::super::rules::calls;
use super::trouble::Point;
use super::{Event, LEASE, StageOf, Turn, World};

/// How many operations an engine drives at once.
const SLOTS: usize = 32;

/// How long a platform's server keeps a connection on which no request comes. Common servers close it after 60 s or less.
const SERVER_WAITS: Duration = Duration::from_secs(75);

/// One engine.
#[derive(Debug)]
pub struct Worker {
    /// Its name in leases.
    pub id: WorkerId,
    /// Counts its starts.
    pub life: u32,
    /// Whether it runs; a frozen one does.
    pub up: bool,
    /// What it would do if it were not frozen.
    pub frozen: Option<Vec<Event>>,
    /// Operations that it drives.
    pub driving: usize,
    skew: i64,
}

impl Worker {
    /// A running engine whose clock is off by so many milliseconds.
    pub fn new(now: Moment, random: &dyn Random, skew: i64) -> Self {
        Self {
            id: WorkerId::at(now, random),
            life: 0,
            up: true,
            frozen: None,
            driving: 0,
            skew,
        }
    }

    /// Its own time.
    pub const fn clock(&self, now: Moment) -> Moment {
        Moment::from_micros(now.as_micros() + self.skew * 1_000)
    }

    /// Whether it can do something now.
    pub const fn is_active(&self) -> bool {
        self.up && self.frozen.is_none()
    }
}

/// A decision on its way to its commit.
#[derive(Debug)]
pub struct Decided {
    case: Case,
    input: Input,
    step: Move,
}

/// An engine's course with one operation, from its claim to its rest.
#[derive(Debug, Clone, Copy)]
struct Course {
    slot: usize,
    life: u32,
    operation: OperationId,
    held: Lease,
}

impl Course {
    fn of(turn: Turn) -> (Self, StageOf) {
        let Turn {
            slot,
            life,
            operation,
            held,
            stage,
        } = turn;
        let course = Self {
            slot,
            life,
            operation,
            held,
        };
        (course, stage)
    }

    const fn turn(self, stage: StageOf) -> Event {
        Event::Turn(Turn {
            slot: self.slot,
            life: self.life,
            operation: self.operation,
            held: self.held,
            stage,
        })
    }
}

impl World {
    pub(super) fn is_anybody_up(&self) -> bool {
        self.workers.iter().any(Worker::is_active)
    }

    /// One of the engines that can do something, drawn.
    pub(super) fn somebody(&self) -> Option<usize> {
        let active = self.workers.iter().filter(|worker| worker.is_active()).count();
        let drawn = usize::try_from(self.random.below(active as u64)).unwrap_or(0);
        let mut indexes = (0..self.workers.len()).filter(|slot| self.workers[*slot].is_active());
        indexes.nth(drawn)
    }

    /// An engine's name in leases, and its own time.
    pub(in crate::simulate) fn engine(&self, slot: usize, now: Moment) -> (WorkerId, Moment) {
        let worker = &self.workers[slot];
        (worker.id, worker.clock(now))
    }

    pub(super) fn worker(&self, slot: usize) -> &Worker {
        &self.workers[slot]
    }

    /// An engine leases what is due.
    pub(super) fn claim(&mut self) -> Result<(), Held> {
        self.claim_at = None;
        let Some(slot) = self.somebody() else {
            return Ok(());
        };
        let worker = &self.workers[slot];
        let free = SLOTS.saturating_sub(worker.driving);
        let (id, life, clock) = (worker.id, worker.life, worker.clock(self.now));
        let claimed = if free == 0 {
            Vec::new()
        } else {
            self.vault.claim(id, clock, LEASE, free)?
        };
        if claimed.is_empty() && self.vault.memory().next_due().is_some_and(|due| due <= self.now) {
            // Its slots are full or its clock is slow: the poll of half a second looks again.
            self.poll_from = self.now + Duration::from_millis(500);
        }
        self.workers[slot].driving += claimed.len();
        let held = Lease {
            worker: id,
            until: clock + LEASE,
        };
        for operation in claimed {
            self.after_sync(Event::Turn(Turn {
                slot,
                life,
                operation,
                held,
                stage: StageOf::Decide(Input::Due),
            }));
        }
        Ok(())
    }

    pub(super) fn turn(&mut self, turn: Turn) -> Result<(), Held> {
        let worker = &mut self.workers[turn.slot];
        if worker.life != turn.life {
            // The process that would have gone on is gone.
            return Ok(());
        }
        if let Some(events) = &mut worker.frozen {
            events.push(Event::Turn(turn));
            return Ok(());
        }
        let (course, stage) = Course::of(turn);
        match stage {
            StageOf::Decide(input) => self.decide(course, input),
            StageOf::Commit(decided) => {
                if self.struck_here(course.slot, Point::BeforeCommit) {
                    self.keep_frozen(course.slot, course.turn(StageOf::Commit(decided)));
                    return Ok(());
                }
                self.commit_decided(course, *decided)
            }
            StageOf::Follow(Next::Rest) => {
                self.let_go(course);
                Ok(())
            }
            StageOf::Follow(Next::Again) => self.decide(course, Input::Due),
            StageOf::Follow(Next::Send(call)) => self.carry_out(course, call),
            StageOf::Leave(call, latest, looked) => {
                self.leave(course, call, latest, looked);
                Ok(())
            }
            StageOf::Arrive(call, outcome) => self.decide(course, Input::Ended(call, outcome)),
        }
    }

    /// The operation is left to whoever claims it next.
    fn let_go(&mut self, course: Course) {
        self.workers[course.slot].driving -= 1;
    }

    /// One decision and its commit, as the runner makes them.
    fn decide(&mut self, mut course: Course, input: Input) -> Result<(), Held> {
        let Some(mut case) = self.vault.case(course.operation)? else {
            self.let_go(course);
            return Ok(());
        };
        let clock = self.workers[course.slot].clock(self.now);
        if !lease::holds(&case.operation, course.held, clock) {
            self.let_go(course);
            return Ok(());
        }
        if lease::is_short(course.held, clock) {
            let Lease { worker, until: held } = course.held;
            let until = clock + LEASE;
            if !self.vault.renew_lease(course.operation, worker, held, until)? {
                self.let_go(course);
                return Ok(());
            }
            course.held = Lease { worker, until };
            case.operation.lease = Some(course.held);
        }
        let step = advance(&case, input.clone(), self.surroundings(course.slot));
        let decided = StageOf::Commit(Box::new(Decided { case, input, step }));
        // Others decide and commit meanwhile; the fence notices.
        let micros = self.random.below(2_000);
        self.plan(self.now + Duration::from_micros(micros), course.turn(decided));
        Ok(())
    }

    fn commit_decided(&mut self, course: Course, decided: Decided) -> Result<(), Held> {
        let Decided { case, input, step } = decided;
        let next = match self.commit(step.commit)? {
            Ok(()) => step.next,
            Err(Refused::ServiceChanged(_)) => {
                self.statistics.count("decisions made anew");
                return self.decide(course, input);
            }
            Err(Refused::LeaseLost(_)) => {
                self.statistics.count("leases lost");
                self.let_go(course);
                return Ok(());
            }
            Err(Refused::Taken(sentence)) => {
                let step = link_refused(&case, &sentence, self.surroundings(course.slot));
                if self.commit(step.commit)?.is_err() {
                    return self.decide(course, input);
                }
                step.next
            }
        };
        self.observe(course.slot, &case.operation)?;
        if self.scenario.broken == Some(Broken::SendBeforeCommit)
            && let Next::Send(call) = next
        {
            return self.carry_out(course, call);
        }
        self.after_sync(course.turn(StageOf::Follow(next)));
        Ok(())
    }

    /// A committed call is sent, if enough of the lease is left.
    fn carry_out(&mut self, course: Course, call: Box<Call>) -> Result<(), Held> {
        if self.struck_here(course.slot, Point::BeforeSend) {
            // A frozen engine goes on here, before it looks at its lease.
            self.keep_frozen(course.slot, course.turn(StageOf::Follow(Next::Send(call))));
            return Ok(());
        }
        let clock = self.workers[course.slot].clock(self.now);
        let unchecked = self.scenario.broken == Some(Broken::LeaseUnchecked);
        let latest = lease::latest_end(course.held, clock).or_else(|| unchecked.then(|| clock + LEASE));
        let Some(latest) = latest else {
            let outcome = Outcome::not_sent("the lease is too short for a call");
            self.after_sync(course.turn(StageOf::Arrive(call, outcome)));
            return Ok(());
        };
        calls::may_leave(self, course.slot, &call, self.now)?;
        if self.struck_here(course.slot, Point::FirstByte) {
            // A frozen engine goes on here: no program can look once more between its last look and the first byte.
            self.keep_frozen(course.slot, course.turn(StageOf::Leave(call, latest, self.now)));
            return Ok(());
        }
        self.send(course, call, latest);
        Ok(())
    }

    /// A frozen engine goes on with a request that it had looked at for the last time. The connection was there by then,
    /// and no server keeps one for ever on which nothing comes.
    fn leave(&mut self, course: Course, call: Box<Call>, latest: Moment, looked: Moment) {
        if self.now.since(looked) <= SERVER_WAITS {
            self.last_late = self.now;
            return self.send(course, call, latest);
        }
        self.statistics.count("connections closed on a frozen engine");
        let outcome = Outcome::lost("the platform closed the connection");
        self.plan(self.now, course.turn(StageOf::Arrive(call, outcome)));
    }

    fn send(&mut self, course: Course, call: Box<Call>, latest: Moment) {
        let Course { slot, operation, .. } = course;
        self.statistics.count("calls");
        if let Some(operation) = self.vault.memory().tables.operations.get(&operation) {
            self.checker.sent(operation, &call, &mut self.stage);
        }
        let (mut outcome, mut latency, fault) = self.stage.exchange(self.now, &call.request, call.id);
        let clock = self.workers[slot].clock(self.now);
        if clock + latency > latest && latest > clock {
            latency = latest.since(clock);
            outcome = Outcome::lost("the time for the call was over");
        }
        if let Some(fault) = &fault {
            self.statistics.count("faults");
            if let Some(operation) = self.vault.memory().tables.operations.get(&operation) {
                self.checker.faulted(operation, fault, self.now);
            }
        }
        let struck = fault.as_ref().map_or("", faults::name);
        self.tell(format_args!(
            "worker {slot}: {operation} {} {} {}: {} [{struck}]",
            call.request.method,
            call.request.name,
            call.request.path,
            outcome.summary(),
        ));
        self.plan(self.now + latency, course.turn(StageOf::Arrive(call, outcome)));
        if self.struck_here(slot, Point::BeforeAnswer) {
            self.thaw_later(slot);
        }
    }

    /// What a committed transition changed, for the history, the rules and the statistics.
    fn observe(&mut self, slot: usize, before: &domain::record::Operation) -> Result<(), Held> {
        let memory = self.vault.memory();
        let Some(after) = memory.tables.operations.get(&before.id) else {
            return Ok(());
        };
        self.checker
            .observed(self.now, (before, after), &mut self.statistics);
        if after.state != before.state || after.reason != before.reason {
            self.history.tell(
                self.now,
                format_args!(
                    "worker {slot}: {} {}: {} ({})",
                    after.id, after.kind, after.reason, after.state
                ),
            );
        }
        super::super::rules::operations::check(memory, after)
    }
}
