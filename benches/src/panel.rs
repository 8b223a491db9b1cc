//! The panel that the engine's calls arrive at: the simulated one, in this process, over HTTP, with room for every
//! machine that a run orders.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use domain::Clock;
use domain::machine::Identity;
use engine::SystemClock;
use sim::http::{Running, serve};
use sim::virtfusion::{Act, GroupConfig, HypervisorConfig, Panel, PanelConfig};

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
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let panel = Arc::new(Panel::new(config()));
    Ok(serve(panel, Arc::new(SystemClock), free, None).await?)
}

/// A panel with machines on it.
pub struct Crowd {
    /// The panel.
    pub panel: Arc<Panel>,
    /// Its listener.
    pub running: Running,
}

/// Starts a panel with so many built machines, which permits so many requests a minute and remembers all of them.
pub async fn crowd(machines: u64, per_minute: Option<u32>) -> Result<Crowd> {
    let mut with = PanelConfig {
        log_capacity: usize::try_from(machines * 4 + 10_000)?,
        ..config()
    };
    for token in &mut with.tokens {
        token.per_minute = per_minute;
    }
    let panel = Arc::new(Panel::new(with));
    let hand = panel.hand(SystemClock.now());
    let owner = hand.create_user("Jane Doe", "jane@example.test")?;
    for number in 0..machines {
        let server = hand.create_server(owner, GROUP, PACKAGE)?;
        let name = format!("vps{number}.example.test");
        hand.act(Act::Build { server, name })?;
    }
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let running = serve(panel.clone(), Arc::new(SystemClock), free, None).await?;
    Ok(Crowd { panel, running })
}

impl Crowd {
    /// What proves which machine each of them is.
    pub fn identities(&self) -> Vec<Identity> {
        let servers = self.panel.servers(SystemClock.now()).into_iter();
        let identity = |server: sim::virtfusion::Server| Identity {
            id: server.id.to_string(),
            unchangeable: server.uuid,
            owner: server.owner.to_string(),
        };
        servers.map(identity).collect()
    }
}

/// One group without limits.
fn config() -> PanelConfig {
    let unlimited = HypervisorConfig {
        memory: 0,
        cores: 0,
        storage: 0,
        servers: 0,
        ..HypervisorConfig::default()
    };
    PanelConfig {
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
    }
}
