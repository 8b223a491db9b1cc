//! A database file that cannot be written, that another process holds, or that is damaged.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use chaos::place::Place;
use chaos::process::Engine;
use chaos::scene::Scene;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::support::{Clients, agree, delivered, program, until};

/// Starts the engine, which has to refuse, without a superuser's way around file modes; what it says.
async fn refused_start(place: &Place) -> String {
    let superuser = fs::metadata("/proc/self").unwrap().uid() == 0;
    let shell = if superuser {
        "exec setpriv --bounding-set=-dac_override,-dac_read_search \"$0\" \"$@\""
    } else {
        "exec \"$0\" \"$@\""
    };
    let ending = place
        .hostler_under(shell, &["serve"])
        .stdin(Stdio::null())
        .output();
    let output = tokio::time::timeout(Duration::from_secs(20), ending)
        .await
        .expect("it does not start")
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gx_009_a_database_that_cannot_be_written_is_refused_at_start_with_the_remedy() {
    let mut place = Place::new(program(), 3).unwrap();
    place.install().await.unwrap();
    let before = fs::read(place.database()).unwrap();
    for (path, mode) in [(place.database(), 0o400), (place.folder().to_owned(), 0o500)] {
        let usual = fs::metadata(&path).unwrap().permissions().mode();
        set_mode(&path, mode);
        let said = refused_start(&place).await;
        set_mode(&path, usual);
        assert!(
            said.contains("database.url") && said.contains("hostler.db"),
            "{mode:o}: {said}"
        );
        assert!(
            said.contains("writable for the engine's user"),
            "{mode:o}: {said}"
        );
    }
    assert_eq!(
        fs::read(place.database()).unwrap(),
        before,
        "a refused start changes nothing"
    );
    Engine::start(&place).await.unwrap().stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gx_009_a_database_that_a_backup_holds_delays_and_loses_nothing() {
    let mut scene = Scene::set(program(), 31, 40, false).await.unwrap();
    let engine = Engine::start(&scene.place).await.unwrap();
    let clients = Clients::start(&scene, 4);
    until("something is delivered", Duration::from_secs(40), async || {
        delivered(&scene) > 0
    })
    .await;
    let options = SqliteConnectOptions::new()
        .filename(scene.place.database())
        .busy_timeout(Duration::from_secs(10));
    let mut backup = SqliteConnection::connect_with(&options).await.unwrap();
    for _ in 0..2 {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut backup).await.unwrap();
        tokio::time::sleep(Duration::from_secs(4)).await;
        sqlx::query("COMMIT").execute(&mut backup).await.unwrap();
        let copy = scene.place.path("copy.db");
        let into = format!("VACUUM INTO '{}'", copy.display());
        sqlx::query(sqlx::AssertSqlSafe(into))
            .execute(&mut backup)
            .await
            .unwrap();
        fs::remove_file(&copy).unwrap();
    }
    backup.close().await.unwrap();
    assert_eq!(engine.readiness().await, Some(200), "the same process goes on");
    let during = delivered(&scene);
    until("more is delivered", Duration::from_secs(40), async || {
        delivered(&scene) > during
    })
    .await;
    clients.stop().await;
    engine.stop().await.unwrap();
    agree(&mut scene).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gx_009_a_damaged_page_is_refused_at_start_with_the_way_back() {
    let mut place = Place::new(program(), 3).unwrap();
    place.install().await.unwrap();
    let sound = place.path("backup.db");
    fs::copy(place.database(), &sound).unwrap();
    let mut file = OpenOptions::new().write(true).open(place.database()).unwrap();
    // The fourth page and those behind it hold tables and indexes; the first three would make it no database at all.
    file.seek(SeekFrom::Start(3 * 4096)).unwrap();
    file.write_all(&vec![0xA5; 8 * 4096]).unwrap();
    drop(file);
    let said = refused_start(&place).await;
    assert!(said.contains("damaged") && said.contains("hostler.db"), "{said}");
    assert!(said.contains("backup"), "{said}");
    // The way back: the copy in its place, and what the journal of the damaged one held is not applied to it.
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{ending}", place.database().display()));
    }
    fs::copy(&sound, place.database()).unwrap();
    Engine::start(&place).await.unwrap().stop().await.unwrap();
}
