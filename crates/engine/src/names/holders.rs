//! Who has which addresses, by the last readings of the machines.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use domain::Moment;
use domain::id::{InstallationId, ServiceId};
use domain::machine::Machine;
use domain::record::{FactRecord, NameSubject, NameWork, Service};
use rdns::{Hostname, parse_address};
use serde::Serialize;
use store::{PageRequest, ServiceFilter, StoreError};

use crate::core::names::{holds, wanted};
use crate::core::{Newest, newest};
use crate::engine::Engine;
use crate::error::EngineError;

/// Services that are read at once.
const AT_ONCE: u64 = 200;

/// Whose machine has an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Owner {
    /// The billing system.
    pub installation: InstallationId,
    /// The service, by its id there.
    pub service: u64,
    /// The machine's hostname.
    pub hostname: Option<String>,
    /// The machine's name.
    pub machine: String,
    /// What its addresses are to point to; `None` where nothing of it can be pointed to.
    #[serde(skip)]
    wanted: Option<Hostname>,
}

impl Owner {
    /// What its addresses are to point to; `None` where nothing of it can be pointed to.
    pub fn wanted(&self) -> Option<Hostname> {
        self.wanted.clone()
    }
}

/// What a machine has of addresses by a reading of it: prefixes first, each once. What is no address is left out.
pub(crate) fn subjects(machine: &Machine) -> BTreeSet<NameSubject> {
    let texts = machine.ipv4.iter().chain(&machine.ipv6);
    texts.filter_map(|text| subject(text)).collect()
}

fn subject(text: &str) -> Option<NameSubject> {
    let Some((first, length)) = text.split_once('/') else {
        return parse_address(text).ok().map(NameSubject::Address);
    };
    match (parse_address(first).ok()?, length.parse().ok()?) {
        (IpAddr::V6(first), length @ 1..=127) => Some(NameSubject::Prefix(first, length)),
        (IpAddr::V6(first), 128) => Some(NameSubject::Address(first.into())),
        (first @ IpAddr::V4(_), 32) => Some(NameSubject::Address(first)),
        _ => None,
    }
}

/// A machine with its addresses: prefixes first, each once.
pub(super) struct Holder {
    pub owner: Owner,
    /// Our id of the service.
    pub service: ServiceId,
    pub subjects: BTreeSet<NameSubject>,
    /// When its addresses were last seen to be these.
    pub seen_at: Moment,
}

impl Holder {
    pub fn new(service: Service, newest: Newest) -> Self {
        let Newest { machine, seen_at, .. } = newest;
        Self {
            service: service.id,
            subjects: subjects(&machine),
            seen_at,
            owner: Owner {
                wanted: wanted(&machine, service.hostname.as_deref()),
                installation: service.installation,
                service: service.billing_id,
                hostname: machine.hostname,
                machine: machine.name,
            },
        }
    }
}

impl Engine {
    /// Some of the machines that are linked, and where the next ones begin.
    pub(super) async fn holders(
        &self,
        page: &PageRequest,
    ) -> Result<(Vec<Holder>, Option<PageRequest>), EngineError> {
        let found = self.store().services(&ServiceFilter::default(), page).await?;
        let holders = self.holders_among(found.items).await?;
        Ok((holders, found.next.map(|next| PageRequest::after(next, AT_ONCE))))
    }

    /// What an operation's machines have no more of what it is about, by their last readings.
    pub(super) async fn moved_on(&self, work: &NameWork) -> Result<BTreeSet<NameSubject>, StoreError> {
        let ids: BTreeSet<_> = work.wishes.iter().map(|wish| wish.service).collect();
        let services = self.store().services_of(&ids).await?.into_values().collect();
        let holders = self.holders_among(services).await?;
        let has: BTreeMap<_, _> = holders
            .into_iter()
            .map(|one| (one.service, one.subjects))
            .collect();
        let gone = work.wishes.iter().filter(|wish| {
            let has = has.get(&wish.service);
            has.is_none_or(|has| !holds(has, wish.subject))
        });
        Ok(gone.map(|wish| wish.subject).collect())
    }

    /// Those of some services that have a machine.
    async fn holders_among(&self, services: Vec<Service>) -> Result<Vec<Holder>, StoreError> {
        let ids: BTreeSet<_> = services.iter().map(|service| service.id).collect();
        let links = self.store().links_of(&ids).await?;
        let readings = self
            .store()
            .facts_of(&ids, &[FactRecord::MACHINE, FactRecord::LISTED])
            .await?;
        let of = |service: Service| {
            let link = links
                .get(&service.id)
                .filter(|link| link.generation == service.generation)?;
            let newest = newest(&link.identity, readings.get(&service.id)?)?;
            Some(Holder::new(service, newest))
        };
        Ok(services.into_iter().filter_map(of).collect())
    }

    /// All of them.
    pub(super) async fn all_holders(&self) -> Result<Vec<Holder>, EngineError> {
        let (mut all, mut next) = (Vec::new(), Some(PageRequest::first(AT_ONCE)));
        while let Some(page) = next {
            let (some, further) = self.holders(&page).await?;
            all.extend(some);
            next = further;
        }
        Ok(all)
    }

    /// Whose machine has an address. Every machine is looked at: there is no other record of whose an address is, and this
    /// is asked by a person.
    pub(super) async fn owner_of(&self, address: IpAddr) -> Result<Option<Owner>, EngineError> {
        let mut next = Some(PageRequest::first(AT_ONCE));
        while let Some(page) = next {
            let (some, further) = self.holders(&page).await?;
            let mut some = some.into_iter();
            if let Some(holder) = some.find(|holder| holds(&holder.subjects, NameSubject::Address(address))) {
                return Ok(Some(holder.owner));
            }
            next = further;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vf_241_vf_242_addresses_are_read_once_each_prefixes_first_and_what_is_none_is_left_out() {
        let machine = |ipv4: &[&str], ipv6: &[&str]| {
            let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
            let mut machine: Machine = serde_json::from_value(serde_json::json!({
                "identity": { "id": "1", "unchangeable": "u", "owner": "1" }, "status": "ready", "name": "web",
                "suspended": { "state": "unknown" }, "power": { "state": "unknown" }, "busy": false,
            }))
            .expect("a machine");
            machine.ipv4 = texts(ipv4);
            machine.ipv6 = texts(ipv6);
            subjects(&machine)
        };
        let address = |text: &str| NameSubject::Address(text.parse().expect("an address"));
        let had = machine(
            &[
                "203.0.113.5",
                "203.0.113.5",
                "01.2.3.4",
                "198.51.100.7/32",
                "10.0.0.0/8",
            ],
            &[
                "2001:db8:1::/64",
                "2001:db8::1",
                "2001:db8::2/128",
                "2001:db8::/0",
                "2001:db8::/129",
                "fe80::1%eth0",
                "",
            ],
        );
        let prefix = NameSubject::Prefix("2001:db8:1::".parse().expect("an address"), 64);
        let all = [
            prefix,
            address("198.51.100.7"),
            address("203.0.113.5"),
            address("2001:db8::1"),
            address("2001:db8::2"),
        ];
        assert_eq!(had.into_iter().collect::<Vec<_>>(), all);
        assert!(holds(&[prefix].into(), address("2001:db8:1::5")));
        assert!(!holds(&[prefix].into(), address("2001:db8:2::5")));
    }
}
