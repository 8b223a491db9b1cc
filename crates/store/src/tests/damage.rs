//! Damage is refused with the way back, and never guessed around.

use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};

use sea_orm::ConnectionTrait;

use super::Bench;
use crate::{Store, StoreError};

const PAGE: u64 = 4096;

/// Overwrites bytes of a page of the database file, as a dying disk does.
fn overwrite(path: &std::path::Path, page: u64) {
    let mut file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(page * PAGE)).unwrap();
    let mut bytes = [0; 64];
    file.read_exact(&mut bytes).unwrap();
    file.seek(SeekFrom::Start(page * PAGE)).unwrap();
    file.write_all(&bytes.map(|byte| byte ^ 0xff)).unwrap();
}

#[tokio::test]
async fn a_damaged_page_keeps_the_engine_from_starting_and_the_way_back_is_named() {
    let bench = Bench::on_sqlite().await;
    for number in 1..=100 {
        bench.stored_service(number).await;
    }
    let backup = bench.fresh.directory.path().join("copy.db");
    bench.store().backup(&backup).await.unwrap();
    bench.store().close().await.unwrap();
    let (config, clock, random) = (
        bench.fresh.config.clone(),
        bench.clock.clone(),
        bench.random.clone(),
    );
    let path = config.sqlite_path().unwrap();
    let pages = std::fs::metadata(&path).unwrap().len() / PAGE;
    let whole = std::fs::read(&path).unwrap();
    let mut refused = 0;
    for page in 0..pages {
        std::fs::write(&path, &whole).unwrap();
        overwrite(&path, page);
        let Err(error) = Store::open(config.clone(), clock.clone(), random.clone()).await else {
            // A page that holds nothing has nothing to lose.
            continue;
        };
        assert!(
            matches!(error, StoreError::Damaged { .. }),
            "page {page}: {error}"
        );
        assert!(
            error.to_string().contains("hostler backup restore"),
            "page {page}: {error}"
        );
        refused += 1;
    }
    assert!(
        refused * 10 >= pages * 9,
        "{refused} of {pages} pages were found damaged"
    );

    // And that way leads back.
    overwrite(&path, 1);
    crate::restore_backup(
        &backup,
        &config,
        "a page was damaged",
        clock.clone(),
        random.clone(),
    )
    .await
    .unwrap();
    let store = Store::open(config, clock, random).await.unwrap();
    assert_eq!(store.count_services(&bench.installation.id).await.unwrap(), 100);
}

#[tokio::test]
async fn a_damaged_row_is_named_with_the_way_back() {
    let bench = Bench::new().await;
    let sql = "UPDATE installations SET settings = '{'";
    bench.store().db().execute_unprepared(sql).await.unwrap();
    let error = bench.store().installations().await.unwrap_err().to_string();
    assert!(
        error.starts_with("installation main (settings) is damaged"),
        "{error}"
    );
    assert!(error.contains("hostler backup restore"), "{error}");
}
