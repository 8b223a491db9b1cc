//! What all name servers hold, read for many addresses at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream;
use rdns::powerdns::answer::Content;
use rdns::{DnsName, Pointers};

use super::zones::{Spot, Zones};

use crate::engine::Engine;
use crate::error::EngineError;

/// Zones that are read at once; each server's own pace comes beside.
const ZONES_AT_ONCE: usize = 8;

/// A zone of a shelf, with what it holds, or why that is not known.
type Read = ((usize, DnsName), Result<Content, String>);

/// What is held by whom.
pub(super) struct Book {
    pub zones: Arc<Zones>,
    contents: BTreeMap<(usize, DnsName), Result<Content, String>>,
}

impl Book {
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
    /// A book without content, of zones that were read now.
    pub(super) async fn book(&self) -> Result<Book, EngineError> {
        Ok(Book {
            zones: self.read_zones().await?,
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
            .map(|(shelf, zone)| self.read_of(&book.zones, shelf, zone))
            .buffer_unordered(ZONES_AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let read: Result<Vec<_>, _> = read.into_iter().collect();
        book.contents.extend(read?);
        Ok(())
    }

    async fn read_of(&self, zones: &Zones, shelf: usize, zone: DnsName) -> Result<Read, EngineError> {
        let content = match zones.shelf(shelf) {
            Some(one) => self.content_of(&one.server, &zone).await?,
            None => Err("there is no such server".to_owned()),
        };
        Ok(((shelf, zone), content))
    }
}
