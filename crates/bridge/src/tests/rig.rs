//! A whole engine behind the bridge's router: a real store, the real driver, and a simulated panel over real HTTP.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::sign::{self, Head, canonical, mac};
use crate::{BoxFuture, BridgeConfig, BridgeState, PageAnswer, PageRequest, Pages};
use axum::Router;
use axum::body::Body;
use domain::id::{PlatformId, SecretId};
use domain::ports::CountingRandom;
use domain::record::{
    Attachment, Installation, Platform, PlatformKind, PlatformProfile, PlatformState, Relation,
};
use domain::{Actor, Clock, Moment, Random, Secret, ServiceView};
use driver_virtfusion::VirtFusion;
use engine::{Drivers, Engine, EngineConfig, Parts};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use outbound::{Outbound, OutboundConfig};
use serde_json::{Value, json};
use sim::http::Running;
use sim::virtfusion::{Panel, PanelConfig};
use store::testing::Fresh;
use testkit::clock::StandingClock;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// The key that `store::testing::seed_installation` gives.
const KEY: &str = "bridge-key-of-a-test";
/// The session of every browser in these tests.
pub const SESSION: &str = "b3da91161179ed59cf905908368d63cff2927798cd8db5260fe6f9c414710ac9";

/// Pages that say what they were asked for, and remember it.
#[derive(Default)]
pub struct Mirror(pub Mutex<Vec<PageRequest>>);

impl Pages for Mirror {
    fn serve(&self, request: PageRequest) -> BoxFuture<'_, PageAnswer> {
        let body = match request.target.name.as_str() {
            "admin-tab" => r#"[{"label":"Server Info","html":"<p>Running</p>"}]"#.to_owned(),
            name => format!("<p>{name}</p>"),
        };
        self.0.lock().unwrap().push(request);
        Box::pin(async move {
            PageAnswer {
                status: 200,
                headers: vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())],
                body: body.into_bytes(),
            }
        })
    }
}

pub struct Rig {
    pub engine: Engine,
    pub clock: Arc<StandingClock>,
    pub panel: Arc<Panel>,
    pub pages: Arc<Mirror>,
    pub installation: Installation,
    router: Router,
    nonces: CountingRandom,
    stop: CancellationToken,
    panel_address: String,
    _server: Running,
    _fresh: Fresh,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Rig {
    /// An engine at work, with the panel approved as server 2 of installation `main`.
    pub async fn start() -> Self {
        let rig = Self::inert(BridgeConfig::default()).await;
        rig.attach(2).await;
        rig.run();
        rig
    }

    /// An engine that does not run yet, with a panel that nobody proposed.
    pub async fn inert(config: BridgeConfig) -> Self {
        let clock = Arc::new(StandingClock::default());
        let random: Arc<dyn Random> = Arc::new(CountingRandom::new(11));
        let port: Arc<dyn Clock> = clock.clone();
        let fresh = store::testing::fresh(port.clone(), random.clone()).await;
        let installation = store::testing::seed_installation(&fresh.store, "main").await;
        let panel = Arc::new(Panel::new(PanelConfig {
            build: Duration::from_secs(2),
            power: Duration::from_millis(500),
            delete_delay: Duration::ZERO,
            ..PanelConfig::default()
        }));
        let listen = "127.0.0.1:0".parse().unwrap();
        let server = sim::http::serve(panel.clone(), port.clone(), listen, None)
            .await
            .unwrap();
        let outbound = Outbound::new(OutboundConfig::default(), port.clone(), random.clone());
        let engine = Engine::new(Parts {
            store: fresh.store.clone(),
            outbound: Arc::new(outbound),
            drivers: Drivers::new(vec![Arc::new(VirtFusion)]),
            clock: port,
            random,
            config: EngineConfig::default(),
        });
        let pages = Arc::new(Mirror::default());
        let router = crate::router(BridgeState::new(engine.clone(), pages.clone(), config));
        Self {
            engine,
            clock,
            panel,
            pages,
            installation,
            router,
            nonces: CountingRandom::new(5),
            stop: CancellationToken::new(),
            panel_address: format!("http://{}", server.addr),
            _server: server,
            _fresh: fresh,
        }
    }

    /// Runs the engine under a clock that goes fifty times as fast as the world's.
    pub fn run(&self) {
        let (engine, stop) = (self.engine.clone(), self.stop.clone());
        tokio::spawn(async move { engine.run(stop).await });
        let (engine, clock, stop) = (self.engine.clone(), self.clock.clone(), self.stop.clone());
        tokio::spawn(async move {
            while !stop.is_cancelled() {
                tokio::time::sleep(Duration::from_millis(20)).await;
                clock.advance(Duration::from_secs(1));
                engine.wake();
            }
        });
    }

    /// Where the panel listens, as an administrator would type it.
    pub fn panel_address(&self) -> &str {
        &self.panel_address
    }

    /// Approves the panel for a server record of `main`.
    pub async fn attach(&self, server_id: u64) -> Platform {
        let (now, random) = (self.clock.now(), CountingRandom::new(3));
        let platform = Platform {
            id: PlatformId::at(now, &random),
            kind: PlatformKind::VirtFusion,
            name: "panel".to_owned(),
            endpoint: self.panel_address.clone(),
            account: String::new(),
            state: PlatformState::Approved,
            credential: SecretId::at(now, &random),
            profile: PlatformProfile::default(),
            created_at: now,
            updated_at: now,
        };
        let attachment = Attachment {
            installation: self.installation.id.clone(),
            server_id,
            platform: platform.id,
            relation: Relation::Integer,
        };
        let token = Secret::new(PanelConfig::TOKEN);
        self.engine
            .store()
            .propose_platform(&platform, &token, Some(&attachment), &Actor::host("test"))
            .await
            .unwrap();
        platform
    }

    /// The service as the engine has it.
    pub async fn view(&self, service: u64) -> Option<ServiceView> {
        self.engine.view(&self.installation.id, service).await.unwrap()
    }

    /// Waits until something holds, at most ten seconds.
    pub async fn until<F: Future<Output = bool>>(&self, what: &str, mut holds: impl FnMut() -> F) {
        for _ in 0..1000 {
            if holds().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let view = self.view(501).await;
        let open = view.map(|view| view.open).unwrap_or_default();
        panic!("never: {what}; open: {open:#?}");
    }

    /// A signed request.
    pub fn signed(&self, method: &str, path: &str, body: &[u8]) -> Request<Body> {
        let mut bytes = [0_u8; 16];
        self.nonces.fill(&mut bytes);
        let nonce = hex::encode(bytes);
        Self::signed_with(KEY, method, path, body, self.clock.now(), &nonce)
    }

    /// A request signed with any key, moment and nonce.
    pub fn signed_with(
        key: &str,
        method: &str,
        path: &str,
        body: &[u8],
        at: Moment,
        nonce: &str,
    ) -> Request<Body> {
        let seconds = at.as_seconds().to_string();
        let message = canonical::message("main", Head { method, path }, &seconds, nonce, body);
        Request::builder()
            .method(method)
            .uri(path)
            .header(sign::HEADER_INSTALLATION, "main")
            .header(sign::HEADER_TIMESTAMP, seconds)
            .header(sign::HEADER_NONCE, nonce)
            .header(
                sign::HEADER_SIGNATURE,
                mac::sign_all(&[Secret::new(key)], &message),
            )
            .body(Body::from(body.to_vec()))
            .unwrap()
    }

    /// Sends a request and gives the answer as it came.
    pub async fn send(&self, request: Request<Body>) -> Response<Vec<u8>> {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        Response::from_parts(parts, body.collect().await.unwrap().to_bytes().to_vec())
    }

    /// Posts a message and gives status and body of the answer.
    pub async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let answer = self
            .send(self.signed("POST", path, body.to_string().as_bytes()))
            .await;
        let value = serde_json::from_slice(answer.body()).unwrap();
        (answer.status(), value)
    }

    /// Calls a module function of service 501 of client 77, changed by `change`.
    pub async fn call(&self, function: &str, change: impl FnOnce(&mut Value)) -> Value {
        let (status, answer) = self.post("/bridge/v1/call", &message(function, change)).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }

    /// What a function answers.
    pub async fn result(&self, function: &str, change: impl FnOnce(&mut Value)) -> String {
        let answer = self.call(function, change).await;
        answer["result"].as_str().unwrap().to_owned()
    }

    /// Creates service 501 and waits until it is ready.
    pub async fn create(&self) {
        assert_eq!(self.result("CreateAccount", |_| ()).await, "success");
        self.until("service 501 is ready", || async {
            self.view(501)
                .await
                .is_some_and(|view| view.open.is_empty() && view.link.is_some())
        })
        .await;
    }

    /// Tells an event.
    pub async fn event(&self, kind: &str, body: &Value) -> (StatusCode, Value) {
        let mut bytes = [0_u8; 12];
        self.nonces.fill(&mut bytes);
        let id = hex::encode(bytes);
        self.event_with(&id, kind, body).await
    }

    /// Tells an event with an id.
    pub async fn event_with(&self, id: &str, kind: &str, body: &Value) -> (StatusCode, Value) {
        let message = json!({
            "event_id": id, "kind": kind, "occurred_at": self.clock.now().as_seconds(), "body": body,
            "context": context("system"),
        });
        self.post("/bridge/v1/event", &message).await
    }

    /// Fetches all effects, acknowledging each, as the billing system would.
    pub async fn effects(&self) -> Vec<Value> {
        let mut all = Vec::new();
        // What rode on an answer before rests for half a minute.
        self.clock.advance(Duration::from_secs(61));
        loop {
            let path = "/bridge/v1/effects?protocol=1&limit=50";
            let answer = self.send(self.signed("GET", path, b"")).await;
            let body: Value = serde_json::from_slice(answer.body()).unwrap();
            let effects = body["effects"].as_array().unwrap().clone();
            if effects.is_empty() {
                return all;
            }
            let acks: Vec<Value> = effects
                .iter()
                .map(|effect| json!({ "id": effect["id"], "outcome": "applied", "reason": "" }))
                .collect();
            let acks = json!({ "acks": acks, "context": context("cron") });
            let (status, _) = self.post("/bridge/v1/effects/ack", &acks).await;
            assert_eq!(status, StatusCode::OK);
            all.extend(effects);
        }
    }
}

/// The context of a message of `actor`.
pub fn context(actor: &str) -> Value {
    json!({
        "protocol": 1, "module_version": "0.1.0", "whmcs_version": "9.0.3-release.1", "actor": actor,
        "client_id": null, "user_id": null, "permissions": [], "admin_id": null, "admin_role": null,
        "session": null, "ip": null, "language": "english", "system_url": "https://shop.example.test/",
        "correlation": "cafebabecafebabe",
    })
}

/// The row of service 501.
pub fn row() -> Value {
    json!({
        "service": 501, "client": 77, "product": 3, "server": 2, "order": 9, "order_status": "Pending",
        "module": "VirtFusionDirect", "domainstatus": "Active", "domain": "web1.example.test", "address": "",
        "mapped_id": null,
    })
}

/// A call of a function of service 501, or of `TestConnection`.
pub fn message(function: &str, change: impl FnOnce(&mut Value)) -> Value {
    let params = match function {
        "TestConnection" => json!({ "serverid": 2, "serverhostname": "", "serverpassword": "" }),
        _ => json!({
            "serviceid": 501, "userid": 77, "pid": 3, "serverid": 2, "orderid": 9, "domain": "web1.example.test",
            "configoption1": "1", "configoption2": "1", "configoption3": "1", "configoption4": "0|Disabled",
            "configoption5": "0", "configoption6": "100", "configoption7": "10", "configoptions": {},
            "option_mapping": {}, "customfields": { "Initial Operating System": "49" },
            "clientsdetails": { "firstname": "Jane", "lastname": "Doe", "companyname": "",
                                "email": "jane@example.test", "country": "DE", "language": "" },
            "mapped_id": null,
        }),
    };
    let status = match function {
        "CreateAccount" | "validateServerConfig" => "Pending",
        "TestConnection" => "",
        "UnsuspendAccount" => "Suspended",
        _ => "Active",
    };
    let mut message = json!({
        "module": "VirtFusionDirect", "function": function, "params": params, "domainstatus": status,
        "applying": null, "budget_ms": 23_000, "context": context("admin"),
    });
    message["context"]["admin_id"] = json!(3);
    change(&mut message);
    message
}
