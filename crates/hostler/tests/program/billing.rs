//! A billing system that says one signed thing at a time.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bridge::sign::{
    HEADER_INSTALLATION, HEADER_NONCE, HEADER_SIGNATURE, HEADER_TIMESTAMP, Head, canonical, mac,
};
use domain::{Clock, Random, Secret};
use engine::{SystemClock, SystemRandom};
use serde_json::{Value, json};

use crate::support::Place;

const MODULE: &str = "VirtFusionDirect";

/// The installation `main`, added to an engine.
pub struct Billing {
    port: u16,
    key: Secret,
}

impl Billing {
    pub fn connect(place: &Place) -> Self {
        let added = place.ask_json(&["installation", "add", "main"]);
        Self {
            port: place.port,
            key: Secret::new(added["key"].as_str().unwrap()),
        }
    }

    /// Orders a machine for a service and waits until it is linked.
    pub fn create(&self, service: u64) -> Value {
        self.post(
            "/bridge/v1/call",
            &json!({
                "module": MODULE, "function": "CreateAccount", "domainstatus": "Pending", "applying": null,
                "budget_ms": 20_000, "context": context(),
                "params": {
                    "serviceid": service, "userid": service, "pid": 1, "serverid": 1, "orderid": service,
                    "domain": hostname(service), "configoption1": "1", "configoption2": "1", "configoption3": "1",
                    "configoption4": "0|Disabled", "configoption5": "0", "configoption6": "100",
                    "configoption7": "10", "configoptions": {}, "option_mapping": {},
                    "customfields": { "Initial Operating System": "46" },
                    "clientsdetails": { "firstname": "Jane", "lastname": "Doe", "companyname": "",
                                        "email": format!("client{service}@example.test"), "country": "DE",
                                        "language": "" },
                    "mapped_id": null,
                },
            }),
        )
    }

    /// Sends all its services, each with the machine that its copy of the link names.
    pub fn send_services(&self, services: &[(u64, &str)]) -> Value {
        let items: Vec<Value> = services
            .iter()
            .map(|(service, machine)| {
                json!({
                    "service": service, "client": service, "product": 1, "server": 1, "order": service,
                    "order_status": "Active", "module": MODULE, "domainstatus": "Active",
                    "domain": hostname(*service), "address": "",
                    "mapped_id": machine.parse::<u64>().unwrap(),
                })
            })
            .collect();
        self.post(
            "/bridge/v1/event",
            &json!({
                "event_id": fresh(), "kind": "snapshot", "occurred_at": SystemClock.now().as_seconds(),
                "body": { "run": fresh(), "page": 1, "last": true, "products": [], "items": items },
                "context": context(),
            }),
        )
    }

    /// An administrator saves the settings of the module `katapult` with a product.
    pub fn save_settings(&self, key: &str, organization: Option<&str>) {
        let mut who = context();
        who["actor"] = json!("admin");
        who["admin_id"] = json!(3);
        let answer = self.post(
            "/bridge/v1/event",
            &json!({
                "event_id": fresh(), "kind": "module_settings", "occurred_at": SystemClock.now().as_seconds(),
                "body": { "module": "katapult", "key": key, "organization": organization,
                          "organization_shown": null, "resync": false },
                "context": who,
            }),
        );
        assert_eq!(answer["result"], "ok", "{answer}");
    }

    /// A browser's request of the service's client, whose page is in a language, changed by `change`: what the browser
    /// is answered.
    pub fn page(&self, language: &str, service: u64, change: impl FnOnce(&mut Value)) -> Value {
        let mut who = context();
        who["actor"] = json!("client");
        who["language"] = json!(language);
        who["client_id"] = json!(service);
        who["user_id"] = json!(1);
        who["permissions"] = json!(["*"]);
        who["session"] = json!("5e".repeat(32));
        let mut message = json!({
            "module": MODULE, "surface": "client", "target": { "kind": "fragment", "name": "live" },
            "method": "GET", "query": { "serviceID": service.to_string() }, "form": {},
            "headers": { "origin": "https://shop.example.test", "referer": null, "host": "shop.example.test",
                         "token": null, "hx_request": null },
            "row": { "service": service, "client": service, "product": 1, "server": 1, "order": service,
                     "order_status": "Active", "module": MODULE, "domainstatus": "Active",
                     "domain": hostname(service), "address": "", "mapped_id": null },
            "base": "/modules/servers/VirtFusionDirect/client.php", "budget_ms": 8000, "context": who,
        });
        change(&mut message);
        self.post("/bridge/v1/page", &message)
    }

    fn post(&self, path: &str, message: &Value) -> Value {
        let body = message.to_string();
        let (stamp, nonce) = (SystemClock.now().as_seconds().to_string(), fresh());
        let head = Head { method: "POST", path };
        let text = canonical::message("main", head, &stamp, &nonce, body.as_bytes());
        let signature = mac::sign_all(std::slice::from_ref(&self.key), &text);
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n{HEADER_INSTALLATION}: main\r\n{HEADER_TIMESTAMP}: {stamp}\r\n\
             {HEADER_NONCE}: {nonce}\r\n{HEADER_SIGNATURE}: {signature}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }
}

fn hostname(service: u64) -> String {
    format!("vps{service}.example.test")
}

fn fresh() -> String {
    let mut bytes = [0_u8; 16];
    SystemRandom.fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn context() -> Value {
    json!({
        "protocol": 1, "module_version": env!("CARGO_PKG_VERSION"), "whmcs_version": "9.0.3-release.1",
        "actor": "system", "client_id": null, "user_id": null, "permissions": [], "admin_id": null,
        "admin_role": null, "session": null, "ip": null, "language": "english",
        "system_url": "https://shop.example.test/", "correlation": fresh(),
    })
}
