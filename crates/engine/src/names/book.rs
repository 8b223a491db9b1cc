//! What all name servers hold, read for many addresses at once.

use std::collections::BTreeMap;
use std::net::IpAddr;

use domain::record::Platform;
use futures_util::StreamExt;
use futures_util::stream;
use rdns::powerdns::answer::Content;
use rdns::{DnsName, Place, Pointers, Zone, place};

use crate::engine::Engine;
use crate::error::EngineError;

/// Zones that are read at once; each server's own pace comes beside.
const ZONES_AT_ONCE: usize = 8;

/// A name server with its zones of addresses, or why they are not known.
pub(super) struct Shelf {
    pub server: Platform,
    pub zones: Result<Vec<Zone>, String>,
}

/// What is held by whom.
pub(super) struct Book {
    pub shelves: Vec<Shelf>,
    /// The zones of all of them.
    zones: Vec<Zone>,
    contents: BTreeMap<(usize, DnsName), Result<Content, String>>,
}

/// Where an address's pointer lies, of all name servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spot {
    /// On the shelf of this number.
    At(usize, Place),
    /// Nowhere.
    NoZone,
    /// Nobody can say, for this reason.
    Unknown(String),
}

impl Book {
    /// Where an address's pointer lies among the zones of all servers; of a zone that several have, the first server's.
    /// While one server's zones are not known nobody can say, for it may have a narrower one.
    pub fn spot(&self, address: IpAddr) -> Spot {
        if let Some(why) = self.shelves.iter().find_map(|one| one.zones.as_ref().err()) {
            return Spot::Unknown(why.clone());
        }
        let Some(place) = place(address, &self.zones) else {
            return Spot::NoZone;
        };
        let has = |shelf: &Shelf| {
            let mut zones = shelf.zones.iter().flatten();
            zones.any(|zone| *zone.name() == place.zone)
        };
        let shelf = self.shelves.iter().position(has);
        shelf.map_or(Spot::NoZone, |shelf| Spot::At(shelf, place))
    }

    /// What is held there, once its zone was read.
    pub fn pointers(&self, spot: &Spot) -> Pointers {
        match spot {
            Spot::NoZone => Pointers::NoZone,
            Spot::Unknown(why) => Pointers::Unknown(why.clone()),
            Spot::At(shelf, place) => match self.contents.get(&(*shelf, place.zone.clone())) {
                Some(Ok(content)) => content.at(&place.record),
                Some(Err(why)) => Pointers::Unknown(why.clone()),
                None => Pointers::Unknown("the zone was not read".to_owned()),
            },
        }
    }
}

impl Engine {
    /// The zones of all name servers, read now.
    pub(super) async fn book(&self) -> Result<Book, EngineError> {
        let mut shelves = Vec::new();
        for server in self.name_servers().await? {
            let zones = self.zones_of(&server).await?;
            shelves.push(Shelf { server, zones });
        }
        let zones = shelves.iter().flat_map(|shelf| shelf.zones.iter().flatten());
        Ok(Book {
            zones: zones.cloned().collect(),
            shelves,
            contents: BTreeMap::new(),
        })
    }

    /// Reads the whole of each zone in which one of the spots lies, once each.
    pub(super) async fn fill(
        &self,
        book: &mut Book,
        spots: impl Iterator<Item = &Spot>,
    ) -> Result<(), EngineError> {
        let wanted: std::collections::BTreeSet<(usize, DnsName)> = spots
            .filter_map(|spot| match spot {
                Spot::At(shelf, place) => Some((*shelf, place.zone.clone())),
                Spot::NoZone | Spot::Unknown(_) => None,
            })
            .collect();
        let read = stream::iter(wanted)
            .map(async |(shelf, zone)| {
                let content = match book.shelves.get(shelf) {
                    Some(one) => self.content_of(&one.server, &zone).await?,
                    None => Err("there is no such server".to_owned()),
                };
                Ok::<_, EngineError>(((shelf, zone), content))
            })
            .buffer_unordered(ZONES_AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let read: Result<Vec<_>, _> = read.into_iter().collect();
        book.contents.extend(read?);
        Ok(())
    }
}
