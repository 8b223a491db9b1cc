//! What a dead platform does to the others: calls to a healthy one while its neighbour is healthy, refuses every
//! connection, or takes them and never answers.
//!
//! Orders for both platforms come at the same steady pace in each case, well below what the machine can do: what is
//! asked is how the engine divides its hands, not who wins two processors. A call is timed from its entry in the journal
//! to the entry of its answer, so that waiting for a hand, for the gate, for the panel and for the database are all in
//! it. Rounds go from case to case, so that what else the machine does meets all of them, and each figure is of all
//! rounds of its case together.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use domain::record::{CallState, OperationKind};
use serde::Serialize;
use store::{OperationFilter, PageRequest, Store};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use crate::Bench;
use crate::caller::{Caller, operation};
use crate::panel;
use crate::report::say;
use crate::site::{Pace, SERVER, Site};
use crate::statistics::Times;

/// The billing system's record of the neighbour.
const NEIGHBOUR: u64 = SERVER + 1;
/// Each platform gets an order this often.
const EVERY: Duration = Duration::from_millis(250);
/// How long what was ordered may go on before the engine is stopped.
const REST: Duration = Duration::from_secs(4);

/// What the neighbour is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Neighbour {
    /// It answers.
    Healthy,
    /// Nobody listens at its address.
    Refused,
    /// It takes connections and never answers.
    Hanging,
}

const CASES: [Neighbour; 3] = [Neighbour::Healthy, Neighbour::Refused, Neighbour::Hanging];

/// One case.
#[derive(Debug, Serialize)]
pub struct Case {
    /// What the neighbour was.
    pub neighbour: Neighbour,
    /// Calls to the healthy platform.
    pub calls: Times,
    /// From an order for the healthy platform to its end.
    pub orders: Times,
}

/// Measures all cases; the healthy one is the first.
pub async fn measure(bench: &Bench) -> Result<Vec<Case>> {
    let mut all = CASES.map(|neighbour| (neighbour, Taken::default()));
    for _ in 0..bench.pick(1, 5) {
        for (neighbour, taken) in &mut all {
            say(&format!("neighbours: {neighbour:?}"));
            Box::pin(round(bench, *neighbour, taken)).await?;
        }
    }
    let case = |(neighbour, taken): (Neighbour, Taken)| {
        Ok(Case {
            neighbour,
            calls: Times::of(taken.calls).context("calls")?,
            orders: Times::of(taken.orders).context("orders")?,
        })
    };
    all.into_iter().map(case).collect()
}

/// What the rounds of a case came to.
#[derive(Default)]
struct Taken {
    calls: Vec<Duration>,
    orders: Vec<Duration>,
}

/// How much longer the 99th of a hundred calls takes than with a healthy neighbour, in percent.
pub fn slower_percent(healthy: &Case, other: &Case) -> f64 {
    let ratio = other.calls.p99_ms / healthy.calls.p99_ms.max(1e-9);
    ((ratio - 1.0) * 1000.0).round() / 10.0
}

async fn round(bench: &Bench, neighbour: Neighbour, taken: &mut Taken) -> Result<()> {
    let healthy = panel::open().await?;
    let beside = Beside::open(neighbour).await?;
    let site = Site::install(bench).await?;
    site.connect_as(SERVER, healthy.addr, Pace::Unpaced).await?;
    site.connect_as(NEIGHBOUR, beside.address(), Pace::Unpaced)
        .await?;
    site.wait_for_create(0).await?;
    let process = site.start().await?;
    let lasting = Duration::from_secs(bench.pick(3, 20));
    let mut ordering = JoinSet::new();
    for server in [SERVER, NEIGHBOUR] {
        let caller = Caller::connect(&site).await?;
        ordering.spawn(order(caller, server, lasting));
    }
    while let Some(ended) = ordering.join_next().await {
        ended??;
    }
    tokio::time::sleep(REST).await;
    process.stop().await?;
    beside.close().await;
    healthy.shutdown().await;
    let store = site.store().await?;
    read(&store, taken).await?;
    store.close().await?;
    Ok(())
}

/// Orders at a steady pace.
async fn order(mut caller: Caller, server: u64, lasting: Duration) -> Result<()> {
    let end = Instant::now() + lasting;
    let mut pace = tokio::time::interval(EVERY);
    while Instant::now() < end {
        pace.tick().await;
        operation(&caller.create_on(server).await?)?;
    }
    Ok(())
}

/// Reads the journal of the healthy platform.
async fn read(store: &Store, taken: &mut Taken) -> Result<()> {
    let installations = store.installations().await?;
    let installation = installations.first().context("there is no installation")?;
    let (platform, _) = store
        .placement(&installation.id, SERVER)
        .await?
        .context("the healthy platform is not attached")?;
    let filter = OperationFilter {
        platform: Some(platform.id),
        kind: Some(OperationKind::Create),
        ..OperationFilter::default()
    };
    let mut page = PageRequest::first(100);
    loop {
        let some = store.operations(&filter, &page).await?;
        for operation in some.items {
            taken
                .orders
                .extend(operation.finished_at.map(|end| end.since(operation.created_at)));
            let made = store.calls(operation.id, &PageRequest::first(100)).await?.items;
            let answered = made.iter().filter(|call| call.state == CallState::Answered);
            taken
                .calls
                .extend(answered.filter_map(|call| Some(call.ended_at?.since(call.sent_at))));
        }
        let Some(next) = some.next else { break };
        page = PageRequest::after(next, 100);
    }
    Ok(())
}

/// The neighbour.
enum Beside {
    Healthy(sim::http::Running),
    Refused(SocketAddr),
    Hanging(SocketAddr, JoinHandle<()>),
}

impl Beside {
    async fn open(neighbour: Neighbour) -> Result<Self> {
        if neighbour == Neighbour::Healthy {
            return Ok(Self::Healthy(panel::open().await?));
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        if neighbour == Neighbour::Refused {
            // Nobody else takes a port that was just given back, in a minute or so.
            return Ok(Self::Refused(address));
        }
        let taking = tokio::spawn(async move {
            let mut taken = Vec::new();
            while let Ok((connection, _)) = listener.accept().await {
                taken.push(connection);
            }
        });
        Ok(Self::Hanging(address, taking))
    }

    const fn address(&self) -> SocketAddr {
        match self {
            Self::Healthy(panel) => panel.addr,
            Self::Refused(address) | Self::Hanging(address, _) => *address,
        }
    }

    async fn close(self) {
        match self {
            Self::Healthy(panel) => panel.shutdown().await,
            Self::Refused(_) => {}
            Self::Hanging(_, taking) => taking.abort(),
        }
    }
}
