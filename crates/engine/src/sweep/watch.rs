//! What somebody looks at, and what operations are at work on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::id::{InstallationId, ServiceId};
use domain::observed::FactKind;
use domain::record::{FactRecord, OperationState, Platform};
use futures_util::future::{join, join_all};
use store::{OperationFilter, PageRequest};

use super::Group;
use super::board::{Board, Ended, Member, Worth};
use super::memory::{Host, Running};
use crate::core::{Attention, Due, Known, Round, Subject, due, resting};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::turn::in_time;

/// Readings at once of what a platform knows by itself. They wait in the sweep's lane; as many as this, so that they have
/// a part in it beside the sweep's.
const HANDS: usize = 4;

/// So many hypervisors of a platform are asked at once. Each may keep a request waiting until its time is over, and others
/// want to be asked meanwhile.
const MOST_HOSTS: usize = 4;

/// Readings at once of one hypervisor's machines.
const HANDS_PER_HOST: usize = 2;

/// So many operations at work are looked at beside the pages.
const MOST_BUSY: u64 = 100;

/// An operation that is not due within this time waits for something that no look at its machine brings sooner.
const AT_WORK: Duration = Duration::from_secs(60);

/// A service, and who cares about it.
type Attended = BTreeMap<ServiceId, (InstallationId, u64, Attention)>;

/// What is read now of the services that somebody attends to.
struct Plan {
    /// What the platform knows by itself.
    of_platform: Board,
    /// What it has to ask a hypervisor for, by hypervisor.
    of_hosts: Vec<(Running, Board)>,
    /// Whether nothing that hypervisors are asked for is late.
    hosts_are_well: bool,
}

impl Engine {
    /// Reads what is due of the services that somebody attends to. Each hypervisor is asked in a round of its own: the next
    /// round of everything else waits for none of them.
    pub(super) async fn watch(&self, platform: &Platform, running: Running) {
        let began = self.now();
        let plan = async { self.plan(platform).await.map(Ok) };
        let plan = match in_time(Group::Watch.most(), plan).await {
            Ok(plan) => plan,
            Err(why) => return self.took_turn(platform, Group::Watch, began, Err(why)),
        };
        if plan.hosts_are_well {
            let ended = Ended {
                worth: Worth::Good,
                listing: None,
            };
            self.took_turn(platform, Group::Hosts, began, Ok(ended));
        }
        let hosts = plan.of_hosts.into_iter().map(|(running, board)| async move {
            let round = self.work_off(platform, &board, HANDS_PER_HOST);
            self.go_round(platform, running, round).await;
        });
        let round = self.work_off(platform, &plan.of_platform, HANDS);
        join(self.go_round(platform, running, round), join_all(hosts)).await;
    }

    async fn plan(&self, platform: &Platform) -> Result<Plan, EngineError> {
        let (now, ages) = (self.now(), self.config().ages);
        let attended = self.attended(platform).await?;
        let shows: &'static [FactKind] = match self.drivers().of(platform.kind) {
            Some(driver) => driver.offers().facts,
            None => &[],
        };
        let attention = attended
            .iter()
            .map(|(service, (_, _, attention))| (*service, *attention))
            .collect();
        let known = self.known(&attention, shows, &BTreeSet::new()).await?;
        let rest = resting(&known, &ages, now);
        let (of_hosts, mut of_platform): (Vec<Due>, Vec<Due>) = due(&known, &ages, now)
            .into_iter()
            .partition(|due| due.subject.asks_host());
        let hosts_are_well = of_hosts.is_empty() && !rest.iter().any(|subject| subject.asks_host());
        let of_hosts = self.hosts_to_ask(platform, of_hosts, &attended, shows);
        // What a hypervisor is asked for brings the machine's state along.
        let asked = |service: ServiceId| {
            of_hosts
                .iter()
                .any(|(_, board)| board.members().contains_key(&service))
        };
        of_platform.retain(|due| due.subject != Subject::State || !asked(due.service));
        let members = members_of(&of_platform, &attended);
        let mut round = Round::default();
        round.add(of_platform, BTreeMap::new());
        let of_platform = Board::new(round, shows);
        of_platform.members().extend(members);
        if rest.iter().any(|subject| !subject.asks_host()) {
            of_platform.rest();
        }
        Ok(Plan {
            of_platform,
            of_hosts,
            hosts_are_well,
        })
    }

    /// The hypervisors that are asked now, and for what. One that is being asked, or did not answer a moment ago, is asked
    /// another time.
    fn hosts_to_ask(
        &self,
        platform: &Platform,
        due: Vec<Due>,
        attended: &Attended,
        shows: &'static [FactKind],
    ) -> Vec<(Running, Board)> {
        let now = self.now();
        let mut sweeps = self.sweeps();
        let silent = sweeps.silent_hosts(platform.id, now);
        // In the order of urgency, by whatever is the most urgent of a hypervisor.
        let mut by_host: Vec<(Host, Vec<Due>)> = Vec::new();
        for due in due {
            let name = sweeps
                .hosts
                .get(&platform.id)
                .and_then(|hosts| hosts.get(&due.service));
            let host = name.map_or(Host::Of(due.service), |name| Host::Named(name.clone()));
            match by_host.iter_mut().find(|(of, _)| *of == host) {
                Some((_, all)) => all.push(due),
                None => by_host.push((host, vec![due])),
            }
        }
        let mut begun = Vec::new();
        for (host, due) in by_host {
            let name = match &host {
                Host::Named(name) => Some(name.clone()),
                Host::Of(_) => None,
            };
            let is_silent = name.as_ref().is_some_and(|name| silent.contains(name));
            let is_free = !is_silent && sweeps.asking(platform.id) < MOST_HOSTS;
            if !is_free || !sweeps.occupy(platform.id, Group::Hosts, Some(host.clone()), now) {
                continue;
            }
            let stands = |due: &Due| Some((due.service, name.clone()?));
            let hosts = due.iter().filter_map(stands).collect();
            let members = members_of(&due, attended);
            let mut round = Round::default();
            round.add(due, hosts);
            let board = Board::new(round, shows);
            board.members().extend(members);
            let running = Running::new(self.clone(), platform.id, Group::Hosts, Some(host));
            begun.push((running, board));
        }
        begun
    }

    /// The services with an open page, and those that an operation works on.
    async fn attended(&self, platform: &Platform) -> Result<Attended, EngineError> {
        let now = self.now();
        let open = self.sweeps().interest.on(platform.id, now);
        let page =
            |((installation, billing_id), service)| (service, (installation, billing_id, Attention::Page));
        let mut attended: Attended = open.into_iter().map(page).collect();
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
        shows: &'static [FactKind],
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
            let state = [FactRecord::MACHINE, FactRecord::LISTED]
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
                tried: sweeps.tried(*service),
            }
        };
        Ok(attention.iter().map(known).collect())
    }
}

/// The services of what is due.
fn members_of(due: &[Due], attended: &Attended) -> BTreeMap<ServiceId, Member> {
    let member = |due: &Due| {
        let (installation, billing_id, _) = attended.get(&due.service)?;
        let member = Member {
            installation: installation.clone(),
            billing_id: *billing_id,
            seen: None,
            row: None,
        };
        Some((due.service, member))
    };
    due.iter().filter_map(member).collect()
}
