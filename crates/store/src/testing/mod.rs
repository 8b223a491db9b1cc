//! A fresh database for each test: a `SQLite` file in a temporary directory or, where `HOSTLER_TEST_DATABASE` names a
//! PostgreSQL database, a schema of its own there. Meant for tests only.

mod history;

use std::sync::Arc;

use domain::id::{InstallationId, PlatformId, SecretId};
use domain::record::{
    Installation, InstallationSettings, Platform, PlatformKind, PlatformProfile, PlatformState,
};
use domain::{Actor, Clock, Random, Secret};
use sea_orm::{ConnectionTrait, Database};
use serde_json::json;
use tempfile::TempDir;

use crate::{Key, Store, StoreConfig, StoreError};

pub use self::history::{FIRST_BILLING_ID, OF_EACH_SERVICE, fill_history};

/// The variable that names a PostgreSQL database in which tests may create schemas.
pub const DATABASE_VARIABLE: &str = "HOSTLER_TEST_DATABASE";

impl Store {
    /// Sets what names a platform's account upstream and its name for people, whatever they were.
    pub async fn set_platform_account(
        &self,
        id: PlatformId,
        account: &str,
        name: &str,
        actor: &Actor,
    ) -> Result<Platform, StoreError> {
        let detail = json!({ "account": account, "name": name });
        self.change_platform(id, "platform.account", detail, actor, |platform| {
            account.clone_into(&mut platform.account);
            name.clone_into(&mut platform.name);
        })
        .await
    }
}

/// A database of its own for one test, removed when this is dropped (a PostgreSQL schema stays until its server goes).
#[derive(Debug)]
pub struct Fresh {
    /// The opened store.
    pub store: Store,
    /// How it was opened, to open it again.
    pub config: StoreConfig,
    /// The directory of the `SQLite` file; empty with PostgreSQL.
    pub directory: TempDir,
}

impl Fresh {
    /// Closes the store and opens the same database again, as after a restart.
    pub async fn reopen(self, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<Self, StoreError> {
        let Self {
            store,
            config,
            directory,
        } = self;
        store.close().await?;
        drop(store);
        Ok(Self {
            store: Store::open(config.clone(), clock, random).await?,
            config,
            directory,
        })
    }
}

/// How to open a database that nobody uses.
///
/// # Panics
/// When no database can be made.
pub async fn fresh_config() -> (StoreConfig, TempDir) {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let key = Key::from_hex(&"5a".repeat(32)).expect("64 digits are a key");
    let config = match std::env::var(DATABASE_VARIABLE) {
        Ok(url) if !url.is_empty() => {
            // The directory's random name is as good for a schema.
            let name: String = directory
                .path()
                .file_name()
                .and_then(|name| name.to_str())
                .expect("temporary directories have plain names")
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .flat_map(|letter| format!("{:x}", u32::from(letter)).chars().collect::<Vec<_>>())
                .collect();
            let schema = format!("t{}_{name}", std::process::id());
            let admin = Database::connect(&url).await.expect("the test database answers");
            admin
                .execute_unprepared(&format!("CREATE SCHEMA {schema}"))
                .await
                .expect("the test database lets us create schemas");
            admin.close().await.expect("the connection closes");
            StoreConfig {
                schema: Some(schema),
                connections: 5,
                ..StoreConfig::new(url, key)
            }
        }
        _ => sqlite_config(&directory),
    };
    (config, directory)
}

/// How to open a `SQLite` database in a directory, whatever [`DATABASE_VARIABLE`] says: for what only `SQLite` has.
///
/// # Panics
/// Never: the key is one.
pub fn sqlite_config(directory: &TempDir) -> StoreConfig {
    let key = Key::from_hex(&"5a".repeat(32)).expect("64 digits are a key");
    StoreConfig::new(
        format!("sqlite:{}", directory.path().join("hostler.db").display()),
        key,
    )
}

/// A fresh, open store.
///
/// # Panics
/// When no database can be made.
pub async fn fresh(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Fresh {
    let (config, directory) = fresh_config().await;
    let store = Store::open(config.clone(), clock, random)
        .await
        .expect("a fresh database opens");
    Fresh {
        store,
        config,
        directory,
    }
}

/// Does to a database what no code does: damages a row, or makes two databases alike.
///
/// # Panics
/// When the database refuses it.
pub async fn execute(store: &Store, sql: &str) {
    store
        .db()
        .execute_unprepared(sql)
        .await
        .expect("the database takes the statement");
}

/// Adds an installation with a key.
///
/// # Panics
/// When the name is none, or taken.
pub async fn seed_installation(store: &Store, name: &str) -> Installation {
    let installation = Installation {
        id: name.parse::<InstallationId>().expect("the test names it rightly"),
        key: SecretId::at(store.now(), &*store.inner.random),
        previous_key: None,
        enrol_until: None,
        settings: InstallationSettings::default(),
        created_at: store.now(),
    };
    store
        .add_installation(
            &installation,
            &Secret::new("bridge-key-of-a-test"),
            &Actor::host("test"),
        )
        .await
        .expect("a fresh store takes an installation");
    installation
}

/// Adds an approved VirtFusion platform at `endpoint`.
///
/// # Panics
/// When the store refuses it.
pub async fn seed_platform(store: &Store, endpoint: &str) -> Platform {
    let now = store.now();
    let platform = Platform {
        id: PlatformId::at(now, &*store.inner.random),
        kind: PlatformKind::VirtFusion,
        name: "test".to_owned(),
        endpoint: endpoint.to_owned(),
        account: String::new(),
        state: PlatformState::Approved,
        credential: SecretId::at(now, &*store.inner.random),
        profile: PlatformProfile::default(),
        created_at: now,
        updated_at: now,
    };
    store
        .propose_platform(
            &platform,
            &Secret::new("token-of-a-test"),
            None,
            &Actor::host("test"),
        )
        .await
        .expect("a fresh store takes a platform");
    platform
}
