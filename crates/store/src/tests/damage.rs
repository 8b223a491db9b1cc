//! Damage is refused with the way back, and never guessed around.

use std::fs::OpenOptions;
use std::io::{Read, Seek, SeekFrom, Write};

use sea_orm::ConnectionTrait;

use super::Bench;
use crate::{PageRequest, ServiceFilter, Store, StoreError};

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
    let id = &bench.installation.id;
    let error = bench.store().installation(id).await.unwrap_err().to_string();
    assert!(
        error.starts_with("installation main (settings) is damaged"),
        "{error}"
    );
    assert!(error.contains("hostler backup restore"), "{error}");
}

#[tokio::test]
async fn mx_097_a_list_leaves_out_what_it_cannot_read_and_says_so() {
    let bench = Bench::new().await;
    for number in 1..=3 {
        bench.stored_service(number).await;
    }
    let store = bench.store();
    let began = store.now();
    assert!(store.damage_since(began).is_empty());
    let sql = "UPDATE services SET standing = 'nowhere' WHERE billing_id = 2";
    store.db().execute_unprepared(sql).await.unwrap();
    let mut page = PageRequest::first(1);
    let (mut numbers, mut damaged) = (Vec::new(), 0);
    loop {
        let found = store.services(&ServiceFilter::default(), &page).await.unwrap();
        numbers.extend(found.items.iter().map(|service| service.billing_id));
        damaged += found.damaged;
        match found.next {
            Some(cursor) => page = PageRequest::after(cursor, 1),
            None => break,
        }
    }
    assert_eq!((numbers, damaged), (vec![3, 1], 1));
    let met = store.damage_since(began);
    assert_eq!(met.len(), 1, "{met:?}");
    assert!(
        met[0].what.contains("standing") && met[0].why.contains("nowhere"),
        "{met:?}"
    );
    store.forget_damage_before(store.now() + std::time::Duration::from_secs(60));
    assert!(store.damage_since(began).is_empty());
}
