//! Looking a backup through: whether it is whole, and what is in it.

use std::path::Path;

use domain::Moment;
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, Statement, TransactionTrait};

use super::{Mode, open_file, setting};
use crate::audit::{self, Seals};
use crate::error::StoreError;
use crate::recovery::TAKEN_AT;
use crate::{Key, migration};

/// What is known of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BackupReport {
    /// When it was taken; `None` where the file does not say so, as a copy made by other means.
    pub taken_at: Option<Moment>,
    /// The name of its schema.
    pub schema: Option<String>,
    /// How many services are in it.
    pub services: u64,
    /// How many operations, archived ones too.
    pub operations: u64,
    /// How many links.
    pub links: u64,
    /// How many lines of the audit hang together.
    pub audit_lines: u64,
    /// Everything that is wrong with it.
    pub problems: Vec<String>,
}

impl BackupReport {
    /// Whether nothing is wrong.
    pub const fn is_whole(&self) -> bool {
        self.problems.is_empty()
    }

    /// Refuses the backup by its name where anything is wrong with it.
    pub fn refuse_broken(&self, backup: &Path) -> Result<(), StoreError> {
        if self.is_whole() {
            return Ok(());
        }
        Err(setting(
            backup,
            format!(
                "it is damaged or not of this engine: {}",
                self.problems.join("; ")
            ),
            "Take another backup, or the key file that belongs to this one",
        ))
    }
}

/// Looks a backup through without changing it. What is wrong with it stands in the report; an error says that it could
/// not be looked at.
pub async fn verify_backup(path: &Path, key: &Key) -> Result<BackupReport, StoreError> {
    inspect(path, &Seals::new(key, 0), &key.id()).await
}

/// The same, with what a store knows of its key.
pub(super) async fn inspect(path: &Path, seals: &Seals, key_id: &str) -> Result<BackupReport, StoreError> {
    if !path.is_file() {
        return Err(setting(
            path,
            "there is no such file".to_owned(),
            "Name a file that hostler backup create wrote",
        ));
    }
    let mut report = BackupReport::default();
    let outcome = match open_file(path, Mode::Read).await {
        Ok(db) => {
            let outcome = read(&mut report, &db, seals, key_id).await;
            db.close().await?;
            outcome
        }
        Err(error) => Err(error),
    };
    match outcome {
        // What a damaged file answers is as much a finding as what it holds.
        Err(error @ (StoreError::Damaged { .. } | StoreError::Unavailable { .. })) => {
            report.problems.push(error.to_string());
            Ok(report)
        }
        other => other.map(|()| report),
    }
}

async fn read(
    report: &mut BackupReport,
    db: &DatabaseConnection,
    seals: &Seals,
    key_id: &str,
) -> Result<(), StoreError> {
    for row in db.query_all_raw(sql("PRAGMA integrity_check(10)")).await? {
        let said: String = row.try_get_by_index(0)?;
        if said != "ok" {
            report.problems.push(said);
        }
    }
    if !report.is_whole() {
        return Ok(());
    }
    report.schema = word(db, "SELECT max(version) FROM seaql_migrations").await?;
    let schema = report.schema.clone().unwrap_or_default();
    if !migration::is_known(&schema) {
        let newest = migration::NEWEST;
        report.problems.push(format!(
            "its schema is \"{schema}\", and this program knows schemas up to {newest}"
        ));
        return Ok(());
    }
    let taken = format!("SELECT value FROM meta WHERE name = '{TAKEN_AT}'");
    let taken = word(db, &taken).await?.and_then(|text| text.parse().ok());
    report.taken_at = taken.map(Moment::from_micros);
    let key = word(db, "SELECT value FROM meta WHERE name = 'key_id'").await?;
    if key.as_deref() != Some(key_id) {
        let key = key.unwrap_or_else(|| "none".to_owned());
        report.problems.push(format!(
            "it was encrypted with the key {key}, and the key file holds {key_id}"
        ));
    }
    report.services = count(db, "SELECT count(*) FROM services").await?;
    report.operations = count(
        db,
        "SELECT (SELECT count(*) FROM operations) + (SELECT count(*) FROM operations_archive)",
    )
    .await?;
    report.links = count(db, "SELECT count(*) FROM links").await?;
    if !report.is_whole() {
        // Without its key no chain can be followed.
        return Ok(());
    }
    follow_audit(report, db, seals).await
}

async fn follow_audit(
    report: &mut BackupReport,
    db: &DatabaseConnection,
    seals: &Seals,
) -> Result<(), StoreError> {
    let tx = db.begin().await?;
    // A file that does not say when it was taken has no moment at which a line would be late.
    let now = report.taken_at.unwrap_or(Moment::from_micros(0));
    let proof = audit::verify(&tx, seals, now).await?;
    tx.commit().await?;
    report.audit_lines = proof.lines();
    for chain in &proof.chains {
        if let Some(line) = &chain.broken {
            report.problems.push(format!(
                "the audit's chain \"{}\" is broken at line {}: {}",
                chain.chain, line.number, line.why
            ));
        }
    }
    Ok(())
}

fn sql(text: &str) -> Statement {
    Statement::from_string(DatabaseBackend::Sqlite, text)
}

async fn word(db: &DatabaseConnection, text: &str) -> Result<Option<String>, StoreError> {
    let row = db.query_one_raw(sql(text)).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.flatten())
}

async fn count(db: &DatabaseConnection, text: &str) -> Result<u64, StoreError> {
    let row = db.query_one_raw(sql(text)).await?;
    let number: Option<i64> = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(number.unwrap_or(0).unsigned_abs())
}
