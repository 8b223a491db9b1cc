//! Accept, claim and finish per second, through the functions that the engine itself uses and nothing else.
//!
//! *Accept* is [`Engine::submit`]: the service and its operation are read, decided and committed. *Claim* is one
//! operation per statement, the dearest way; the engine claims as many as it has hands for. *Finish* is one turn of the
//! runner: the case is read, [`advance`] decides, the end is committed with its effect and its audit line. The orders
//! name no package, so that the driver refuses them and no request leaves.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use domain::id::{InstallationId, OperationId, WorkerId};
use domain::record::{Attachment, OperationState, Relation, ServiceStatus};
use domain::{Actor, Change, Clock, Customer, Order};
use driver_virtfusion::VirtFusion;
use engine::core::{Input, Intent, Told, World, advance};
use engine::{Drivers, Engine, EngineConfig, Parts, Submitted, SystemClock, SystemRandom, Wish};
use outbound::{Outbound, OutboundConfig};
use serde::Serialize;
use sqlx::{Connection, PgConnection};
use store::{Key, Room, Store, StoreConfig, testing};
use tokio::task::JoinSet;

use crate::Bench;
use crate::report::say;
use crate::site::{PRODUCT, SERVER};
use crate::statistics::{Times, per_second};

/// How many work at once.
pub const WORKERS: [u64; 2] = [1, 16];
/// The installation's name.
const NAME: &str = "bench";

/// What was measured on both databases.
#[derive(Debug, Serialize)]
pub struct Stores {
    /// On SQLite, in the measured folder.
    pub sqlite: Vec<Rates>,
    /// On PostgreSQL, where one was named.
    pub postgresql: Option<Vec<Rates>>,
    /// The server and how it keeps what is committed, or why there is none.
    pub server: String,
}

/// How often a second.
#[derive(Debug, Serialize)]
pub struct Rates {
    /// How many work at once.
    pub workers: u64,
    /// How many operations were accepted, claimed and finished.
    pub operations: u64,
    /// Accepted.
    pub accepts_per_second: f64,
    /// Claimed, one by one.
    pub claims_per_second: f64,
    /// Brought to their end.
    pub finishes_per_second: f64,
    /// How long a claim took.
    pub claims: Times,
}

/// Measures both databases.
pub async fn measure(bench: &Bench) -> Result<Stores> {
    say("store: SQLite");
    let folder = tempfile::Builder::new()
        .prefix("store-")
        .tempdir_in(&bench.folder)?;
    let file = folder.path().join("hostler.db");
    let config = StoreConfig::new(format!("sqlite:{}", file.display()), Key::random(&SystemRandom));
    let sqlite = Box::pin(database(bench, config)).await?;
    let url = std::env::var(testing::DATABASE_VARIABLE).unwrap_or_default();
    if url.is_empty() {
        let server = format!(
            "no server: {} names none; `cargo xtask bench` starts one",
            testing::DATABASE_VARIABLE
        );
        return Ok(Stores {
            sqlite,
            postgresql: None,
            server,
        });
    }
    say("store: PostgreSQL");
    let (config, _folder) = testing::fresh_config().await;
    let config = StoreConfig {
        connections: StoreConfig::new(&url, Key::random(&SystemRandom)).connections,
        ..config
    };
    let schema = config
        .schema
        .clone()
        .context("the test database gave no schema")?;
    let rates = Box::pin(database(bench, config)).await;
    let server = leave(&url, &schema).await?;
    Ok(Stores {
        sqlite,
        postgresql: Some(rates?),
        server,
    })
}

/// Asks the server how it keeps what is committed, and removes our schema from it.
async fn leave(url: &str, schema: &str) -> Result<String> {
    let mut connection = PgConnection::connect(url).await?;
    let mut said = Vec::new();
    for setting in ["server_version", "fsync", "synchronous_commit"] {
        let show = sqlx::AssertSqlSafe(format!("SHOW {setting}"));
        let value: String = sqlx::query_scalar(show).fetch_one(&mut connection).await?;
        said.push(format!("{setting} {value}"));
    }
    // The schema's name is of letters and digits: the store's test support made it.
    let drop = sqlx::AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE"));
    sqlx::query(drop).execute(&mut connection).await?;
    connection.close().await?;
    Ok(said.join(", "))
}

/// An engine over a fresh database with one billing system and one platform.
pub async fn open(config: StoreConfig) -> Result<Engine> {
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let store = Store::open(config, clock.clone(), random.clone()).await?;
    let installation = testing::seed_installation(&store, NAME).await;
    let platform = testing::seed_platform(&store, "https://panel.invalid").await;
    let attachment = Attachment {
        installation: installation.id.clone(),
        server_id: SERVER,
        platform: platform.id,
        relation: Relation::Integer,
    };
    store.attach(&attachment, &Actor::host("bench")).await?;
    Ok(Engine::new(Parts {
        store,
        outbound: Arc::new(Outbound::new(
            OutboundConfig::default(),
            clock.clone(),
            random.clone(),
        )),
        drivers: Drivers::new(vec![Arc::new(VirtFusion)]),
        clock,
        random,
        config: EngineConfig::default(),
    }))
}

async fn database(bench: &Bench, config: StoreConfig) -> Result<Vec<Rates>> {
    let engine = open(config).await?;
    let mut rates = Vec::new();
    let mut first = 1;
    for workers in WORKERS {
        let operations = bench.pick(50, 1000) * if workers == 1 { 1 } else { 4 };
        rates.push(cycle(&engine, workers, first, operations).await?);
        first += operations;
    }
    engine.store().close().await?;
    Ok(rates)
}

/// Accepts, claims and finishes so many operations.
pub async fn cycle(engine: &Engine, workers: u64, first: u64, operations: u64) -> Result<Rates> {
    let run = Run {
        engine: engine.clone(),
        installation: NAME.parse()?,
        first,
        claimed: Arc::default(),
        claims: Arc::default(),
    };
    let rate = |time| per_second(operations, time);
    Ok(Rates {
        workers,
        operations,
        accepts_per_second: rate(spread(&run, Work::Accept, workers, operations).await?),
        claims_per_second: rate(spread(&run, Work::Claim, workers, operations).await?),
        finishes_per_second: rate(spread(&run, Work::Finish, workers, operations).await?),
        claims: Times::of(std::mem::take(&mut *run.claims()))?,
    })
}

/// One kind of work.
#[derive(Debug, Clone, Copy)]
enum Work {
    Accept,
    Claim,
    Finish,
}

/// Lets workers do so many pieces of work, and returns how long it took them together.
async fn spread(run: &Run, work: Work, workers: u64, pieces: u64) -> Result<Duration> {
    let next = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let mut working = JoinSet::new();
    for _ in 0..workers {
        let (run, next) = (run.clone(), Arc::clone(&next));
        working.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= pieces {
                    return anyhow::Ok(());
                }
                match work {
                    Work::Accept => run.accept(number).await?,
                    Work::Claim => run.claim().await?,
                    Work::Finish => run.finish().await?,
                }
            }
        });
    }
    while let Some(ended) = working.join_next().await {
        ended??;
    }
    Ok(begun.elapsed())
}

/// What every worker of a cycle has.
#[derive(Clone)]
struct Run {
    engine: Engine,
    installation: InstallationId,
    first: u64,
    claimed: Arc<Mutex<Vec<OperationId>>>,
    claims: Arc<Mutex<Vec<Duration>>>,
}

impl Run {
    fn claimed(&self) -> MutexGuard<'_, Vec<OperationId>> {
        self.claimed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn claims(&self) -> MutexGuard<'_, Vec<Duration>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn accept(&self, number: u64) -> Result<()> {
        let wish = wish(self.installation.clone(), self.first + number);
        let submitted = self.engine.submit(wish).await?;
        ensure!(
            matches!(submitted, Submitted::Operation(_)),
            "an order was not accepted"
        );
        Ok(())
    }

    async fn claim(&self) -> Result<()> {
        let now = SystemClock.now();
        let worker = WorkerId::at(now, &SystemRandom);
        let lease = EngineConfig::default().lease;
        let begun = Instant::now();
        let claimed = self
            .engine
            .store()
            .claim(worker, now, lease, &Room::of(1))
            .await?;
        self.claims().push(begun.elapsed());
        let one = claimed.first().context("nothing was left to claim")?;
        self.claimed().push(one.operation);
        Ok(())
    }

    async fn finish(&self) -> Result<()> {
        let id = self.claimed().pop().context("an operation was not claimed")?;
        let store = self.engine.store();
        let case = store.case(id).await?.context("an operation is not there")?;
        let world = World {
            now: SystemClock.now(),
            random: &SystemRandom,
            driver: Some(&VirtFusion),
            recovering: None,
            naming: None,
        };
        let turn = advance(&case, Input::Due, world);
        let ends = turn.commit.changes.iter().any(|change| {
            matches!(change, Change::PutOperation(operation) if operation.state == OperationState::Failed)
        });
        ensure!(ends, "an operation did not end in one turn");
        store.commit(turn.commit).await?;
        Ok(())
    }
}

fn wish(installation: InstallationId, service: u64) -> Wish {
    let hostname = Some(format!("vps{service}.example.test"));
    let customer = Customer {
        client_id: service,
        name: "Jane Doe".to_owned(),
        email: format!("client{service}@example.test"),
    };
    Wish {
        installation,
        billing_id: service,
        server_id: Some(SERVER),
        told: Told {
            client_id: service,
            product_id: PRODUCT,
            module: "VirtFusionDirect".to_owned(),
            status: ServiceStatus::Pending,
            hostname: hostname.clone(),
            mapped_id: None,
            called_again: false,
        },
        intent: Intent::Create(Order {
            customer,
            hostname,
            ..Order::default()
        }),
        actor: Actor::engine("bench"),
    }
}
