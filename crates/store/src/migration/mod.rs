//! Schema versions. One text serves both engines, because the schema uses nothing that they write differently.
//!
//! Migrations only go forward; the way back is the backup that was taken before. A database that names a migration
//! which this program does not know was written by a later version and is refused before anything is touched.

use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, Statement, TransactionOptions,
    TransactionTrait,
};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

use crate::error::StoreError;

/// A schema version: the text that leads to it from the one before.
#[derive(Clone, Copy)]
struct Version {
    name: &'static str,
    sql: &'static str,
}

/// The first schema has every table of version 0.1.
const FIRST: Version = Version {
    name: "m0001_first",
    sql: include_str!("m0001_first.sql"),
};

/// The index that claims are read by.
const CLAIM: Version = Version {
    name: "m0002_claim",
    sql: include_str!("m0002_claim.sql"),
};

/// The name of the newest schema.
pub(crate) const NEWEST: &str = CLAIM.name;

impl MigrationName for Version {
    fn name(&self) -> &'static str {
        self.name
    }
}

#[sea_orm_migration::async_trait::async_trait]
impl MigrationTrait for Version {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(self.sql)
            .await
            .map(|_| ())
    }
}

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(FIRST), Box::new(CLAIM)]
    }
}

/// Brings the schema up to date, alone: on PostgreSQL an advisory lock keeps a second node waiting, on `SQLite` the
/// write transaction does.
pub(crate) async fn run(db: &DatabaseConnection, options: TransactionOptions) -> Result<(), StoreError> {
    let tx = db.begin_with_options(options).await?;
    if db.get_database_backend() == DatabaseBackend::Postgres {
        tx.execute_unprepared("SELECT pg_advisory_xact_lock(hashtext('hostler.' || current_schema()))")
            .await?;
    }
    Migrator::install(&tx).await?;
    refuse_later_schema(&tx).await?;
    Migrator::up(&tx, None).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether this program knows a schema of that name.
pub(crate) fn is_known(name: &str) -> bool {
    Migrator::migrations().iter().any(|known| known.name() == name)
}

async fn refuse_later_schema(db: &impl ConnectionTrait) -> Result<(), StoreError> {
    let applied = db
        .query_all_raw(Statement::from_string(
            db.get_database_backend(),
            "SELECT version FROM seaql_migrations ORDER BY version",
        ))
        .await?;
    for row in applied {
        let found: String = row.try_get("", "version")?;
        if !is_known(&found) {
            return Err(StoreError::UnknownVersion {
                found,
                newest: NEWEST.to_owned(),
            });
        }
    }
    Ok(())
}
