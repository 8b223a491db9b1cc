//! Backups of a `SQLite` database: taken while the engine writes, looked through, and put back.
//!
//! A backup is one file of its own: a snapshot of one moment, compact, with what was deleted left out. It says when it
//! was taken, so that a database that is a copied backup knows it ([`Store::check_tide`]). Secrets in it are encrypted
//! under the same key, which is not in it.
//!
//! PostgreSQL is backed up by its own tools; restoring it is noticed by [`Store::check_tide`].

mod restore;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};

use sea_orm::{
    ActiveValue::Set, ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection,
    EntityTrait, Statement,
};

pub use self::restore::{Restored, restore_backup};
use self::verify::inspect;
pub use self::verify::{BackupReport, verify_backup};
use crate::entity::meta;
use crate::error::StoreError;
use crate::recovery::TAKEN_AT;
use crate::{Store, durable};

const SETTING: &str = "backup";

impl Store {
    /// Writes a backup to `path`, which must not exist, and looks it through. Writers are not held up meanwhile. Where
    /// anything goes wrong, nothing is left at `path`.
    pub async fn backup(&self, path: &Path) -> Result<BackupReport, StoreError> {
        if self.is_shared() {
            return Err(StoreError::Setting {
                setting: "database",
                value: "postgres".to_owned(),
                problem: "PostgreSQL is backed up by its own tools".to_owned(),
                remedy:
                    "Run pg_dump or take a base backup, and keep a copy of the key file apart from it. After \
                         restoring such a backup start the engine and run hostler recover"
                        .to_owned(),
            });
        }
        refuse_existing(path)?;
        let part = durable::beside(path, ".part");
        match fs::remove_file(&part) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(unusable(&part, &error));
            }
            _ => {}
        }
        let outcome = self.backup_to(&part, path).await;
        if outcome.is_err() {
            // What went wrong is said; that a half backup could not be removed as well changes nothing about it.
            let _ = fs::remove_file(&part);
        }
        outcome
    }

    async fn backup_to(&self, part: &Path, path: &Path) -> Result<BackupReport, StoreError> {
        let taken_at = self.now();
        // So that what the backup holds of the audit can be verified.
        self.seal_audit(taken_at).await?;
        let file = durable::create_private(part).map_err(|error| unusable(part, &error))?;
        self.db()
            .execute_raw(Statement::from_sql_and_values(
                DatabaseBackend::Sqlite,
                "VACUUM INTO ?",
                [text(part)?.into()],
            ))
            .await?;
        let db = open_file(part, Mode::Write).await?;
        meta::Entity::insert(meta::ActiveModel {
            name: Set(TAKEN_AT.to_owned()),
            value: Set(taken_at.as_micros().to_string()),
        })
        .exec_without_returning(&db)
        .await?;
        db.close().await?;
        let report = inspect(part, &self.inner.seals, &self.inner.key_id).await?;
        if !report.is_whole() {
            return Err(StoreError::Damaged {
                what: format!("the backup {}", path.display()),
                why: report.problems.join("; "),
            });
        }
        file.sync_all().map_err(|error| unusable(part, &error))?;
        refuse_existing(path)?;
        durable::rename(part, path).map_err(|error| unusable(path, &error))?;
        Ok(report)
    }
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// As it lies there: nothing is written, not even beside it.
    Read,
    /// To be changed, without files beside it once it is closed.
    Write,
}

/// Opens a database file that no engine uses.
async fn open_file(path: &Path, mode: Mode) -> Result<DatabaseConnection, StoreError> {
    let file = path.to_owned();
    let alone = !durable::beside(path, "-wal").exists();
    let mut options = ConnectOptions::new("sqlite:database");
    options
        .max_connections(1)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite.filename(&file);
            match mode {
                Mode::Read => sqlite.read_only(true).immutable(alone),
                Mode::Write => sqlite.pragma("synchronous", "FULL"),
            }
        });
    Ok(Database::connect(options).await?)
}

/// A path as `SQLite` takes it.
fn text(path: &Path) -> Result<String, StoreError> {
    path.to_str()
        .map(ToOwned::to_owned)
        .ok_or_else(|| setting(path, "it is no text".to_owned(), "Name a file in plain letters"))
}

fn refuse_existing(path: &Path) -> Result<(), StoreError> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(setting(
            path,
            "there is something already".to_owned(),
            "Name a file that does not exist",
        ));
    }
    Ok(())
}

fn unusable(path: &Path, error: &std::io::Error) -> StoreError {
    setting(
        path,
        format!("it cannot be used ({error})"),
        "Make its folder writable for the engine's user, or name another one",
    )
}

fn setting(path: &Path, problem: String, remedy: &str) -> StoreError {
    StoreError::Setting {
        setting: SETTING,
        value: path.display().to_string(),
        problem,
        remedy: remedy.to_owned(),
    }
}

/// The files that make up a database: itself, and those that `SQLite` keeps beside it.
fn family(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|more| durable::beside(path, more))
}
