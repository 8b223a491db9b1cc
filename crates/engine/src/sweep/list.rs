//! A platform's list, page by page, and what no list shows.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use domain::http::{Lane, Request};
use domain::id::ServiceId;
use domain::machine::Machine;
use domain::record::{FactRecord, Link, Platform, Service};
use domain::{Change, Commit, Fact};
use driver::ListPage;
use tokio::time::Instant;

use super::board::{Board, Ended, Member};
use crate::core::{Attention, Round, Sight, due, sight};
use crate::engine::Engine;
use crate::error::EngineError;

/// Hands that look at what a list showed to be different, when nothing else is read.
const FEW: usize = 2;

/// So many slots of a platform are left to others.
const LEFT_FREE: u32 = 2;

/// What the rows of a page are about.
#[derive(Default)]
struct Noted {
    facts: Vec<FactRecord>,
    members: BTreeMap<ServiceId, Member>,
    changed: BTreeSet<ServiceId>,
    hosts: BTreeMap<ServiceId, String>,
}

impl Engine {
    /// Goes over a platform's complete list; with `machines` also over what is read machine by machine, where it is due.
    /// Each page is followed by the machines on it, so that what the page said of them is fresh.
    pub(super) async fn sweep(
        &self,
        platform: &Platform,
        machines: bool,
    ) -> Result<Result<Ended, String>, EngineError> {
        let Some(driver) = self.drivers().of(platform.kind) else {
            return Ok(Err(format!("there is no driver for {}", platform.kind)));
        };
        let Some(first) = driver.list(&platform.account) else {
            return Ok(Err(format!("platforms of {} have no list", platform.kind)));
        };
        let now = self.now();
        let shows = if machines { driver.offers().facts } else { &[] };
        let hands = if machines {
            platform.profile.concurrency.saturating_sub(LEFT_FREE).max(1) as usize
        } else {
            FEW
        };
        let silent = self.sweeps().silent_hosts(platform.id, now);
        let board = Board::new(Round::new(Some(first), silent), shows);
        let went = self.work_off(platform, &board, hands).await?;
        if went.is_ok() {
            let present = board.members();
            let mut sweeps = self.sweeps();
            // What is not there any more is remembered no longer.
            if let Some(hosts) = sweeps.hosts.get_mut(&platform.id) {
                hosts.retain(|service, _| present.contains_key(service));
            }
        }
        Ok(went)
    }

    /// Reads one page, keeps what it shows, and says what is due of it. The inner error says why it cannot be read.
    pub(super) async fn read_page(
        &self,
        platform: &Platform,
        board: &Board,
        request: &Request,
    ) -> Result<Result<(), String>, EngineError> {
        let Some(driver) = self.drivers().of(platform.kind) else {
            return Ok(Err(format!("there is no driver for {}", platform.kind)));
        };
        // How long it takes is how long the platform takes, whatever becomes of the engine's clock meanwhile.
        let begun = Instant::now();
        let outcome = self.read(platform, request, Lane::Background).await?;
        board.note_page(begun.elapsed());
        let page = match driver.read_list(request, &outcome) {
            Ok(page) => page,
            Err(why) => return Ok(Err(why)),
        };
        let noted = self.noted(platform, &page).await?;
        let attention = noted.members.keys().map(|service| (*service, Attention::Nobody));
        let attention = attention.collect();
        let known = self.known(&attention, board.shows, &noted.changed).await?;
        let due = due(&known, &self.config().ages, self.now());
        if !noted.facts.is_empty() {
            let changes = noted.facts.into_iter().map(Change::PutFact).collect();
            let commit = Commit {
                changes,
                ..Commit::default()
            };
            self.store().commit(commit).await?;
        }
        {
            let mut sweeps = self.sweeps();
            let hosts = sweeps.hosts.entry(platform.id).or_default();
            hosts.extend(noted.hosts.clone());
        }
        board.members().extend(noted.members);
        let more = page.next.into_iter().chain(page.more).collect();
        board.round().page_read(due, noted.hosts, more);
        Ok(Ok(()))
    }

    /// What a page says of our machines.
    async fn noted(&self, platform: &Platform, page: &ListPage) -> Result<Noted, EngineError> {
        let ids = page.machines.iter().map(|machine| machine.identity.id.clone());
        let links = self.store().links_to(platform.id, &ids.collect()).await?;
        let of_links = links.values().map(|link| link.service).collect();
        let services = self.store().services_of(&of_links).await?;
        let readings = self.store().facts_of(&of_links, &[FactRecord::MACHINE]).await?;
        let mut noted = Noted::default();
        for row in &page.machines {
            let Some(link) = links.get(&row.identity.id) else {
                continue;
            };
            let service = services
                .get(&link.service)
                .filter(|service| service.generation == link.generation);
            if let Some(service) = service {
                let reading = readings.get(&service.id).and_then(|facts| facts.first());
                self.note_row(row, (service, link), reading, page, &mut noted);
            }
        }
        Ok(noted)
    }

    fn note_row(
        &self,
        row: &Machine,
        (service, link): (&Service, &Link),
        reading: Option<&FactRecord>,
        page: &ListPage,
        noted: &mut Noted,
    ) {
        let stored = reading.and_then(FactRecord::machine);
        let seen = sight(&link.identity, stored.as_ref(), row);
        if seen == Sight::Another {
            // Whose it is, is asked by the comparison with the links.
            return;
        }
        let value = serde_json::to_value(row).unwrap_or_default();
        let fingerprint = fingerprint(&value);
        if seen == Sight::Changed && self.sweeps().is_news(service.id, fingerprint) {
            noted.changed.insert(service.id);
        }
        let now = self.now();
        let member = Member {
            installation: service.installation.clone(),
            billing_id: service.billing_id,
            seen: Some((row.identity.clone(), now)),
            row: Some(fingerprint),
        };
        noted.members.insert(service.id, member);
        if let Some(host) = page.hosts.get(&row.identity.id) {
            noted.hosts.insert(service.id, host.clone());
        }
        noted.facts.push(FactRecord {
            service: service.id,
            kind: FactRecord::LISTED.to_owned(),
            value: Fact::Known(value),
            observed_at: now,
        });
    }
}

/// A number that is the same for the same row.
fn fingerprint(row: &serde_json::Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.to_string().hash(&mut hasher);
    hasher.finish()
}
