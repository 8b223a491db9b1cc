//! What is known of the names of a service's addresses, and having it read anew.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use domain::http::Lane;
use domain::id::{InstallationId, ServiceId};
use domain::machine::Machine;
use domain::record::{FactRecord, NameSeen, NameState, NameSubject, OperationKind};
use domain::{Change, Commit, Fence, Moment, ServiceView};
use rdns::{Confirmation, Hostname, Pointers, Prefix};
use serde::Serialize;

use super::forward::verdict;
use super::holders::subjects;
use super::zones::{Spot, Zones};
use crate::core::names::{holds, wanted};
use crate::core::{Newest, newest};
use crate::engine::Engine;
use crate::error::EngineError;

/// How long ago a machine may have been looked at for what is seen of its addresses' names to be kept as its own.
const SEEN_WITHIN: Duration = Duration::from_secs(120);

/// Names inside prefixes that are read of one machine.
const MOST_HOSTS: usize = 200;

/// One of a service's addresses, or a prefix, with what was seen of its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownName {
    /// Which.
    pub subject: NameSubject,
    /// The prefix that it lies in, for an address that the machine has by it.
    pub within: Option<NameSubject>,
    /// What was seen; `None` where nobody has looked yet, and of a prefix.
    pub seen: Option<NameSeen>,
    /// When.
    pub seen_at: Option<Moment>,
    /// What is being done about it at present, for people.
    pub under_way: Option<String>,
}

impl Engine {
    /// The names of a service's addresses as they were last seen: a prefix, the names inside it, then the addresses. `None`
    /// where there is no name server. Nobody is asked; that somebody looks has them read soon.
    pub async fn shown_names(&self, view: &ServiceView) -> Result<Option<Vec<ShownName>>, EngineError> {
        if !self.keeps_names() {
            return Ok(None);
        }
        let Some(machine) = self.newest_machine(view).await? else {
            return Ok(Some(Vec::new()));
        };
        self.want_names(view.service.id);
        let mut seen = self.store().names_of(&[view.service.id].into()).await?;
        let seen = seen.remove(&view.service.id).unwrap_or_default();
        let row = |subject: NameSubject, within: Option<NameSubject>| {
            let known = seen.get(&subject);
            ShownName {
                subject,
                within,
                seen: known.map(|(seen, _)| seen.clone()),
                seen_at: known.map(|(_, at)| *at),
                under_way: under_way(view, subject),
            }
        };
        let own = subjects(&machine);
        let mut rows = Vec::new();
        for subject in &own {
            rows.push(row(*subject, None));
            if subject.address().is_none() {
                let inside = seen.iter().filter(|(other, (name, _))| {
                    !own.contains(other) && !name.hosts.is_empty() && holds(&[*subject].into(), **other)
                });
                rows.extend(inside.map(|(other, _)| row(*other, Some(*subject))));
            }
        }
        Ok(Some(rows))
    }

    /// The newest that is known of a service's machine.
    pub(super) async fn newest_machine(&self, view: &ServiceView) -> Result<Option<Machine>, EngineError> {
        Ok(self.newest_seen(view).await?.map(|newest| newest.machine))
    }

    /// The same with when it was seen.
    async fn newest_seen(&self, view: &ServiceView) -> Result<Option<Newest>, EngineError> {
        let Some(link) = &view.link else { return Ok(None) };
        let kinds = [FactRecord::MACHINE, FactRecord::LISTED];
        let facts = self.store().facts_of(&[view.service.id].into(), &kinds).await?;
        let facts = facts.get(&view.service.id);
        Ok(facts.and_then(|facts| newest(&link.identity, facts)))
    }

    /// Reads the names of a service's addresses now, and keeps what was seen. What could not be read stays as it was; the
    /// inner error says what that was.
    pub async fn read_names(
        &self,
        installation: &InstallationId,
        billing_id: u64,
    ) -> Result<Result<(), String>, EngineError> {
        let Some(view) = self.view(installation, billing_id).await? else {
            return Err(EngineError::NotFound(format!("service {billing_id}")));
        };
        // What was seen of an address is what is known of it once the machine has lost it: of one that it may have lost
        // already it would be somebody else's name.
        let is_old = |newest: &Newest| self.now() > newest.seen_at + SEEN_WITHIN;
        if self.newest_seen(&view).await?.as_ref().is_some_and(is_old)
            && let Err(why) = self
                .look_again(installation, billing_id, Lane::Background)
                .await?
        {
            return Ok(Err(format!("the machine could not be looked at: {why}")));
        }
        let Some(machine) = self.newest_machine(&view).await? else {
            return Ok(Err(format!("service {billing_id} has no machine")));
        };
        let zones = self.zones().await?;
        let host = wanted(&machine, view.service.hostname.as_deref());
        let mut reading = Reading {
            engine: self,
            zones: &zones,
            host: host.as_ref(),
            seen: BTreeMap::new(),
            unread: None,
            is_part: false,
        };
        let own = subjects(&machine);
        for subject in &own {
            match subject {
                NameSubject::Address(address) => reading.address(*address).await?,
                NameSubject::Prefix(..) => reading.prefix(*subject, &own).await?,
            }
        }
        let Reading {
            seen,
            unread,
            is_part,
            ..
        } = reading;
        let is_all = unread.is_none() && !is_part;
        let known = self.store().names_of(&[view.service.id].into()).await?;
        let known = known.get(&view.service.id).into_iter().flat_map(BTreeMap::keys);
        // What has no name inside the machine's prefix any more is forgotten once that was seen. What was seen of an address
        // that the machine has lost is what is known of whose the name there is, until it was removed.
        let gone = known
            .filter(|subject| holds(&own, **subject) && !seen.contains_key(subject) && is_all)
            .copied()
            .collect();
        self.keep_names(view.service.id, seen, gone).await?;
        Ok(unread.map_or(Ok(()), Err))
    }

    /// Keeps what was seen of names, and forgets what is gone.
    pub(super) async fn keep_names(
        &self,
        service: ServiceId,
        seen: BTreeMap<NameSubject, NameSeen>,
        gone: Vec<NameSubject>,
    ) -> Result<(), EngineError> {
        let observed_at = self.now();
        let seen = seen.iter().map(|(subject, seen)| (*subject, Some(seen)));
        let gone = gone.into_iter().map(|subject| (subject, None));
        let changes = seen
            .chain(gone)
            .map(|(subject, seen)| Change::PutFact(FactRecord::of_name(service, subject, seen, observed_at)))
            .collect();
        let fence = Fence::default();
        self.store().commit(Commit { fence, changes }).await?;
        Ok(())
    }
}

/// What is being done about a name at present.
fn under_way(view: &ServiceView, subject: NameSubject) -> Option<String> {
    let about = |operation: &&domain::record::Operation| {
        let work = operation.input.names();
        operation.kind == OperationKind::ReverseDns
            && work.is_some_and(|work| work.wishes.iter().any(|wish| wish.subject == subject))
    };
    view.open
        .iter()
        .filter(about)
        .max_by_key(|one| one.sequence)
        .map(|one| one.reason.clone())
}

/// Reading the names of one machine's addresses.
struct Reading<'a> {
    engine: &'a Engine,
    zones: &'a Zones,
    host: Option<&'a Hostname>,
    seen: BTreeMap<NameSubject, NameSeen>,
    unread: Option<String>,
    /// There are more names than were looked at.
    is_part: bool,
}

impl Reading<'_> {
    async fn address(&mut self, address: IpAddr) -> Result<(), EngineError> {
        let spot = self.zones.spot(address);
        let pointers = match &spot {
            Spot::At(number, place) => match self.zones.shelf(*number) {
                Some(shelf) => self.engine.pointers_at(&shelf.server, place).await?,
                None => Pointers::NoZone,
            },
            Spot::NoZone => Pointers::NoZone,
            Spot::Unknown(why) => Pointers::Unknown(why.clone()),
        };
        self.take(address, pointers).await;
        Ok(())
    }

    /// Every name inside a prefix that is no address of the machine's by itself.
    async fn prefix(&mut self, subject: NameSubject, own: &BTreeSet<NameSubject>) -> Result<(), EngineError> {
        let NameSubject::Prefix(first, length) = subject else {
            return Ok(());
        };
        if let Some(why) = self.zones.unknown() {
            self.unread = Some(why.to_owned());
            return Ok(());
        }
        let Ok(prefix) = Prefix::new(first, length) else {
            return Ok(());
        };
        for (shelf, zone) in self.zones.around(subject) {
            let content = match self.engine.content_of(&shelf.server, &zone).await? {
                Ok(content) => content,
                Err(why) => {
                    self.unread = Some(why);
                    continue;
                }
            };
            let mut inside: Vec<_> = prefix.names(content.names()).take(MOST_HOSTS + 1).collect();
            self.is_part |= inside.len() > MOST_HOSTS;
            inside.truncate(MOST_HOSTS);
            for (address, record) in inside {
                if !own.contains(&NameSubject::Address(address)) {
                    self.take(address, content.at(record)).await;
                }
            }
        }
        Ok(())
    }

    async fn take(&mut self, address: IpAddr, pointers: Pointers) {
        let subject = NameSubject::Address(address);
        let place = self.zones.places(subject).into_iter().next();
        let seen = match pointers {
            Pointers::Unknown(why) => {
                self.unread = Some(why);
                return;
            }
            Pointers::NoZone => NameSeen {
                state: NameState::NoZone,
                hosts: Vec::new(),
                ttl: None,
                place: None,
                why: None,
            },
            Pointers::Nothing => {
                let (state, why) = self.unnamed(address).await;
                NameSeen {
                    state,
                    hosts: Vec::new(),
                    ttl: None,
                    place,
                    why,
                }
            }
            Pointers::Held(set) => {
                let hosts: Vec<String> = set.served().map(str::to_owned).collect();
                let (state, why) = self.named(&hosts, address).await;
                NameSeen {
                    state,
                    hosts,
                    ttl: Some(set.ttl()),
                    place,
                    why,
                }
            }
        };
        self.seen.insert(subject, seen);
    }

    /// How an address without a name stands.
    async fn unnamed(&self, address: IpAddr) -> (NameState, Option<String>) {
        let Some(host) = self.host else {
            let why = "the machine has no hostname that an address can point to";
            return (NameState::NoForward, Some(why.to_owned()));
        };
        match verdict(&self.engine.confirmations(host, address).await) {
            Confirmation::Confirmed => (NameState::Missing, None),
            Confirmation::Missing(why) => (NameState::NoForward, Some(why)),
            Confirmation::Unknown(why) => (NameState::Missing, Some(why)),
        }
    }

    /// How an address with names stands.
    async fn named(&self, hosts: &[String], address: IpAddr) -> (NameState, Option<String>) {
        for host in hosts {
            let said = match host.parse::<Hostname>() {
                Ok(host) => verdict(&self.engine.confirmations(&host, address).await),
                Err(why) => Confirmation::Missing(format!("{host}: {why}")),
            };
            match said {
                Confirmation::Confirmed => {}
                Confirmation::Missing(why) => return (NameState::Unconfirmed, Some(why)),
                Confirmation::Unknown(why) => return (NameState::Unchecked, Some(why)),
            }
        }
        match hosts {
            // All that is there is kept without being served.
            [] => (
                NameState::Unconfirmed,
                Some("the name is switched off".to_owned()),
            ),
            _ => (NameState::Confirmed, None),
        }
    }
}
