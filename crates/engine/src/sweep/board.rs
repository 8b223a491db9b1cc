//! What the hands of one round share: the round itself, and what it knows of the services in it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::Moment;
use domain::http::{Lane, Request};
use domain::id::{InstallationId, ServiceId};
use domain::machine::Identity;
use domain::observed::FactKind;
use domain::record::Platform;
use futures_util::future::join_all;
use tokio::sync::Notify;

use crate::core::{Due, Round, Subject, Tally, Turn, Went};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::reading::Made;

/// For how long it holds which machine was behind an id.
const IDENTITY_HOLDS: Duration = Duration::from_secs(120);

/// A service in a round.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// Its billing system.
    pub installation: InstallationId,
    /// Its id there.
    pub billing_id: u64,
    /// Which machine was behind the linked id, and when.
    pub seen: Option<(Identity, Moment)>,
    /// The row of the list that differed, by its fingerprint.
    pub row: Option<u64>,
}

/// How a round ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ended {
    /// What it was good for.
    pub worth: Worth,
    /// How long the pages of the platform's complete list took, where it read one.
    pub listing: Option<Duration>,
}

/// What a round that came to its end was good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Worth {
    /// Something was learned, or nothing was late.
    Good,
    /// Everything that was asked for was asked for in vain.
    Vain(String),
    /// Nobody was asked for what is late: that was in vain a moment ago.
    Idle,
}

/// What came of a round's readings.
#[derive(Debug, Default)]
struct Learned {
    kept: usize,
    /// The last answer that could not be kept.
    unkept: Option<String>,
    /// How long the pages of the list took.
    listing: Option<Duration>,
    /// Something late was not asked for, because that was in vain a moment ago.
    rests: bool,
    /// Why the round was cut short.
    trouble: Option<String>,
}

impl Learned {
    fn worth(&self, tally: Tally) -> Worth {
        let rests = self.rests || tally.spared > 0;
        match &self.unkept {
            _ if self.kept > 0 || self.listing.is_some() => Worth::Good,
            Some(why) => Worth::Vain(format!("no answer could be kept: {why}")),
            None if tally.silent > 0 => Worth::Vain("no hypervisor that was asked answered".to_owned()),
            None if rests => Worth::Idle,
            None => Worth::Good,
        }
    }
}

/// What hands share.
#[derive(Debug)]
pub(super) struct Board {
    round: Mutex<Round>,
    members: Mutex<BTreeMap<ServiceId, Member>>,
    learned: Mutex<Learned>,
    /// Something is over: hands that wait look again.
    over: Notify,
    /// What each service's machine shows beside its state, in this round.
    pub shows: &'static [FactKind],
}

impl Board {
    pub fn new(round: Round, shows: &'static [FactKind]) -> Self {
        Self {
            round: Mutex::new(round),
            members: Mutex::default(),
            learned: Mutex::default(),
            over: Notify::new(),
            shows,
        }
    }

    pub fn round(&self) -> MutexGuard<'_, Round> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn members(&self) -> MutexGuard<'_, BTreeMap<ServiceId, Member>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something late is not asked for in this round, because that was in vain a moment ago.
    pub fn rest(&self) {
        self.learned().rests = true;
    }

    /// A page of the list was read.
    pub fn note_page(&self, took: Duration) {
        *self.learned().listing.get_or_insert_default() += took;
    }

    /// Cuts the round short.
    pub fn fail(&self, why: String) {
        self.round().end();
        self.learned().trouble.get_or_insert(why);
    }

    /// How the round ended, once no hand is left; why it was cut short, where it was.
    fn end(&self) -> Result<Ended, String> {
        let (tally, cut) = {
            let round = self.round();
            (round.tally(), round.was_ended())
        };
        let mut learned = self.learned();
        match learned.trouble.take() {
            Some(why) => Err(why),
            None if cut => Err("the platform was silent, or is not to be asked".to_owned()),
            None => Ok(Ended {
                worth: learned.worth(tally),
                listing: learned.listing,
            }),
        }
    }
}

impl Engine {
    /// Has `hands` take turns until the round is over. The inner error says why it was cut short.
    pub(super) async fn work_off(
        &self,
        platform: &Platform,
        board: &Board,
        hands: usize,
    ) -> Result<Result<Ended, String>, EngineError> {
        let hands = join_all((0..hands.max(1)).map(|_| self.hand(platform, board))).await;
        let (silent, spared) = {
            let round = board.round();
            (round.silent().clone(), round.tally().spared)
        };
        self.sweeps().note_silent(platform.id, &silent, self.now());
        metrics::counter!("hostler_readings_spared_total", "platform" => platform.name.clone())
            .increment(u64::try_from(spared).unwrap_or(u64::MAX));
        hands.into_iter().collect::<Result<(), EngineError>>()?;
        Ok(board.end())
    }

    async fn hand(&self, platform: &Platform, board: &Board) -> Result<(), EngineError> {
        loop {
            // Registered before the look: what is over in between wakes it all the same.
            let over = board.over.notified();
            tokio::pin!(over);
            over.as_mut().enable();
            let turn = board.round().turn();
            let done = match turn {
                Turn::Done => return Ok(()),
                // Nothing is over by waiting: hands that told each other so would never rest.
                Turn::Wait => {
                    over.await;
                    continue;
                }
                Turn::Page(request) => self.turn_page(platform, board, &request).await,
                Turn::Read(due) => {
                    let made = self.make(platform, board, &due).await;
                    let went = made.as_ref().map_or(Went::NotSent, |made| *made);
                    board.round().read(&due, went);
                    made.map(drop)
                }
            };
            if done.is_err() {
                board.round().end();
            }
            board.over.notify_waiters();
            done?;
        }
    }

    async fn turn_page(
        &self,
        platform: &Platform,
        board: &Board,
        request: &Request,
    ) -> Result<(), EngineError> {
        match self.read_page(platform, board, request).await? {
            Ok(()) => {}
            Err(why) => board.fail(why),
        }
        Ok(())
    }

    /// Makes a reading, and notes how it went.
    async fn make(&self, platform: &Platform, board: &Board, due: &Due) -> Result<Went, EngineError> {
        let member = board.members().get(&due.service).cloned();
        let Some(member) = member else {
            return Ok(Went::NotAsked);
        };
        let now = self.now();
        let seen = member
            .seen
            .as_ref()
            .filter(|(_, at)| now.since(*at) <= IDENTITY_HOLDS);
        let identity = seen.map(|(identity, _)| identity);
        let (installation, billing_id) = (&member.installation, member.billing_id);
        let made = match due.subject {
            Subject::State => self.glance_at(installation, billing_id, Lane::Background).await,
            Subject::Fact(kind) => {
                self.read_seen(installation, billing_id, kind, Lane::Background, identity)
                    .await
            }
        };
        let made = match made {
            Ok(made) => made,
            // One service that is ill, or gone meanwhile, stops no other.
            Err(EngineError::Store(error)) if error.is_passing() => return Err(error.into()),
            Err(error) => {
                tracing::error!(service.billing_id = billing_id, error = %crate::runner::report(&error), "a service is not read");
                self.sweeps().note_tried(due.service, due.subject, now);
                return Ok(Went::NotAsked);
            }
        };
        if let (Some(identity), Some(member)) = (&made.identity, board.members().get_mut(&due.service)) {
            member.seen = Some((identity.clone(), self.now()));
        }
        self.note_made(platform, board, due, (&made, &member));
        Ok(made.went)
    }

    /// Notes what was learned by a reading.
    fn note_made(&self, platform: &Platform, board: &Board, due: &Due, (made, member): (&Made, &Member)) {
        let (now, subject) = (self.now(), due.subject);
        let mut sweeps = self.sweeps();
        let Err(why) = &made.kept else {
            sweeps.note_read(due.service, subject, member.row.filter(|_| made.is_settled));
            sweeps.note_kept(platform.id, subject);
            board.learned().kept += 1;
            return;
        };
        tracing::debug!(service.billing_id = member.billing_id, "nothing was read: {why}");
        sweeps.note_tried(due.service, subject, now);
        if made.went == Went::Answered {
            sweeps.note_unkept(platform.id, subject, why, now);
            board.learned().unkept = Some(why.clone());
            metrics::counter!("hostler_readings_unkept_total", "platform" => platform.name.clone(), "kind" => subject.as_str())
                .increment(1);
        }
    }
}

#[cfg(test)]
mod tests;
