//! The runner: claims due operations, carries out what the pure core decides, and keeps the leases honest.
//!
//! Each claimed operation is driven by one task until it rests: load the case, advance it, commit, send what is to be
//! sent, advance with the answer. Waiting is a row with a later `due_at`, never a task. A commit that is refused
//! because the service changed is decided anew from a fresh case; one refused because the lease is gone is dropped:
//! whoever holds the operation now finds the call in `sending` and treats it as unknown.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use domain::change::Refused;
use domain::http::{Lane, Outcome};
use domain::id::{OperationId, PlatformId};
use domain::record::{Call, CreateProtocol, Lease, Operation, OperationKind, Platform, StepPhase};
use domain::{Case, Change, Commit, Moment};
use futures_util::FutureExt;
use store::{Claimed, Room, StoreError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::core::{Input, Next, PROOF_SERVICE, World, advance, lease, link_refused};
use crate::engine::Engine;
use crate::hands::Hands;
use crate::observe::Outcomes;

impl Engine {
    /// Claims and drives operations until `stop`, then lets open ones reach a committed state within the drain time.
    pub(crate) async fn run_operations(&self, stop: &CancellationToken) {
        let config = self.config();
        let hands = Arc::new(Mutex::new(Hands::new(config.workers)));
        let tasks = TaskTracker::new();
        let hard_stop = CancellationToken::new();
        while !stop.is_cancelled() {
            let room = hands.lock().unwrap_or_else(PoisonError::into_inner).room();
            let claimed = if room.limit == 0 {
                Vec::new()
            } else {
                self.claim(&room).await
            };
            let none = claimed.is_empty();
            for Claimed {
                operation,
                lease,
                platform,
                ..
            } in claimed
            {
                let hand = Hand::take(&hands, self, platform);
                let (engine, stop, hard_stop) = (self.clone(), stop.clone(), hard_stop.clone());
                tasks.spawn(async move {
                    let _hand = hand;
                    let drive = AssertUnwindSafe(engine.drive(operation, lease, &stop)).catch_unwind();
                    tokio::select! {
                        driven = drive => match driven {
                            Ok(()) => {}
                            Err(panic) => engine.poisoned(operation, &told(panic.as_ref())).await,
                        },
                        () = hard_stop.cancelled() => {}
                    }
                });
            }
            if none {
                tokio::select! {
                    () = self.woken() => {}
                    () = tokio::time::sleep(config.idle_poll) => {}
                    () = stop.cancelled() => {}
                }
            }
        }
        tasks.close();
        if tokio::time::timeout(config.drain, tasks.wait()).await.is_err() {
            // What is still open stands committed in `sending`; the next start treats it as unknown.
            tracing::warn!(
                open = tasks.len(),
                "calls were still open at the end of the drain time"
            );
            hard_stop.cancel();
            tasks.wait().await;
        }
    }

    async fn claim(&self, room: &Room) -> Vec<Claimed> {
        let now = self.now();
        match self
            .store()
            .claim(self.worker(), now, self.config().lease, room)
            .await
        {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::error!(error = %report(&error), "due operations could not be claimed");
                tokio::time::sleep(self.config().idle_poll).await;
                Vec::new()
            }
        }
    }

    async fn drive(&self, id: OperationId, mut held: Lease, stop: &CancellationToken) {
        let mut input = Input::Due;
        loop {
            let case = match self.store().case(id).await {
                Ok(Some(case)) => proving(case),
                Ok(None) => return,
                Err(error) => return self.failed_to_drive(id, &error).await,
            };
            if !lease::holds(&case.operation, held, self.now()) {
                return;
            }
            let case = match self.with_enough_lease(case).await {
                Ok(Some(case)) => case,
                Ok(None) => return,
                Err(error) => return self.failed_to_drive(id, &error).await,
            };
            held = case.operation.lease.unwrap_or(held);
            let next = match self.decide(&case, input.clone()).await {
                Ok(Decided::Done(next)) => next,
                Ok(Decided::Anew) => continue,
                Ok(Decided::Lost) => return,
                Err(error) => return self.failed_to_drive(id, &error).await,
            };
            input = match next {
                Next::Rest => return,
                Next::Again if stop.is_cancelled() => {
                    self.let_go(id).await;
                    return;
                }
                Next::Again => Input::Due,
                Next::Send(call) => {
                    let outcome = self.carry_out(&case, &call).await;
                    Input::Ended(call, outcome)
                }
            };
        }
    }

    /// One decision and its commit.
    async fn decide(&self, case: &Case, input: Input) -> Result<Decided, StoreError> {
        let driver = case
            .platform
            .as_ref()
            .and_then(|platform| self.drivers().of(platform.kind));
        let naming = self.naming_for(case).await?;
        let world = World {
            driver,
            naming: naming.as_deref(),
            ..self.world()
        };
        let step = advance(case, input, world);
        let outcomes = Outcomes::of(&case.operation, &step.commit);
        let further = comes_further(&case.operation, &step.commit);
        match self.store().commit(step.commit).await {
            Ok(_) => outcomes.publish("observation", world.now),
            Err(StoreError::Refused(Refused::ServiceChanged(_))) => return Ok(Decided::Anew),
            Err(StoreError::Refused(Refused::LeaseLost(id))) => {
                tracing::warn!(operation.id = %id, "the lease was lost; its new holder goes on");
                return Ok(Decided::Lost);
            }
            Err(StoreError::Refused(Refused::Taken(sentence))) => {
                let step = link_refused(case, &sentence, world);
                return match self.store().commit(step.commit).await {
                    Ok(_) => Ok(Decided::Done(step.next)),
                    Err(StoreError::Refused(_)) => Ok(Decided::Anew),
                    Err(error) => Err(error),
                };
            }
            Err(error) => return Err(error),
        }
        if further {
            self.wholesome(case.operation.id);
            match case.operation.kind {
                OperationKind::ChangePackage => self.note_resized(case.service.id),
                OperationKind::ReverseDns => self.names_came_further(case),
                _ => {}
            }
        }
        self.announce(case.operation.id);
        Ok(Decided::Done(step.next))
    }

    /// Renews a lease that is too short for a call. A worker that was frozen past its lease does not get it back.
    async fn with_enough_lease(&self, mut case: Case) -> Result<Option<Case>, StoreError> {
        let now = self.now();
        let Some(held) = case.operation.lease else {
            return Ok(None);
        };
        if !lease::is_short(held, now) {
            return Ok(Some(case));
        }
        let until = now + self.config().lease;
        if !self
            .store()
            .renew_lease(case.operation.id, self.worker(), held.until, until)
            .await?
        {
            return Ok(None);
        }
        case.operation.lease = Some(Lease {
            worker: self.worker(),
            until,
        });
        Ok(Some(case))
    }

    /// Sends a call that stands committed, within what is left of the lease.
    async fn carry_out(&self, case: &Case, call: &Call) -> Outcome {
        let Some(platform) = &case.platform else {
            return Outcome::not_sent("the service has no platform");
        };
        let Some(held) = case.operation.lease else {
            return Outcome::not_sent("the operation is not leased");
        };
        // Never start a side effect with a short lease, and end it before the lease does.
        let Some(latest) = lease::latest_end(held, self.now()) else {
            return Outcome::not_sent("the lease is too short for a call");
        };
        if let Some(answer) = self.ask_the_dns(platform, &call.request).await {
            return answer;
        }
        let correlation = case.operation.actor.correlation.clone().unwrap_or_default();
        let span =
            tracing::info_span!("call", correlation, operation.id = %case.operation.id, step = %call.step);
        self.send(platform, call, lane(&case.operation), latest)
            .instrument(span)
            .await
    }

    /// Sends one request to a platform.
    pub(crate) async fn send(&self, platform: &Platform, call: &Call, lane: Lane, latest: Moment) -> Outcome {
        match self.endpoint(platform).await {
            Ok(endpoint) => {
                self.outbound()
                    .send(&endpoint, call.id, &call.request, lane, latest)
                    .await
            }
            Err(error) => Outcome::not_sent(error.to_string()),
        }
    }

    /// The lease runs out and the operation is claimed again: nothing is lost, it is late.
    async fn failed_to_drive(&self, id: OperationId, error: &StoreError) {
        if matches!(error, StoreError::Damaged { .. }) {
            // Trying again will not help: this one is ill, not the store.
            return self.poisoned(id, &report(error)).await;
        }
        tracing::error!(operation.id = %id, error = %report(error), "an operation could not be advanced");
    }

    async fn let_go(&self, id: OperationId) {
        if let Err(error) = self.store().release_lease(id, self.worker()).await {
            tracing::warn!(operation.id = %id, error = %report(&error), "a lease has to run out by itself");
        }
    }
}

/// A hand at work; free again when it is dropped, which the runner hears of: something may have waited for it.
struct Hand {
    hands: Arc<Mutex<Hands>>,
    engine: Engine,
    platform: Option<PlatformId>,
}

impl Hand {
    fn take(hands: &Arc<Mutex<Hands>>, engine: &Engine, platform: Option<PlatformId>) -> Self {
        hands
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(platform);
        Self {
            hands: hands.clone(),
            engine: engine.clone(),
            platform,
        }
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.hands
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .give_back(self.platform);
        self.engine.wake();
    }
}

enum Decided {
    Done(Next),
    Anew,
    Lost,
}

/// Whether a transition ends a step or the operation. Merely asking again is no progress: what failed before may fail
/// at the next answer.
fn comes_further(before: &Operation, commit: &Commit) -> bool {
    let done = |operation: &Operation| {
        let steps = operation.steps.iter();
        steps.filter(|step| step.phase == StepPhase::Done).count()
    };
    commit.changes.iter().any(|change| match change {
        Change::PutOperation(after) if after.id == before.id => {
            after.state.is_final() || done(after) > done(before)
        }
        _ => false,
    })
}

/// The machine that proves the staging protocol is created by it.
fn proving(mut case: Case) -> Case {
    if case.service.billing_id == PROOF_SERVICE
        && let Some(platform) = &mut case.platform
    {
        platform.profile.create_protocol = CreateProtocol::Staging;
    }
    case
}

fn lane(operation: &Operation) -> Lane {
    match operation.kind {
        _ if operation.actor.is_person() => Lane::Click,
        OperationKind::Refresh | OperationKind::Adopt | OperationKind::RemoveStray => Lane::Background,
        _ => Lane::Change,
    }
}

/// What a panic said.
fn told(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    format!("deciding it failed ({})", text.as_deref().unwrap_or("no words"))
}

/// An error with its causes, once, at the edge.
pub(crate) fn report(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
