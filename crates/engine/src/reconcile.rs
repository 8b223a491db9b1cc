//! The reconciler: by time and by hint each platform's complete list is compared with the links. What differs in two
//! lists at least a minute apart becomes a question; what is mended meanwhile answers it by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::id::{PlatformId, QuestionId, ServiceId};
use domain::machine::Machine;
use domain::record::{
    EffectBody, Operation, OperationKind, Platform, PlatformState, Question, QuestionKind, Service,
};
use domain::{Actor, Change, Commit, Fact, Moment};
use store::{OperationFilter, PageRequest, QuestionFilter, ServiceFilter, StoreError};

use crate::core::{Claim, Comparison, Intent, Seen, Unclaimed, compare};
use crate::engine::{Engine, Wish};
use crate::error::EngineError;

/// Two lists that show the same are believed when they lie this far apart.
const APART: Duration = Duration::from_secs(60);

/// When a platform with something suspicious is listed again.
const LOOK_AGAIN: Duration = Duration::from_secs(90);

/// When a platform that could not be listed is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(300);

/// How long a person's answer holds before the same is asked again.
const ANSWER_HOLDS: Duration = Duration::from_secs(7 * 24 * 3600);

/// More open questions about machines without a service than this are one alarm.
const MOST_ORPHANS: usize = 20;

/// What has been seen once, and when each platform's turn comes.
#[derive(Debug, Default)]
pub(crate) struct Suspicions {
    turns: BTreeMap<PlatformId, Turn>,
    seen: BTreeMap<String, Moment>,
}

/// When a platform is listed next, and how it went.
#[derive(Debug, Clone)]
struct Turn {
    next: Moment,
    last_good: Moment,
    trouble: Option<String>,
}

impl Turn {
    fn went(&mut self, found: &Result<Reconciled, String>, now: Moment, every: Duration) {
        match found {
            Ok(found) => {
                self.next = now
                    + if found.suspected.is_empty() {
                        every
                    } else {
                        LOOK_AGAIN
                    };
                self.last_good = now;
                self.trouble = None;
            }
            Err(why) => {
                self.next = now + TRY_AGAIN.min(every);
                self.trouble = Some(why.clone());
            }
        }
    }
}

/// What one comparison found, as a person may be asked about it.
struct Suspect {
    subject: String,
    service: Option<(ServiceId, u64)>,
    kind: QuestionKind,
    text: String,
    choices: Vec<(&'static str, &'static str)>,
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
        let mut silent = Vec::new();
        for platform in self.store().platforms().await? {
            let approved = platform.state == PlatformState::Approved;
            let listable = self
                .drivers()
                .of(platform.kind)
                .is_some_and(|driver| driver.list().is_some());
            if !approved || !listable {
                continue;
            }
            if self.turn_of(platform.id, |turn, now| turn.next <= now) {
                // What went wrong is noted in its turn.
                let _ = self.reconcile_now(&platform).await?;
            }
            let overdue = self.turn_of(platform.id, |turn, now| {
                turn.trouble.clone().filter(|_| now >= turn.last_good + every * 3)
            });
            silent.extend(overdue.map(|why| format!("platform {} cannot be listed: {why}", platform.name)));
        }
        if silent.is_empty() {
            return Ok(());
        }
        Err(EngineError::Invalid(silent.join("; ")))
    }

    fn turn_of<T>(&self, platform: PlatformId, f: impl FnOnce(&mut Turn, Moment) -> T) -> T {
        let now = self.now();
        let mut suspicions = self.suspicions();
        let turn = suspicions.turns.entry(platform).or_insert(Turn {
            // Nothing is urgent right after a start, and a list costs the platform something.
            next: now + TRY_AGAIN.min(self.config().reconcile_every),
            last_good: now,
            trouble: None,
        });
        f(turn, now)
    }

    /// Compares a platform now, whosever turn it is; its next turn counts from here.
    pub async fn reconcile_now(
        &self,
        platform: &Platform,
    ) -> Result<Result<Reconciled, String>, EngineError> {
        let found = self.reconcile(platform).await?;
        let every = self.config().reconcile_every;
        self.turn_of(platform.id, |turn, now| turn.went(&found, now, every));
        Ok(found)
    }

    /// Compares one platform's complete list with the links. The inner error says why it could not be listed.
    pub async fn reconcile(&self, platform: &Platform) -> Result<Result<Reconciled, String>, EngineError> {
        // The claims are read first: a machine that is made meanwhile is then only unknown, not gone.
        let claims = self.claims(platform.id).await?;
        let listing = match self.list_machines(platform).await? {
            Ok(listing) => listing,
            Err(reason) => return Ok(Err(reason)),
        };
        let comparison = compare(claims, &listing, None);
        let mut found = Reconciled {
            compared: comparison.claims.len(),
            ..Reconciled::default()
        };
        let suspects = suspects(platform, &comparison);
        self.settle_what_is_mended(platform.id, &suspects).await?;
        let mut orphans = 0;
        for suspect in suspects {
            if !self.is_believed(&suspect).await? {
                found.suspected.push(suspect.text);
                continue;
            }
            orphans += usize::from(suspect.kind == QuestionKind::Orphan);
            if orphans <= MOST_ORPHANS || suspect.kind != QuestionKind::Orphan {
                self.ask_about(&suspect).await?;
            }
            found.believed.push(suspect.text);
        }
        self.alarm_about_orphans(platform, orphans).await?;
        Ok(Ok(found))
    }

    /// What the store says of every service on a platform.
    pub(crate) async fn claims(&self, platform: PlatformId) -> Result<Vec<Claim>, EngineError> {
        let links = self.links_of(platform).await?;
        let open = self.open_changes(platform).await?;
        let filter = ServiceFilter {
            platform: Some(platform),
            ..ServiceFilter::default()
        };
        let mut claims = Vec::new();
        let mut page = PageRequest::first(500);
        loop {
            let found = self.store().services(&filter, &page).await?;
            claims.extend(found.items.into_iter().map(|service| {
                let changes = open.get(&service.id).map_or(&[][..], Vec::as_slice);
                claim(service, &links, changes)
            }));
            match found.next {
                Some(cursor) => page = PageRequest::after(cursor, 500),
                None => return Ok(claims),
            }
        }
    }

    async fn links_of(
        &self,
        platform: PlatformId,
    ) -> Result<BTreeMap<ServiceId, domain::machine::Identity>, EngineError> {
        let mut links = BTreeMap::new();
        let mut page = PageRequest::first(500);
        loop {
            let found = self.store().open_links(platform, &page).await?;
            links.extend(found.items.into_iter().map(|link| (link.service, link.identity)));
            match found.next {
                Some(cursor) => page = PageRequest::after(cursor, 500),
                None => return Ok(links),
            }
        }
    }

    /// The open changes of every service on a platform.
    pub(crate) async fn open_changes(
        &self,
        platform: PlatformId,
    ) -> Result<BTreeMap<ServiceId, Vec<Operation>>, EngineError> {
        let filter = OperationFilter {
            open: Some(true),
            platform: Some(platform),
            ..OperationFilter::default()
        };
        let mut open: BTreeMap<ServiceId, Vec<Operation>> = BTreeMap::new();
        let mut page = PageRequest::first(500);
        loop {
            let found = self.store().operations(&filter, &page).await?;
            for operation in found
                .items
                .into_iter()
                .filter(|operation| operation.kind.changes())
            {
                open.entry(operation.service).or_default().push(operation);
            }
            match found.next {
                Some(cursor) => page = PageRequest::after(cursor, 500),
                None => return Ok(open),
            }
        }
    }

    /// Whether a suspect has been seen before, long enough ago. A machine that is not listed is besides looked for by its
    /// id, by an operation, before its absence is believed.
    async fn is_believed(&self, suspect: &Suspect) -> Result<bool, EngineError> {
        let now = self.now();
        let since = *self
            .suspicions()
            .seen
            .entry(suspect.subject.clone())
            .or_insert(now);
        let fresh = since == now;
        let about = suspect.service.filter(|_| suspect.kind == QuestionKind::Vanished);
        let Some((service, _)) = about else {
            return Ok(now >= since + APART);
        };
        if fresh {
            self.look_by_id(service).await?;
        }
        let fact = self.store().facts(service).await?;
        let absent = fact
            .iter()
            .any(|fact| fact.kind == "machine" && fact.value == Fact::Absent && fact.observed_at >= since);
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

    async fn ask_about(&self, suspect: &Suspect) -> Result<(), StoreError> {
        let now = self.now();
        let asked = self.store().question_about(&suspect.subject).await?;
        let holds = asked.is_some_and(|question| match (&question.answer, question.answered_at) {
            (None, _) => true,
            (Some(answer), _) if answer == "ignore" => true,
            (Some(answer), Some(at)) => answer != "settled" && now < at + ANSWER_HOLDS,
            (Some(_), None) => false,
        });
        if holds {
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
            tracing::warn!(error = %crate::runner::report(&error), "a question could not be announced");
        }
        Ok(())
    }

    /// Closes the questions of earlier comparisons whose cause is not there any more, and forgets such suspicions.
    async fn settle_what_is_mended(
        &self,
        platform: PlatformId,
        suspects: &[Suspect],
    ) -> Result<(), StoreError> {
        let prefix = format!("{platform} ");
        let present: BTreeSet<&str> = suspects.iter().map(|suspect| suspect.subject.as_str()).collect();
        let gone = |subject: &str| subject.starts_with(&prefix) && !present.contains(subject);
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

fn claim(
    service: Service,
    links: &BTreeMap<ServiceId, domain::machine::Identity>,
    changes: &[Operation],
) -> Claim {
    let link = links.get(&service.id).cloned();
    Claim {
        service: service.id,
        installation: service.installation,
        billing_id: service.billing_id,
        standing: service.standing,
        status: service.status,
        hostname: service.hostname,
        creating: link.is_none()
            && changes
                .iter()
                .any(|operation| operation.kind == OperationKind::Create),
        copy: service.mapped_id,
        link,
        busy: !changes.is_empty(),
    }
}

fn suspects(platform: &Platform, comparison: &Comparison) -> Vec<Suspect> {
    let claims = comparison
        .claims
        .iter()
        .filter_map(|(claim, seen)| suspect(platform, claim, seen));
    let orphans = comparison.unclaimed.iter().map(|one| orphan(platform, one));
    claims.chain(orphans).collect()
}

fn suspect(platform: &Platform, claim: &Claim, seen: &Seen) -> Option<Suspect> {
    let name = claim.billing_id;
    let machine = claim.link.as_ref().map_or("", |link| link.id.as_str());
    let (kind, word, text, choices) = match seen {
        Seen::Vanished if !claim.busy => (
            QuestionKind::Vanished,
            "vanished",
            format!(
                "Machine {machine} of service {name} is not on platform {} any more: not in its list, and not under its \
                 id.",
                platform.name
            ),
            vec![
                (
                    "ended",
                    "it is gone for good; the link is closed and the next create begins anew",
                ),
                ("keep", "leave the link as it is for a week"),
            ],
        ),
        Seen::Differs(how) if !claim.busy => (
            QuestionKind::Drifted,
            "differs",
            format!(
                "Platform {} shows another machine {machine} than the one linked to service {name}: {how}. Nothing is \
                 done to it.",
                platform.name
            ),
            vec![("leave", "leave it as it is for a week")],
        ),
        Seen::HeldUpstream => (
            QuestionKind::Drifted,
            "held",
            format!(
                "Service {name} is in use, and platform {} holds its machine {machine} suspended. It was not us.",
                platform.name
            ),
            vec![
                ("restore", "release it and switch it on"),
                ("leave", "leave it suspended for a week"),
            ],
        ),
        _ => return None,
    };
    Some(Suspect {
        subject: format!("{} {word} {}", platform.id, claim.service),
        service: Some((claim.service, name)),
        kind,
        text,
        choices,
    })
}

fn orphan(platform: &Platform, one: &Unclaimed) -> Suspect {
    let Machine {
        identity, created, ..
    } = &one.machine;
    let made = created.map_or_else(String::new, |created| format!(", made at {created}"));
    let how = match &one.near {
        Some(near) if one.same_name => format!("bears the hostname of service {near}"),
        Some(near) => format!("stands in the account of service {near}'s client"),
        None => "was made when the store could not know of it".to_owned(),
    };
    Suspect {
        subject: format!("{} orphan {}", platform.id, identity.id),
        service: None,
        kind: QuestionKind::Orphan,
        text: format!(
            "Machine {} on platform {} (owner {}{made}) {how}, and no service claims it. If it came of a create that was \
             given up, delete it on the platform; this question then answers itself.",
            identity.id, platform.name, identity.owner
        ),
        choices: vec![("ignore", "it is none of our business; never ask about it again")],
    }
}
