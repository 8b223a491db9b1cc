//! What happens once, or not so soon again, is decided in the database.

use std::time::Duration;

use super::Bench;

#[tokio::test]
async fn vf_267_vf_268_freshness_and_rates_survive_a_restart_because_only_the_database_holds_them() {
    let bench = Bench::new().await;
    let (installation, now) = (bench.installation.id.clone(), bench.now());
    let minute = Duration::from_mins(1);
    assert!(bench.store().take_rate("reboot:svc", now, minute).await.unwrap());
    assert!(
        bench
            .store()
            .remember_nonce(&installation, "n1", now)
            .await
            .unwrap()
    );
    let bench = bench.reopen().await;
    let store = bench.store();
    assert!(!store.take_rate("reboot:svc", now, minute).await.unwrap());
    assert!(!store.remember_nonce(&installation, "n1", now).await.unwrap());
    let almost = (now + minute) - Duration::from_micros(1);
    assert!(!store.take_rate("reboot:svc", almost, minute).await.unwrap());
    assert!(store.take_rate("reboot:svc", now + minute, minute).await.unwrap());
    assert!(store.take_rate("reboot:other", now, minute).await.unwrap());
    let mut files: Vec<String> = std::fs::read_dir(bench.fresh.directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort_unstable();
    let expected: &[&str] = if store.is_shared() {
        &[]
    } else {
        &[
            "hostler.db",
            "hostler.db-shm",
            "hostler.db-wal",
            "hostler.db.lock",
        ]
    };
    assert_eq!(files, expected, "no file beside the database holds state");
}

#[tokio::test]
async fn vf_268_of_many_at_once_exactly_one_takes_the_rate_and_one_the_nonce() {
    let bench = Bench::new().await;
    let tries: Vec<_> = (0..16)
        .map(|_| {
            let (store, id, now) = (bench.store().clone(), bench.installation.id.clone(), bench.now());
            tokio::spawn(async move {
                let rate = store.take_rate("k", now, Duration::from_secs(1)).await.unwrap();
                let nonce = store.remember_nonce(&id, "n", now).await.unwrap();
                (u32::from(rate), u32::from(nonce))
            })
        })
        .collect();
    let (mut rates, mut nonces) = (0, 0);
    for one in tries {
        let (rate, nonce) = one.await.unwrap();
        rates += rate;
        nonces += nonce;
    }
    assert_eq!((rates, nonces), (1, 1));
}

#[tokio::test]
async fn what_is_past_its_use_is_forgotten() {
    let bench = Bench::new().await;
    let (store, id, now) = (bench.store(), &bench.installation.id, bench.now());
    let other = crate::testing::seed_installation(store, "other").await;
    let second = Duration::from_secs(1);
    assert!(store.remember_nonce(id, "old", now).await.unwrap());
    assert!(store.remember_nonce(id, "new", now + second).await.unwrap());
    assert!(
        store
            .remember_nonce(&other.id, "new", now + second)
            .await
            .unwrap()
    );
    assert_eq!(store.forget_nonces(now + second).await.unwrap(), 1);
    assert!(store.remember_nonce(id, "old", now).await.unwrap());
    assert!(!store.remember_nonce(id, "new", now).await.unwrap());
    assert!(store.take_rate("a", now, second).await.unwrap());
    assert!(store.take_rate("b", now, second * 2).await.unwrap());
    assert_eq!(store.forget_rates(now + second).await.unwrap(), 1);
}

#[tokio::test]
async fn the_last_start_is_kept() {
    let bench = Bench::new().await;
    assert_eq!(bench.store().last_start().await.unwrap(), None);
    let started = bench.store().note_start().await.unwrap();
    let bench = bench.reopen().await;
    assert_eq!(bench.store().last_start().await.unwrap(), Some(started));
}
