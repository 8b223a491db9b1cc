//! What the daily look, or a forced reset, would do with all addresses of all machines. Nothing is changed.

use std::net::IpAddr;

use futures_util::StreamExt;
use futures_util::stream;
use rdns::{Decision, Purpose, Report, decide};
use serde::Serialize;

use super::book::{Book, Spot};
use super::diagnosis::{HeldBy, held};
use super::forward::verdict;
use super::holders::{Had, Owner};
use crate::engine::Engine;
use crate::error::EngineError;

/// Hostnames that are looked up at once.
const LOOKED_UP_AT_ONCE: usize = 64;

/// What would become of all addresses.
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
}

/// An address on its way to a decision.
struct Case {
    owner: Owner,
    had: Had,
    spot: Spot,
}

impl Engine {
    /// Looks at every address of every machine, as the daily look does, or as an operator's forced reset where `reset`.
    /// Each zone is read once; a hostname is looked up only where the answer decides.
    pub async fn preview_names(&self, reset: bool) -> Result<Preview, EngineError> {
        let purpose = if reset { Purpose::Reset } else { Purpose::Reconcile };
        let mut book = self.book().await?;
        let mut cases = Vec::new();
        for holder in self.all_holders().await? {
            for had in holder.addresses {
                let spot = match had {
                    Had::Address(address) => book.spot(address),
                    Had::Prefix(..) => Spot::NoZone,
                };
                let owner = holder.owner.clone();
                cases.push(Case { owner, had, spot });
            }
        }
        cases.sort_by(|one, other| {
            let place = |case: &Case| (case.owner.installation.clone(), case.owner.service, case.had);
            place(one).cmp(&place(other))
        });
        self.fill(&mut book, cases.iter().map(|case| &case.spot)).await?;
        let book = &book;
        let rows: Vec<(Option<Decision>, PreviewRow)> = stream::iter(cases)
            .map(async |case| self.preview_of(case, purpose, book).await)
            .buffered(LOOKED_UP_AT_ONCE)
            .collect()
            .await;
        let mut totals = Report::default();
        for decision in rows.iter().filter_map(|(decision, _)| decision.as_ref()) {
            totals.count(decision);
        }
        let rows = rows.into_iter().map(|(_, row)| row).collect();
        Ok(Preview { totals, rows })
    }

    async fn preview_of(
        &self,
        case: Case,
        purpose: Purpose<'_>,
        book: &Book,
    ) -> (Option<Decision>, PreviewRow) {
        let Had::Address(address) = case.had else {
            return (None, PreviewRow::of_prefix(case));
        };
        let pointers = book.pointers(&case.spot);
        let wanted = case.owner.wanted();
        let decision = match (decide(purpose, &pointers, wanted.as_ref(), None), &wanted) {
            (Decision::Confirm, Some(host)) => {
                let said = self.confirmations(host, address).await;
                decide(purpose, &pointers, Some(host), Some(&verdict(&said)))
            }
            (decided, _) => decided,
        };
        let (server, zone) = match &case.spot {
            Spot::At(shelf, place) => {
                let shelf = book.shelves.get(*shelf);
                (
                    shelf.map(|shelf| shelf.server.name.clone()),
                    Some(place.zone.to_string()),
                )
            }
            Spot::NoZone | Spot::Unknown(_) => (None, None),
        };
        let row = PreviewRow {
            owner: case.owner,
            address: Some(address),
            prefix: None,
            server,
            zone,
            held: Some(held(pointers)),
            decision: Some(decision.explain()),
        };
        (Some(decision), row)
    }
}

impl PreviewRow {
    fn of_prefix(case: Case) -> Self {
        Self {
            prefix: match case.had {
                Had::Prefix(first, length) => Some(format!("{first}/{length}")),
                Had::Address(_) => None,
            },
            owner: case.owner,
            address: None,
            server: None,
            zone: None,
            held: None,
            decision: None,
        }
    }
}
