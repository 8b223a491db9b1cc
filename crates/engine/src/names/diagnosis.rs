//! All that there is to say of one address, and what would be done about it. Nothing is changed.

use std::net::IpAddr;

use domain::id::InstallationId;
use domain::record::Platform;
use rdns::{Confirmation, Hostname, Place, Pointers, Purpose, decide, parse_address, place, pointer_name};
use serde::Serialize;

use super::forward::verdict;
use super::holders::Owner;
use crate::engine::Engine;
use crate::error::EngineError;

/// What is known of an address's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The address.
    pub address: IpAddr,
    /// The name under which its pointer is looked for.
    pub name: String,
    /// Whose machine has it, by the last readings; `None` where none does.
    pub owner: Option<Owner>,
    /// The hostname that it is to point to; `None` where there is none that can be pointed to.
    pub wanted: Option<String>,
    /// What each resolver says of that hostname.
    pub forward: Vec<Heard>,
    /// What they say together, in one sentence; `None` without a hostname.
    pub confirmed: Option<String>,
    /// What each name server has to do with it.
    pub servers: Vec<ServerFinding>,
}

/// What a resolver says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Heard {
    /// Which.
    pub resolver: String,
    /// `confirmed`, `missing` or `unknown`.
    pub said: &'static str,
    /// Why it is not confirmed.
    pub why: Option<String>,
}

/// What a name server has to do with the address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerFinding {
    /// Its name.
    pub server: String,
    /// How many zones of addresses it has; `None` where they are not known.
    pub zones: Option<usize>,
    /// The zone in which the pointer lies; `None` where it has none for the address.
    pub zone: Option<String>,
    /// The record's name there.
    pub record: Option<String>,
    /// What is there.
    pub held: HeldBy,
    /// What keeps a change of the zone from being answered everywhere; `None` where nothing is known to.
    pub caution: Option<String>,
    /// What the daily look would do.
    pub plain: String,
    /// What a forced reset would do.
    pub reset: String,
}

/// What a name server holds for the address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldBy {
    /// Nobody could say, for this reason.
    Unknown(String),
    /// It has no zone for the address.
    NoZone,
    /// There is no pointer.
    Nothing,
    /// These hosts; what is kept without being served is marked so.
    Hosts(Vec<String>),
}

impl Engine {
    /// Looks at everything that concerns an address's name. `host` stands in for the hostname of its machine. An error
    /// where the address or the hostname is none, or the store cannot be read. Of machines of another billing system than
    /// `only` nothing is said.
    pub async fn diagnose_name(
        &self,
        address: &str,
        host: Option<&str>,
        only: Option<&InstallationId>,
    ) -> Result<Diagnosis, EngineError> {
        let invalid = |text: String| EngineError::Invalid(text);
        let address = parse_address(address).map_err(|why| invalid(format!("{address}: {why}")))?;
        let given = host.map(|host| {
            host.parse::<Hostname>()
                .map_err(|why| invalid(format!("{host}: {why}")))
        });
        let owner = self.owner_of(address).await?;
        let owner = owner.filter(|owner| only.is_none_or(|only| *only == owner.installation));
        let wanted = given.transpose()?.or_else(|| owner.as_ref()?.wanted());
        let said = match &wanted {
            Some(host) => self.confirmations(host, address).await,
            None => Vec::new(),
        };
        let confirmation = wanted.as_ref().map(|_| verdict(&said));
        let mut servers = Vec::new();
        for server in self.name_servers().await? {
            servers.push(
                self.finding(&server, address, wanted.as_ref(), confirmation.as_ref())
                    .await?,
            );
        }
        Ok(Diagnosis {
            address,
            name: pointer_name(address).to_string(),
            owner,
            wanted: wanted.map(|host| host.to_string()),
            forward: said.into_iter().map(heard).collect(),
            confirmed: confirmation.map(|said| sentence(&said)),
            servers,
        })
    }

    async fn finding(
        &self,
        server: &Platform,
        address: IpAddr,
        wanted: Option<&Hostname>,
        confirmation: Option<&Confirmation>,
    ) -> Result<ServerFinding, EngineError> {
        let zones = self.zones_of(server).await?;
        let place = zones.as_ref().ok().and_then(|zones| place(address, zones));
        let mut caution = None;
        let pointers = match (&zones, &place) {
            (Err(why), _) => Pointers::Unknown(why.clone()),
            (Ok(_), None) => Pointers::NoZone,
            (Ok(_), Some(place)) => match self.content_at(server, place).await? {
                Ok(content) => {
                    caution = (!content.raises_serial).then(|| serial_stays(place));
                    content.at(&place.record)
                }
                Err(why) => Pointers::Unknown(why),
            },
        };
        let would = |purpose| decide(purpose, &pointers, wanted, confirmation).explain();
        Ok(ServerFinding {
            server: server.name.clone(),
            zones: zones.ok().map(|zones| zones.len()),
            plain: would(Purpose::Reconcile),
            reset: would(Purpose::Reset),
            zone: place.as_ref().map(|place| place.zone.to_string()),
            record: place.map(|place| place.record.to_string()),
            held: held(pointers),
            caution,
        })
    }
}

fn serial_stays(place: &Place) -> String {
    format!(
        "A change does not make the serial of the zone higher, so that secondary servers keep what they have: pdnsutil \
         set-meta {} SOA-EDIT-API DEFAULT",
        place.zone.as_str().trim_end_matches('.')
    )
}

fn heard((resolver, said): (String, Confirmation)) -> Heard {
    let (said, why) = match said {
        Confirmation::Confirmed => ("confirmed", None),
        Confirmation::Missing(why) => ("missing", Some(why)),
        Confirmation::Unknown(why) => ("unknown", Some(why)),
    };
    Heard { resolver, said, why }
}

fn sentence(said: &Confirmation) -> String {
    match said {
        Confirmation::Confirmed => "The hostname leads to the address".to_owned(),
        Confirmation::Missing(why) => format!("The hostname does not lead to the address: {why}"),
        Confirmation::Unknown(why) => {
            format!("Nobody could say whether the hostname leads to the address: {why}")
        }
    }
}

/// The same for people.
pub(super) fn held(pointers: Pointers) -> HeldBy {
    match pointers {
        Pointers::Unknown(why) => HeldBy::Unknown(why),
        Pointers::NoZone => HeldBy::NoZone,
        Pointers::Nothing => HeldBy::Nothing,
        Pointers::Held(set) => {
            let host = |target: &rdns::Target| {
                let mark = if target.disabled { " (not served)" } else { "" };
                format!("{}{mark}", target.host)
            };
            HeldBy::Hosts(set.targets().iter().map(host).collect())
        }
    }
}
