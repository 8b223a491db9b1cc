//! The names of ten thousand addresses, by a real PowerDNS and a real resolver: how long it takes to say what would become
//! of each, and to write those that are missing.

use std::time::Instant;

use anyhow::{Result, ensure};
use serde::Serialize;
use serde_json::Value;
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
    /// Seconds until each was written, and whoever answers for the zones had it.
    pub written_seconds: f64,
    /// Requests by which they were written, and by which secondary servers were told.
    pub writes: u32,
    /// Seconds until the same was done once more, when there was nothing to write.
    pub again_seconds: f64,
    /// Seconds until it was said of each that it stays.
    pub there_seconds: f64,
    /// Requests that this took.
    pub requests: usize,
}

impl Names {
    /// What was promised: its name, the most, and what was measured.
    pub fn promises(&self) -> [(&'static str, f64, f64); 4] {
        [
            ("names, all there, s", 5.0, self.there_seconds),
            ("names, all written, s", 60.0, self.written_seconds),
            ("names, writing requests", 100.0, f64::from(self.writes)),
            ("names, nothing to write, s", 5.0, self.again_seconds),
        ]
    }
}

/// Measures.
pub async fn measure(bench: &Bench) -> Result<Names> {
    let addresses = bench.pick(400, 10_000);
    say(&format!("names: {addresses} addresses in {ZONES} zones"));
    let each = addresses / ZONES;
    let server = NameServer::start("bench").await;
    let resolver = Resolver::start(&[("example.test", server.dns())]).await;
    furnish(&server, addresses, each).await;
    let proxy = Proxy::start(server.api()).await;
    let site = Site::install(bench).await?;
    // The panel has none of the machines, so that nobody is to read them meanwhile.
    site.configure(&format!(
        "[engine]\nsweep = false\n[outbound]\nresolvers = \"{}\"\n",
        resolver.dns()
    ))?;
    let panel = crate::panel::open().await?;
    site.connect(panel.addr, crate::site::Pace::Usual).await?;
    site.add_name_server(&proxy.url(), server.key(), server.dns())
        .await?;
    fill::fill_addressed(&site, addresses, each).await?;

    let missing_seconds = looked(&site, &["--dry-run"], "added", addresses).await?;
    ensure!(proxy.writes().is_empty(), "a preview has changed something");
    let process = site.start().await?;
    let written_seconds = looked(&site, &[], "added", addresses).await?;
    let written = proxy.writes().len();
    let again_seconds = looked(&site, &[], "preserved", addresses).await?;
    ensure!(
        proxy.writes().len() == written,
        "where everything was there something was written"
    );
    process.stop().await?;
    let before = proxy.received();
    let there_seconds = looked(&site, &["--dry-run"], "preserved", addresses).await?;
    let requests = proxy.received() - before;
    panel.shutdown().await;
    Ok(Names {
        addresses,
        zones: ZONES,
        missing_seconds,
        written_seconds,
        writes: u32::try_from(written)?,
        again_seconds,
        there_seconds,
        requests,
    })
}

/// Makes the zones: all hostnames with their addresses, and the networks without a name.
async fn furnish(server: &NameServer, addresses: u64, each: u64) {
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
}

fn zone_name(zone: u64) -> String {
    format!("{zone}.18.198.in-addr.arpa.")
}

/// Seconds of one look at all names, in which every address comes to the same.
async fn looked(site: &Site, how: &[&str], counter: &str, addresses: u64) -> Result<f64> {
    let begun = Instant::now();
    let said = site.ask(&[&["rdns", "reconcile"], how].concat()).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let totals = &said["totals"];
    ensure!(
        totals[counter] == addresses,
        "of {addresses} addresses not all are {counter}: {totals}"
    );
    ensure!(said["done"] != Value::Bool(false), "not all was done in time");
    Ok(seconds)
}
