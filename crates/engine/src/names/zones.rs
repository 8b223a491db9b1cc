//! Which name server has which zones, and where a name lies among them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::Moment;
use domain::record::{NamePlace, NameSubject, Platform};
use rdns::{Place, Prefix, Zone, place};
use store::StoreError;

use crate::engine::Engine;
use crate::error::EngineError;

/// How old the zones may be by which names are placed.
const AGE: Duration = Duration::from_secs(60);

/// A name server with its zones of addresses, or why they are not known.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    pub server: Platform,
    pub zones: Result<Vec<Zone>, String>,
}

/// The zones of all name servers.
#[derive(Debug, Clone, Default)]
pub struct Zones {
    shelves: Vec<Shelf>,
    all: Vec<Zone>,
}

/// Where an address's name lies, of all name servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Spot {
    /// On the shelf of this number.
    At(usize, Place),
    /// Nowhere.
    NoZone,
    /// Nobody can say, for this reason.
    Unknown(String),
}

impl Zones {
    pub(crate) fn new(shelves: Vec<Shelf>) -> Self {
        let zones = shelves.iter().flat_map(|shelf| shelf.zones.iter().flatten());
        Self {
            all: zones.cloned().collect(),
            shelves,
        }
    }

    /// A name server and its zones.
    pub(crate) fn shelf(&self, number: usize) -> Option<&Shelf> {
        self.shelves.get(number)
    }

    /// Why the zones of one of them are not known; nobody can then say where a name lies, for that one may have a narrower
    /// zone for it.
    pub(crate) fn unknown(&self) -> Option<&str> {
        let mut zones = self.shelves.iter().map(|shelf| &shelf.zones);
        zones.find_map(|zones| zones.as_ref().err().map(String::as_str))
    }

    /// Where an address's name lies; of a zone that several have, the first server's.
    pub(crate) fn spot(&self, address: IpAddr) -> Spot {
        if let Some(why) = self.unknown() {
            return Spot::Unknown(why.to_owned());
        }
        let at = place(address, &self.all).and_then(|place| Some(Spot::At(self.of(&place.zone)?, place)));
        at.unwrap_or(Spot::NoZone)
    }

    /// The places of a subject's names, as far as the zones are known: of a prefix all in which names of it may lie.
    pub(crate) fn places(&self, subject: NameSubject) -> Vec<NamePlace> {
        let at = |number: usize, zone: &rdns::DnsName| {
            self.shelf(number).map(|shelf| NamePlace {
                server: shelf.server.id,
                zone: zone.to_string(),
            })
        };
        match subject {
            NameSubject::Address(address) => match self.spot(address) {
                Spot::At(number, place) => at(number, &place.zone).into_iter().collect(),
                Spot::NoZone | Spot::Unknown(_) => Vec::new(),
            },
            NameSubject::Prefix(first, length) => {
                let zones = Prefix::new(first, length).into_iter();
                let zones = zones.flat_map(|prefix| prefix.zones(&self.all).cloned().collect::<Vec<_>>());
                let mut places: Vec<_> = zones.filter_map(|zone| at(self.of(&zone)?, &zone)).collect();
                places.dedup();
                places
            }
        }
    }

    /// The zones in which names of a prefix may lie, with who has them.
    pub(crate) fn around(&self, subject: NameSubject) -> Vec<(&Shelf, rdns::DnsName)> {
        let places = self.places(subject).into_iter();
        let shelf = |place: NamePlace| {
            let shelf = self
                .shelves
                .iter()
                .find(|shelf| shelf.server.id == place.server)?;
            Some((shelf, place.zone.parse().ok()?))
        };
        places.filter_map(shelf).collect()
    }

    /// Who has a zone.
    fn of(&self, zone: &rdns::DnsName) -> Option<usize> {
        let has = |shelf: &Shelf| shelf.zones.iter().flatten().any(|one| one.name() == zone);
        self.shelves.iter().position(has)
    }
}

/// The zones as they were last read.
#[derive(Debug, Default)]
pub(crate) struct ZoneMemory(Option<(Moment, Arc<Zones>)>);

impl Engine {
    /// The zones of all name servers, at most a minute old. What could not be read is not remembered.
    pub(crate) async fn zones(&self) -> Result<Arc<Zones>, StoreError> {
        let now = self.now();
        let fresh =
            |(at, zones): &(Moment, Arc<Zones>)| (now < *at + AGE && now >= *at).then(|| zones.clone());
        if let Some(zones) = self.zone_memory().0.as_ref().and_then(fresh) {
            return Ok(zones);
        }
        self.read_zones().await
    }

    /// The zones of all name servers, read now.
    pub(crate) async fn read_zones(&self) -> Result<Arc<Zones>, StoreError> {
        let mut shelves = Vec::new();
        for server in self.name_servers().await? {
            let zones = match self.zones_of(&server).await {
                Ok(zones) => zones,
                Err(EngineError::Store(error)) => return Err(error),
                Err(error) => Err(error.to_string()),
            };
            shelves.push(Shelf { server, zones });
        }
        let zones = Arc::new(Zones::new(shelves));
        if zones.unknown().is_none() {
            self.zone_memory().0 = Some((self.now(), zones.clone()));
        }
        Ok(zones)
    }
}
