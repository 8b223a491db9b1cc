//! Databases that are saved and put back behind an engine that has lived on.

use std::path::PathBuf;
use std::sync::Arc;

use domain::ports::CountingRandom;
use store::Store;
use store::testing::{Fresh, execute};

use crate::clock::StandingClock;

/// A database as it was.
#[derive(Debug)]
pub enum Saved {
    /// A backup of a `SQLite` database.
    Backup(PathBuf),
    /// A schema beside the database's own on PostgreSQL, which has its own tools for backups.
    Schema,
}

const SAVE: &str = "DO $$ DECLARE t text; s text := current_schema() || '_saved'; BEGIN \
    EXECUTE format('CREATE SCHEMA %I', s); \
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP \
        EXECUTE format('CREATE TABLE %I.%I AS TABLE %I', s, t, t); \
    END LOOP; END $$";

const PUT_BACK: &str = "DO $$ DECLARE t text; s text := current_schema() || '_saved'; BEGIN \
    SET LOCAL session_replication_role = replica; \
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP \
        EXECUTE format('DELETE FROM %I', t); \
        EXECUTE format('INSERT INTO %I SELECT * FROM %I.%I', t, s, t); \
    END LOOP; END $$";

/// Saves a database as it is now.
pub(crate) async fn save(database: &Fresh) -> Saved {
    if database.store.is_shared() {
        execute(&database.store, SAVE).await;
        return Saved::Schema;
    }
    let path = database.directory.path().join("saved.db");
    let report = database.store.backup(&path).await.expect("a backup is made");
    assert!(report.is_whole());
    Saved::Backup(path)
}

/// Puts it back, and has it begin its recovery. Nobody may use the database meanwhile.
pub(crate) async fn put_back(
    database: &mut Fresh,
    saved: &Saved,
    clock: Arc<StandingClock>,
    random: Arc<CountingRandom>,
) {
    let why = "put back by a test";
    match saved {
        Saved::Backup(path) => {
            database.store.close().await.expect("the database closes");
            store::restore_backup(path, &database.config, why, clock.clone(), random.clone())
                .await
                .expect("the backup is put back");
            database.store = Store::open(database.config.clone(), clock, random)
                .await
                .expect("the database opens");
        }
        Saved::Schema => {
            execute(&database.store, PUT_BACK).await;
            let began = database.store.begin_recovery(why).await;
            began.expect("a recovery can be begun");
        }
    }
}
