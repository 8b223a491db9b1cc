//! How fresh what is stored is: for pages, and for whoever watches the engine.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::id::InstallationId;
use domain::observed::FactKind;
use domain::record::{FactRecord, Operation, OperationKind, OperationState, Platform, PlatformState};
use domain::{Moment, Order, ServiceView};
use store::{OperationFilter, PageRequest};

use super::Group;
use super::memory::Unkept;
use crate::core::{Ages, Newest, newest};
use crate::engine::Engine;
use crate::error::EngineError;

/// Rounds that do not come to their end for so many times their usual distance are an alarm.
const ROUNDS: u32 = 3;

/// A list that could not be read, or a kind of fact that could not be kept, for less than this is no alarm.
const LEAST: Duration = Duration::from_secs(1_800);

/// A kind of which nothing could be kept is no trouble any more when nobody has asked for it for this long.
const FORGOTTEN: Duration = Duration::from_secs(2 * 3600);

/// Pages whose facts were not read for this long are an alarm.
const PAGES: Duration = Duration::from_secs(300);

/// The loop that begins rounds looks every second; it hangs when it has not for this long.
const BEAT: Duration = Duration::from_secs(60);

/// So many services are named in an alarm.
const NAMED: u64 = 5;

/// Nothing recorded for this long is an alarm.
const UNREAD: Duration = Duration::from_secs(24 * 3600);

/// So many orders of a kind are looked through for one that came to something.
const ORDERS_BACK: u64 = 20;

/// What a page shows of a service: everything from the store, each with its age, and whether its platform is to be reached.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The service and everything around it.
    pub view: ServiceView,
    /// The newest of its machine, and when it was last seen to be so; `None` where nothing is known of the linked one.
    pub machine: Option<Newest>,
    /// What was read of it besides, each with the moment of its reading.
    pub facts: BTreeMap<FactKind, FactRecord>,
    /// Until when the platform is asked for nothing because it fails; `None` while it is to be reached.
    pub silent_until: Option<Moment>,
    /// How old the machine's state may become.
    pub greatest_age: Duration,
    /// The moment that all ages count to.
    pub now: Moment,
}

impl Shown {
    /// How old a fact is; `None` where it is not known.
    pub fn age(&self, kind: FactKind) -> Option<Duration> {
        self.facts.get(&kind).map(|fact| self.now.since(fact.observed_at))
    }

    /// How old the machine's state is; `None` where it is not known.
    pub fn state_age(&self) -> Option<Duration> {
        self.machine.as_ref().map(|newest| self.now.since(newest.seen_at))
    }

    /// Until when the last full reading of the machine, which pages show, is known to hold: its own moment, or that of a
    /// later sight that agrees with it. `None` where the machine was not read.
    pub fn reading_held_at(&self) -> Option<Moment> {
        let newest = self.machine.as_ref().filter(|newest| newest.is_reading);
        let read = || Some(self.view.machine.as_ref()?.observed_at);
        newest.map(|newest| newest.seen_at).or_else(read)
    }

    /// Whether what pages show of the machine is no longer to be relied on: its platform does not answer, or it is older
    /// than it may become.
    pub fn is_stale(&self) -> bool {
        let age = self.reading_held_at().map(|at| self.now.since(at));
        age.is_some_and(|age| self.silent_until.is_some() || age > self.greatest_age)
    }
}

/// The newest order among operations that has been or is being carried out.
fn newest_order<'a>(operations: impl IntoIterator<Item = &'a Operation>) -> Option<&'a Order> {
    let came_to_nothing = |state| {
        matches!(
            state,
            OperationState::Failed | OperationState::Cancelled | OperationState::Superseded
        )
    };
    operations
        .into_iter()
        .filter(|operation| {
            OperationKind::ORDERS.contains(&operation.kind) && !came_to_nothing(operation.state)
        })
        .max_by_key(|operation| operation.sequence)?
        .input
        .order()
}

impl Engine {
    /// What a page shows of a service, from the store alone: no platform is asked, and none has to be there. `None` where
    /// there is no such service. An error where the store cannot be read.
    pub async fn shown(
        &self,
        installation: &InstallationId,
        billing_id: u64,
    ) -> Result<Option<Shown>, EngineError> {
        let Some(view) = self.view(installation, billing_id).await? else {
            return Ok(None);
        };
        self.shown_of(view).await.map(Some)
    }

    /// The same of a service that was read already.
    pub async fn shown_of(&self, view: ServiceView) -> Result<Shown, EngineError> {
        let facts = match &view.link {
            Some(_) => self.store().facts(view.service.id).await?,
            None => Vec::new(),
        };
        let link = view.link.as_ref();
        let machine = link.and_then(|link| newest(&link.identity, &facts));
        let of_link = |fact: &FactRecord| link.is_some_and(|link| fact.observed_at >= link.opened_at);
        let mut facts: BTreeMap<FactKind, FactRecord> = facts
            .into_iter()
            .filter(of_link)
            .filter_map(|fact| Some((fact.kind.parse().ok()?, fact)))
            .collect();
        if facts.contains_key(&FactKind::Usage) && !self.has_self_service(&view).await? {
            facts.remove(&FactKind::Usage);
        }
        let platform = view.platform.as_ref();
        let silent_until = platform.and_then(|platform| self.breaker_open_until(platform));
        Ok(Shown {
            view,
            machine,
            facts,
            silent_until,
            greatest_age: self.config().ages.state,
            now: self.now(),
        })
    }

    /// Whether a service's client may see what self-service has used: not where the product that was ordered has none. Of a
    /// service that came without an order nothing speaks against it.
    async fn has_self_service(&self, view: &ServiceView) -> Result<bool, EngineError> {
        let at_hand = view.open.iter().chain(&view.recent);
        if let Some(order) = newest_order(at_hand) {
            return Ok(order.self_service() != 0);
        }
        let mut earlier = Vec::new();
        for kind in OperationKind::ORDERS {
            let filter = OperationFilter {
                service: Some(view.service.id),
                kind: Some(kind),
                ..OperationFilter::default()
            };
            let page = self
                .store()
                .operations(&filter, &PageRequest::first(ORDERS_BACK))
                .await?;
            earlier.extend(page.items);
        }
        Ok(newest_order(&earlier).is_none_or(|order| order.self_service() != 0))
    }

    /// Whether every platform is gone over as often as it should be, and every kind of fact can be kept.
    pub(crate) async fn check_sweeps(&self) -> Result<(), EngineError> {
        self.alarm_about_unread().await?;
        let platforms = self.swept_platforms().await?;
        let mut late = self.late_rounds(&platforms, &[Group::List, Group::Machines]);
        late.extend(self.lost_kinds(&platforms));
        grown_old(&late)
    }

    /// Whether what people look at is read as often as it should be.
    pub(crate) async fn check_interest(&self) -> Result<(), EngineError> {
        let platforms = self.swept_platforms().await?;
        grown_old(&self.late_rounds(&platforms, &[Group::Watch, Group::Hosts]))
    }

    /// The platforms that are gone over; none where nobody promises it. An error where no round begins at all.
    async fn swept_platforms(&self) -> Result<Vec<Platform>, EngineError> {
        if !self.config().sweep || self.recovering().is_some() {
            return Ok(Vec::new());
        }
        let beat = self.sweeps().beat;
        if beat.is_some_and(|beat| self.now() >= beat + BEAT) {
            return Err(EngineError::Invalid("no sweep has begun for a minute".to_owned()));
        }
        let mut platforms = self.store().platforms().await?;
        platforms.retain(|platform| platform.state == PlatformState::Approved);
        Ok(platforms)
    }

    /// The groups whose rounds have not come to their end for too long.
    fn late_rounds(&self, platforms: &[Platform], groups: &[Group]) -> Vec<String> {
        let (now, ages) = (self.now(), self.config().ages);
        let sweeps = self.sweeps();
        let mut late = Vec::new();
        for platform in platforms {
            for group in groups {
                let bound = bound(*group, &ages, sweeps.listed_every(platform.id, &ages));
                let turn = sweeps.turn_of(platform.id, *group);
                let Some((since, why)) = turn.and_then(|turn| turn.overdue(now, bound)) else {
                    continue;
                };
                let (name, group) = (&platform.name, group.as_str());
                late.push(format!("platform {name} ({group}) since {since}: {why}"));
            }
        }
        late
    }

    /// The kinds of facts of which nothing could be kept for too long, although the platform answers.
    fn lost_kinds(&self, platforms: &[Platform]) -> Vec<String> {
        let now = self.now();
        let mut sweeps = self.sweeps();
        let mut lost = Vec::new();
        for platform in platforms {
            let name = &platform.name;
            for (subject, unkept) in sweeps.unkept(platform.id, now, FORGOTTEN) {
                let Unkept {
                    since, answers, why, ..
                } = unkept;
                if unkept.has_lasted(LEAST) {
                    lost.push(format!(
                        "platform {name} ({subject}) since {since}: none of {answers} answers could be kept: {why}"
                    ));
                }
            }
        }
        lost
    }

    /// Silence is an alarm: services in use of which nothing was recorded for a day, whatever the reason.
    async fn alarm_about_unread(&self) -> Result<(), EngineError> {
        let name = "services_unread";
        if self.recovering().is_some() {
            return Ok(());
        }
        if !self.config().sweep {
            // Nobody promises it any more.
            return Ok(self.clear(name).await?);
        }
        let now = self.now();
        let some = self.store().unread_services(now, UNREAD, NAMED).await?;
        if some.is_empty() {
            return Ok(self.clear(name).await?);
        }
        let all = self.store().counts(now).await?.services_unread;
        let named: Vec<String> = some
            .iter()
            .map(|(installation, billing_id)| format!("{installation}/{billing_id}"))
            .collect();
        let text = format!(
            "nothing has been recorded of {all} services in use for a day, among them {}: is their platform approved and \
             to be reached, and are their machines in its list?",
            named.join(", ")
        );
        Ok(self.raise(name, text).await?)
    }
}

/// An error where something is late.
fn grown_old(late: &[String]) -> Result<(), EngineError> {
    if late.is_empty() {
        return Ok(());
    }
    Err(EngineError::Invalid(format!(
        "what is stored grows old: {}",
        late.join("; ")
    )))
}

/// For how long a group's rounds may fail before it is an alarm.
fn bound(group: Group, ages: &Ages, listed_every: Duration) -> Duration {
    match group {
        Group::Watch | Group::Hosts => PAGES,
        Group::List => (listed_every * ROUNDS).max(LEAST),
        Group::Machines => (ages.traffic * ROUNDS).max(LEAST),
    }
}
