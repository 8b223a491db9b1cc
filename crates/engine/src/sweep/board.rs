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

use crate::core::{Due, Round, Subject, Turn, Went};
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

/// What hands share.
#[derive(Debug)]
pub(super) struct Board {
    round: Mutex<Round>,
    members: Mutex<BTreeMap<ServiceId, Member>>,
    /// Why the round was cut short.
    trouble: Mutex<Option<String>>,
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
            trouble: Mutex::default(),
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

    fn trouble(&self) -> MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Cuts the round short.
    pub fn fail(&self, why: String) {
        self.round().end();
        self.trouble().get_or_insert(why);
    }
}

impl Engine {
    /// Has `hands` take turns until the round is over. The inner error says why it was cut short.
    pub(super) async fn work_off(
        &self,
        platform: &Platform,
        board: &Board,
        hands: usize,
    ) -> Result<Result<(), String>, EngineError> {
        let hands = join_all((0..hands.max(1)).map(|_| self.hand(platform, board))).await;
        let now = self.now();
        let (tally, dead, cut) = {
            let round = board.round();
            (round.tally(), round.dead().clone(), round.was_ended())
        };
        self.sweeps().note_silent(platform.id, &dead, now);
        hands.into_iter().collect::<Result<(), EngineError>>()?;
        let why = board.trouble().take();
        Ok(match why {
            Some(why) => Err(why),
            None if cut => Err(format!(
                "{} readings were answered, then the platform was silent or not to be asked",
                tally.answered
            )),
            None => Ok(()),
        })
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
                    let made = self.make(board, &due).await;
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
    async fn make(&self, board: &Board, due: &Due) -> Result<Went, EngineError> {
        let member = board.members().get(&due.service).cloned();
        let Some(member) = member else {
            return Ok(Went::Answered);
        };
        let now = self.now();
        let seen = member.seen.filter(|(_, at)| now.since(*at) <= IDENTITY_HOLDS);
        let identity = seen.as_ref().map(|(identity, _)| identity);
        let (installation, billing_id) = (&member.installation, member.billing_id);
        let made = match due.subject {
            Subject::State => self.glance_at(installation, billing_id, Lane::Background).await,
            Subject::Fact(kind) => {
                self.read_seen(installation, billing_id, kind, Lane::Background, identity)
                    .await
            }
        };
        let Made { kept, went, identity } = match made {
            Ok(made) => made,
            // One service that is ill, or gone meanwhile, stops no other.
            Err(EngineError::Store(error)) if error.is_passing() => return Err(error.into()),
            Err(error) => {
                tracing::error!(service.billing_id = billing_id, error = %crate::runner::report(&error), "a service is not read");
                self.sweeps().note_tried(due.service, due.subject, now);
                return Ok(Went::Answered);
            }
        };
        match kept {
            Ok(_) => self.sweeps().note_read(due.service, due.subject, member.row),
            Err(why) => {
                tracing::debug!(service.billing_id = billing_id, "nothing was read: {why}");
                self.sweeps().note_tried(due.service, due.subject, now);
            }
        }
        if let (Some(identity), Some(member)) = (identity, board.members().get_mut(&due.service)) {
            member.seen = Some((identity, self.now()));
        }
        Ok(went)
    }
}
