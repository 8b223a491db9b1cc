//! The names of ten thousand addresses, by a real PowerDNS and a real resolver: how long it takes to say what would become
//! of each, where every pointer is missing and where every pointer is there.

use std::time::Instant;

use anyhow::{Result, ensure};
use serde::Serialize;
use testkit::dns::{Kind, NameServer, Proxy, RecordSet, Resolver};

use crate::Bench;
use crate::fill;
use crate::report::say;
use crate::site::Site;

/// Zones of addresses.
const ZONES: u64 = 40;
/// Records that are put into the name server with one request.
const TOGETHER: usize = 500;

/// What was measured.
#[derive(Debug, Serialize)]
pub struct Names {
    /// Addresses.
    pub addresses: u64,
    /// Zones that they lie in.
    pub zones: u64,
    /// Seconds until it was said of each that it would be written: each hostname is looked up.
    pub missing_seconds: f64,
    /// Seconds until it was said of each that it stays.
    pub there_seconds: f64,
    /// Requests that the second one took.
    pub requests: usize,
}

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Names> {
    let addresses = bench.pick(400, 10_000);
    say(&format!("names: {addresses} addresses in {ZONES} zones"));
    let server = NameServer::start("bench").await;
    let resolver = Resolver::start(&[("example.test", server.dns())]).await;
    let each = addresses / ZONES;
    server.create_zone("example.test.", Kind::Native, &[]).await;
    let forward: Vec<RecordSet> = (1..=addresses)
        .map(|number| {
            RecordSet::new(
                &format!("{}.", fill::hostname(number)),
                "A",
                &[&fill::address(number, each)],
            )
        })
        .collect();
    for some in forward.chunks(TOGETHER) {
        server.put("example.test.", some).await;
    }
    for zone in 0..ZONES {
        server.create_zone(&zone_name(zone), Kind::Native, &[]).await;
    }
    let proxy = Proxy::start(server.api()).await;
    let site = Site::install(bench).await?;
    site.configure(&format!("[outbound]\nresolvers = \"{}\"\n", resolver.dns()))?;
    site.connect(crate::panel::open().await?.addr, crate::site::Pace::Usual)
        .await?;
    site.add_name_server(&proxy.url(), server.key()).await?;
    fill::fill_addressed(&site, addresses, each).await?;

    let missing_seconds = preview(&site, "added", addresses).await?;
    for zone in 0..ZONES {
        let numbers = (1..=addresses).filter(|number| (number - 1) / each == zone);
        let pointers: Vec<RecordSet> = numbers
            .map(|number| {
                let name = format!("{}.{}", (number - 1) % each + 1, zone_name(zone));
                RecordSet::pointers(&name, &[&format!("{}.", fill::hostname(number))])
            })
            .collect();
        server.put(&zone_name(zone), &pointers).await;
    }
    let before = proxy.received();
    let there_seconds = preview(&site, "preserved", addresses).await?;
    ensure!(proxy.writes().is_empty(), "a preview has changed something");
    Ok(Names {
        addresses,
        zones: ZONES,
        missing_seconds,
        there_seconds,
        requests: proxy.received() - before,
    })
}

fn zone_name(zone: u64) -> String {
    format!("{zone}.18.198.in-addr.arpa.")
}

/// Seconds of one preview, in which every address comes to the same.
async fn preview(site: &Site, counter: &str, addresses: u64) -> Result<f64> {
    let begun = Instant::now();
    let said = site.ask(&["rdns", "preview"]).await?;
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(
        said["totals"][counter] == addresses,
        "of {addresses} addresses not all are {counter}: {}",
        said["totals"]
    );
    Ok(seconds)
}
