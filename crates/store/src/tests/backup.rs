//! Backups: whole while the engine writes, looked through, and put back with a recovery begun.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, atomic::AtomicU64};

use domain::ports::CountingRandom;
use domain::{Change, Clock};
use sea_orm::ConnectionTrait;

use super::{Bench, StandingClock};
use crate::{Key, Restored, Store, StoreConfig, StoreError, Tide, restore_backup, verify_backup};

impl Bench {
    fn beside(&self, name: &str) -> PathBuf {
        self.fresh.directory.path().join(name)
    }

    /// Ends the engine; what it had is its configuration and its folder.
    async fn stop(self) -> (StoreConfig, tempfile::TempDir, Arc<StandingClock>) {
        self.store().close().await.unwrap();
        (self.fresh.config, self.fresh.directory, self.clock)
    }
}

fn random() -> Arc<CountingRandom> {
    Arc::new(CountingRandom::new(5))
}

async fn restore(
    backup: &Path,
    config: &StoreConfig,
    clock: &Arc<StandingClock>,
) -> Result<Restored, StoreError> {
    restore_backup(backup, config, "a test restored it", clock.clone(), random()).await
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn names(directory: &tempfile::TempDir) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mx_101_a_backup_taken_under_load_restores_whole_and_starts_in_recovery() {
    let bench = Arc::new(Bench::on_sqlite().await);
    let (stop, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writer = tokio::spawn({
        let (bench, stop, written) = (Arc::clone(&bench), Arc::clone(&stop), Arc::clone(&written));
        async move {
            let mut number = 0;
            while !stop.load(Ordering::SeqCst) {
                number += 1;
                let service = bench.service(number);
                let changes = vec![
                    Change::InsertService(service.clone()),
                    Change::InsertOperation(bench.operation(&service, 1)),
                    Change::PutLink(bench.link(&service, &number.to_string())),
                    Change::Audit(bench.line(&number.to_string())),
                ];
                bench.apply(changes).await.unwrap();
                written.store(number, Ordering::SeqCst);
            }
        }
    });
    while written.load(Ordering::SeqCst) < 50 {
        tokio::task::yield_now().await;
    }
    let backup = bench.beside("copy.db");
    let report = bench.store().backup(&backup).await.unwrap();
    let during = written.load(Ordering::SeqCst);
    while written.load(Ordering::SeqCst) < during + 50 {
        tokio::task::yield_now().await;
    }
    stop.store(true, Ordering::SeqCst);
    writer.await.unwrap();
    let all = written.load(Ordering::SeqCst);

    assert_eq!(mode(&backup), 0o600);
    assert!(report.is_whole(), "{report:?}");
    assert!(
        report.services >= 50 && report.services < all,
        "{report:?} of {all}"
    );
    assert_eq!(
        (report.operations, report.links),
        (report.services, report.services)
    );
    assert_eq!(report.taken_at, Some(bench.now()));
    let key = bench.fresh.config.key.clone();
    assert_eq!(
        verify_backup(&backup, &key).await.unwrap(),
        report,
        "looking changes nothing"
    );

    let bench = Arc::into_inner(bench).unwrap();
    let (config, directory, clock) = bench.stop().await;
    let restored = restore(&backup, &config, &clock).await.unwrap();
    assert_eq!(restored.report, report);
    let store = Store::open(config.clone(), clock.clone(), random())
        .await
        .unwrap();
    let recovery = store.recovery().await.unwrap().unwrap();
    assert_eq!((recovery.epoch, recovery.why.as_str()), (1, "a test restored it"));
    assert_eq!(recovery, restored.recovery);
    let counts = store.counts(clock.now()).await.unwrap();
    assert_eq!(counts.operations_open, report.services);
    assert!(store.verify_audit().await.unwrap().is_whole());
    store.close().await.unwrap();

    // The former database is there, whole, and is not taken for the restored one.
    let kept = restored.kept.unwrap();
    let kept_report = verify_backup(&kept, &key).await.unwrap();
    assert_eq!(
        (kept_report.services, kept_report.is_whole()),
        (all, true),
        "{kept_report:?}"
    );
    assert_eq!(mode(&kept), 0o600);
    let kept = kept.file_name().unwrap().to_str().unwrap().to_owned();
    assert!(kept.starts_with("hostler.db.before-20261120T"), "{kept}");
    assert_eq!(
        names(&directory),
        ["copy.db", "hostler.db", &kept, "hostler.db.lock"]
    );
}

#[tokio::test]
async fn a_backup_never_replaces_a_file_and_leaves_none_that_is_not_whole() {
    let bench = Bench::on_sqlite().await;
    let there = bench.beside("there");
    fs::write(&there, "precious").unwrap();
    let error = bench.store().backup(&there).await.unwrap_err().to_string();
    assert!(error.contains("there is something already"), "{error}");
    assert_eq!(fs::read_to_string(&there).unwrap(), "precious");
    let nowhere = bench.beside("no/folder/copy.db");
    assert!(bench.store().backup(&nowhere).await.is_err());

    // A chain that does not hold is found before the backup gets its name.
    bench.store().seal_audit(bench.now()).await.unwrap();
    bench
        .store()
        .db()
        .execute_unprepared("UPDATE audit SET subject = 'x'")
        .await
        .unwrap();
    let error = bench.store().backup(&bench.beside("copy.db")).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Damaged { why, .. } if why.contains("broken at line 1")),
        "{error}"
    );
    let left = names(&bench.fresh.directory);
    assert!(!left.iter().any(|name| name.starts_with("copy.db")), "{left:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_backup_is_said_and_it_is_not_restored() {
    let bench = Bench::on_sqlite().await;
    for number in 1..=200 {
        bench.stored_service(number).await;
    }
    let backup = bench.beside("copy.db");
    bench.store().backup(&backup).await.unwrap();
    let (config, directory, clock) = bench.stop().await;

    let other = StoreConfig {
        key: Key::from_hex(&"a5".repeat(32)).unwrap(),
        ..config.clone()
    };
    let report = verify_backup(&backup, &other.key).await.unwrap();
    assert!(
        report.problems[0].contains("encrypted with the key"),
        "{report:?}"
    );
    let error = restore(&backup, &other, &clock).await.unwrap_err().to_string();
    assert!(error.contains("the key file that belongs to this one"), "{error}");

    let mut bytes = fs::read(&backup).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0x5a);
    let damaged = directory.path().join("damaged.db");
    fs::write(&damaged, &bytes).unwrap();
    assert!(!verify_backup(&damaged, &config.key).await.unwrap().is_whole());
    assert!(restore(&damaged, &config, &clock).await.is_err());
    fs::write(&damaged, &bytes[..middle]).unwrap();
    assert!(!verify_backup(&damaged, &config.key).await.unwrap().is_whole());
    fs::write(&damaged, "no database at all").unwrap();
    assert!(!verify_backup(&damaged, &config.key).await.unwrap().is_whole());
    assert!(
        verify_backup(&directory.path().join("missing"), &config.key)
            .await
            .is_err()
    );

    let store = Store::open(config, clock, random()).await.unwrap();
    assert_eq!(store.recovery().await.unwrap(), None, "nothing was restored");
}

#[tokio::test]
async fn a_database_in_use_is_not_restored_over() {
    let bench = Bench::on_sqlite().await;
    let backup = bench.beside("copy.db");
    bench.store().backup(&backup).await.unwrap();
    let error = restore(&backup, &bench.fresh.config, &bench.clock)
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    assert_eq!(bench.store().recovery().await.unwrap(), None);
}

#[tokio::test]
async fn a_restored_database_has_a_later_epoch_than_the_one_it_replaces() {
    let bench = Bench::on_sqlite().await;
    let backup = bench.beside("copy.db");
    bench.store().backup(&backup).await.unwrap();
    for _ in 0..4 {
        bench.store().begin_recovery("before").await.unwrap();
    }
    let (config, directory, clock) = bench.stop().await;
    assert_eq!(restore(&backup, &config, &clock).await.unwrap().recovery.epoch, 5);
    // Once more at the same moment: nothing that was kept is lost.
    let again = restore(&backup, &config, &clock).await.unwrap();
    assert_eq!(again.recovery.epoch, 6);
    assert_eq!(
        names(&directory)
            .iter()
            .filter(|name| name.contains("before"))
            .count(),
        2
    );
    // Where the database is gone, or is none, its backup still comes back.
    fs::write(config.sqlite_path().unwrap(), "rubble").unwrap();
    assert_eq!(restore(&backup, &config, &clock).await.unwrap().recovery.epoch, 1);
    fs::remove_file(config.sqlite_path().unwrap()).unwrap();
    let into_nothing = restore(&backup, &config, &clock).await.unwrap();
    assert_eq!((into_nothing.kept, into_nothing.recovery.epoch), (None, 1));
}

#[tokio::test]
async fn mx_101_a_backup_that_was_copied_over_the_database_is_recognised() {
    let bench = Bench::on_sqlite().await;
    let tide = bench.beside("tide");
    bench.store().mark_tide(&tide).await.unwrap();
    let backup = bench.beside("copy.db");
    bench.store().backup(&backup).await.unwrap();
    let (config, directory, clock) = bench.stop().await;
    let _directory = directory;
    fs::copy(&backup, config.sqlite_path().unwrap()).unwrap();
    let store = Store::open(config, clock, random()).await.unwrap();
    // Its mark is the present one: only the backup itself knows.
    let tide_now = store.check_tide(&tide).await.unwrap();
    assert!(
        matches!(&tide_now, Tide::Behind { why } if why.contains("backup that was taken at")),
        "{tide_now:?}"
    );
    store.begin_recovery("noticed").await.unwrap();
    store.mark_tide(&tide).await.unwrap();
    assert_eq!(store.check_tide(&tide).await.unwrap(), Tide::Same);
}

#[tokio::test]
async fn postgresql_is_backed_up_by_its_own_tools() {
    let bench = Bench::new().await;
    if !bench.store().is_shared() {
        let config = StoreConfig {
            database: "postgres://u:secret@host/name".to_owned(),
            ..bench.fresh.config.clone()
        };
        let error = restore(&bench.beside("x"), &config, &bench.clock)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("pg_restore") && error.contains("hostler recover"),
            "{error}"
        );
        assert!(!error.contains("secret"), "{error}");
        return;
    }
    let error = bench
        .store()
        .backup(&bench.beside("x"))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("pg_dump") && error.contains("hostler recover"),
        "{error}"
    );
}
