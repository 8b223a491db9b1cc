//! The replay corpus: databases of released versions with operations in every state, which every later version has to
//! finish.
//!
//! * [`states`] brings services into every state, in memory, with the engine's own decisions.
//! * [`make`] writes what was decided into a database, commit by commit, and the platform's books beside it.
//! * [`finish`] opens a copy and lets the present engine finish everything.
//! * [`explained`] asks the present engine why everything in it is as it is.
//!
//! A database is made once, by the version that it is of, and never changed. The books are those of the simulator's
//! control endpoint: plain JSON, so that a later simulator reads them as it reads any document of before.
//!
//! **The invariant it guards**: what a released version has stored, every later version understands and ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::ports::CountingRandom;
use domain::record::{CreateProtocol, Product};
use domain::{Actor, Commit, Fence, Secret};
use sim::virtfusion::PanelConfig;
use store::{Key, Room, Store, StoreConfig, testing};

use crate::clock::StandingClock;
use crate::trial::virtfusion::VirtFusionTrials;
use crate::trial::{Bench, Broken, Variant};

pub mod explained;
pub mod finish;
pub mod states;

/// The database's file.
pub const DATABASE: &str = "hostler.db";

/// The platform's books.
pub const BOOKS: &str = "panel.json";

/// The key that the database's secrets are encrypted with. It protects nothing.
pub const KEY: &str = "key";

/// Digits that protect nothing.
const DIGITS: &str = "c0";

/// Why no database was made.
#[derive(Debug)]
pub enum NotMade {
    /// There is one of this version; none is ever changed.
    Exists(PathBuf),
    /// A service did not come into its state.
    State(Broken),
    /// A file could not be written.
    File(std::io::Error),
}

impl std::fmt::Display for NotMade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exists(path) => write!(f, "{} exists, and no corpus is ever changed", path.display()),
            Self::State(broken) => f.write_str(broken),
            Self::File(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for NotMade {}

impl From<std::io::Error> for NotMade {
    fn from(error: std::io::Error) -> Self {
        Self::File(error)
    }
}

/// Makes the databases of this version below `root`, one for each create protocol. Their folders.
pub async fn make(root: &Path) -> Result<Vec<PathBuf>, NotMade> {
    let protocols = [CreateProtocol::List, CreateProtocol::Staging];
    let folder = |protocol: CreateProtocol| root.join(format!("{}-{protocol}", env!("CARGO_PKG_VERSION")));
    let folders: Vec<PathBuf> = protocols.map(folder).into();
    if let Some(path) = folders.iter().find(|path| path.exists()) {
        return Err(NotMade::Exists(path.clone()));
    }
    for (protocol, folder) in protocols.into_iter().zip(&folders) {
        let mut bench = Bench::of(&VirtFusionTrials, Variant::of(protocol));
        bench.journal = Some(Vec::new());
        states::all(&mut bench).map_err(NotMade::State)?;
        std::fs::create_dir_all(folder)?;
        write(&mut bench, folder).await?;
    }
    Ok(folders)
}

async fn write(bench: &mut Bench, folder: &Path) -> Result<(), NotMade> {
    let digits = DIGITS.repeat(32);
    std::fs::write(folder.join(KEY), format!("{digits}\n"))?;
    let books = bench.site.books(bench.now);
    let books = serde_json::to_string(&books).map_err(std::io::Error::other)?;
    std::fs::write(folder.join(BOOKS), format!("{books}\n"))?;
    let key = Key::from_hex(&digits).expect("64 digits are a key");
    let clock = Arc::new(StandingClock::at(bench.began));
    let config = StoreConfig {
        connections: 1,
        ..StoreConfig::new(format!("sqlite:{}", folder.join(DATABASE).display()), key)
    };
    let random = Arc::new(CountingRandom::new(0xC0));
    let store = Store::open(config, clock.clone(), random)
        .await
        .expect("a new database opens");
    ground(&store, bench).await;
    for commit in bench.journal.take().unwrap_or_default() {
        let Commit { changes, .. } = commit;
        let fence = Fence::default();
        store
            .commit(Commit { fence, changes })
            .await
            .expect("what was decided in memory is taken");
    }
    // Some were being worked on when the process died.
    clock.set(bench.now);
    let worker = domain::id::WorkerId::at(bench.now, &CountingRandom::new(1));
    let lease = std::time::Duration::from_secs(120);
    store
        .claim(worker, bench.now, lease, &Room::of(5))
        .await
        .expect("due operations are leased");
    // The journal of what was answered is most of the bytes, and nobody goes on from it.
    testing::execute(&store, "DELETE FROM calls WHERE state = 'answered'").await;
    let swept = store.archive(bench.now, 1_000).await;
    assert!(
        swept.expect("what is old is archived").moved > 0,
        "nothing is old"
    );
    store
        .prune_refreshes(bench.now)
        .await
        .expect("old looks are forgotten");
    // The moment at which a migration ran is the only one that the engine's clock does not tell.
    testing::execute(&store, "UPDATE seaql_migrations SET applied_at = 0").await;
    testing::execute(&store, "PRAGMA journal_mode = DELETE").await;
    testing::execute(&store, "PRAGMA page_size = 1024").await;
    testing::execute(&store, "VACUUM").await;
    store.close().await.expect("the database closes");
    let mut lock = folder.join(DATABASE).into_os_string();
    lock.push(".lock");
    std::fs::remove_file(lock)?;
    Ok(())
}

/// The installation, its platform and its product.
async fn ground(store: &Store, bench: &Bench) {
    let actor = Actor::host("corpus");
    let memory = &bench.store;
    store
        .add_installation(
            &memory.installation,
            &Secret::new("bridge-key-of-a-corpus"),
            &actor,
        )
        .await
        .expect("a new database takes an installation");
    let token = Secret::new(PanelConfig::TOKEN);
    store
        .propose_platform(&memory.platform, &token, Some(&memory.attachment), &actor)
        .await
        .expect("a new database takes a platform");
    let product = Product {
        installation: memory.installation.id.clone(),
        product_id: 1,
        policy: memory.policies.get(&1).cloned().unwrap_or_default(),
    };
    store
        .set_product_policy(&product, &actor)
        .await
        .expect("a new database takes a product");
}
