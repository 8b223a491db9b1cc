//! Everything of one run: the engine's place, two panels, the billing system, set up as an operator does it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::Moment;
use sim::virtfusion::Server;

use crate::billing::Billing;
use crate::books::Service;
use crate::caller::Caller;
use crate::clock::OffsetClock;
use crate::panel::{GROUP, PACKAGES, PanelHost, TEMPLATE, TOKEN};
use crate::place::{INSTALLATION, Place};
use crate::process::Engine;

/// The billing system's record of the panel that proved the staging protocol.
pub const STAGING: u64 = 1;
/// The record of the panel under the list protocol.
pub const LISTED: u64 = 2;

/// How long a platform request may take before its answer counts as lost, in seconds.
const TOTAL_SECONDS: u32 = 3;

/// A panel, and what the engine calls it.
pub struct Site {
    /// The billing system's record of it.
    pub server: u64,
    /// The platform's id.
    pub platform: String,
    /// The panel.
    pub host: PanelHost,
}

/// Everything of one run.
pub struct Scene {
    /// The engine's folder and command line.
    pub place: Place,
    /// The panels.
    pub sites: Vec<Site>,
    /// The billing system.
    pub billing: Billing,
    /// The time of panels and billing system.
    pub clock: Arc<OffsetClock>,
}

impl Scene {
    /// Installs an engine with one panel of each protocol; each panel's answers take some 10 to `slowest` ms. The proof
    /// of the staging protocol makes and removes a machine, and is left out where `staging` is not asked for.
    pub async fn set(program: &Path, seed: u64, slowest: u64, staging: bool) -> Result<Self> {
        let clock = Arc::<OffsetClock>::default();
        let mut place = Place::new(program, TOTAL_SECONDS)?;
        place.install().await?;
        let mut sites = Vec::new();
        let servers: &[u64] = if staging { &[STAGING, LISTED] } else { &[LISTED] };
        for server in servers {
            let host = PanelHost::open(seed.wrapping_add(*server), slowest, Arc::clone(&clock)).await?;
            let platform = place.connect(*server, &host.endpoint, TOKEN).await?;
            sites.push(Site {
                server: *server,
                platform,
                host,
            });
        }
        let caller = Caller::new(
            &place.bridge(),
            INSTALLATION.parse()?,
            place.key.clone(),
            Arc::clone(&clock),
        );
        let scene = Self {
            place,
            sites,
            billing: Billing::new(caller, seed),
            clock,
        };
        if staging {
            scene.prove().await?;
        }
        Ok(scene)
    }

    /// Has the engine prove the staging protocol on the first panel, as an operator does once.
    async fn prove(&self) -> Result<()> {
        let engine = Engine::start(&self.place).await?;
        let site = self.sites.first().context("there is no panel")?;
        let (group, package, image) = (GROUP.to_string(), PACKAGES[0].to_string(), TEMPLATE.to_string());
        let arguments = [
            "platform",
            "test",
            &site.platform,
            "--write",
            "--domain",
            "staging.example.test",
            "--group",
            &group,
            "--package",
            &package,
            "--image",
            &image,
        ];
        tokio::time::timeout(Duration::from_secs(60), self.place.ask(&arguments))
            .await
            .context("the proof of the staging protocol did not end")??;
        engine.stop().await
    }

    /// The panel of a server record.
    pub fn site(&self, server: u64) -> Option<&Site> {
        self.sites.iter().find(|site| site.server == server)
    }

    /// The machines that a service's client has on the service's panel.
    pub fn machines_of_client(&self, service: &Service) -> Vec<Server> {
        let Some(site) = self.site(service.server) else {
            return Vec::new();
        };
        let (panel, now) = (&site.host.panel, site.host.now());
        let users = panel.users(now);
        let theirs = users.iter().filter(|user| user.relation == Some(service.client));
        theirs.flat_map(|user| panel.servers_of(now, user.id)).collect()
    }

    /// The present moment of panels and billing system.
    pub fn now(&self) -> Moment {
        domain::Clock::now(self.clock.as_ref())
    }
}
