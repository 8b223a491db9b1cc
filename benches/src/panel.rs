//! The panel that the engine's calls arrive at: the simulated one, in this process, over HTTP, with room for every
//! machine that a run orders.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use domain::Clock;
use domain::http::{Outcome, Request, Response};
use domain::machine::Machine;
use driver::Driver;
use driver_virtfusion::VirtFusion;
use engine::SystemClock;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use sim::http::{Running, serve};
use sim::virtfusion::{Act, GroupConfig, HypervisorConfig, Panel, PanelConfig};
use tokio::net::TcpStream;

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
    /// The machines as the driver reads them from the panel's list, so that a sweep finds them as they are stored.
    pub async fn machines(&self) -> Result<Vec<Machine>> {
        let driver = VirtFusion;
        let mut machines = Vec::new();
        let mut next = Some(driver.list("").context("the panel has a list")?);
        while let Some(request) = next {
            let body = get(self.running.addr, &target(&request)).await?;
            let answer = Outcome::Answered(Response {
                status: 200,
                body,
                retry_after: None,
            });
            let page = driver.read_list(&request, &answer).map_err(anyhow::Error::msg)?;
            machines.extend(page.machines);
            next = page.next;
        }
        Ok(machines)
    }

    /// Their ids.
    pub fn ids(&self) -> Vec<u64> {
        let servers = self.panel.servers(SystemClock.now()).into_iter();
        servers.map(|server| server.id).collect()
    }
}

/// A request's path and query, below the panel's address. The list's parameters need no encoding.
fn target(request: &Request) -> String {
    let query: Vec<String> = request
        .query
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    format!("/api/v1{}?{}", request.path, query.join("&"))
}

/// One request on a connection of its own, as a script makes it; its answer's body.
pub async fn get(address: SocketAddr, target: &str) -> Result<String> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut connection, driving) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(driving);
    let request = hyper::Request::get(target)
        .header("host", "localhost")
        .header("authorization", format!("Bearer {TOKEN}"))
        .body(Empty::<Bytes>::new())?;
    let answer = connection.send_request(request).await?;
    ensure!(
        answer.status().as_u16() == 200,
        "the panel answered {target} with {}",
        answer.status()
    );
    let body = answer.into_body().collect().await?.to_bytes();
    Ok(String::from_utf8(body.to_vec())?)
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
