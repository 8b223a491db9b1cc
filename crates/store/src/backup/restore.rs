//! Putting a backup into the place of a database.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::record::Recovery;
use domain::{Clock, Random};
use sea_orm::EntityTrait;

use super::verify::{BackupReport, verify_backup};
use super::{Mode, family, open_file, unusable};
use crate::connection::FileLock;
use crate::entity::meta;
use crate::error::StoreError;
use crate::recovery::EPOCH;
use crate::{Store, StoreConfig, durable};

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What is known of the backup.
    pub report: BackupReport,
    /// The recovery that the restored database is in.
    pub recovery: Recovery,
    /// Where the former database is now; `None` where there was none.
    pub kept: Option<PathBuf>,
}

/// Puts a backup into the place of the database that `config` names, and has it begin a recovery. `why` is said in it.
///
/// Refused while a process has the database, and where anything is wrong with the backup. The former database is kept
/// beside the restored one, under a name with the date.
pub async fn restore_backup(
    backup: &Path,
    config: &StoreConfig,
    why: &str,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Restored, StoreError> {
    let path = config.sqlite_path().ok_or_else(|| StoreError::Setting {
        setting: "database",
        value: "postgres".to_owned(),
        problem: "PostgreSQL is restored by its own tools".to_owned(),
        remedy: "Restore it with pg_restore or psql, or put the base backup in place; then start the engine and run \
                 hostler recover"
            .to_owned(),
    })?;
    let _lock = FileLock::take(&path)?;
    let report = verify_backup(backup, &config.key).await?;
    report.refuse_broken(backup)?;
    let epoch = former_epoch(&path).await;
    let fresh = durable::beside(&path, ".restoring");
    remove(&fresh)?;
    copy(backup, &fresh).map_err(|error| unusable(&fresh, &error))?;
    let recovery = begin(&fresh, config, epoch, why, Arc::clone(&clock), random).await?;
    let stamp: String = clock
        .now()
        .to_string()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let kept = put_in_place(&fresh, &path, &stamp).map_err(|error| unusable(&path, &error))?;
    remove(&fresh)?;
    Ok(Restored {
        report,
        recovery,
        kept,
    })
}

/// Copies the backup to where it is on the database's disk, readable for its owner alone.
fn copy(backup: &Path, fresh: &Path) -> io::Result<()> {
    let mut file = durable::create_private(fresh)?;
    io::copy(&mut fs::File::open(backup)?, &mut file)?;
    file.sync_all()
}

/// The former database's epoch, as far as it can be read: it may be damaged, which is why it is replaced. Opening and
/// closing it also brings what `SQLite` keeps beside it into the one file.
async fn former_epoch(path: &Path) -> u64 {
    let asked = async {
        let db = open_file(path, Mode::Write).await?;
        let row = meta::Entity::find_by_id(EPOCH).one(&db).await;
        db.close().await?;
        Ok::<_, StoreError>(row?)
    };
    let row = if path.is_file() {
        asked.await.ok().flatten()
    } else {
        None
    };
    row.and_then(|row| row.value.parse().ok()).unwrap_or(0)
}

/// Opens the copy as an engine does, which brings its schema up to date, and has it begin its recovery.
async fn begin(
    fresh: &Path,
    config: &StoreConfig,
    epoch: u64,
    why: &str,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Recovery, StoreError> {
    let config = StoreConfig {
        database: format!("sqlite:{}", super::text(fresh)?),
        ..config.clone()
    };
    let store = Store::open(config, clock, random).await?;
    let recovery = store.begin_recovery_after(epoch, why).await;
    store.close().await?;
    recovery
}

/// Keeps the former database under another name and puts the restored one into its place, where there is a database at
/// every moment. What `SQLite` may still keep beside the former one goes first: beside the restored one it would be
/// taken for its own.
fn put_in_place(fresh: &Path, path: &Path, stamp: &str) -> io::Result<Option<PathBuf>> {
    let names = (1..).map(|n| durable::beside(path, &format!(".before-{stamp}{}", "+".repeat(n - 1))));
    let kept = names
        .take_while(|_| path.exists())
        .find(|name| fs::symlink_metadata(name).is_err());
    if let Some(kept) = &kept {
        // Not every file system knows a second name for a file.
        fs::hard_link(path, kept).or_else(|_| fs::copy(path, kept).map(|_| ()))?;
        fs::File::open(kept)?.sync_all()?;
        for (from, to) in family(path).into_iter().zip(family(kept)).skip(1) {
            if from.exists() {
                durable::rename(&from, &to)?;
            }
        }
    }
    durable::rename(fresh, path)?;
    Ok(kept)
}

/// Removes what an earlier restore may have left, and what the opening of the copy left beside it.
fn remove(fresh: &Path) -> Result<(), StoreError> {
    for path in family(fresh).into_iter().chain([durable::beside(fresh, ".lock")]) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(&path, &error)),
            _ => {}
        }
    }
    Ok(())
}
