//! Opening: what cannot be used is refused with its remedy, and nothing is half open.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use domain::ports::CountingRandom;
use sea_orm::ConnectionTrait;

use super::{Bench, StandingClock};
use crate::testing::fresh_config;
use crate::{Key, Store, StoreConfig, StoreError};

async fn open(config: StoreConfig) -> Result<Store, StoreError> {
    let clock = Arc::new(StandingClock(1_795_158_000_000_000.into()));
    Store::open(config, clock, Arc::new(CountingRandom::new(3))).await
}

fn sqlite(directory: &tempfile::TempDir) -> (StoreConfig, std::path::PathBuf) {
    let path = directory.path().join("hostler.db");
    let key = Key::from_hex(&"5a".repeat(32)).unwrap();
    (StoreConfig::new(format!("sqlite:{}", path.display()), key), path)
}

#[tokio::test]
async fn a_second_opener_of_a_sqlite_file_is_told_who_holds_it() {
    let directory = tempfile::tempdir().unwrap();
    let (config, path) = sqlite(&directory);
    let first = open(config.clone()).await.unwrap();
    let error = open(config.clone()).await.unwrap_err();
    let StoreError::Locked { path: held, holder } = &error else {
        panic!("{error}")
    };
    assert_eq!(held, &path.canonicalize().unwrap());
    assert_eq!(holder, &format!("process {}", std::process::id()));
    assert!(error.to_string().contains("Stop that process"), "{error}");
    let clone = first.clone();
    first.close().await.unwrap();
    open(config)
        .await
        .expect("the lock goes when the store is closed");
    assert!(clone.ping().await.is_err(), "no clone works on");
}

#[tokio::test]
async fn a_database_of_a_later_version_is_refused_untouched() {
    let bench = Bench::new().await;
    bench
        .store()
        .db()
        .execute_unprepared("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 1)")
        .await
        .unwrap();
    bench.store().close().await.unwrap();
    let Bench { fresh, .. } = bench;
    let crate::testing::Fresh {
        store,
        config,
        directory: _directory,
    } = fresh;
    drop(store);
    let error = open(config).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::UnknownVersion { found, .. } if found == "m9999_future"),
        "{error}"
    );
}

#[tokio::test]
async fn a_database_of_the_first_schema_is_brought_to_the_newest() {
    let bench = Bench::new().await;
    let execute = async |sql: &str| bench.store().db().execute_unprepared(sql).await.unwrap();
    execute("DELETE FROM seaql_migrations WHERE version = 'm0002_claim'").await;
    execute("DROP INDEX operations_claim").await;
    execute("CREATE INDEX operations_due ON operations (due_at) WHERE is_open").await;
    let service = bench.stored_service(1).await;
    let operation = bench.stored_operation(&service, 1).await;
    let bench = bench.reopen().await;
    let (store, room) = (bench.store(), crate::Room::of(1));
    let lease = std::time::Duration::from_secs(60);
    let claimed = store.claim(bench.worker(), bench.now(), lease, &room).await;
    assert_eq!(claimed.unwrap()[0].operation, operation.id);
    // It was left as the newest schema has it.
    let execute = async |sql: &str| store.db().execute_unprepared(sql).await;
    assert!(execute("DROP INDEX operations_due").await.is_err());
    execute("DROP INDEX operations_claim").await.unwrap();
}

#[tokio::test]
async fn a_key_that_is_not_the_databases_is_refused() {
    let (config, _directory) = fresh_config().await;
    let first = open(config.clone()).await.unwrap();
    first.close().await.unwrap();
    drop(first);
    let other = StoreConfig {
        key: Key::from_hex(&"a5".repeat(32)).unwrap(),
        ..config.clone()
    };
    let error = open(other).await.unwrap_err();
    assert!(
        matches!(
            &error,
            StoreError::Setting {
                setting: "key_file",
                ..
            }
        ),
        "{error}"
    );
    open(config).await.expect("the right key still opens it");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_damaged() {
    let directory = tempfile::tempdir().unwrap();
    let (config, path) = sqlite(&directory);
    fs::write(
        &path,
        "not a database, but long enough to be looked at as one".repeat(40),
    )
    .unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let error = open(config).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn vf_269_a_database_that_others_can_read_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (config, path) = sqlite(&directory);
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    let error = open(config.clone()).await.unwrap_err().to_string();
    assert!(error.contains("0640") && error.contains("chmod 600"), "{error}");
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    open(config).await.expect("the remedy helps");
}

#[tokio::test]
async fn a_name_of_neither_engine_is_refused() {
    let key = Key::from_hex(&"5a".repeat(32)).unwrap();
    let error = open(StoreConfig::new("mysql://x", key))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("mysql://x") && error.contains("sqlite:/path"),
        "{error}"
    );
}

#[test]
fn vf_269_the_key_file_is_made_private_and_a_loose_or_broken_one_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    let random = CountingRandom::new(5);
    let fresh = Key::load_or_create(&path, &random).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode, 0o600);
    let read = Key::load_or_create(&path, &random).unwrap();
    assert_eq!(read.id(), fresh.id());
    let text = fs::read_to_string(&path).unwrap();
    assert!(!format!("{fresh:?}").contains(text.trim()));

    fs::set_permissions(&path, Permissions::from_mode(0o604)).unwrap();
    let error = Key::load_or_create(&path, &random).unwrap_err().to_string();
    assert!(
        error.contains("key_file") && error.contains("0604") && error.contains("chmod 600"),
        "{error}"
    );

    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, "short").unwrap();
    let error = Key::load_or_create(&path, &random).unwrap_err().to_string();
    assert!(error.contains("64 hexadecimal digits"), "{error}");
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "short",
        "a broken key is never written over"
    );
}

#[tokio::test]
async fn nodes_that_start_together_migrate_once() {
    let (config, _directory) = fresh_config().await;
    if config.database.starts_with("sqlite:") {
        // One process at a time; the lock test proves it.
        return;
    }
    let nodes: Vec<_> = (0..5).map(|_| tokio::spawn(open(config.clone()))).collect();
    for node in nodes {
        node.await.unwrap().expect("every node opens");
    }
}
