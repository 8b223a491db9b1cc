//! Looking after names by time: whether there are name servers at all, what somebody waits for, and everything once a day.

use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use domain::id::{InstallationId, OperationId, ServiceId};
use domain::record::{FactRecord, NamePlace, NameSeen, NameSubject, NameWork, Service, StepPhase};
use domain::{Actor, Case, Change, Commit, Fence, Moment};
use store::StoreError;

use super::run::NameRun;
use crate::core::Naming;
use crate::core::names::{OURS, batch, naming_service};
use crate::engine::Engine;
use crate::error::EngineError;

/// How old what is shown of names may be while somebody looks.
const SHOWN_AGE: Duration = Duration::from_secs(60);

/// Services whose names are read per turn.
const READ_AT_ONCE: usize = 20;

/// Services whose names somebody waits for, at most.
const MOST_WANTED: usize = 500;

/// How long after a start everything is looked after first.
const FIRST_AFTER: Duration = Duration::from_secs(600);

/// How soon a look that failed is made again.
const AGAIN_AFTER: Duration = Duration::from_secs(900);

/// For how long such looks may fail before the duty counts as failing.
const FAILED_FOR: Duration = Duration::from_secs(3_600);

/// Facts that are kept by one commit.
const KEPT_AT_ONCE: usize = 1_000;

/// What is remembered of names between two turns.
#[derive(Debug, Default)]
pub(crate) struct NamingTurns {
    wanted: BTreeSet<ServiceId>,
    /// Whose names were removed for a machine that had them before: another one may have them by now.
    vacated: BTreeSet<NameSubject>,
    next: Option<Moment>,
    /// Since when everything could not be looked after, and why.
    failed: Option<(Moment, String)>,
}

impl Engine {
    /// Finds out whether there is a name server. Only then do names follow what is read of machines.
    pub(crate) async fn look_for_name_servers(&self) -> Result<(), EngineError> {
        let any = !self.name_servers().await?.is_empty();
        let patience = self.config().names_patience;
        self.set_naming(any.then(|| {
            Arc::new(Naming {
                patience,
                ..Naming::default()
            })
        }));
        Ok(())
    }

    /// Whether there is a name server, as it was found last.
    pub fn keeps_names(&self) -> bool {
        self.naming().is_some()
    }

    /// Somebody looks at a service's names, or they have just been changed.
    pub(crate) fn want_names(&self, service: ServiceId) {
        let mut turns = self.naming_turns();
        if turns.wanted.len() < MOST_WANTED {
            turns.wanted.insert(service);
        }
    }

    /// An operation about names came further than it was: what is shown of them is read anew. Where a name was removed that
    /// a former machine had left, the one that has the address now is given its own.
    pub(crate) fn names_came_further(&self, case: &Case) {
        self.want_names(case.service.id);
        let operation = &case.operation;
        let left_behind = operation.notes.get(OURS).and_then(serde_json::Value::as_bool) == Some(false);
        let work = operation.input.names().filter(|work| work.purpose.removes());
        let first = operation.steps.iter().all(|step| step.phase != StepPhase::Done);
        if let Some(work) = work.filter(|_| left_behind && first) {
            let mut turns = self.naming_turns();
            let room = MOST_WANTED.saturating_sub(turns.vacated.len());
            let subjects = work.wishes.iter().map(|wish| wish.subject);
            turns.vacated.extend(subjects.take(room));
        }
    }

    /// One turn: reads what is waited for, and looks after everything where it is time.
    pub(crate) async fn keep_names_right(&self) -> Result<(), EngineError> {
        self.look_for_name_servers().await?;
        if !self.keeps_names() {
            return Ok(());
        }
        self.read_wanted_names().await?;
        self.name_vacated().await?;
        let now = self.now();
        let next = *self.naming_turns().next.get_or_insert(now + FIRST_AFTER);
        let every = self.config().names_every;
        // A clock that was set back makes it due, not silent.
        if (now < next && next <= now + every.max(FIRST_AFTER)) || self.recovering().is_some() {
            return self.looks_succeed(now);
        }
        let actor = Actor::engine("the daily look at names");
        let outcome = self.look_after_names(&NameRun::default(), &actor).await;
        let mut turns = self.naming_turns();
        match outcome {
            Ok(begun) => {
                turns.next = Some(now + every);
                turns.failed = None;
                let operations = begun.operations.len();
                tracing::info!(
                    operations,
                    others = begun.others.words(),
                    "names were looked after"
                );
                Ok(())
            }
            Err(error) => {
                turns.next = Some(now + AGAIN_AFTER);
                turns.failed.get_or_insert((now, error.to_string()));
                Err(error)
            }
        }
    }

    /// Gives names to those that have what others had before. Where that fails, the daily look does it.
    async fn name_vacated(&self) -> Result<(), EngineError> {
        if self.recovering().is_some() {
            return Ok(());
        }
        let only = mem::take(&mut self.naming_turns().vacated);
        if only.is_empty() {
            return Ok(());
        }
        let run = NameRun {
            only,
            ..NameRun::default()
        };
        let actor = Actor::engine("the address was another machine's before");
        self.look_after_names(&run, &actor).await.map(|_| ())
    }

    /// Whether the last looks at everything have not failed for so long that somebody has to hear of it.
    fn looks_succeed(&self, now: Moment) -> Result<(), EngineError> {
        match &self.naming_turns().failed {
            Some((since, why)) if now >= *since + FAILED_FOR => Err(EngineError::Invalid(format!(
                "names could not be looked after since {since}: {why}"
            ))),
            _ => Ok(()),
        }
    }

    async fn read_wanted_names(&self) -> Result<(), EngineError> {
        let some: BTreeSet<ServiceId> = {
            let mut turns = self.naming_turns();
            let some: BTreeSet<_> = turns.wanted.iter().take(READ_AT_ONCE).copied().collect();
            turns.wanted.retain(|service| !some.contains(service));
            some
        };
        let now = self.now();
        let known = self.store().names_of(&some).await?;
        for (id, service) in self.store().services_of(&some).await? {
            let oldest = known
                .get(&id)
                .and_then(|names| names.values().map(|(_, at)| *at).min());
            if oldest.is_some_and(|at| now < at + SHOWN_AGE && now >= at) {
                continue;
            }
            match self.read_names(&service.installation, service.billing_id).await {
                Ok(Ok(())) => {}
                Ok(Err(why)) => tracing::debug!(service.id = %id, why, "names were not read"),
                Err(EngineError::Store(error)) => return Err(error.into()),
                Err(error) => tracing::warn!(service.id = %id, %error, "names were not read"),
            }
        }
        Ok(())
    }

    /// Keeps what was seen of many services' names.
    pub(super) async fn keep_many_names(
        &self,
        seen: Vec<(ServiceId, NameSubject, NameSeen)>,
    ) -> Result<(), EngineError> {
        let observed_at = self.now();
        for some in seen.chunks(KEPT_AT_ONCE) {
            let record = |(service, subject, seen): &(ServiceId, NameSubject, NameSeen)| {
                Change::PutFact(FactRecord::of_name(*service, *subject, Some(seen), observed_at))
            };
            let changes = some.iter().map(record).collect();
            let fence = Fence::default();
            self.store().commit(Commit { fence, changes }).await?;
        }
        Ok(())
    }

    /// Begins operations about names of many services of one billing system.
    pub(super) async fn begin_naming(
        &self,
        (installation, place): (&InstallationId, &NamePlace),
        works: Vec<NameWork>,
        actor: &Actor,
    ) -> Result<Vec<OperationId>, EngineError> {
        let service = self.naming_service(installation, naming_service(place)).await?;
        let (commit, operations) = batch(&service, works, actor, self.world());
        self.store().commit(commit).await?;
        Ok(operations)
    }

    /// The service that work on the names of a zone belongs to; made where it is not there yet.
    async fn naming_service(
        &self,
        installation: &InstallationId,
        billing_id: u64,
    ) -> Result<Service, EngineError> {
        if let Some(view) = self.view(installation, billing_id).await? {
            return Ok(view.service);
        }
        let now = self.now();
        let id = ServiceId::at(now, self.random().as_ref());
        let service = Service {
            module: "hostler".to_owned(),
            ..Service::vacant(id, installation.clone(), billing_id, now)
        };
        let changes = vec![Change::InsertService(service)];
        let fence = Fence::default();
        match self.store().commit(Commit { fence, changes }).await {
            Ok(_) | Err(StoreError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let view = self.view(installation, billing_id).await?;
        let view = view.ok_or_else(|| EngineError::NotFound("the service of names".to_owned()))?;
        Ok(view.service)
    }
}
