//! What somebody looks at, and what operations are at work on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::id::{InstallationId, ServiceId};
use domain::record::{OperationState, Platform};
use store::{OperationFilter, PageRequest};

use super::board::{Board, Member};
use super::{BUSY_EVERY, Group};
use crate::core::{Attention, Known, LISTED, MACHINE, Round, Subject, due};
use crate::engine::Engine;
use crate::error::EngineError;

/// Readings at once for those who look. Few: they go out before the sweep's, and are soon done.
const HANDS: usize = 4;

/// So many operations at work are looked at beside the pages.
const MOST_BUSY: u64 = 100;

/// An operation that is not due within this time waits for something else than its machine.
const AT_WORK: Duration = Duration::from_secs(60);

/// A service, and who cares about it.
type Attended = BTreeMap<ServiceId, (InstallationId, u64, Attention)>;

impl Engine {
    /// Reads what is due of the services that somebody attends to.
    pub(super) async fn watch(&self, platform: &Platform) -> Result<Result<(), String>, EngineError> {
        let (now, ages) = (self.now(), self.config().ages);
        let attended = self.attended(platform).await?;
        let Some(driver) = self.drivers().of(platform.kind).filter(|_| !attended.is_empty()) else {
            return Ok(Ok(()));
        };
        let shows = driver.offers().facts;
        let attention = attended
            .iter()
            .map(|(service, (_, _, attention))| (*service, *attention))
            .collect();
        let known = self.known(&attention, shows, &BTreeSet::new()).await?;
        let due = due(&known, &ages, now);
        if due.is_empty() {
            return Ok(Ok(()));
        }
        let (silent, hosts) = {
            let mut sweeps = self.sweeps();
            let hosts = sweeps.hosts.get(&platform.id).cloned().unwrap_or_default();
            (sweeps.silent_hosts(platform.id, now), hosts)
        };
        let mut round = Round::new(None, silent);
        let hosts = hosts
            .into_iter()
            .filter(|(service, _)| attended.contains_key(service));
        round.add(due, hosts.collect());
        let board = Board::new(round, shows);
        let member = |(service, (installation, billing_id, _)): (ServiceId, (InstallationId, u64, _))| {
            let member = Member {
                installation,
                billing_id,
                seen: None,
                row: None,
            };
            (service, member)
        };
        board.members().extend(attended.into_iter().map(member));
        self.work_off(platform, &board, HANDS).await
    }

    /// The services with an open page, and now and then those that an operation works on.
    async fn attended(&self, platform: &Platform) -> Result<Attended, EngineError> {
        let now = self.now();
        let (open, look) = {
            let mut sweeps = self.sweeps();
            let open = sweeps.interest.on(platform.id, now);
            let turn = sweeps.turn(platform.id, now, &self.config().ages);
            let look = turn.next.get(&Group::Watch).is_none_or(|next| *next <= now);
            if look {
                turn.next.insert(Group::Watch, now + BUSY_EVERY);
            }
            (open, look)
        };
        let page =
            |((installation, billing_id), service)| (service, (installation, billing_id, Attention::Page));
        let mut attended: Attended = open.into_iter().map(page).collect();
        if !look {
            return Ok(attended);
        }
        let filter = OperationFilter {
            states: vec![OperationState::Running],
            open: Some(true),
            platform: Some(platform.id),
            ..OperationFilter::default()
        };
        let found = self
            .store()
            .operations(&filter, &PageRequest::first(MOST_BUSY))
            .await?;
        let at_work = found.items.iter().filter(|operation| {
            operation.kind.changes() && operation.due_at.is_some_and(|due| due <= now + AT_WORK)
        });
        let busy: BTreeSet<ServiceId> = at_work.map(|operation| operation.service).collect();
        for service in self.store().services_of(&busy).await?.into_values() {
            attended.entry(service.id).or_insert((
                service.installation,
                service.billing_id,
                Attention::Operation,
            ));
        }
        Ok(attended)
    }

    /// What is known of when services were read. `changed` are those of which a list showed something else.
    pub(super) async fn known(
        &self,
        attention: &BTreeMap<ServiceId, Attention>,
        shows: &'static [domain::observed::FactKind],
        changed: &BTreeSet<ServiceId>,
    ) -> Result<Vec<Known>, EngineError> {
        let services = attention.keys().copied().collect();
        let mut moments = self.store().fact_moments(&services).await?;
        let sweeps = self.sweeps();
        let known = |(service, attention): (&ServiceId, &Attention)| {
            let moments = moments.remove(service).unwrap_or_default();
            let mut seen: BTreeMap<Subject, domain::Moment> = shows
                .iter()
                .filter_map(|kind| Some((Subject::Fact(*kind), *moments.get(kind.as_str())?)))
                .collect();
            let state = [MACHINE, LISTED]
                .iter()
                .filter_map(|kind| moments.get(*kind))
                .max();
            seen.extend(state.map(|at| (Subject::State, *at)));
            Known {
                service: *service,
                shows,
                attention: *attention,
                changed: changed.contains(service),
                seen,
                tried: sweeps.tried.get(service).cloned().unwrap_or_default(),
            }
        };
        Ok(attention.iter().map(known).collect())
    }
}
