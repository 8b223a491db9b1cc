//! What name servers are asked.

use domain::http::Lane;
use domain::record::{Platform, PlatformKind, PlatformState};
use rdns::powerdns::{Server, answer};
use rdns::{Place, Pointers, Zone};

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
        Ok(zones.map(|zones| zones.into_iter().filter_map(|zone| Zone::of(zone.name)).collect()))
    }

    /// What a name server holds at a place.
    pub(super) async fn pointers_at(
        &self,
        server: &Platform,
        place: &Place,
    ) -> Result<Pointers, EngineError> {
        let request = api(server).read_pointers(place);
        let outcome = self.read(server, &request, Lane::Click).await?;
        Ok(answer::pointers(&outcome, place))
    }
}

fn api(server: &Platform) -> Server {
    Server::new(if server.account.is_empty() {
        USUAL
    } else {
        &server.account
    })
}
