//! A fake engine behind the bridge protocol, with its own signing, and a fake simulator's control endpoint beside it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use demo::{OperatingSystem, PanelAccess, Product, Shop, ShopConfig};
use domain::ports::CountingRandom;
use domain::{Clock, Moment, Secret};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::panel;

pub const KEY: &str = "hbk_of-the-test";
pub const NOW: i64 = 1_795_164_000;

/// How the fake engine misbehaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    #[default]
    Good,
    /// It answers without a signature.
    Unsigned,
    /// It signs the answer to another request.
    OtherNonce,
    /// It signs with another clock.
    OtherClock,
    /// No platform is approved.
    NoPlatform,
    /// A client may boot a suspended server.
    Lenient,
    /// The server is never ready.
    Slow,
}

#[derive(Default)]
pub struct Mind {
    pub manner: Manner,
    pub problems: Vec<String>,
    pub events: Vec<Value>,
    pub calls: Vec<Value>,
    pub pages: Vec<Value>,
    pub acks: Vec<Value>,
    pub queue: Vec<Value>,
    pub faults: Vec<Value>,
    pub hands: Vec<Value>,
    pub machines: u64,
    pub suspended: bool,
    nonces: BTreeSet<String>,
}

#[derive(Clone, Default)]
pub struct Fake(Arc<Mutex<Mind>>);

pub struct Noon;

impl Clock for Noon {
    fn now(&self) -> Moment {
        Moment::from_seconds(NOW)
    }
}

pub fn golden(file: &str) -> Value {
    let path = format!("{}/../../tests/vectors/{file}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A golden vector by its name.
pub fn vector(file: &str, name: &str) -> Value {
    let file = golden(file);
    file["vectors"]
        .as_array()
        .unwrap()
        .iter()
        .find(|vector| vector["name"] == json!(name))
        .unwrap()
        .clone()
}

fn sign(message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    format!("v1={}", hex::encode(mac.finalize().into_bytes()))
}

fn digest(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

/// The headers of a nudge.
pub fn nudge(key_message: &str) -> [(&'static str, String); 4] {
    let canonical = format!(
        "v1\nmain\nPOST\n/bridge/v1/nudge\n{NOW}\nnudge-0000000001\n{}",
        digest(b"")
    );
    [
        ("hostler-installation", "main".to_owned()),
        ("hostler-timestamp", NOW.to_string()),
        ("hostler-nonce", "nudge-0000000001".to_owned()),
        ("hostler-signature", sign(&format!("{canonical}{key_message}"))),
    ]
}

impl Fake {
    /// A shop that talks to a new fake engine and simulator on a free port.
    pub async fn start(manner: Manner, with_sim: bool) -> (Self, Shop) {
        let fake = Self::default();
        fake.mind().manner = manner;
        let app = Router::new()
            .merge(panel::routes())
            .fallback(bridge)
            .with_state(fake.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let shop = Shop::new(
            config(&url, with_sim),
            Arc::new(Noon),
            Arc::new(CountingRandom::new(7)),
        );
        (fake, shop)
    }

    pub fn mind(&self) -> MutexGuard<'_, Mind> {
        self.0.lock().unwrap()
    }
}

fn config(url: &str, with_sim: bool) -> ShopConfig {
    let product = |id: u64, name: &str| Product {
        id,
        name: name.to_owned(),
        description: format!("{name} <with> memory"),
        price: "4.00 EUR a month".to_owned(),
        group: 1,
        package: id,
        ipv4: 1,
    };
    ShopConfig {
        bridge: url.to_owned(),
        installation: "main".to_owned(),
        key: Secret::new(KEY),
        url: "http://127.0.0.1:8700/".to_owned(),
        panel: PanelAccess {
            server_id: 2,
            host: "panel.example.test".to_owned(),
            token: Some(Secret::new("the-panel-token")),
        },
        sim_control: with_sim.then(|| url.to_owned()),
        operator_url: Some("/operator".to_owned()),
        products: vec![product(1, "VPS-1"), product(2, "VPS-2")],
        operating_systems: vec![OperatingSystem {
            template: 49,
            name: "Ubuntu 24.04".to_owned(),
        }],
    }
}

async fn bridge(
    State(fake): State<Fake>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
            .unwrap_or_default()
    };
    let (nonce, stamp) = (text("hostler-nonce"), text("hostler-timestamp"));
    let canonical = format!(
        "v1\n{}\n{method}\n{}\n{stamp}\n{nonce}\n{}",
        text("hostler-installation"),
        uri.path_and_query().unwrap(),
        digest(&body)
    );
    let fits = text("hostler-signature") == sign(&canonical) && text("hostler-installation") == "main";
    let mut mind = fake.mind();
    if !fits || stamp != NOW.to_string() || !mind.nonces.insert(nonce.clone()) {
        mind.problems.push(format!("refused: {canonical}"));
        return (
            StatusCode::UNAUTHORIZED,
            axum::Json(golden("errors")["errors"][2]["body"].clone()),
        )
            .into_response();
    }
    let message: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let answer = match (method.as_str(), uri.path()) {
        ("POST", "/bridge/v1/call") => mind.call(message),
        ("POST", "/bridge/v1/event") => mind.event(message),
        ("POST", "/bridge/v1/page") => mind.page(message),
        ("POST", "/bridge/v1/effects/ack") => mind.ack(&message),
        ("POST", "/bridge/v1/secret") => json!({ "value": "n3w-p4ssw0rd" }),
        ("GET", "/bridge/v1/effects") => json!({ "effects": mind.queue, "more": false }),
        other => panic!("nobody asks for {other:?}"),
    };
    let body = answer.to_string();
    let (nonce, clock) = match mind.manner {
        Manner::OtherNonce => ("0123456789abcdef".to_owned(), NOW),
        Manner::OtherClock => (nonce, NOW - 301),
        _ => (nonce, NOW),
    };
    let signed = sign(&format!(
        "v1-answer\nmain\n{nonce}\n200\n{clock}\n{}",
        digest(body.as_bytes())
    ));
    if mind.manner == Manner::Unsigned {
        return (StatusCode::OK, body).into_response();
    }
    let headers = [
        ("hostler-nonce", nonce),
        ("hostler-timestamp", clock.to_string()),
        ("hostler-signature", format!("v1={}, {signed}", "0".repeat(64))),
    ];
    (StatusCode::OK, headers, body).into_response()
}
