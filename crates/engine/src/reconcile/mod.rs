//! The reconciler: by time and by hint each platform's complete list is compared with the links. What differs in two
//! lists at least a minute apart becomes a question; what is mended meanwhile answers it by itself.

mod claims;
mod suspect;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::id::{PlatformId, QuestionId, ServiceId};
use domain::record::{EffectBody, FactRecord, Platform, PlatformState, Question, QuestionKind};
use domain::{Actor, Change, Commit, Fact, Moment};
use store::{PageRequest, QuestionFilter, StoreError};

use self::claims::Claims;
use self::suspect::{Suspect, many, suspects};
use crate::core::{Intent, compare};
use crate::engine::{Engine, Wish};
use crate::error::EngineError;
use crate::runner::report;
use crate::turn::{Turn, in_time};

/// Two lists that show the same are believed when they lie this far apart.
const APART: Duration = Duration::from_secs(60);

/// When a platform with something suspicious is listed again.
const LOOK_AGAIN: Duration = Duration::from_secs(90);

/// How long the comparison of one platform may take.
const TURN: Duration = Duration::from_secs(600);

/// When a platform that could not be listed is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(300);

/// How long a person's answer holds before the same is asked again.
const ANSWER_HOLDS: Duration = Duration::from_secs(7 * 24 * 3600);

/// How often a machine that is not listed is looked for by its id, until that has shown whether it is there.
const LOOK_BY_ID: Duration = Duration::from_secs(600);

/// More open questions about machines without a service than this are one alarm.
const MOST_ORPHANS: usize = 20;

/// More machines of services that are gone or different at once than this, or than one in a hundred, are one question.
const MANY: usize = 5;

/// What has been seen once, and when each platform's turn comes.
#[derive(Debug, Default)]
pub(crate) struct Suspicions {
    turns: BTreeMap<PlatformId, Turn>,
    seen: BTreeMap<String, Sighting>,
}

/// Since when something has been seen, and when its machine was last looked for by its id.
#[derive(Debug, Clone, Copy)]
struct Sighting {
    since: Moment,
    looked: Option<Moment>,
}

/// What a reconciliation came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Reconciled {
    /// Services whose machine was compared.
    pub compared: usize,
    /// What was seen for the first time and is looked at again before it is believed.
    pub suspected: Vec<String>,
    /// What is believed; each is a question.
    pub believed: Vec<String>,
}

impl Engine {
    /// Reconciles every approved platform whose turn it is. An error while one has not been listed for three turns.
    pub(crate) async fn reconcile_all(&self) -> Result<(), EngineError> {
        if self.recovering().is_some() {
            // Recovery makes the same comparison, and decides otherwise.
            return Ok(());
        }
        let every = self.config().reconcile_every;
        let mut turns = Vec::new();
        for platform in self.store().platforms().await? {
            let approved = platform.state == PlatformState::Approved;
            let listable = self
                .drivers()
                .of(platform.kind)
                .is_some_and(|driver| driver.list(&platform.account).is_some());
            if !approved || !listable {
                continue;
            }
            turns.push((self.turn_of(platform.id, |turn, _| turn.next()), platform));
        }
        // The longest due first, each within a time of its own: one that is slow takes no other's turn away.
        turns.sort_by_key(|(next, platform)| (*next, platform.id));
        let mut silent = Vec::new();
        for (_, platform) in turns {
            let farthest = every.max(LOOK_AGAIN);
            if self.turn_of(platform.id, |turn, now| turn.is_due(now, farthest)) {
                // What is wrong with one platform's records keeps no other from being compared.
                let found = in_time(TURN, Box::pin(self.reconcile(&platform))).await;
                self.took_its_turn(platform.id, &found);
            }
            let overdue = self.turn_of(platform.id, |turn, now| {
                let overdue = turn.overdue(now, every * 3);
                overdue.map(|(_, why)| format!("platform {} cannot be listed: {why}", platform.name))
            });
            silent.extend(overdue);
        }
        if silent.is_empty() {
            return Ok(());
        }
        Err(EngineError::Invalid(silent.join("; ")))
    }

    fn turn_of<T>(&self, platform: PlatformId, f: impl FnOnce(&mut Turn, Moment) -> T) -> T {
        let now = self.now();
        let mut suspicions = self.suspicions();
        // Nothing is urgent right after a start, and a list costs the platform something.
        let first = now + TRY_AGAIN.min(self.config().reconcile_every);
        let turn = suspicions
            .turns
            .entry(platform)
            .or_insert_with(|| Turn::first(first, now));
        f(turn, now)
    }

    fn took_its_turn(&self, platform: PlatformId, found: &Result<Reconciled, String>) {
        let every = self.config().reconcile_every;
        self.turn_of(platform, |turn, now| match found {
            Ok(found) if found.suspected.is_empty() => turn.went_well(now, now + every),
            Ok(_) => turn.went_well(now, now + LOOK_AGAIN),
            Err(why) => {
                // The duty tells of it once it lasts.
                turn.failed(why.clone(), now + TRY_AGAIN.min(every));
            }
        });
    }

    /// Compares a platform now, whosever turn it is; its next turn counts from here.
    pub async fn reconcile_now(
        &self,
        platform: &Platform,
    ) -> Result<Result<Reconciled, String>, EngineError> {
        let found = self.reconcile(platform).await?;
        self.took_its_turn(platform.id, &found);
        Ok(found)
    }

    /// Compares one platform's complete list with the links. The inner error says why it could not be listed.
    pub async fn reconcile(&self, platform: &Platform) -> Result<Result<Reconciled, String>, EngineError> {
        // The claims are read first: a machine that is made meanwhile is then only unknown, not gone.
        let Claims { known, unread } = self.read_claims(platform).await?;
        let listing = match self.list_machines(platform).await? {
            Ok(listing) => listing,
            Err(reason) => return Ok(Err(reason)),
        };
        let mut comparison = compare(known, &listing, None);
        if unread > 0 {
            // It may be the machine of a service that cannot be read, which is no machine to be deleted.
            comparison.unclaimed.clear();
        }
        let mut found = Reconciled {
            compared: comparison.claims.len(),
            ..Reconciled::default()
        };
        let linked = comparison.claims.iter().filter(|(claim, _)| claim.link.is_some());
        let bound = MANY.max(linked.count() / 100);
        let mut suspects = suspects(platform, &comparison);
        let open = self.still_open(&mut suspects).await?;
        let together = self.together(platform, open, bound).await?;
        let singly = together.as_ref().is_none_or(|(_, singly)| *singly);
        // First, so that the others are known to be told by it.
        suspects.splice(0..0, together.map(|(one, _)| one));
        self.settle_what_is_mended(platform.id, &suspects, unread == 0)
            .await?;
        let (mut orphans, mut told) = (0, false);
        for suspect in suspects {
            let believed = if suspect.about_a_service() && !singly {
                told
            } else {
                match self.weigh(&suspect, &mut orphans).await {
                    Ok(believed) => believed,
                    Err(error) => self.passed_over(&suspect, error)?,
                }
            };
            if suspect.is_about_many() && believed {
                told = true;
                if !suspect.settled {
                    self.raise(&many_differ(platform), suspect.text.clone()).await?;
                }
            }
            if believed {
                found.believed.push(suspect.text);
            } else {
                found.suspected.push(suspect.text);
            }
        }
        if unread == 0 {
            self.alarm_about_orphans(platform, orphans).await?;
        }
        Ok(Ok(found))
    }

    /// Marks what a person has decided about already, and counts what is left that is about a service.
    async fn still_open(&self, suspects: &mut [Suspect]) -> Result<usize, EngineError> {
        let mut open = 0;
        for suspect in suspects {
            suspect.settled = match self.store().question_about(&suspect.subject).await {
                Ok(asked) => asked.is_some_and(|asked| asked.answer.is_some() && self.holds(&asked)),
                Err(error) => self.passed_over(suspect, error.into())?,
            };
            open += usize::from(suspect.about_a_service() && !suspect.settled);
        }
        Ok(open)
    }

    /// More machines of services than the bound are one question and one alarm: a panel that was put back from an old
    /// backup is one event, and looking for each machine is no help. With whether a person wants to be asked about each
    /// all the same.
    async fn together(
        &self,
        platform: &Platform,
        open: usize,
        bound: usize,
    ) -> Result<Option<(Suspect, bool)>, StoreError> {
        let mut together = None;
        if open > bound {
            let mut one = many(platform, open);
            let asked = self.store().question_about(&one.subject).await?;
            let answer = asked
                .filter(|asked| self.holds(asked))
                .and_then(|asked| asked.answer);
            one.settled = answer.is_some();
            together = Some((one, answer.as_deref() == Some("each")));
        }
        if together.as_ref().is_none_or(|(one, _)| one.settled) {
            self.clear(&many_differ(platform)).await?;
        }
        Ok(together)
    }

    /// Whether a suspect is believed; one that is and that nobody has decided about is asked about.
    async fn weigh(&self, suspect: &Suspect, orphans: &mut usize) -> Result<bool, EngineError> {
        if suspect.settled {
            return Ok(true);
        }
        if !self.is_believed(suspect).await? {
            return Ok(false);
        }
        let is_orphan = suspect.kind == QuestionKind::Orphan;
        *orphans += usize::from(is_orphan);
        if *orphans <= MOST_ORPHANS || !is_orphan {
            self.ask_about(suspect).await?;
        }
        Ok(true)
    }

    /// What cannot be judged because a record around it cannot be read: it is not believed, and the others go on.
    /// An error of the store as a whole is handed on.
    fn passed_over(&self, suspect: &Suspect, error: EngineError) -> Result<bool, EngineError> {
        match error {
            EngineError::Store(error) if !error.is_passing() => {
                self.store().note_damage(&error);
                tracing::error!(subject = %suspect.subject, error = %report(&error), "a suspicion cannot be judged");
                Ok(false)
            }
            error => Err(error),
        }
    }

    /// Whether a suspect has been seen before, long enough ago. A machine that is not listed is besides looked for by its
    /// id, by an operation, before its absence is believed.
    async fn is_believed(&self, suspect: &Suspect) -> Result<bool, EngineError> {
        let now = self.now();
        let about = suspect.service.filter(|_| suspect.kind == QuestionKind::Vanished);
        let (since, look) = {
            let mut suspicions = self.suspicions();
            let sighting = suspicions
                .seen
                .entry(suspect.subject.clone())
                .or_insert(Sighting {
                    since: now,
                    looked: None,
                });
            (
                sighting.since,
                about.filter(|_| sighting.looked.is_none_or(|at| now >= at + LOOK_BY_ID)),
            )
        };
        let Some((service, _)) = about else {
            return Ok(now >= since + APART);
        };
        let facts = self.store().facts(service).await?;
        let absent = facts.iter().any(|fact| {
            fact.kind == FactRecord::MACHINE && fact.value == Fact::Absent && fact.observed_at >= since
        });
        if let Some((service, _)) = look.filter(|_| !absent) {
            // One look may come to nothing: it is made again as long as it has not shown anything.
            self.look_by_id(service).await?;
            if let Some(sighting) = self.suspicions().seen.get_mut(&suspect.subject) {
                sighting.looked = Some(now);
            }
        }
        Ok(absent && now >= since + APART)
    }

    async fn look_by_id(&self, service: ServiceId) -> Result<(), EngineError> {
        let Some(service) = self.store().service(service).await? else {
            return Ok(());
        };
        let wish = Wish::about(
            service,
            Intent::Refresh { live: true },
            Actor::engine("reconcile"),
        );
        match self.submit(wish).await {
            Ok(_) | Err(EngineError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether a question stands, or was answered so that the same is not asked again yet. An answer that calls for
    /// something to be done holds nothing: what is still so afterwards is asked about anew.
    fn holds(&self, question: &Question) -> bool {
        match (question.answer.as_deref(), question.answered_at) {
            (None | Some("ignore"), _) => true,
            (Some("leave" | "keep" | "each"), Some(at)) => self.now() < at + ANSWER_HOLDS,
            _ => false,
        }
    }

    async fn ask_about(&self, suspect: &Suspect) -> Result<(), StoreError> {
        let _asking = self.asking().await;
        let now = self.now();
        let asked = self.store().question_about(&suspect.subject).await?;
        if asked.is_some_and(|asked| self.holds(&asked)) {
            return Ok(());
        }
        let question = Question {
            id: QuestionId::at(now, self.random().as_ref()),
            service: suspect.service.map(|(service, _)| service),
            operation: None,
            kind: suspect.kind,
            subject: Some(suspect.subject.clone()),
            text: suspect.text.clone(),
            choices: suspect
                .choices
                .iter()
                .map(|(word, does)| ((*word).to_owned(), (*does).to_owned()))
                .collect(),
            host_only: false,
            opened_at: now,
            answered_at: None,
            answer: None,
            answered_by: None,
        };
        self.store()
            .commit(Commit {
                changes: vec![Change::PutQuestion(question)],
                ..Commit::default()
            })
            .await?;
        let todo = EffectBody::Todo {
            title: "Hostler asks about a machine".to_owned(),
            description: suspect.text.clone(),
        };
        if let Some((service, billing_id)) = suspect.service
            && let Some(found) = self.store().service(service).await?
            && let Err(error) = self
                .tell(&found.installation, Some((service, billing_id)), todo)
                .await
        {
            tracing::warn!(error = %report(&error), "a question could not be announced");
        }
        Ok(())
    }

    /// Closes the questions of earlier comparisons whose cause is not there any more, and forgets such suspicions. Those
    /// about orphans stay where it is not known which machines nobody claims.
    async fn settle_what_is_mended(
        &self,
        platform: PlatformId,
        suspects: &[Suspect],
        orphans_known: bool,
    ) -> Result<(), StoreError> {
        let prefix = format!("{platform} ");
        let orphan = format!("{platform} orphan ");
        let present: BTreeSet<&str> = suspects.iter().map(|suspect| suspect.subject.as_str()).collect();
        let gone = |subject: &str| {
            subject.starts_with(&prefix)
                && !present.contains(subject)
                && (orphans_known || !subject.starts_with(&orphan))
        };
        self.suspicions().seen.retain(|subject, _| !gone(subject));
        let filter = QuestionFilter {
            open: Some(true),
            ..QuestionFilter::default()
        };
        let mut page = PageRequest::first(500);
        loop {
            let found = self.store().questions(&filter, &page).await?;
            for mut question in found.items {
                if !question.subject.as_deref().is_some_and(gone) {
                    continue;
                }
                question.answered_at = Some(self.now());
                question.answer = Some("settled".to_owned());
                question.answered_by = Some(Actor::engine("settled by observation"));
                self.store()
                    .commit(Commit {
                        changes: vec![Change::PutQuestion(question)],
                        ..Commit::default()
                    })
                    .await?;
            }
            match found.next {
                Some(cursor) => page = PageRequest::after(cursor, 500),
                None => return Ok(()),
            }
        }
    }

    async fn alarm_about_orphans(&self, platform: &Platform, orphans: usize) -> Result<(), StoreError> {
        let name = format!("orphans:{}", platform.id);
        if orphans <= MOST_ORPHANS {
            return self.clear(&name).await;
        }
        let text = format!(
            "platform {} has {orphans} machines in our clients' accounts that no service claims; run `hostler \
             platform reconcile {}` for the list",
            platform.name, platform.id
        );
        self.raise(&name, text).await
    }
}

fn many_differ(platform: &Platform) -> String {
    format!("many_differ:{}", platform.id)
}
