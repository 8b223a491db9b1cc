//! What the daily look, or a forced reset, does with the names of many machines: looking, and having it done.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use domain::id::{InstallationId, OperationId, ServiceId};
use domain::record::{NamePlace, NamePurpose, NameSeen, NameState, NameSubject, NameWish, NameWork};
use domain::{Actor, Moment};
use futures_util::StreamExt;
use futures_util::stream;
use rdns::{Decision, Pointers, Purpose, Report, decide};
use serde::Serialize;
use store::NamesSeen;

use super::book::Book;
use super::diagnosis::{HeldBy, held};
use super::driver::COUNTS;
use super::forward::verdict;
use super::holders::{Holder, Owner};
use super::zones::Spot;
use crate::core::names::{TOGETHER, holds};
use crate::engine::Engine;
use crate::error::EngineError;

/// Hostnames that are looked up at once.
const LOOKED_UP_AT_ONCE: usize = 64;

/// A machine that was not seen for so long may have other addresses by now.
const SEEN_WITHIN: Duration = Duration::from_secs(6 * 3_600);

/// Which names are looked after, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameRun {
    /// Whether the machines' hostnames are written over what is there.
    pub reset: bool,
    /// Only of this billing system.
    pub installation: Option<InstallationId>,
    /// Only of the service with this id there.
    pub service: Option<u64>,
    /// Only these, or what lies in them; everything where it is empty.
    pub only: BTreeSet<NameSubject>,
}

impl NameRun {
    fn takes(&self, owner: &Owner) -> bool {
        let installation = self.installation.as_ref();
        installation.is_none_or(|only| *only == owner.installation)
            && self.service.is_none_or(|only| only == owner.service)
    }

    const fn purpose(&self) -> (Purpose<'static>, NamePurpose) {
        if self.reset {
            (Purpose::Reset, NamePurpose::Reset)
        } else {
            (Purpose::Reconcile, NamePurpose::Reconcile)
        }
    }
}

/// What would become of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// How many of each.
    pub totals: Report,
    /// Address by address, in the order of services; a machine's prefixes before its addresses.
    pub rows: Vec<PreviewRow>,
}

/// What would become of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewRow {
    /// Whose it is.
    pub owner: Owner,
    /// The address; `None` of a prefix, whose names only its zones know.
    pub address: Option<IpAddr>,
    /// The prefix.
    pub prefix: Option<String>,
    /// The name server.
    pub server: Option<String>,
    /// The zone.
    pub zone: Option<String>,
    /// What is there; `None` of a prefix.
    pub held: Option<HeldBy>,
    /// What would be done, in a sentence; `None` of a prefix.
    pub decision: Option<String>,
    /// Whether it would be changed.
    pub changes: bool,
}

/// What a run began.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamesBegun {
    /// What became of the names that are not changed.
    pub others: Report,
    /// The operations that change names.
    pub operations: Vec<OperationId>,
}

/// An address on its way to a decision.
struct Candidate<'a> {
    holder: &'a Holder,
    subject: NameSubject,
    spot: Spot,
    /// Why nothing is decided about it, where something is wrong with whose it is.
    doubt: Option<String>,
}

/// What was decided about one.
struct Decided<'a> {
    of: Candidate<'a>,
    held: Option<Pointers>,
    decision: Option<Decision>,
}

impl Engine {
    /// Looks at names and says what would be done. Nothing is changed.
    pub async fn preview_names(&self, run: &NameRun) -> Result<Preview, EngineError> {
        let holders = self.all_holders().await?;
        let mut book = self.book().await?;
        let decided = self.decide_names(run, &holders, &mut book).await?;
        let mut totals = Report::default();
        for decision in decided.iter().filter_map(|one| one.decision.as_ref()) {
            totals.count(decision);
        }
        let rows = decided.into_iter().map(|one| one.row(&book)).collect();
        Ok(Preview { totals, rows })
    }

    /// Looks at names, and begins what changes those that are not as they should be.
    pub async fn look_after_names(&self, run: &NameRun, actor: &Actor) -> Result<NamesBegun, EngineError> {
        let holders = self.all_holders().await?;
        let mut book = self.book().await?;
        let decided = self.decide_names(run, &holders, &mut book).await?;
        let (_, purpose) = run.purpose();
        let now = self.now();
        let mut begun = NamesBegun::default();
        let mut works: BTreeMap<(InstallationId, NamePlace), Vec<NameWish>> = BTreeMap::new();
        for one in &decided {
            let Some(decision) = &one.decision else { continue };
            match one.wish(decision, &book, now) {
                Some((place, wish)) => {
                    let key = (one.of.holder.owner.installation.clone(), place);
                    works.entry(key).or_default().push(wish);
                }
                None => begun.others.count(decision),
            }
        }
        self.note_names(&decided, &book).await?;
        for ((installation, place), wishes) in works {
            let works = wishes.chunks(TOGETHER).map(|some| NameWork {
                purpose,
                former: None,
                wishes: some.to_vec(),
                place: Some(place.clone()),
            });
            begun.operations.extend(
                self.begin_naming((&installation, &place), works.collect(), actor)
                    .await?,
            );
        }
        self.wake();
        Ok(begun)
    }

    /// How the operations of a run stand: what they did so far, and whether all have ended.
    pub async fn names_done(&self, begun: &NamesBegun) -> Result<(Report, bool), EngineError> {
        let (mut report, mut done) = (begun.others, true);
        for id in &begun.operations {
            let operation = self.operation(*id).await?;
            let counts = operation.notes.get(COUNTS).cloned();
            let counts = counts.and_then(|counts| serde_json::from_value::<Report>(counts).ok());
            done &= operation.state.is_final();
            report = report + counts.unwrap_or_default();
        }
        Ok((report, done))
    }

    async fn decide_names<'a>(
        &self,
        run: &NameRun,
        holders: &'a [Holder],
        book: &mut Book,
    ) -> Result<Vec<Decided<'a>>, EngineError> {
        let now = self.now();
        let mut claims: BTreeMap<NameSubject, usize> = BTreeMap::new();
        for subject in holders.iter().flat_map(|holder| &holder.subjects) {
            *claims.entry(*subject).or_default() += 1;
        }
        let mut all = Vec::new();
        for holder in holders.iter().filter(|holder| run.takes(&holder.owner)) {
            let wanted = |subject: &&NameSubject| run.only.is_empty() || holds(&run.only, **subject);
            for subject in holder.subjects.iter().filter(wanted) {
                let address = subject.address();
                let doubt = if now > holder.seen_at + SEEN_WITHIN {
                    Some(format!("the machine was last seen at {}", holder.seen_at))
                } else {
                    let several = claims.get(subject).is_some_and(|claims| *claims > 1);
                    several.then(|| "several machines have the address".to_owned())
                };
                all.push(Candidate {
                    holder,
                    subject: *subject,
                    spot: address.map_or(Spot::NoZone, |address| book.zones.spot(address)),
                    doubt,
                });
            }
        }
        all.sort_by(|one, other| one.order().cmp(&other.order()));
        self.fill(book, all.iter().map(|one| &one.spot)).await?;
        let (purpose, _) = run.purpose();
        let book = &*book;
        let deciding: Vec<_> = all
            .into_iter()
            .map(|one| self.decided(one, purpose, book))
            .collect();
        Ok(stream::iter(deciding).buffered(LOOKED_UP_AT_ONCE).collect().await)
    }

    async fn decided<'a>(&self, of: Candidate<'a>, purpose: Purpose<'_>, book: &Book) -> Decided<'a> {
        let Some(address) = of.subject.address() else {
            return Decided {
                of,
                held: None,
                decision: None,
            };
        };
        let held = book.pointers(&of.spot);
        let wanted = of.holder.owner.wanted();
        let decision = match (decide(purpose, &held, wanted.as_ref(), None), &wanted, &of.doubt) {
            (Decision::Confirm, _, Some(doubt)) => Decision::Wait(doubt.clone()),
            (Decision::Confirm, Some(host), None) => {
                let said = verdict(&self.confirmations(host, address).await);
                decide(purpose, &held, Some(host), Some(&said))
            }
            (decided, ..) => decided,
        };
        Decided {
            of,
            held: Some(held),
            decision: Some(decision),
        }
    }

    /// Keeps what was seen of names that are not about to be changed. Whether a name leads back is known where it was before
    /// and the name is the same.
    async fn note_names(&self, decided: &[Decided<'_>], book: &Book) -> Result<(), EngineError> {
        let services: BTreeSet<ServiceId> = decided.iter().map(|one| one.of.holder.service).collect();
        let known = self.store().names_of(&services).await?;
        let mut changes: Vec<(ServiceId, NameSubject, NameSeen)> = Vec::new();
        for one in decided {
            let before = known.get(&one.of.holder.service);
            if let Some(seen) = one.seen(before, book) {
                changes.push((one.of.holder.service, one.of.subject, seen));
            }
        }
        self.keep_many_names(changes).await
    }
}

impl Candidate<'_> {
    fn order(&self) -> (&InstallationId, u64, NameSubject) {
        (
            &self.holder.owner.installation,
            self.holder.owner.service,
            self.subject,
        )
    }
}

impl Decided<'_> {
    /// What is to be done, where something is.
    fn wish(&self, decision: &Decision, book: &Book, now: Moment) -> Option<(NamePlace, NameWish)> {
        let Decision::Write { target, .. } = decision else {
            return None;
        };
        let place = book.zones.places(self.of.subject).into_iter().next()?;
        let wish = NameWish {
            confirmed_at: Some(now),
            ..NameWish::new(self.of.subject, self.of.holder.service, Some(target.to_string()))
        };
        Some((place, wish))
    }

    /// What was seen of a name that is not about to be changed.
    fn seen(&self, before: Option<&NamesSeen>, book: &Book) -> Option<NameSeen> {
        let decision = self.decision.as_ref()?;
        // Where it is not clear whose the address is, what is there may be another's.
        if self.of.doubt.is_some() || matches!(decision, Decision::Write { .. } | Decision::Delete) {
            return None;
        }
        let place = || book.zones.places(self.of.subject).into_iter().next();
        let nothing = |state, why| NameSeen {
            state,
            hosts: Vec::new(),
            ttl: None,
            place: place(),
            why,
        };
        match (self.held.as_ref()?, decision) {
            (Pointers::Unknown(_), _) => None,
            (Pointers::NoZone, _) => Some(nothing(NameState::NoZone, None)),
            (Pointers::Nothing, Decision::ForwardMissing(why)) => {
                Some(nothing(NameState::NoForward, Some(why.clone())))
            }
            (Pointers::Nothing, Decision::NoHostname) => Some(nothing(NameState::NoForward, None)),
            (Pointers::Nothing, _) => Some(nothing(NameState::Missing, None)),
            (Pointers::Held(set), _) => {
                let hosts: Vec<String> = set.served().map(str::to_owned).collect();
                let before = before.and_then(|before| before.get(&self.of.subject));
                let same = before.map(|(seen, _)| seen).filter(|seen| seen.hosts == hosts);
                Some(NameSeen {
                    state: same.map_or(NameState::Unchecked, |seen| seen.state),
                    why: same.and_then(|seen| seen.why.clone()),
                    hosts,
                    ttl: Some(set.ttl()),
                    place: place(),
                })
            }
        }
    }

    fn row(self, book: &Book) -> PreviewRow {
        let (server, zone) = match &self.of.spot {
            Spot::At(shelf, place) => {
                let shelf = book.zones.shelf(*shelf);
                (
                    shelf.map(|shelf| shelf.server.name.clone()),
                    Some(place.zone.to_string()),
                )
            }
            Spot::NoZone | Spot::Unknown(_) => (None, None),
        };
        let address = self.of.subject.address();
        PreviewRow {
            owner: self.of.holder.owner.clone(),
            address,
            prefix: address.is_none().then(|| self.of.subject.to_string()),
            server,
            zone,
            held: self.held.map(held),
            changes: matches!(self.decision, Some(Decision::Write { .. } | Decision::Delete)),
            decision: self.decision.map(|decision| decision.explain()),
        }
    }
}
