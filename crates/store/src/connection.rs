//! Opening a database: pools, pragmas, the file lock, the schema and the key.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Random};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, SqliteTransactionMode,
    Statement, TransactionOptions,
};

use crate::audit::{self, Seals};
use crate::damage::Noted;
use crate::error::StoreError;
use crate::key::{Key, is_private};
use crate::secrets::Cipher;
use crate::together::Gathered;
use crate::{Inner, Store, durable, migration};

const SETTING: &str = "database";

/// How to open a store.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// `sqlite:PATH` or `postgres://…`.
    pub database: String,
    /// The PostgreSQL schema, where it is not the user's own first one.
    pub schema: Option<String>,
    /// What encrypts secrets at rest.
    pub key: Key,
    /// The most connections open at once.
    pub connections: u32,
    /// How long a statement may wait for the write lock of `SQLite`.
    pub busy_timeout: Duration,
    /// How long a query may wait for a free connection.
    pub acquire_timeout: Duration,
    /// How long one statement may take on PostgreSQL.
    pub statement_timeout: Duration,
}

impl StoreConfig {
    /// The defaults for `database`.
    pub fn new(database: impl Into<String>, key: Key) -> Self {
        let database = database.into();
        Self {
            connections: if database.starts_with("sqlite:") { 4 } else { 10 },
            database,
            schema: None,
            key,
            busy_timeout: Duration::from_secs(10),
            acquire_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
        }
    }

    /// The file of a `SQLite` database.
    pub fn sqlite_path(&self) -> Option<PathBuf> {
        let path = self.database.strip_prefix("sqlite:")?;
        Some(PathBuf::from(path.strip_prefix("//").unwrap_or(path)))
    }
}

impl Store {
    /// Opens the database, brings its schema up to date and checks that the key fits it.
    ///
    /// A `SQLite` file is created with mode 0600 on the first start and locked for this process; leases that a former
    /// process left behind are the caller's to release ([`Store::release_all_leases`]).
    pub async fn open(
        config: StoreConfig,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, StoreError> {
        let (db, lock) = if let Some(path) = config.sqlite_path() {
            let lock = FileLock::take(&path)?;
            (open_sqlite(&path, &config).await?, Some(lock))
        } else if config.database.starts_with("postgres://") || config.database.starts_with("postgresql://") {
            (open_postgres(&config).await?, None)
        } else {
            return Err(StoreError::Setting {
                setting: SETTING,
                value: config.database,
                problem: "it names neither SQLite nor PostgreSQL".to_owned(),
                remedy: "Write sqlite:/path/to/file or postgres://user@host/name".to_owned(),
            });
        };
        migration::run(&db, write_options()).await?;
        let last_entry = audit::last_entry(&db).await?;
        let store = Self {
            inner: Arc::new(Inner {
                turn: lock.is_some().then(Arc::default),
                gathered: Gathered::default(),
                db,
                cipher: Cipher::new(&config.key),
                damage: Noted::default(),
                key_id: config.key.id(),
                seals: Seals::new(&config.key, last_entry),
                clock,
                random,
                lock: std::sync::Mutex::new(lock),
            }),
        };
        store.check_key().await?;
        Ok(store)
    }

    /// Refuses a key that did not encrypt what is stored; writes its id down on the first start.
    async fn check_key(&self) -> Result<(), StoreError> {
        let present = self.inner.key_id.clone();
        let stored = self.meta_or_set("key_id", &present).await?;
        if stored == present {
            return Ok(());
        }
        Err(StoreError::Setting {
            setting: "key_file",
            value: present,
            problem: format!("the database was encrypted with the key {stored}"),
            remedy: "Restore the key file that belongs to this database".to_owned(),
        })
    }
}

/// How write transactions begin: on `SQLite` with the write lock in hand, because a read transaction that turns into a
/// write deadlocks with another one that does.
pub(crate) const fn write_options() -> TransactionOptions {
    TransactionOptions {
        isolation_level: None,
        access_mode: None,
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
    }
}

async fn open_sqlite(path: &Path, config: &StoreConfig) -> Result<DatabaseConnection, StoreError> {
    prepare_file(path)?;
    let busy_timeout = config.busy_timeout;
    let file = path.to_owned();
    let mut options = ConnectOptions::new("sqlite:database");
    options
        .max_connections(config.connections.max(1))
        .acquire_timeout(config.acquire_timeout)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .filename(&file)
                .busy_timeout(busy_timeout)
                .foreign_keys(true)
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "FULL")
                .pragma("secure_delete", "ON")
        });
    let db = Database::connect(options).await?;
    let answer = db
        .query_one_raw(Statement::from_string(
            DatabaseBackend::Sqlite,
            "PRAGMA quick_check(1)",
        ))
        .await?;
    let answer: String = answer.map_or_else(|| Ok("no answer".to_owned()), |row| row.try_get_by_index(0))?;
    if answer != "ok" {
        return Err(StoreError::Damaged {
            what: format!("the database {}", path.display()),
            why: answer,
        });
    }
    Ok(db)
}

/// Creates the file so that only its owner can read it, and refuses one that others can read or that we cannot write.
/// `SQLite` gives its journal files the mode of the database.
fn prepare_file(path: &Path) -> Result<(), StoreError> {
    let setting = |problem: String, remedy: &str| StoreError::Setting {
        setting: SETTING,
        value: path.display().to_string(),
        problem,
        remedy: remedy.to_owned(),
    };
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(|error| {
            setting(
                format!("it cannot be opened for writing ({error})"),
                "Make it and its directory writable for the engine's user",
            )
        })?;
    let mode = file
        .metadata()
        .map_err(|error| setting(error.to_string(), "Check the disk"))?
        .mode();
    if !is_private(mode) {
        return Err(setting(
            format!("its mode {:04o} lets other users read it", mode & 0o7777),
            "Run chmod 600 on it and on the files beside it that begin with its name",
        ));
    }
    // Its journal is made beside it, and its folder may forbid that where the file itself may be written.
    let mut probe = path.as_os_str().to_owned();
    probe.push(".probe");
    let tried = File::create(&probe).and_then(|_| fs::remove_file(&probe));
    tried.map_err(|error| {
        setting(
            format!("no file can be made in its directory ({error})"),
            "Make the directory writable for the engine's user",
        )
    })
}

async fn open_postgres(config: &StoreConfig) -> Result<DatabaseConnection, StoreError> {
    let mut options = ConnectOptions::new(config.database.clone());
    options
        .max_connections(config.connections.max(1))
        .acquire_timeout(config.acquire_timeout)
        .statement_timeout(config.statement_timeout)
        .set_application_name("hostler")
        .sqlx_logging(false);
    if let Some(schema) = &config.schema {
        options.set_schema_search_path(schema.clone());
    }
    Ok(Database::connect(options).await?)
}

/// The exclusive lock beside a `SQLite` database. Released by the system when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct FileLock(#[expect(dead_code, reason = "the lock is held by the open file")] File);

impl FileLock {
    pub(crate) fn take(database: &Path) -> Result<Self, StoreError> {
        let path = durable::beside(database, ".lock");
        let failed = |error: std::io::Error| StoreError::Setting {
            setting: SETTING,
            value: database.display().to_string(),
            problem: format!("the lock file {} cannot be used ({error})", path.display()),
            remedy: "Make the directory and the lock file writable for the engine's user".to_owned(),
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who holds it is only said for convenience; that it is held is certain.
                let _ = file.read_to_string(&mut holder);
                return Err(StoreError::Locked {
                    path: fs::canonicalize(database).unwrap_or_else(|_| database.to_owned()),
                    holder: if holder.trim().is_empty() {
                        "another process".to_owned()
                    } else {
                        holder.trim().to_owned()
                    },
                });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(format!("process {}\n", std::process::id()).as_bytes()))
            .map_err(failed)?;
        Ok(Self(file))
    }
}
