//! Looking after names by time: whether there are name servers at all, what somebody waits for, and everything once a day.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use domain::id::{InstallationId, OperationId, PlatformId, ServiceId};
use domain::record::{
    FactRecord, NamePlace, NameSeen, NameSubject, NameWork, Service, ServiceStatus, Standing,
};
use domain::{Actor, Change, Commit, Fact, Fence, Moment};
use store::StoreError;

use super::run::NameRun;
use crate::core::Naming;
use crate::core::names::{batch, naming_service};
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
    next: Option<Moment>,
    /// Since when everything could not be looked after, and why.
    failed: Option<(Moment, String)>,
    writes: HashMap<PlatformId, Arc<tokio::sync::Mutex<()>>>,
}

impl NamingTurns {
    /// Whose turn it is to change something at a name server.
    pub fn write_at(&mut self, server: PlatformId) -> Arc<tokio::sync::Mutex<()>> {
        self.writes.entry(server).or_default().clone()
    }
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

    /// Somebody looks at a service's names, or they have just been changed.
    pub(crate) fn want_names(&self, service: ServiceId) {
        let mut turns = self.naming_turns();
        if turns.wanted.len() < MOST_WANTED {
            turns.wanted.insert(service);
        }
    }

    /// One turn: reads what is waited for, and looks after everything where it is time.
    pub(crate) async fn keep_names_right(&self) -> Result<(), EngineError> {
        self.look_for_name_servers().await?;
        if self.naming().is_none() {
            return Ok(());
        }
        self.read_wanted_names().await?;
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
                Change::PutFact(FactRecord {
                    service: *service,
                    kind: FactRecord::name_kind(*subject),
                    value: serde_json::to_value(seen).map_or(Fact::Unknown, Fact::Known),
                    observed_at,
                })
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
        let service = Service {
            id: ServiceId::at(now, self.random().as_ref()),
            installation: installation.clone(),
            billing_id,
            client_id: 0,
            product_id: 0,
            module: "hostler".to_owned(),
            platform: None,
            generation: 1,
            status: ServiceStatus::Pending,
            standing: Standing::Vacant,
            hostname: None,
            mapped_id: None,
            power_before_suspend: None,
            watch_due: None,
            unsettled_until: None,
            holds: Vec::new(),
            welcomed_generation: 0,
            version: 0,
            created_at: now,
            updated_at: now,
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
