//! A caller of the bridge: one kept connection, signed messages, one after the other.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, ensure};
use bridge::sign::{
    HEADER_INSTALLATION, HEADER_NONCE, HEADER_SIGNATURE, HEADER_TIMESTAMP, Head, canonical, mac,
};
use bytes::Bytes;
use domain::id::InstallationId;
use domain::{Clock, Random, Secret};
use engine::{SystemClock, SystemRandom};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::panel::{GROUP, PACKAGE, TEMPLATE};
use crate::site::{PRODUCT, SERVER, Site};

/// The next service that is ordered: none is ordered twice.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A caller.
pub struct Caller {
    connection: SendRequest<Full<Bytes>>,
    installation: InstallationId,
    key: Secret,
}

impl Caller {
    /// Connects to a running engine.
    pub async fn connect(site: &Site) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", site.port)).await?;
        stream.set_nodelay(true)?;
        let (connection, driving) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(driving);
        Ok(Self {
            connection,
            installation: site.installation.clone(),
            key: site.key.clone(),
        })
    }

    /// Orders a service that nobody ordered before.
    pub async fn create(&mut self) -> Result<Value> {
        self.create_on(SERVER).await
    }

    /// The same on another server record of the billing system.
    pub async fn create_on(&mut self, server: u64) -> Result<Value> {
        let service = NEXT.fetch_add(1, Ordering::Relaxed);
        self.post("/bridge/v1/call", &create(service, server)).await
    }

    /// Sends a message and returns the answer, which has to be a good one.
    pub async fn post(&mut self, path: &str, message: &Value) -> Result<Value> {
        let body = message.to_string().into_bytes();
        let mut nonce = [0_u8; 16];
        SystemRandom.fill(&mut nonce);
        let nonce = hex::encode(nonce);
        let timestamp = SystemClock.now().as_seconds().to_string();
        let head = Head { method: "POST", path };
        let text = canonical::message(self.installation.as_str(), head, &timestamp, &nonce, &body);
        let request = Request::post(path)
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header(HEADER_INSTALLATION, self.installation.as_str())
            .header(HEADER_TIMESTAMP, timestamp)
            .header(HEADER_NONCE, nonce)
            .header(
                HEADER_SIGNATURE,
                mac::sign_all(std::slice::from_ref(&self.key), &text),
            )
            .body(Full::new(Bytes::from(body)))?;
        self.connection.ready().await?;
        let answer = self.connection.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        ensure!(
            status.as_u16() == 200,
            "the engine answered {status}: {}",
            String::from_utf8_lossy(&body)
        );
        serde_json::from_slice(&body).context("the engine's answer is no JSON")
    }
}

/// The operation that an answer names: the committed one.
pub fn operation(answer: &Value) -> Result<&str> {
    answer["operation"]
        .as_str()
        .with_context(|| format!("the answer names no operation: {answer}"))
}

/// The context of a message that the billing system sends by itself.
pub fn context() -> Value {
    json!({
        "protocol": 1, "module_version": env!("CARGO_PKG_VERSION"), "whmcs_version": "9.0.3-release.1",
        "actor": "system", "client_id": null, "user_id": null, "permissions": [], "admin_id": null,
        "admin_role": null, "session": null, "ip": null, "language": "english",
        "system_url": "http://localhost/", "correlation": "be9cbe9cbe9cbe9c",
    })
}

/// CreateAccount of a service with a client of its own.
fn create(service: u64, server: u64) -> Value {
    call("CreateAccount", "Pending", (service, server), &context())
}

/// The button with which an administrator has a machine read.
pub fn button(service: u64) -> Value {
    let mut by_admin = context();
    by_admin["actor"] = json!("admin");
    by_admin["admin_id"] = json!(1);
    call("updateServerObject", "Active", (service, SERVER), &by_admin)
}

/// The client's own look at the product's page.
pub fn page(service: u64) -> Value {
    let mut by_client = context();
    by_client["actor"] = json!("client");
    by_client["client_id"] = json!(service);
    by_client["user_id"] = json!(service);
    by_client["permissions"] = json!(["*"]);
    by_client["session"] = json!("0".repeat(64));
    call("ClientArea", "Active", (service, SERVER), &by_client)
}

/// A function of a service that has a client of its own.
fn call(function: &str, status: &str, (service, server): (u64, u64), context: &Value) -> Value {
    let params = json!({
        "serviceid": service, "userid": service, "pid": PRODUCT, "serverid": server, "orderid": service,
        "domain": format!("vps{service}.example.test"),
        "configoption1": GROUP.to_string(), "configoption2": PACKAGE.to_string(), "configoption3": "1",
        "configoption4": "0|Disabled", "configoption5": "0", "configoption6": "100", "configoption7": "10",
        "configoptions": {}, "option_mapping": {},
        "customfields": { "Initial Operating System": TEMPLATE.to_string() },
        "clientsdetails": { "firstname": "Jane", "lastname": "Doe", "companyname": "",
                            "email": format!("client{service}@example.test"), "country": "DE", "language": "" },
        "mapped_id": null,
    });
    json!({
        "module": "VirtFusionDirect", "function": function, "params": params, "domainstatus": status,
        "applying": null, "budget_ms": 30_000, "context": context,
    })
}
