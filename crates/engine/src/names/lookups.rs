//! What the DNS itself is asked for an operation: whether a hostname leads to an address, and what whoever answers for a
//! zone answers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use domain::Case;
use domain::http::{Outcome, Request};
use domain::record::{NamePurpose, Platform, PlatformKind};
use futures_util::future::join_all;
use store::StoreError;

use super::driver::{ASK_SERVERS, LOOK_UP, Replied, asked, asked_about, looked_up};
use super::forward::verdict;
use crate::core::Naming;
use crate::engine::Engine;

/// The port of the DNS.
const PORT: u16 = 53;

impl Engine {
    /// What may be known where an operation is decided: for one about names that are not placed yet, the zones and what was
    /// seen there.
    pub(crate) async fn naming_for(&self, case: &Case) -> Result<Option<Arc<Naming>>, StoreError> {
        let Some(naming) = self.naming() else {
            return Ok(None);
        };
        match case.operation.input.names() {
            Some(work) if work.place.is_none() => {}
            Some(work) if matches!(work.purpose, NamePurpose::Reconcile | NamePurpose::Reset) => {
                let moved_on = self.moved_on(work).await?;
                let naming = Naming {
                    moved_on,
                    ..(*naming).clone()
                };
                return Ok(Some(Arc::new(naming)));
            }
            _ => return Ok(Some(naming)),
        }
        let zones = (*self.zones().await?).clone();
        let service = case.service.id;
        let mut seen = self.store().names_of(&[service].into()).await?;
        let seen = seen.remove(&service).unwrap_or_default();
        Ok(Some(Arc::new(Naming {
            patience: naming.patience,
            zones,
            seen: seen
                .into_iter()
                .map(|(subject, (seen, _))| (subject, seen))
                .collect(),
            moved_on: BTreeSet::new(),
        })))
    }

    /// Answers a request that is not the name server's to answer; `None` for every other one.
    pub(crate) async fn ask_the_dns(&self, platform: &Platform, request: &Request) -> Option<Outcome> {
        if platform.kind != PlatformKind::PowerDns {
            return None;
        }
        match request.name.as_str() {
            LOOK_UP => {
                let (host, address) = asked(request)?;
                let said = self.confirmations(&host, address).await;
                Some(looked_up(verdict(&said)))
            }
            ASK_SERVERS => {
                let (zone, names) = asked_about(request);
                let servers = self.answering(platform, zone?).await;
                let replied = servers
                    .into_iter()
                    .map(async |server| self.reply_of(server, &names).await);
                Some(Replied::outcome(&join_all(replied).await))
            }
            _ => None,
        }
    }

    /// Who answers for a zone: as the platform says, else as the zone does.
    async fn answering(&self, platform: &Platform, zone: &str) -> Vec<(String, Result<SocketAddr, String>)> {
        let named = &platform.profile.answered_by;
        if !named.is_empty() {
            let at = |text: &String| (text.clone(), address(text));
            return named.iter().map(at).collect();
        }
        let found = self.outbound().resolvers().name_servers(zone).await;
        let at =
            |(name, address): (String, IpAddr)| (format!("{name} ({address})"), Ok((address, PORT).into()));
        found.into_iter().map(at).collect()
    }

    async fn reply_of(&self, (server, at): (String, Result<SocketAddr, String>), names: &[&str]) -> Replied {
        let said = match at {
            Ok(at) => {
                let asked = names.iter().map(async |name| {
                    let hosts = outbound::pointers(at, name).await?;
                    Ok::<_, String>(((*name).to_owned(), hosts))
                });
                let all: Result<BTreeMap<_, _>, String> = join_all(asked).await.into_iter().collect();
                all
            }
            Err(why) => Err(why),
        };
        Replied { server, said }
    }
}

/// `address`, or `address:port`.
fn address(text: &str) -> Result<SocketAddr, String> {
    let bare = text
        .parse::<IpAddr>()
        .map(|address| SocketAddr::new(address, PORT));
    bare.or_else(|_| text.parse())
        .map_err(|_| format!("{text} is no address"))
}
