//! [`Stage`]: an engine with a machine, and a real name server that holds the names of the machine's network.

use std::net::IpAddr;
use std::time::Duration;

use domain::record::{Operation, OperationKind, OperationState, Platform, PlatformKind};
use domain::{Actor, Order, Secret};
use engine::Proposal;
use engine::core::Intent;
use store::{OperationFilter, PageRequest};

use super::{Kind, NameServer, Proxy, RecordSet, Resolver};
use crate::rig::{Rig, RigOptions, order};

/// How long a machine may take, in virtual time.
const BUILT_WITHIN: Duration = Duration::from_secs(1_800);

/// The zone of all hostnames.
const HOSTS: &str = "example.test.";

/// A rig with the machine of service 501, whose addresses' names a name server holds behind a proxy. The rig asks the
/// resolver what hostnames lead to, and that asks the name server.
pub struct Stage {
    /// The engine and its panel.
    pub rig: Rig,
    /// Holds the zone of hostnames and the zone of the machine's address.
    pub server: NameServer,
    /// Stands before its API.
    pub proxy: Proxy,
    /// Whom the engine asks what a hostname leads to.
    pub resolver: Resolver,
    /// The machine's address.
    pub address: IpAddr,
    /// The zone of the machine's address.
    pub zone: String,
    /// The name of the machine's address.
    pub record: String,
}

impl Stage {
    /// The machine's hostname, which leads nowhere until [`Stage::confirm`] says where.
    pub const HOST: &str = "web501.example.test";

    /// One where the name server is in use, behind the proxy.
    pub async fn start() -> Self {
        let stage = Box::pin(Self::unapproved(RigOptions::default())).await;
        stage.approve(&stage.proxy.url(), stage.server.key(), "").await;
        stage
    }

    /// One where no name server is in use yet, on a rig that differs; whom that asks is the stage's own affair.
    pub async fn unapproved(options: RigOptions) -> Self {
        let server = NameServer::start("names").await;
        server.create_zone(HOSTS, Kind::Native, &[]).await;
        let resolver = Resolver::start(&[("example.test", server.dns())]).await;
        let options = RigOptions {
            resolvers: vec![resolver.dns()],
            ..options
        };
        // On the heap: the futures of all tests hold this one.
        let rig = Box::pin(Rig::with(options)).await;
        let address = Self::machine(&rig, 501).await;
        let record = record_of(address);
        let zone = record.split_once('.').expect("a name").1.to_owned();
        server.create_zone(&zone, Kind::Native, &[]).await;
        let proxy = Proxy::start(server.api()).await;
        Self {
            rig,
            server,
            proxy,
            resolver,
            address,
            zone,
            record,
        }
    }

    /// A machine that is called after its service, `web502.example.test`; its address.
    pub async fn machine(rig: &Rig, service: u64) -> IpAddr {
        let order = Order {
            hostname: Some(format!("web{service}.example.test")),
            ..order()
        };
        let operation = rig.submit(rig.wish(service, Intent::Create(order))).await;
        let ended = rig.ended(operation, BUILT_WITHIN).await;
        assert_eq!(ended.state, OperationState::Succeeded, "{}", ended.reason);
        // What is on its way about its names has happened before a test looks.
        rig.at_rest().await;
        let read = rig.view(service).await.machine.and_then(|fact| fact.machine());
        read.expect("it was read").ipv4[0].parse().expect("an address")
    }

    /// Proposes and approves a name server, under a name where one is given.
    pub async fn approve(&self, endpoint: &str, key: &str, name: &str) -> Platform {
        let actor = Actor::host("tester");
        let proposal = Proposal {
            server: None,
            kind: PlatformKind::PowerDns,
            endpoint: endpoint.to_owned(),
            account: String::new(),
            token: Secret::new(key),
            name: name.to_owned(),
            actor: actor.clone(),
        };
        let engine = &self.rig.engine;
        let proposed = engine.propose_platform(proposal).await.expect("it is kept");
        let approved = engine.approve_platform(proposed.id, &actor).await;
        approved.expect("it is approved")
    }

    /// Says who is asked whether the first name server's zones are answered as they were written.
    pub async fn answered_by(&self, servers: &[&str]) {
        let store = self.rig.engine.store();
        let platforms = store.platforms().await.expect("they can be read");
        let mut all = platforms.into_iter();
        let server = all.find(|one| one.kind == PlatformKind::PowerDns);
        let Platform { id, mut profile, .. } = server.expect("one is approved");
        profile.answered_by = servers.iter().map(|one| (*one).to_owned()).collect();
        let set = store
            .set_platform_profile(id, profile, &Actor::host("tester"))
            .await;
        set.expect("it is kept");
    }

    /// The machine's hostname leads to its address.
    pub async fn confirm(&self) {
        self.lead(Self::HOST, &[self.address]).await;
    }

    /// A hostname leads to these addresses of version 4, and to no other.
    pub async fn lead(&self, host: &str, addresses: &[IpAddr]) {
        let texts: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let forward = RecordSet::new(&format!("{host}."), "A", &texts);
        self.server.put(HOSTS, &[forward]).await;
        self.resolver.forget();
    }

    /// A hostname leads to every address of the machine's network, whichever the next machine gets.
    pub async fn lead_everywhere(&self, host: &str) {
        let [a, b, c, _] = octets(self.address);
        let all: Vec<IpAddr> = (1..=254).map(|last| IpAddr::from([a, b, c, last])).collect();
        self.lead(host, &all).await;
    }

    /// Somebody else makes the machine's address point to these hosts.
    pub async fn point_to(&self, hosts: &[&str]) {
        let pointers = RecordSet::pointers(&self.record, hosts);
        self.server.put(&self.zone, &[pointers]).await;
    }

    /// What an address points to on the name server, each with its final dot.
    pub async fn held(&self, address: IpAddr) -> Vec<String> {
        let record = record_of(address);
        let dump = self.server.dump().await;
        let sets = dump
            .iter()
            .filter(|((_, name, kind), _)| *name == record && kind == "PTR");
        let hosts = sets.flat_map(|(_, values)| values.iter().filter_map(|value| value.split_once(' ')));
        hosts.map(|(_, host)| host.to_owned()).collect()
    }

    /// Waits until an address points to these hosts.
    pub async fn leads_to(&self, address: IpAddr, hosts: &[&str], within: Duration) {
        let what = format!("{address} pointing to {hosts:?}");
        self.rig
            .until(&what, within, async |_: &Rig| {
                (self.held(address).await == hosts).then_some(())
            })
            .await;
    }

    /// The newest operation about names of a service.
    pub async fn latest(&self, service: u64) -> Operation {
        let mut about = self.rig.view(service).await.recent.into_iter();
        let newest = about.find(|one| one.kind == OperationKind::ReverseDns);
        newest.expect("there is one")
    }

    /// The newest operation about names at all, also one that belongs to no customer's service.
    pub async fn latest_of_all(&self) -> Operation {
        let (filter, page) = (OperationFilter::default(), PageRequest::first(100));
        let found = self.rig.engine.store().operations(&filter, &page).await;
        let mut all = found.expect("they can be read").items.into_iter();
        let newest = all.find(|one| one.kind == OperationKind::ReverseDns);
        newest.expect("there is one")
    }
}

/// The name under which an address's pointer lies, put together in another way than the engine does it.
fn record_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(address) => {
            let digits = format!("{:032x}", address.to_bits());
            let labels: Vec<String> = digits.chars().rev().map(String::from).collect();
            format!("{}.ip6.arpa.", labels.join("."))
        }
    }
}

fn octets(address: IpAddr) -> [u8; 4] {
    match address {
        IpAddr::V4(address) => address.octets(),
        IpAddr::V6(address) => panic!("{address}: the stage has a zone of IPv4 addresses"),
    }
}
