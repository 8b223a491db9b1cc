//! Nudges as a billing system meets them: over a socket, from a store with effects.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use domain::id::SecretId;
use domain::record::{EffectBody, Installation, InstallationSettings};
use domain::{Actor, Secret};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;
use crate::clock::ProcessClock;
use crate::config;
use crate::wiring;

const KEY: &str = "hbk_test";
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Quick enough for a test, slow enough that two nudges are told apart.
const PACE: Pace = Pace {
    look: Duration::from_millis(10),
    apart: Duration::from_millis(300),
    rarest: Duration::from_secs(60),
    patience: Duration::from_secs(3),
};

struct Heard {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Heard {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

struct Shop {
    engine: Engine,
    id: InstallationId,
    heard: mpsc::UnboundedReceiver<Heard>,
    stop: CancellationToken,
    _folder: TempDir,
}

impl Shop {
    /// An engine with one installation whose nudge URL answers `status`.
    async fn open(status: StatusCode) -> Self {
        let (say, heard) = mpsc::unbounded_channel();
        let hear = move |State(say): State<mpsc::UnboundedSender<Heard>>,
                         method: Method,
                         uri: Uri,
                         headers: HeaderMap,
                         body: Bytes| async move {
            let path = uri.to_string();
            let heard = Heard {
                method,
                path,
                headers,
                body,
            };
            drop(say.send(heard));
            status
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/whmcs/nudge.php", listener.local_addr().unwrap());
        let router = Router::new().fallback(hear).with_state(say);
        tokio::spawn(async move { axum::serve(listener, router).await });

        let folder = tempfile::tempdir().unwrap();
        let engine = engine_in(&folder).await;
        let id: InstallationId = "main".parse().unwrap();
        let installation = Installation {
            id: id.clone(),
            key: SecretId::new(engine.clock().as_ref(), engine.random().as_ref()),
            previous_key: None,
            enrol_until: None,
            settings: InstallationSettings {
                nudge_url: Some(url),
                ..InstallationSettings::default()
            },
            created_at: engine.clock().now(),
        };
        let (key, host) = (Secret::new(KEY), Actor::host("test"));
        engine
            .store()
            .add_installation(&installation, &key, &host)
            .await
            .unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(run(engine.clone(), PACE, stop.clone()));
        Self {
            engine,
            id,
            heard,
            stop,
            _folder: folder,
        }
    }

    async fn tell(&self, message: &str) {
        let body = EffectBody::LogActivity {
            message: message.to_owned(),
        };
        self.engine.tell(&self.id, None, body).await.unwrap();
    }

    async fn next(&mut self) -> Heard {
        let heard = tokio::time::timeout(Duration::from_secs(10), self.heard.recv());
        heard.await.expect("a nudge was due").unwrap()
    }

    /// Whether no nudge comes for a while that is longer than two are apart.
    async fn is_left_alone(&mut self) -> bool {
        tokio::time::timeout(PACE.apart * 2, self.heard.recv())
            .await
            .is_err()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn engine_in(folder: &TempDir) -> Engine {
    let path = folder.path().join("hostler.toml");
    let text = format!(
        "[database]\nurl = \"sqlite:{0}/hostler.db\"\nkey_file = \"{0}/key\"\n",
        folder.path().display()
    );
    std::fs::write(&path, text).unwrap();
    let settings = config::load(Some(&path), &|_| None).unwrap();
    wiring::open(&settings, ProcessClock::of_the_system().port())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_waiting_effect_is_told_by_a_signed_empty_post() {
    let mut shop = Shop::open(StatusCode::NO_CONTENT).await;
    assert!(shop.is_left_alone().await, "nothing waits yet");
    shop.tell("one").await;
    let heard = shop.next().await;
    assert_eq!(
        (heard.method.as_str(), heard.path.as_str(), heard.body.len()),
        ("POST", "/whmcs/nudge.php", 0)
    );
    let (stamp, nonce) = (heard.header("hostler-timestamp"), heard.header("hostler-nonce"));
    let message = format!("v1\nmain\nPOST\n/bridge/v1/nudge\n{stamp}\n{nonce}\n{EMPTY}");
    let signature = bridge::sign::mac::sign_all(&[Secret::new(KEY)], &message);
    assert_eq!(heard.header("hostler-installation"), "main");
    assert_eq!(heard.header("hostler-signature"), signature);
    let age = shop.engine.clock().now().as_seconds() - stamp.parse::<i64>().unwrap();
    assert!((0..60).contains(&age), "{age} s");
    assert!(bridge::sign::is_nonce(nonce), "{nonce}");
}

#[tokio::test]
async fn many_news_are_one_nudge_and_the_last_is_never_missed() {
    let mut shop = Shop::open(StatusCode::NO_CONTENT).await;
    shop.tell("first").await;
    let first = shop.next().await;
    let since = Instant::now();
    for number in 0..20 {
        shop.tell(&format!("more {number}")).await;
    }
    let second = shop.next().await;
    assert_ne!(first.header("hostler-nonce"), second.header("hostler-nonce"));
    let more = std::iter::from_fn(|| shop.heard.try_recv().ok()).count() as u128;
    let most = since.elapsed().as_millis() / PACE.apart.as_millis();
    assert!(more <= most, "{more} nudges beside one, where {most} had time");
}

#[tokio::test]
async fn what_was_fetched_is_not_told_again() {
    let mut shop = Shop::open(StatusCode::NO_CONTENT).await;
    shop.tell("one").await;
    shop.next().await;
    let now = shop.engine.clock().now();
    let store = shop.engine.store().clone();
    let fetched = store.fetch_effects(&shop.id, None, now, 50).await.unwrap();
    assert_eq!(fetched.len(), 1);
    assert!(shop.is_left_alone().await);
}

#[tokio::test]
async fn one_that_refuses_is_left_alone_for_longer_and_longer() {
    let mut shop = Shop::open(StatusCode::UNAUTHORIZED).await;
    shop.tell("one").await;
    shop.next().await;
    let since = Instant::now();
    shop.tell("two").await;
    shop.next().await;
    let waited = since.elapsed();
    assert!(
        waited >= PACE.apart,
        "{waited:?} is no longer than between two that are heard"
    );
}

#[tokio::test]
async fn without_a_nudge_url_nothing_is_sent() {
    let mut shop = Shop::open(StatusCode::NO_CONTENT).await;
    let (settings, host) = (InstallationSettings::default(), Actor::host("test"));
    let store = shop.engine.store();
    store
        .set_installation_settings(&shop.id, settings, &host)
        .await
        .unwrap();
    // A round that had read the address before ends first.
    assert!(shop.is_left_alone().await);
    shop.tell("one").await;
    assert!(shop.is_left_alone().await);
}
