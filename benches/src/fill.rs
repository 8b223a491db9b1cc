//! A store as it is after years: services in use, each with its link and the last reading of its machine.

use anyhow::{Context, Result};
use domain::fact::Fact;
use domain::id::{LinkId, PlatformId, ServiceId};
use domain::machine::{Identity, Machine, MachineStatus, Power};
use domain::record::{FactRecord, Link, LinkRole, Service, ServiceStatus, Standing};
use domain::{Change, Clock, Commit, Moment};
use engine::{SystemClock, SystemRandom};
use serde_json::{Value, json};
use store::Store;

use crate::site::{PRODUCT, SERVER, Site};

/// Services per commit.
const TOGETHER: usize = 200;
/// Bytes of the panel's answer that are kept with a reading.
const RAW: usize = 3000;

/// Puts so many services into the site's store. The engine must not run.
pub async fn fill(site: &Site, services: u64) -> Result<()> {
    let now = SystemClock.now();
    let all: Vec<Machine> = (1..=services).map(|number| machine(number, now)).collect();
    fill_with(site, &all).await
}

/// The same, with so many addresses in each network of 256.
pub async fn fill_addressed(site: &Site, services: u64, each: u64) -> Result<()> {
    let now = SystemClock.now();
    let machine = |number| Machine {
        ipv4: vec![address(number, each)],
        ..machine(number, now)
    };
    let all: Vec<Machine> = (1..=services).map(machine).collect();
    fill_with(site, &all).await
}

/// The address of a service's machine, with so many in each network of 256.
pub fn address(number: u64, each: u64) -> String {
    format!("198.18.{}.{}", (number - 1) / each, (number - 1) % each + 1)
}

/// Puts one service per machine into the site's store, with the machine as its last reading. The engine must not run.
pub async fn fill_with(site: &Site, machines: &[Machine]) -> Result<()> {
    let store = site.store().await?;
    let platforms = store.platforms().await?;
    let platform = platforms.first().context("there is no platform")?.id;
    let numbered: Vec<(u64, &Machine)> = (1..).zip(machines).collect();
    for some in numbered.chunks(TOGETHER) {
        commit(&store, site, platform, some).await?;
    }
    store.close().await?;
    Ok(())
}

async fn commit(
    store: &Store,
    site: &Site,
    platform: PlatformId,
    numbered: &[(u64, &Machine)],
) -> Result<()> {
    let now = SystemClock.now();
    let mut changes = Vec::new();
    for (number, machine) in numbered {
        let service = service(site, platform, *number, now);
        let id = service.id;
        changes.push(Change::InsertService(service));
        changes.push(Change::PutLink(link(id, platform, &machine.identity, now)));
        changes.push(Change::PutFact(FactRecord {
            service: id,
            kind: FactRecord::MACHINE.to_owned(),
            value: Fact::Known(serde_json::to_value(machine)?),
            observed_at: now,
        }));
    }
    store
        .commit(Commit {
            changes,
            ..Commit::default()
        })
        .await?;
    Ok(())
}

fn service(site: &Site, platform: PlatformId, number: u64, now: Moment) -> Service {
    Service {
        id: ServiceId::at(now, &SystemRandom),
        installation: site.installation.clone(),
        billing_id: number,
        client_id: number,
        product_id: PRODUCT,
        module: "VirtFusionDirect".to_owned(),
        platform: Some(platform),
        generation: 1,
        status: ServiceStatus::Active,
        standing: Standing::Live,
        hostname: Some(hostname(number)),
        mapped_id: None,
        power_before_suspend: None,
        watch_due: None,
        unsettled_until: None,
        holds: Vec::new(),
        welcomed_generation: 1,
        version: 0,
        created_at: now,
        updated_at: now,
    }
}

/// The hostname of a service's machine.
pub fn hostname(number: u64) -> String {
    format!("vps{number}.example.test")
}

fn identity(number: u64) -> Identity {
    Identity {
        id: number.to_string(),
        unchangeable: format!("00000000-0000-4000-8000-{number:012}"),
        owner: number.to_string(),
    }
}

fn link(service: ServiceId, platform: PlatformId, identity: &Identity, now: Moment) -> Link {
    Link {
        id: LinkId::at(now, &SystemRandom),
        service,
        generation: 1,
        platform,
        role: LinkRole::Primary,
        resource: "instance".to_owned(),
        identity: identity.clone(),
        opened_at: now,
        closed_at: None,
        close_reason: None,
    }
}

fn machine(number: u64, now: Moment) -> Machine {
    Machine {
        identity: identity(number),
        status: MachineStatus::Ready,
        name: hostname(number),
        hostname: Some(hostname(number)),
        suspended: Fact::Known(false),
        power: Fact::Known(Power::On),
        busy: false,
        ipv4: vec![address(number, 250)],
        ipv6: Vec::new(),
        package: Some("1".to_owned()),
        location: Some("1".to_owned()),
        memory_mb: Some(1024),
        cores: Some(1),
        storage_gb: Some(20),
        traffic_gb: Some(1000),
        os: Some("Debian 12".to_owned()),
        created: Some(now),
        raw: raw(),
    }
}

/// What stands for the panel's whole answer about a machine.
pub fn raw() -> Value {
    json!({ "answer": "x".repeat(RAW) })
}

/// The billing system's rows of these services, as a snapshot has them.
pub fn rows(numbers: std::ops::RangeInclusive<u64>) -> Vec<Value> {
    numbers
        .map(|number| {
            json!({
                "service": number, "client": number, "product": PRODUCT, "server": SERVER, "order": number,
                "order_status": "Active", "module": "VirtFusionDirect", "domainstatus": "Active",
                "domain": hostname(number), "address": "", "mapped_id": null,
            })
        })
        .collect()
}
