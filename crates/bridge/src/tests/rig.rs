//! A whole engine behind the bridge's router: a real store, the real driver, and a simulated panel over real HTTP.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use domain::console::Console;
use domain::ports::CountingRandom;
use domain::record::{
    Attachment, ClientRule, CreateProtocol, Installation, OperationKind, Platform, Product, ProductPolicy,
    Relation,
};
use domain::{Actor, Clock, Moment, Random, Secret, ServiceView};
use engine::Engine;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use sim::http::Running;
use sim::virtfusion::{Panel, PanelConfig};
use testkit::clock::StandingClock;
use testkit::rig::{Rig as Kit, RigOptions};
use tower::ServiceExt;

use super::words::{context, message};
use crate::sign::{self, Head, canonical, mac};
use crate::{BoxFuture, BridgeConfig, BridgeState, PageAnswer, PageRequest, Pages};

/// The key that `store::testing::seed_installation` gives.
const KEY: &str = "bridge-key-of-a-test";
/// Pages that say what they were asked for, and remember it.
#[derive(Default)]
pub struct Mirror(pub Mutex<Vec<PageRequest>>, pub Consoles);

/// The consoles that pages were asked to show.
pub type Consoles = Mutex<Vec<Console>>;

impl Pages for Mirror {
    fn serve(&self, request: PageRequest) -> BoxFuture<'_, PageAnswer> {
        let body = match request.target.name.as_str() {
            "admin-tab" => r#"[{"label":"Server Info","html":"<p>Running</p>"}]"#.to_owned(),
            name => format!("<p>{name}</p>"),
        };
        self.0.lock().unwrap().push(request);
        Box::pin(async move { html(&body) })
    }

    fn console(&self, request: PageRequest, console: Console) -> BoxFuture<'_, PageAnswer> {
        self.0.lock().unwrap().push(request);
        self.1.lock().unwrap().push(console);
        Box::pin(async move { html("<p>console</p>") })
    }
}

fn html(body: &str) -> PageAnswer {
    PageAnswer {
        status: 200,
        headers: vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())],
        body: body.as_bytes().to_vec(),
        fill: None,
    }
}

/// The bridge of an engine, and a billing system that speaks to it.
pub struct Door {
    pub engine: Engine,
    pub clock: Arc<StandingClock>,
    pub pages: Arc<Mirror>,
    pub installation: Installation,
    router: Router,
    nonces: CountingRandom,
    ticking: Option<tokio::task::JoinHandle<()>>,
}

/// A door with a simulated panel behind it.
pub struct Rig {
    pub door: Door,
    pub panel: Arc<Panel>,
    kit: Kit,
    panel_address: String,
    _spare: Option<Running>,
}

impl std::ops::Deref for Rig {
    type Target = Door;

    fn deref(&self) -> &Door {
        &self.door
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.stand();
    }
}

impl Rig {
    /// An engine at work, with its panel approved as server 2 of installation `main`, too.
    pub async fn start() -> Self {
        let kit = Kit::with(options()).await;
        let attachment = Attachment {
            installation: kit.installation.id.clone(),
            server_id: 2,
            platform: kit.platform.id,
            relation: Relation::Integer,
        };
        let host = Actor::host("test");
        kit.engine.store().attach(&attachment, &host).await.unwrap();
        let (panel, address) = (kit.panel.clone(), kit.platform.endpoint.clone());
        let mut rig = Self::of(kit, panel, address, None, BridgeConfig::default());
        rig.run();
        rig
    }

    /// An engine that does not run, and a panel that nobody has proposed yet.
    pub async fn inert(config: BridgeConfig) -> Self {
        let kit = Kit::with(options()).await;
        let panel = Arc::new(Panel::new(PanelConfig::default()));
        let listen = "127.0.0.1:0".parse().unwrap();
        let spare = sim::http::serve(panel.clone(), kit.clock.clone(), listen, None)
            .await
            .unwrap();
        let address = format!("http://{}", spare.addr);
        Self::of(kit, panel, address, Some(spare), config)
    }

    fn of(
        kit: Kit,
        panel: Arc<Panel>,
        panel_address: String,
        spare: Option<Running>,
        config: BridgeConfig,
    ) -> Self {
        let door = Door::new(&kit.engine, &kit.clock, &kit.installation, config);
        Self {
            door,
            panel,
            kit,
            panel_address,
            _spare: spare,
        }
    }

    /// The same engine with other pages.
    pub fn with_pages(mut self, pages: Arc<dyn Pages>) -> Self {
        let state = BridgeState::new(self.engine.clone(), pages, BridgeConfig::default());
        self.door.router = crate::router(state);
        self
    }

    /// The same engine, which relays consoles at an address.
    pub fn relaying(mut self, address: &str) -> Self {
        let config = BridgeConfig {
            relay: Some(address.to_owned()),
            ..BridgeConfig::default()
        };
        let state = BridgeState::new(self.engine.clone(), self.pages.clone(), config);
        self.door.router = crate::router(state);
        self
    }

    /// Runs the engine under a clock that goes fifty times as fast as the world's.
    fn run(&mut self) {
        self.kit.run();
        self.door.tick();
    }

    /// Where the panel listens, as an administrator would type it.
    pub fn panel_address(&self) -> &str {
        &self.panel_address
    }

    /// The platform of that address, where one is stored.
    pub async fn platform(&self) -> Option<Platform> {
        let all = self.engine.store().platforms().await.unwrap();
        all.into_iter()
            .find(|platform| platform.endpoint == self.panel_address)
    }

    /// Creates service 501 and waits until it is ready.
    pub async fn create(&self) {
        assert_eq!(self.result("CreateAccount", |_| ()).await, "success");
        self.is_ready().await;
    }
}

impl Door {
    pub fn new(
        engine: &Engine,
        clock: &Arc<StandingClock>,
        installation: &Installation,
        config: BridgeConfig,
    ) -> Self {
        let pages = Arc::new(Mirror::default());
        let router = crate::router(BridgeState::new(engine.clone(), pages.clone(), config));
        Self {
            engine: engine.clone(),
            clock: clock.clone(),
            pages,
            installation: installation.clone(),
            router,
            nonces: CountingRandom::new(5),
            ticking: None,
        }
    }

    /// Lets the clock go fifty times as fast as the world's.
    pub fn tick(&mut self) {
        let (engine, clock) = (self.engine.clone(), self.clock.clone());
        self.ticking = Some(tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(20)).await;
                clock.advance(Duration::from_secs(1));
                engine.wake();
            }
        }));
    }

    /// Lets the clock stand from now on.
    pub fn stand(&mut self) {
        if let Some(ticking) = self.ticking.take() {
            ticking.abort();
        }
    }

    /// The operator withholds something from the clients of service 501's product.
    pub async fn withhold(&self, kind: OperationKind) {
        let rule = ClientRule {
            withheld: true,
            interval_seconds: None,
        };
        let product = Product {
            installation: self.installation.id.clone(),
            product_id: 3,
            policy: ProductPolicy {
                clients: [(kind, rule)].into(),
                ..ProductPolicy::default()
            },
        };
        let store = self.engine.store();
        store
            .set_product_policy(&product, &Actor::host("test"))
            .await
            .unwrap();
    }

    /// Waits until service 501 has its machine and nothing is under way.
    pub async fn is_ready(&self) {
        self.until("service 501 is ready", || async {
            self.view(501)
                .await
                .is_some_and(|view| view.line().next().is_none() && view.link.is_some())
        })
        .await;
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

    /// Tells an event.
    pub async fn event(&self, kind: &str, body: &Value) -> (StatusCode, Value) {
        self.event_by("system", kind, body).await
    }

    /// Tells an event in the request of an actor.
    pub async fn event_by(&self, actor: &str, kind: &str, body: &Value) -> (StatusCode, Value) {
        let mut bytes = [0_u8; 12];
        self.nonces.fill(&mut bytes);
        let mut who = context(actor);
        if actor == "admin" {
            who["admin_id"] = json!(3);
        }
        self.tell(&hex::encode(bytes), who, kind, body).await
    }

    /// Tells an event with an id.
    pub async fn event_with(&self, id: &str, kind: &str, body: &Value) -> (StatusCode, Value) {
        self.tell(id, context("system"), kind, body).await
    }

    async fn tell(&self, id: &str, who: Value, kind: &str, body: &Value) -> (StatusCode, Value) {
        let message = json!({
            "event_id": id, "kind": kind, "occurred_at": self.clock.now().as_seconds(), "body": body, "context": who,
        });
        self.post("/bridge/v1/event", &message).await
    }

    /// Fetches all effects, acknowledging each, as the billing system would.
    pub async fn effects(&self) -> Vec<Value> {
        // What rode on an answer before rests for half a minute.
        self.clock.advance(Duration::from_secs(61));
        self.drain().await
    }

    /// The same of what can be fetched at this moment.
    pub async fn drain(&self) -> Vec<Value> {
        let mut all = Vec::new();
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

fn options() -> RigOptions {
    RigOptions {
        panel: PanelConfig {
            build: Duration::from_secs(2),
            power: Duration::from_millis(500),
            delete_delay: Duration::ZERO,
            ..PanelConfig::default()
        },
        protocol: CreateProtocol::List,
        running: false,
        ..RigOptions::default()
    }
}
