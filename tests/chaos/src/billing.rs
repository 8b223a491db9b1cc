//! What a billing system does: it calls module functions, changes statuses on `success`, tells what happened in order,
//! and asks before a welcome mail goes out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Random, ports::CountingRandom};
use serde_json::{Value, json};

use crate::books::{Books, Function, MODULE, Service};
use crate::caller::{Caller, Unanswered};
use crate::panel::{GROUP, TEMPLATE};

/// The product's welcome mail.
pub const WELCOME: &str = "Dedicated/VPS Server Welcome Email";
/// How long a module function is waited for. Shorter than WHMCS's own, so that a killed engine is soon asked again.
const CALL: Duration = Duration::from_millis(3_000);
/// How long an event may take.
const EVENT: Duration = Duration::from_millis(1_500);
/// The hashed session of a client's browser.
const SESSION: &str = "5e5510055e5510055e5510055e5510055e5510055e5510055e5510055e551005";

/// The billing system. Cloning it is cheap; all clones share one set of books.
#[derive(Clone)]
pub struct Billing {
    caller: Caller,
    books: Arc<Mutex<Books>>,
    random: Arc<CountingRandom>,
    /// Held while stored events are delivered, so that they stay in order.
    delivering: Arc<tokio::sync::Mutex<()>>,
}

impl Billing {
    /// A billing system with empty books.
    pub fn new(caller: Caller, seed: u64) -> Self {
        Self {
            caller,
            books: Arc::default(),
            random: Arc::new(CountingRandom::new(seed)),
            delivering: Arc::default(),
        }
    }

    /// The way to the engine.
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The books. A panic while they were held says nothing about them, so a poisoned lock is taken over.
    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A number below `bound`, from the seed.
    pub fn below(&self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    /// Calls a function for a service and does what follows; the result, or why there is none.
    pub async fn perform(
        &self,
        service: u64,
        function: Function,
        applying: Option<&str>,
    ) -> Result<String, Unanswered> {
        let Some(row) = self.books().service(service) else {
            return Ok("There is no such service.".to_owned());
        };
        self.books().calls += 1;
        let answer = self
            .caller
            .post("/bridge/v1/call", &self.call(&row, function, applying), CALL)
            .await?;
        let result = answer["result"].as_str().unwrap_or_default().to_owned();
        if let Some(operation) = answer["operation"].as_str() {
            self.books().accepted.insert(operation.to_owned(), service);
        }
        if result == "success" {
            self.follow(service, function, row.package).await;
        }
        Ok(result)
    }

    /// Has a client press a power button on the service's page; whether the engine took it.
    pub async fn press(&self, service: u64, action: &str) -> Result<bool, Unanswered> {
        let Some(row) = self.books().service(service) else {
            return Ok(false);
        };
        let Some(token) = self.token(&row).await? else {
            return Ok(false);
        };
        let message = json!({
            "module": MODULE, "surface": "client", "target": { "kind": "action", "name": "powerAction" },
            "method": "POST", "query": { "serviceID": service.to_string(), "action": "powerAction" },
            "form": { "powerAction": action, "hostler_token": token },
            "headers": { "origin": "https://shop.example.test", "referer": null, "host": "shop.example.test",
                         "token": null, "hx_request": null },
            "row": row.row(), "base": "/modules/servers/VirtFusionDirect/client.php", "budget_ms": 2_500,
            "context": self.context("client", Some(row.client)),
        });
        let answer = self.caller.post("/bridge/v1/page", &message, CALL).await?;
        Ok(answer["status"] == 200)
    }

    /// The token that the service's page carries.
    async fn token(&self, row: &Service) -> Result<Option<String>, Unanswered> {
        let mut message = json!({
            "module": MODULE, "function": "ClientArea", "params": self.params(row),
            "domainstatus": row.status.word(), "applying": null, "budget_ms": 1_500,
        });
        message["context"] = self.context("client", Some(row.client));
        let answer = self.caller.post("/bridge/v1/call", &message, CALL).await?;
        let html = answer["data"]["html"].as_str().unwrap_or_default();
        let after = html.split_once("name=\"hostler_token\" value=\"");
        Ok(after.and_then(|(_, rest)| Some(rest.split_once('"')?.0.to_owned())))
    }

    /// Tells of a paid order.
    pub async fn paid(&self, service: u64) {
        let Some(row) = self.books().service(service) else {
            return;
        };
        let body =
            json!({ "order": row.id, "client": row.client, "invoice": row.id, "services": [row.row()] });
        self.tell("order_paid", &body).await;
    }

    /// Stores an event and delivers what is stored.
    pub async fn tell(&self, kind: &str, body: &Value) {
        let event = self.event(kind, body);
        self.books().events.push_back(event);
        self.deliver().await;
    }

    /// Delivers stored events in order. One that cannot be delivered now holds those behind it.
    pub async fn deliver(&self) {
        let _order = self.delivering.lock().await;
        loop {
            let Some(event) = self.books().events.front().cloned() else {
                return;
            };
            match self.caller.post("/bridge/v1/event", &event, EVENT).await {
                Ok(_) => {}
                Err(Unanswered::Refused { status, .. }) if status < 500 && status != 429 => {}
                Err(_) => return,
            }
            self.books().events.pop_front();
        }
    }

    /// Sends the welcome mail of a service, unless the engine holds it back; whether it went out. Without an answer a
    /// mail that follows a create is held.
    pub async fn mail(&self, service: u64, applying: Option<&str>) -> bool {
        let Some(row) = self.books().service(service) else {
            return false;
        };
        let created = applying.is_none();
        let body = json!({
            "service": row.row(), "template": WELCOME, "welcome_template": WELCOME,
            "create_ran_in_this_request": created, "applying": applying,
        });
        let event = self.event("mail_pre_send", &body);
        let answer = self.caller.post("/bridge/v1/event", &event, EVENT).await;
        let hold = answer.ok().and_then(|answer| answer["data"]["hold"].as_bool());
        if hold.unwrap_or(created) {
            return false;
        }
        let generation = row.link.as_ref().map_or(0, |link| link.generation);
        self.books().mails.push((service, generation));
        true
    }

    /// In whose name a message is sent.
    pub fn context(&self, actor: &str, client: Option<u64>) -> Value {
        json!({
            "protocol": 1, "module_version": env!("CARGO_PKG_VERSION"), "whmcs_version": "9.0.3-release.1",
            "actor": actor, "client_id": client, "user_id": client,
            "permissions": if client.is_some() { vec!["*"] } else { Vec::new() },
            "admin_id": null, "admin_role": null, "session": client.map(|_| SESSION), "ip": null,
            "language": "english", "system_url": "https://shop.example.test/", "correlation": self.fresh(),
        })
    }

    async fn follow(&self, service: u64, function: Function, package: u64) {
        let event = self.books().follow(service, function, package);
        let Some(event) = event else { return };
        if function == Function::Create {
            // The engine holds this one back: it sends the welcome mail when the machine is ready.
            self.mail(service, None).await;
        }
        self.tell("module_done", &event).await;
    }

    fn event(&self, kind: &str, body: &Value) -> Value {
        json!({
            "event_id": self.fresh(), "kind": kind, "occurred_at": self.caller.now().as_seconds(), "body": body,
            "context": self.context("system", None),
        })
    }

    fn fresh(&self) -> String {
        format!("{:016x}{:016x}", self.below(u64::MAX), self.below(u64::MAX))
    }

    fn call(&self, row: &Service, function: Function, applying: Option<&str>) -> Value {
        let mut params = self.params(row);
        if function == Function::Suspend {
            params["suspendreason"] = json!("Overdue");
        }
        json!({
            "module": MODULE, "function": function.name(), "params": params, "domainstatus": row.status.word(),
            "applying": applying, "budget_ms": 2_500, "context": self.context("system", None),
        })
    }

    #[expect(
        clippy::unused_self,
        reason = "what a service is sold with belongs to the billing system"
    )]
    fn params(&self, row: &Service) -> Value {
        json!({
            "serviceid": row.id, "userid": row.client, "pid": row.package, "serverid": row.server, "orderid": row.id,
            "domain": row.hostname(), "configoption1": GROUP.to_string(), "configoption2": row.package.to_string(),
            "configoption3": "1", "configoption4": "0|Disabled", "configoption5": "0", "configoption6": "100",
            "configoption7": "10", "configoptions": {}, "option_mapping": {},
            "customfields": { "Initial Operating System": TEMPLATE.to_string() },
            "clientsdetails": { "firstname": "Jane", "lastname": format!("Doe {}", row.client), "companyname": "",
                                "email": format!("client{}@example.test", row.client), "country": "DE",
                                "language": "" },
            "mapped_id": row.mapped_id(),
        })
    }
}
