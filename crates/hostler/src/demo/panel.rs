//! The panel of the demo: a simulated one in this process, or any other that speaks VirtFusion's API.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::{Clock, Secret};
use sim::http::{Offer, Options, Running, serve_with};
use sim::platform::Platform as Simulated;
use sim::tls::TlsConfig;
use sim::virtfusion::{Panel, PanelConfig};

use crate::cli::DemoArguments;

/// Where machines are made.
pub struct DemoPanel {
    /// `https://host[:port]`.
    pub endpoint: String,
    /// Its API token.
    pub token: Secret,
    /// A further certificate authority, PEM.
    pub ca: Option<String>,
    simulated: Option<Listeners>,
}

struct Listeners {
    api: Running,
    control: Running,
}

impl DemoPanel {
    /// The panel that the arguments name, or a simulated one.
    pub async fn open(arguments: &DemoArguments, clock: Arc<dyn Clock>) -> Result<Self> {
        let Some(endpoint) = arguments.panel.clone() else {
            return Self::simulated(arguments.smoke, clock).await;
        };
        let token = arguments
            .token
            .clone()
            .context("--token: --panel needs the panel's API token")?;
        let ca = arguments.ca.as_deref().map(read).transpose()?;
        Ok(Self {
            endpoint,
            token: Secret::new(token),
            ca,
            simulated: None,
        })
    }

    async fn simulated(in_a_hurry: bool, clock: Arc<dyn Clock>) -> Result<Self> {
        let build = Duration::from_secs(if in_a_hurry { 2 } else { 8 });
        let config = PanelConfig {
            build,
            ..PanelConfig::default()
        };
        let panel: Arc<dyn Simulated> = Arc::new(Panel::new(config));
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let (tls, authority) = TlsConfig::generated(&["127.0.0.1"])?;
        let options = Options {
            tls: Some(tls),
            ..Options::default()
        };
        let api = serve_with(Arc::clone(&panel), Arc::clone(&clock), free, options).await?;
        let options = Options {
            offer: Offer::Control,
            ..Options::default()
        };
        let control = serve_with(panel, clock, free, options).await?;
        Ok(Self {
            endpoint: format!("https://{}", api.addr),
            token: Secret::new(PanelConfig::TOKEN),
            ca: Some(authority),
            simulated: Some(Listeners { api, control }),
        })
    }

    /// Whether it is ours, and does what we know of it.
    pub const fn is_simulated(&self) -> bool {
        self.simulated.is_some()
    }

    /// Where faults are asked for.
    pub fn control(&self) -> Option<String> {
        self.simulated
            .as_ref()
            .map(|listeners| format!("http://{}", listeners.control.addr))
    }

    /// Host and port, as a server record names it.
    pub fn host(&self) -> &str {
        self.endpoint.split("://").last().unwrap_or_default()
    }

    /// Ends a simulated one.
    pub async fn close(self) {
        if let Some(Listeners { api, control }) = self.simulated {
            api.shutdown().await;
            control.shutdown().await;
        }
    }
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .with_context(|| format!("--ca {}: it cannot be read; name a PEM file", path.display()))
}
