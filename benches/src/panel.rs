//! The panel that the engine's calls arrive at: the simulated one, in this process, over HTTP, with room for every
//! machine that a run orders.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use engine::SystemClock;
use sim::http::{Running, serve};
use sim::virtfusion::{GroupConfig, HypervisorConfig, Panel, PanelConfig};

/// Addresses of the one group: more than any run orders.
const ADDRESSES: u32 = 100_000;

/// The group and the package that are ordered.
pub const GROUP: u64 = 1;
/// The package that is ordered.
pub const PACKAGE: u64 = 1;
/// The operating-system template that is ordered.
pub const TEMPLATE: u64 = 49;
/// The panel's API token.
pub const TOKEN: &str = PanelConfig::TOKEN;

/// Starts a panel; it ends when the handle is dropped.
pub async fn open() -> Result<Running> {
    let unlimited = HypervisorConfig {
        memory: 0,
        cores: 0,
        storage: 0,
        servers: 0,
        enabled: true,
    };
    let config = PanelConfig {
        groups: vec![GroupConfig {
            id: GROUP,
            name: "bench".to_owned(),
            enabled: true,
            ipv4: ADDRESSES,
            hypervisors: vec![unlimited; 4],
        }],
        build: Duration::from_secs(1),
        history: Duration::ZERO,
        log_capacity: 0,
        ..PanelConfig::default()
    };
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    Ok(serve(Arc::new(Panel::new(config)), Arc::new(SystemClock), free, None).await?)
}
