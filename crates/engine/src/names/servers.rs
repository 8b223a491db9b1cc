//! What name servers are asked.

use domain::Actor;
use domain::http::Lane;
use domain::id::PlatformId;
use domain::record::{Platform, PlatformKind, PlatformState};
use rdns::powerdns::answer;
use rdns::{DnsName, Place, Pointers, Zone};

use super::driver::api;
use crate::engine::Engine;
use crate::error::EngineError;
use store::StoreError;

impl Engine {
    /// The name servers that may be used.
    pub(super) async fn name_servers(&self) -> Result<Vec<Platform>, StoreError> {
        let platforms = self.store().platforms().await?.into_iter();
        Ok(platforms
            .filter(|one| one.kind == PlatformKind::PowerDns && one.state == PlatformState::Approved)
            .collect())
    }

    /// Whether every name server is there and takes its key; the inner error names the first of which that is not so. Where
    /// there is none, nobody is asked.
    pub async fn test_name_servers(&self) -> Result<Result<(), String>, EngineError> {
        for server in self.name_servers().await? {
            if let Err(why) = self.test_platform(server.id).await? {
                return Ok(Err(format!(
                    "The PowerDNS server {} is not usable: {why}. See `hostler platform list` on the engine's host.",
                    server.name
                )));
            }
        }
        Ok(Ok(()))
    }

    /// Sets how long resolvers keep the names that are written to a server, in seconds.
    pub(super) async fn set_pointer_ttl(
        &self,
        server: PlatformId,
        ttl: u32,
        actor: &Actor,
    ) -> Result<(), EngineError> {
        let Some(platform) = self.store().platform(server).await? else {
            return Ok(());
        };
        if platform.profile.pointer_ttl != ttl {
            let mut profile = platform.profile;
            profile.pointer_ttl = ttl;
            self.store().set_platform_profile(server, profile, actor).await?;
        }
        Ok(())
    }

    /// A name server's zones of addresses; the inner error says why they are not known.
    pub(super) async fn zones_of(&self, server: &Platform) -> Result<Result<Vec<Zone>, String>, EngineError> {
        let outcome = self
            .read(server, &api(&server.account).list_zones(), Lane::Click)
            .await?;
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
            .read(server, &api(&server.account).read_whole(zone), Lane::Background)
            .await?;
        Ok(answer::whole(&outcome, zone).map_err(|why| why.to_string()))
    }

    /// What a name server holds at a place.
    pub(super) async fn pointers_at(
        &self,
        server: &Platform,
        place: &Place,
    ) -> Result<Pointers, EngineError> {
        let content = self.content_at(server, place).await?;
        Ok(content.map_or_else(Pointers::Unknown, |content| content.at(&place.record)))
    }

    /// As much of a zone as tells what is held at a place; the inner error says why it is not known. Where one name is asked
    /// for, PowerDNS leaves out what is kept without being served, so that only the whole zone shows that there is nothing.
    pub(super) async fn content_at(
        &self,
        server: &Platform,
        place: &Place,
    ) -> Result<Result<answer::Content, String>, EngineError> {
        let request = api(&server.account).read_pointers(place);
        let outcome = self.read(server, &request, Lane::Click).await?;
        match answer::whole(&outcome, &place.zone) {
            Ok(content) if content.at(&place.record) == Pointers::Nothing => {
                self.content_of(server, &place.zone).await
            }
            seen => Ok(seen.map_err(|why| why.to_string())),
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
