//! What name servers are asked.

use domain::http::Lane;
use domain::record::{Platform, PlatformKind, PlatformState};
use rdns::powerdns::{Server, answer};
use rdns::{DnsName, Place, Pointers, Zone};

use crate::engine::Engine;
use crate::error::EngineError;

/// What nearly every PowerDNS calls itself.
const USUAL: &str = "localhost";

impl Engine {
    /// The name servers that may be used.
    pub(super) async fn name_servers(&self) -> Result<Vec<Platform>, EngineError> {
        let platforms = self.store().platforms().await?.into_iter();
        Ok(platforms
            .filter(|one| one.kind == PlatformKind::PowerDns && one.state == PlatformState::Approved)
            .collect())
    }

    /// Whether a name server is there and takes its key; the inner error says what is wrong and what to do.
    pub(crate) async fn ping_name_server(
        &self,
        server: &Platform,
    ) -> Result<Result<(), String>, EngineError> {
        let outcome = self.read(server, &api(server).ping(), Lane::Click).await?;
        Ok(answer::ping(&outcome).map_err(|why| why.to_string()))
    }

    /// A name server's zones of addresses; the inner error says why they are not known.
    pub(super) async fn zones_of(&self, server: &Platform) -> Result<Result<Vec<Zone>, String>, EngineError> {
        let outcome = self.read(server, &api(server).list_zones(), Lane::Click).await?;
        let zones = answer::zones(&outcome).map_err(|why| why.to_string());
        let own = |zone: answer::Listed| {
            let zone = Some(zone).filter(|zone| is_of_addresses(&zone.name) && is_own(zone.kind.as_deref()));
            Zone::of(zone?.name)
        };
        Ok(zones.map(|zones| zones.into_iter().filter_map(own).collect()))
    }

    /// All pointers of a zone; the inner error says why they are not known.
    pub(super) async fn content_of(
        &self,
        server: &Platform,
        zone: &DnsName,
    ) -> Result<Result<answer::Content, String>, EngineError> {
        let outcome = self
            .read(server, &api(server).read_whole(zone), Lane::Background)
            .await?;
        Ok(answer::whole(&outcome, zone).map_err(|why| why.to_string()))
    }

    /// What a name server holds at a place. Where one name is asked for, PowerDNS leaves out what is kept without being
    /// served, so that only the whole zone shows that there is nothing.
    pub(super) async fn pointers_at(
        &self,
        server: &Platform,
        place: &Place,
    ) -> Result<Pointers, EngineError> {
        let request = api(server).read_pointers(place);
        let outcome = self.read(server, &request, Lane::Click).await?;
        match answer::pointers(&outcome, place) {
            Pointers::Nothing => {
                let content = self.content_of(server, &place.zone).await?;
                Ok(content.map_or_else(Pointers::Unknown, |content| content.at(&place.record)))
            }
            seen => Ok(seen),
        }
    }
}

/// Whether names of addresses lie below a zone's name.
fn is_of_addresses(zone: &DnsName) -> bool {
    let mut roots = ["in-addr.arpa.", "ip6.arpa."].into_iter();
    roots.any(|root| {
        let above = zone.as_str().strip_suffix(root);
        above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    })
}

/// Whether a zone is changed here. One that is fetched from elsewhere is changed there.
fn is_own(kind: Option<&str>) -> bool {
    let fetched = ["slave", "secondary", "consumer"];
    !kind.is_some_and(|kind| fetched.contains(&kind.to_ascii_lowercase().as_str()))
}

fn api(server: &Platform) -> Server {
    Server::new(if server.account.is_empty() {
        USUAL
    } else {
        &server.account
    })
}
